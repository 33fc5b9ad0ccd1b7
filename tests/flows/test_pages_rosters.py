"""Rosters in a browser without JavaScript: send, look, say what columns hold, apply, take back, remove."""

import csv
import io
from typing import Any

import pytest
import python_calamine
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from batches.models import Batch, BatchFile
from batches.pipeline import run
from clinics.models import Clinic, User
from patients.models import Patient, Roster
from patients.rosters import progress, road
from tests import factories
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db

LIST = (
    "NHC;Apellidos;Nombre;Fecha de nacimiento\n3000003792;Garza Soto;María Esther;1957-04-23\n"
    "0012345;Pereda;Luz;\n;Nadie;;\n"
)


@pytest.fixture
def browser(clinician: User) -> Client:
    return factories.browser_of(clinician)


@pytest.fixture
def roster(clinic: Clinic, clinician: User, patient: Patient) -> Roster:
    """One that was read."""
    one = factories.make_roster(clinic, clinician, LIST.encode("cp1252"))
    road.work_on(one.pk)
    one.refresh_from_db()
    return one


def at(name: str, roster: Roster) -> str:
    return reverse(f"rosters:{name}", args=[roster.pk])


def shown(browser: Client, roster: Roster, **query: str) -> str:
    return text_of(browser.get(at("roster", roster), query))


def rows_shown(browser: Client, roster: Roster, **query: str) -> str:
    return shown(browser, roster, **query).partition('id="rows-title"')[2]


def exported(browser: Client, roster: Roster) -> list[dict[str, str]]:
    """The lines of its table."""
    answer: Any = browser.get(at("export", roster))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_list_is_sent_and_waits_to_be_read(browser: Client, clinic: Clinic) -> None:
    assert "No list has come yet" in text_of(browser.get(reverse("rosters:list")))
    answer = send(browser, reverse("rosters:list"), file=factories.part("lista.csv", LIST.encode()))
    one = Roster.objects.of(clinic).get()
    assert answer["Location"] == at("roster", one)
    page = shown(browser, one)
    assert "It waits for a worker" in page
    assert "Look again" in page
    assert "lista.csv" in text_of(browser.get(reverse("rosters:list")))


@pytest.mark.parametrize(
    ("content", "said", "status"),
    [(b"", "is empty", 400), (b"x" * 2000, "Send it in parts", 413), (None, "Choose a list first", 400)],
)
def test_what_cannot_be_a_list_is_said_beside_the_field(
    browser: Client, settings: LazySettings, content: bytes | None, said: str, status: int
) -> None:
    settings.INTAKE_MAX_LIST_BYTES = 1000
    fields: dict[str, Any] = {} if content is None else {"file": factories.part("lista.csv", content)}
    answer = send(browser, reverse("rosters:list"), **fields)
    assert answer.status_code == status
    assert said in text_of(answer)
    assert not Roster.objects.exists()


def test_the_page_shows_what_each_row_would_do(browser: Client, roster: Roster) -> None:
    page = shown(browser, roster)
    assert "1 to add, 1 to change, 1 refused" in page
    assert "CSV, cp1252, separated by semicolon" in page
    assert "<del>Garza Tijerina</del>" in page
    assert "<ins>Garza Soto</ins>" in page
    assert "It has no record number." in page
    assert '<option value="mrn" selected>Record number</option>' in page
    assert "Pereda" not in rows_shown(browser, roster, outcome="refused")
    assert "Nadie" not in rows_shown(browser, roster, q="pereda")
    assert "No row fits" in shown(browser, roster, q="nobody at all")


def test_columns_are_changed_and_the_list_is_read_again(browser: Client, roster: Roster) -> None:
    columns = {"column-0": "mrn", "column-1": "given_names", "column-2": "family_name", "column-3": ""}
    answer = send(browser, at("columns", roster), **columns)
    assert answer["Location"] == at("roster", roster)
    road.work_on(roster.pk)
    assert roster.rows.get(line=3).family_name == "Luz"
    send(browser, at("columns", roster), **{"column-0": "", "column-1": "family_name"})
    assert "No column is given as the record number" in shown(browser, roster)


def test_apply_take_back_remove(browser: Client, roster: Roster, patient: Patient) -> None:
    assert send(browser, at("apply", roster))["Location"] == at("roster", roster)
    assert "It waits for a worker" in shown(browser, roster)
    road.work_on(roster.pk)
    page = shown(browser, roster)
    assert "1 added, 1 changed, 1 refused" in page
    assert "Take back…" in page
    assert "1 added, those with nothing in the chart are removed" in text_of(browser.get(at("undo", roster)))
    assert send(browser, at("undo", roster)).status_code == 400
    send(browser, at("undo", roster), reason="the wrong list")
    road.work_on(roster.pk)
    page = shown(browser, roster)
    assert "1 removed again, 1 as before again</p>" in page
    assert "It had added 1 and changed 1." in page
    rows = rows_shown(browser, roster)
    assert "Removed again" in rows
    assert "As before again" in rows
    assert "<del>Garza Soto</del>" in rows
    assert "1 removed again" in text_of(browser.get(reverse("rosters:list")))
    lines = exported(browser, roster)
    assert [line["taken_back"] for line in lines] == ["restored", "removed", ""]
    assert "“the wrong list”" in page
    assert "3 rows are deleted" in text_of(browser.get(at("remove", roster)))
    assert send(browser, at("remove", roster))["Location"] == reverse("rosters:list")
    assert not Roster.objects.exists()
    assert Patient.objects.get() == patient


