"""What a search finds, on both databases: one table of questions, and the same answers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from batches import filing
from batches.actions.merge import merge_patients, unmerge_patient
from batches.models import Batch
from batches.states import FileStatus
from clinics.models import Clinic, Role, User
from documents.embedder import embed_waiting
from documents.fusion import Mode
from documents.models import Document, Page, ProcessingType
from documents.passages import index_pages
from documents.scope import Filters, Scope, scope_of, scope_of_patient
from documents.search import search, shown
from patients.models import Patient
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[200, -1], ids=["as-few", "as-many"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of few documents are read, of many asked of the index: with the same answers."""
    monkeypatch.setattr("documents.scope._MOST_FEW", request.param)


either_way = pytest.mark.usefixtures("_either_way")

PAGES = {
    "wound": [
        "Consultation\n\nFindings: wound edges are clean and dry, no sign of infection.",
        "Plan: change the dressing every second day.",
    ],
    "pressure": ["Antecedentes: hipertensión arterial en tratamiento con enalapril; sin alergias conocidas."],
    "wrist": ["Radiografías de la muñeca izquierda: fractura de radio distal. PA 140/90 mmHg."],
    "blood": ["Laboratory\nHaemoglobin 13.9 g/dl\nLeucocytes 7.2 /nl\nCRP 3 mg/l. Record 3000003792."],
    "lung": [
        "Neumonía basal derecha. Neumotórax descartado. Inflamaciones leves. Edges of the lesion clean."
    ],
}
TABLE = {
    "hipertensión": {"pressure"},
    "HIPERTENSION": {"pressure"},
    "alergia conocida": {"pressure"},
    "muneca": {"wrist"},
    "Muñecas": {"wrist"},
    "fracturas radiografía": {"wrist"},
    "inflamación": {"lung"},
    "edge": {"wound", "lung"},
    "clean edges": {"wound", "lung"},
    '"wound edges"': {"wound"},
    '"edges wound"': set(),
    '"edge clean"': set(),
    "neumo*": {"lung"},
    "hipertensi*": {"pressure"},
    "haemo*": {"blood"},
    "13.9": {"blood"},
    "140/90": {"wrist"},
    "90/140": set(),
    "3000003792": {"blood"},
    "300000379*": {"blood"},
    "dressing infection": {"wound"},  # on two pages: some of the words
    "the wound": {"wound"},
    "de la": {"wrist"},
    "alergias -": {"pressure"},
    "' OR 1=1 --": set(),
    '"': set(),
    "*": set(),
    "NEAR(wound edges)": {"wound", "lung"},  # three words like any others; "near" is in none
    "terms: wound": {"wound"},
    "\x00wound": {"wound"},
}


def made(clinic: Clinic, patient: Patient | None, name: str, pages: Sequence[str], **row: Any) -> Document:
    """A document with its pages, found by words and by meaning where `row` says nothing else."""
    row = {"processing_type": ProcessingType.BOTH, "source_name": name} | row
    document = factories.make_document(clinic, patient, content=name.encode(), page_count=len(pages), **row)
    if document.processing_type != ProcessingType.VECTORIZED:
        Page.objects.bulk_create(
            Page(document=document, number=number, text=text) for number, text in enumerate(pages, start=1)
        )
    index_pages(document, pages)
    return document


def names(scope: Scope, query: str, mode: Mode = Mode.WORDS, filters: Filters | None = None) -> list[str]:
    """The documents that are found, the best first."""
    found = search(scope, query, mode=mode, filters=filters)
    return [hit.document.source_name for hit in shown(found, found.places)]


def scope(user: User) -> Scope:
    """What a member may find."""
    return scope_of(factories.access_of(user))


@pytest.fixture
def documents(clinic: Clinic, patient: Patient) -> dict[str, Document]:
    """Five documents in one chart, read by the model."""
    found = {name: made(clinic, patient, name, pages) for name, pages in PAGES.items()}
    embed_waiting(seconds=30)
    return found


