"""The receipt adds up, names every file with its fingerprint, and cannot hurt a spreadsheet."""

import csv
import io

import pytest

from batches import receipt
from batches.actions.intake import cancel_file
from batches.actions.review import reject_file
from batches.models import Batch
from batches.selectors import receipt_of
from batches.states import ON_THE_WAY, FileStatus
from clinics.models import User
from files.formulas import neutralised
from patients.models import Patient
from tests import factories


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("-scan.jpg", "'-scan.jpg"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("-2", "-2"),
        ("-2.5", "-2.5"),
        ("+52", "+52"),
        ("GARZA-2=1.jpg", "GARZA-2=1.jpg"),
        ("", ""),
    ],
)
def test_no_cell_becomes_a_formula_and_numbers_stay_numbers(cell: str, shown: str) -> None:
    assert neutralised(cell) == shown


@pytest.mark.django_db
def test_every_file_is_on_it_once_under_the_word_it_is_counted_by(batch: Batch, garza: Patient) -> None:
    for status in FileStatus:
        owner = {"patient": garza} if status == FileStatus.COMPLETED else {}
        factories.make_file(batch, f"{status}.jpg", status=status, **owner)
    rows = list(receipt.rows_of(batch))
    numbers = receipt_of(batch)
    assert (len(rows), numbers.dropped, numbers.adds_up) == (len(FileStatus), len(FileStatus), True)
    for outcome in receipt.OUTCOMES.values():
        assert getattr(numbers, outcome) == sum(row.outcome == outcome for row in rows)
    assert {row.status for row in rows if row.outcome == receipt.ON_THE_WAY} == ON_THE_WAY


@pytest.mark.django_db
def test_a_table_split_at_semicolons_has_no_formula_either(batch: Batch) -> None:
    factories.make_file(batch, "a;=1+1.jpg")
    for line in "".join(receipt.csv_of(batch)).splitlines():
        assert not any(cell.startswith("=") for cell in next(csv.reader([line], delimiter=";")))


def table_of(batch: Batch) -> str:
    """The table as a spreadsheet reads it."""
    return "".join(receipt.csv_of(batch)).encode().decode("utf-8-sig")


@pytest.mark.django_db
def test_a_spreadsheet_is_told_that_the_table_is_in_utf_8(batch: Batch) -> None:
    assert next(receipt.csv_of(batch)).encode().startswith(b"\xef\xbb\xbf")


@pytest.mark.django_db
def test_every_file_that_is_in_no_chart_says_why(batch: Batch, garza: Patient, clinician: User) -> None:
    twin = factories.make_image(batch.clinic, garza, source_name="first.jpg")
    factories.make_file(batch, "twin.jpg", status=FileStatus.DUPLICATE, image=twin)
    factories.make_file_in_review(batch, "who.jpg", seed=1)
    reject_file(file=factories.make_file_in_review(batch, "a.jpg", seed=2), actor=clinician, reason="blurred")
    removed = factories.make_file(batch, "removed.jpg")
    cancel_file(file=removed, actor=clinician)
    factories.make_file(batch, "z.jpg", status=FileStatus.FAILED, error_message="Copy it again.")
    reasons = {row["path"]: row["reason"] for row in csv.DictReader(io.StringIO(table_of(batch)))}
    assert reasons == {
        "a.jpg": "Set aside by clinician: blurred",
        "removed.jpg": "Removed by clinician.",
        "twin.jpg": f"The same picture is first.jpg, filed under {garza.display_name} ({garza.mrn}).",
        "who.jpg": "Nothing in the file says whose it is.",
        "z.jpg": "Copy it again.",
    }


@pytest.mark.django_db
def test_the_table_reads_back_as_it_was_written(batch: Batch, garza: Patient) -> None:
    path = 'Lunes, "sala 3"/=GARZA\nMARÍA.jpg'
    row = {"sha256": "ab" * 32, "confidence": 0.98765, "patient": garza, "size": 7}
    factories.make_file(batch, path, status=FileStatus.COMPLETED, **row)
    (read,) = csv.DictReader(io.StringIO(table_of(batch), newline=""))
    assert tuple(read) == receipt.COLUMNS
    assert (read["path"], read["sha256"], read["size_bytes"]) == (path, "ab" * 32, "7")
    assert (read["record_number"], read["confidence"], read["outcome"]) == (garza.mrn, "0.9877", "filed")
