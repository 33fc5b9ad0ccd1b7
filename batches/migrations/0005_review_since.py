from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("batches", "0004_right_patient")]

    operations = [
        migrations.AddField(
            model_name="batchfile",
            name="review_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