@either_way
def test_words_find_the_same_documents_on_every_database(
    documents: dict[str, Document], clinician: User
) -> None:
    found = {query: set(names(scope(clinician), query)) for query in TABLE}
    assert found == TABLE


@either_way
def test_the_order_is_by_how_well_a_page_fits(clinic: Clinic, patient: Patient, clinician: User) -> None:
    made(clinic, patient, "once", ["Fever. " + "Other things were talked about at length. " * 20])
    made(clinic, patient, "often", ["Fever in the morning, fever at night, fever again."])
    made(clinic, patient, "some", ["Fever and chills."])
    assert names(scope(clinician), "fever") == ["often", "some", "once"]
    assert names(scope(clinician), "fever chills") == ["some"]
    assert names(scope(clinician), "fever chills rigor")[0] == "some"


@either_way
def test_a_document_is_found_once_with_its_pages(clinic: Clinic, patient: Patient, clinician: User) -> None:
    made(clinic, patient, "long", ["nothing here", "asthma", "asthma asthma asthma", "asthma"])
    (place,) = search(scope(clinician), "asthma", mode=Mode.WORDS).places
    assert (place.page_number, place.other_pages) == (3, [2, 4])


@pytest.mark.parametrize(
    ("kind", "modes"),
    [
        (ProcessingType.COMPLETE, {Mode.WORDS, Mode.BOTH}),
        (ProcessingType.VECTORIZED, {Mode.MEANING, Mode.BOTH}),
        (ProcessingType.BOTH, set(Mode)),
    ],
)
def test_the_processing_type_says_how_a_document_is_found(
    clinic: Clinic, patient: Patient, clinician: User, kind: str, modes: set[Mode]
) -> None:
    made(clinic, patient, "one", PAGES["pressure"], processing_type=kind)
    embed_waiting(seconds=30)
    assert {mode for mode in Mode if names(scope(clinician), "hipertensión arterial", mode)} == modes


def test_what_is_kept_for_meaning_alone_is_shown_without_any_page(
    clinic: Clinic, patient: Patient, clinician: User
) -> None:
    document = made(clinic, patient, "one", PAGES["wound"], processing_type=ProcessingType.VECTORIZED)
    embed_waiting(seconds=30)
    found = search(scope(clinician), "clean wound edges", mode=Mode.MEANING)
    (hit,) = shown(found, found.places)
    assert hit.pieces == ()
    assert document.passages.exists()
    assert not document.pages.exists()
    assert not document.page_words.exists()


def test_pages_that_are_read_again_replace_what_was_there(
    documents: dict[str, Document], clinician: User
) -> None:
    document = documents["blood"]
    index_pages(document, ["Ferritin 6"])
    index_pages(document, ["Ferritin 6"])
    embed_waiting(seconds=30)
    assert names(scope(clinician), "ferritin") == ["blood"]
    assert names(scope(clinician), "haemoglobin") == []
    assert names(scope(clinician), "haemoglobin leucocytes", Mode.MEANING) == []
    assert (document.page_words.count(), document.passages.count()) == (1, 1)


@either_way
@pytest.mark.parametrize("mode", Mode)
def test_nobody_finds_what_is_not_theirs(
    clinic: Clinic, patient: Patient, viewer: User, stranger: User, mode: Mode
) -> None:
    reviewer = factories.make_user("reviewer", clinic, Role.REVIEWER)
    other = factories.make_patient(clinic, "77", "Okafor")
    made(clinic, patient, "filed", PAGES["lung"])
    made(clinic, other, "of another", [*PAGES["lung"], "Okafor"])
    made(clinic, None, "held", [*PAGES["lung"], "held"])
    embed_waiting(seconds=30)
    query = "neumonía basal derecha"
    patient.user = User.objects.create_user("garza", password="garza")
    patient.save()
    own = scope_of_patient(patient.user)
    assert own is not None
    assert set(names(scope(reviewer), query, mode)) == {"filed", "of another", "held"}
    assert set(names(scope(viewer), query, mode)) == {"filed", "of another"}
    assert names(own, query, mode) == ["filed"]
    assert names(scope(stranger), query, mode) == []
    assert scope_of_patient(stranger) is None


