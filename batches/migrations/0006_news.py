from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("batches", "0005_review_since")]

    operations = [
        migrations.AddField(
            model_name="batchfile",
            name="news",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="batchfile",
            name="taken_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="batchfile",
            name="camera",
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
        migrations.AddIndex(
            model_name="batchfile",
            index=models.Index(fields=["batch", "taken_at"], name="file_by_moment"),
        ),
        migrations.AddIndex(
            model_name="batchfile",
            index=models.Index(condition=models.Q(("news__gt", 0)), fields=["batch"], name="file_with_news"),
        ),
    ]