def test_rows_that_stay_say_so(browser: Client, roster: Roster, clinic: Clinic) -> None:
    send(browser, at("apply", roster))
    road.work_on(roster.pk)
    factories.make_image(clinic, Patient.objects.get(mrn="0012345"))
    send(browser, at("undo", roster), reason="the wrong list")
    road.work_on(roster.pk)
    assert "1 as before again, 1 stays in whole or in part" in shown(browser, roster)
    assert "Added, and stays" in rows_shown(browser, roster)
    assert "On this record hangs a picture in the chart." in rows_shown(browser, roster, outcome="kept")


def test_a_list_whose_columns_are_unknown_leads_to_them(browser: Client, clinic: Clinic) -> None:
    one = factories.make_roster(clinic, content=b"A;B;C\n1;Pereda;Luz\n2;Ruiz;Eva\n")
    road.work_on(one.pk)
    page = shown(browser, one)
    assert "no column is known for the record number or for the name" in page
    assert '<a href="#columns">Say below what the columns hold</a>' in page
    assert "There is nothing to apply" not in page


def test_who_looks_like_somebody_stands_beside_the_button(
    browser: Client, clinic: Clinic, patient: Patient
) -> None:
    content = "NHC;Apellidos;Nombre;FN\n777;Garza Tijerina;María Esther;23/04/1957\n"
    one = factories.make_roster(clinic, content=content.encode())
    road.work_on(one.pk)
    form = shown(browser, one).partition('class="stack-small"><input')[2].partition("</form>")[0]
    assert "1 of those to add looks like somebody who is here under another number" in form
    assert "will have a second record unless you tick this" in form


def test_what_no_retry_can_mend_says_what_to_do_instead(browser: Client, clinic: Clinic) -> None:
    one = factories.make_roster(clinic, content=b"Dear all,\n")
    road.work_on(one.pk)
    page = shown(browser, one)
    assert "list-not-understood" in page
    assert "Trying again would come to the same" in page
    assert at("retry", one) not in page
    assert "None of its first lines names the columns" in text_of(browser.get(reverse("rosters:list")))


def test_a_failed_one_says_why_and_is_tried_again(browser: Client, clinic: Clinic) -> None:
    one = factories.make_roster(clinic)
    Roster.objects.filter(pk=one.pk).update(
        status="FAILED", error_code="storage-unavailable", error_message="The storage is away."
    )
    page = shown(browser, one)
    assert "The storage is away. <code>storage-unavailable</code>" in page
    assert "nothing has to be sent again" in page
    send(browser, at("retry", one))
    one.refresh_from_db()
    assert one.status == "PENDING"


def test_the_part_that_polls_tells_how_far_it_is_and_then_fetches_the_page(
    browser: Client, clinic: Clinic
) -> None:
    one = factories.make_roster(clinic)
    progress.tell(one.pk, "Writing to the directory", 40, 160)
    page = text_of(browser.get(at("live", one), {"v": "0"}))
    assert "Writing to the directory</span> · 40 of 160 rows" in page
    assert 'value="25"' in page
    road.work_on(one.pk)
    answer = browser.get(at("live", one), {"v": "0"})
    assert (answer["HX-Refresh"], answer.content) == ("true", b"")


def test_the_table_is_downloaded(browser: Client, roster: Roster) -> None:
    answer: Any = browser.get(at("export", roster), {"outcome": "changed"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "Garza Soto" in text
    assert "Pereda" not in text
    assert text.splitlines()[1].endswith('"list.csv",""'), "which list, and no batch"
    assert "lista" not in answer["Content-Disposition"]
    assert f'href="{at("workbook", roster)}?outcome=changed"' in shown(browser, roster, outcome="changed")
    book: Any = browser.get(at("workbook", roster), {"outcome": "changed"})
    sheet = python_calamine.load_workbook(io.BytesIO(b"".join(book.streaming_content))).get_sheet_by_index(0)
    assert [row[5] for row in sheet.to_python()] == ["family_name", "Garza Soto"]


def test_who_may_not_import_looks_only(roster: Roster, reviewer: User) -> None:
    browser = factories.browser_of(reviewer)
    page = shown(browser, roster)
    assert "1 to add" in page
    assert "Apply:" not in page
    assert "Remove this list" not in page
    for name in ("apply", "retry", "columns", "undo", "remove"):
        assert send(browser, at(name, roster)).status_code == 403
    upload = send(browser, reverse("rosters:list"), file=factories.part("lista.csv", LIST.encode()))
    assert upload.status_code == 403


def test_another_clinics_roster_is_not_there(roster: Roster, stranger: User) -> None:
    browser = factories.browser_of(stranger)
    for name in ("roster", "live", "export", "workbook"):
        assert browser.get(at(name, roster)).status_code == 404
    assert send(browser, at("apply", roster)).status_code == 404
    assert "list.csv" not in text_of(browser.get(reverse("rosters:list")))


def test_a_list_that_came_with_a_batch_is_applied_from_here(
    browser: Client, api: Client, clinic: Clinic, clinician: User
) -> None:
    batch: Batch = factories.make_batch(clinician)
    file = factories.send_file(batch, "dia/lista.csv", LIST.encode())
    run.process(file.pk)
    file = BatchFile.objects.get(pk=file.pk)
    assert file.roster is not None
    assert (file.roster.name, file.roster.origin) == ("lista.csv", batch.batch_number)
    assert file.roster.sha256 == file.sha256
    assert at("roster", file.roster) in text_of(browser.get(reverse("batches:batch", args=[batch.pk])))
    road.work_on(file.roster.pk)
    send(browser, at("apply", file.roster))
    road.work_on(file.roster.pk)
    assert Patient.objects.of(clinic).count() == 2
    batch.delete()
    assert "came with" in shown(browser, file.roster)
    row = api.get(f"/api/v1/rosters/{file.roster.pk}").json()
    assert row["origin"] == batch.batch_number