@either_way
@pytest.mark.parametrize("mode", Mode)
def test_filters_narrow_what_is_found(clinic: Clinic, patient: Patient, clinician: User, mode: Mode) -> None:
    other = factories.make_patient(clinic, "77", "Okafor")
    first = made(clinic, patient, "first", PAGES["lung"], type_code="CONS")
    second = made(clinic, other, "second", [*PAGES["lung"], "more"], type_code="LAB")
    embed_waiting(seconds=30)
    yesterday = timezone.now() - timedelta(days=1)
    Document.objects.filter(pk=first.pk).update(created_at=yesterday)
    noon = timezone.now() - timedelta(hours=12)
    wanted: list[tuple[Filters, list[str]]] = [
        (Filters(patient=other), ["second"]),
        (Filters(type_code="cons"), ["first"]),
        (Filters(came_from=noon), ["second"]),
        (Filters(came_before=noon), ["first"]),
        (Filters(documents=Document.objects.filter(pk=second.pk).values("pk")), ["second"]),
        (Filters(patient=other, type_code="CONS"), []),
    ]
    found = [names(scope(clinician), "neumonía basal derecha", mode, filters) for filters, _ in wanted]
    assert found == [answer for _, answer in wanted]


def _is_found(user: User, mode: Mode, chart: Patient) -> bool:
    return names(scope(user), "neumonía basal derecha", mode, Filters(patient=chart)) == ["one"]


def test_searches_follow_moves_undo_merges_and_deletion_at_once(
    clinic: Clinic, patient: Patient, admin_user: User, viewer: User
) -> None:
    access = factories.access_of(admin_user)
    other = factories.make_patient(clinic, "77", "Okafor")
    document = made(clinic, patient, "one", PAGES["lung"], kind="pdf", filed_at=timezone.now())
    embed_waiting(seconds=30)

    def where() -> list[str]:
        charts = {"garza": patient, "okafor": other}
        every = [[n for n, c in charts.items() if _is_found(viewer, mode, c)] for mode in Mode]
        assert every[0] == every[1] == every[2], "every way of looking says the same"
        return every[0]

    assert where() == ["garza"]
    filing.change_chart(document, other, actor=admin_user, reason="wrong chart", file=None)
    assert where() == ["okafor"]
    merge = merge_patients(access=access, loser=other, survivor=patient, reason="one person")
    assert where() == ["garza"]
    unmerge_patient(access=access, merge=merge)
    assert where() == ["okafor"]
    Document.objects.filter(pk=document.pk).update(patient=None)
    assert where() == []
    assert names(scope(viewer), "neumonía", Mode.WORDS) == []
    assert names(scope(admin_user), "neumonía", Mode.WORDS) == ["one"]
    document.delete()
    assert [names(scope(admin_user), "neumonía basal", mode) for mode in Mode] == [[], [], []]


def test_an_undo_takes_a_document_out_of_what_viewers_find(
    clinic: Clinic, patient: Patient, clinician: User, viewer: User
) -> None:
    batch: Batch = factories.make_batch(clinician)
    document = made(clinic, patient, "one", PAGES["lung"], kind="pdf", filed_at=timezone.now())
    file = factories.make_file(
        batch,
        "one.pdf",
        id=document.pk,
        status=FileStatus.COMPLETED,
        patient=patient,
        document=document,
        kind="pdf",
    )
    assert names(scope(viewer), "neumonía") == ["one"]
    filing.leave_chart(file, actor=clinician, reason="not hers")
    assert names(scope(viewer), "neumonía") == []
    assert names(scope(clinician), "neumonía") == ["one"]
