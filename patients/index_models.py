"""The tables behind the matcher: a row and its keys for each patient, and how many bear each word.

`patients.index` is their only writer, in the transaction that writes the patient. Nothing here is a record of
its own: all of it follows from the patients' rows.
"""

from typing import ClassVar

from django.db import models

from clinics.models import Clinic


class DirectoryState(models.Model):
    """One clinic's directory as a whole; who changes it locks this row first."""

    id = models.AutoField(primary_key=True)
    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, related_name="+")
    # Grows with every change, so that a process asks only for what came after what it knows.
    version = models.BigIntegerField(default=0)
    patients = models.BigIntegerField(default=0)  # those that were not merged

    def __str__(self) -> str:
        return f"{self.clinic_id}: version {self.version}"


class IndexedPatient(models.Model):
    """A patient made comparable, under a number short enough to stand in every key."""

    id = models.AutoField(primary_key=True)
    directory = models.ForeignKey(DirectoryState, on_delete=models.CASCADE, related_name="+", db_index=False)
    patient = models.OneToOneField("patients.Patient", on_delete=models.CASCADE, related_name="+")
    mrn = models.CharField(max_length=64)
    # The record number's digits as a number; none where the patient was merged. For lowest and highest only.
    number = models.FloatField(null=True)
    # Folded words, a space between them (`patients.matching.normalise.Person`).
    family = models.TextField()
    given = models.TextField()
    joined = models.TextField()
    suffix = models.CharField(max_length=8)
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=1)
    provisional = models.BooleanField()
    merged = models.BooleanField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["directory", "number"], name="indexed_patient_by_number")]

    def __str__(self) -> str:
        return str(self.patient_id)


class PatientKey(models.Model):
    """One way to find a patient from a file's name (`patients.matching.keys`), mixed with the directory's id.

    Two dozen for each patient, so a row holds nothing else: 8 bytes and what the database adds to them.
    """

    pk = models.CompositePrimaryKey("key", "entry")
    key = models.IntegerField()
    # No constraint in the database: it would cost an index as large as the table.
    entry = models.ForeignKey(
        IndexedPatient, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    def __str__(self) -> str:
        return f"{self.key} → {self.entry_id}"


class Tally(models.Model):
    """How many living patients of a directory have one word in a name, or a number of one sort."""

    class Kind(models.TextChoices):
        """What is counted."""

        FAMILY = "F", "word of the surnames"
        GIVEN = "G", "word of the given names"
        JOINED = "J", "neighbouring words written as one"
        WIDTH = "W", "digits in the record number"
        LETTERS = "L", "letters of the record number"

    directory = models.ForeignKey(DirectoryState, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=1, choices=Kind.choices)
    text = models.TextField()
    count = models.IntegerField()  # a row stays when it comes to none: others have to hear of that
    version = models.BigIntegerField()  # of the directory, when the count was written

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["directory", "kind", "text"], name="one_tally_per_word")
        ]
        indexes: ClassVar = [models.Index(fields=["directory", "version"], name="tally_by_version")]

    def __str__(self) -> str:
        return f"{self.kind} {self.text}: {self.count}"
