"""Keys in a table that holds little else, and counts of words that are kept instead of read from everybody."""

from itertools import islice
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from patients import index

_PATIENTS_AT_ONCE = 25_000


class CreateKeys(migrations.CreateModel):
    """On SQLite without a row id: the table is its own index, and half as large.

    PostgreSQL is told that most keys are rare. Its sample makes them ten times as frequent as they are, and then
    it reads the whole table sooner than look a few hundred of them up.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            schema_editor.execute(
                'ALTER TABLE patients_patientkey ALTER COLUMN "key" SET (n_distinct = -0.25)'
            )
            return
        schema_editor.execute(
            'CREATE TABLE patients_patientkey ("key" integer NOT NULL, entry_id integer NOT NULL, '
            'PRIMARY KEY ("key", entry_id)) WITHOUT ROWID'
        )


def fill(apps: Any, schema_editor: Any) -> None:
    """Whoever is in the directory already must be found after an upgrade, too."""
    rows = apps.get_model("patients", "Patient").objects.order_by("clinic_id", "created_at", "pk").iterator()
    while chunk := list(islice(rows, _PATIENTS_AT_ONCE)):
        index.put_in(chunk)


class Migration(migrations.Migration):
    dependencies = [
        ("clinics", "0002_right_patient"),
        ("patients", "0002_right_patient"),
    ]

    operations = [
        migrations.DeleteModel(name="PatientKey"),
        migrations.CreateModel(
            name="DirectoryState",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("version", models.BigIntegerField(default=0)),
                ("patients", models.BigIntegerField(default=0)),
                (
                    "clinic",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinics.clinic"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IndexedPatient",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("mrn", models.CharField(max_length=64)),
                ("number", models.FloatField(null=True)),
                ("family", models.TextField()),
                ("given", models.TextField()),
                ("joined", models.TextField()),
                ("suffix", models.CharField(max_length=8)),
                ("birth_date", models.DateField(null=True)),
                ("sex", models.CharField(max_length=1)),
                ("provisional", models.BooleanField()),
                ("merged", models.BooleanField()),
                (
                    "directory",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.directorystate",
                    ),
                ),
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["directory", "number"], name="indexed_patient_by_number")],
            },
        ),
        CreateKeys(
            name="PatientKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", "entry", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.IntegerField()),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="patients.indexedpatient",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("F", "word of the surnames"),
                            ("G", "word of the given names"),
                            ("J", "neighbouring words written as one"),
                            ("W", "digits in the record number"),
                            ("L", "letters of the record number"),
                        ],
                        max_length=1,
                    ),
                ),
                ("text", models.TextField()),
                ("count", models.IntegerField()),
                ("version", models.BigIntegerField()),
                (
                    "directory",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.directorystate",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["directory", "version"], name="tally_by_version")],
                "constraints": [
                    models.UniqueConstraint(fields=("directory", "kind", "text"), name="one_tally_per_word")
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
