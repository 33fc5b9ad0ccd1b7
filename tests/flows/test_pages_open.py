"""Who can open which page: every page for every role, signed out, and from another clinic."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.models import AuditEntry, Clinic, Role, User
from documents.models import Document
from imaging.models import Image
from patients.models import Patient, PatientMerge
from tests import factories

pytestmark = pytest.mark.django_db

EVERYBODY = set(factories.ROLES)
CAPTURE = {Role.ADMIN, Role.CLINICIAN}
REVIEW = CAPTURE | {Role.REVIEWER}
MANAGE = {Role.ADMIN}


class World:
    """One of everything, in one clinic."""

    def __init__(self, clinic: Clinic, owner: User, patient: Patient) -> None:
        self.patient = patient
        self.batch: Batch = factories.make_batch(owner)
        self.waiting: BatchFile = factories.make_file_in_review(self.batch)
        self.image: Image = factories.make_image(clinic, patient, content=factories.tiny_jpeg(5))
        self.document: Document = factories.make_document(clinic, patient)
        self.filed: BatchFile = factories.make_file(
            self.batch, "b.jpg", status=FileStatus.COMPLETED, patient=patient, image=self.image
        )
        self.roster = factories.make_roster(clinic, owner)
        self.unknown = factories.make_patient(clinic, "P-KXQHMB", "Garza", provisional=True)
        gone = factories.make_patient(clinic, "P-BBCDFG", "Gone", provisional=True, merged_into=patient)
        self.merge = PatientMerge.objects.create(
            clinic=clinic, merged=gone, survivor=patient, merged_by=owner, reason="one person"
        )


PAGES: dict[str, tuple[Callable[[World], str], set[Role]]] = {
    "batches": (lambda _: reverse("batches:list"), EVERYBODY),
    "new batch": (lambda _: reverse("batches:new"), CAPTURE),
    "batch": (lambda w: reverse("batches:batch", args=[w.batch.pk]), EVERYBODY),
    "live": (lambda w: reverse("batches:live", args=[w.batch.pk]), EVERYBODY),
    "receipt": (lambda w: reverse("batches:receipt", args=[w.batch.pk]), EVERYBODY),
    "cancel": (lambda w: reverse("batches:cancel", args=[w.batch.pk]), CAPTURE),
    "review": (lambda _: reverse("batches:review"), REVIEW),
    "review count": (lambda _: reverse("batches:review_count"), REVIEW),
    "review of a file": (lambda w: reverse("batches:review_file", args=[w.waiting.pk]), REVIEW),
    "undo": (lambda w: reverse("batches:undo", args=[w.filed.pk]), REVIEW),
    "move to another chart": (lambda w: reverse("batches:reassign_picture", args=[w.image.pk]), REVIEW),
    "move a document": (lambda w: reverse("batches:reassign_document", args=[w.document.pk]), REVIEW),
    "take a batch back": (lambda w: reverse("batches:undo_batch", args=[w.batch.pk]), REVIEW),
    "merge": (lambda w: reverse("batches:merge", args=[w.unknown.pk]), REVIEW),
    "merge, previewed": (
        lambda w: reverse("batches:merge", args=[w.unknown.pk]) + f"?into={w.patient.pk}",
        REVIEW,
    ),
    "take records apart": (lambda w: reverse("batches:unmerge", args=[w.merge.pk]), REVIEW),
    "search": (lambda _: reverse("batches:search"), EVERYBODY),
    "patients": (lambda _: reverse("patients:list"), EVERYBODY),
    "patient choices": (lambda _: reverse("patients:choices") + "?q=garza", EVERYBODY),
    "new patient": (lambda _: reverse("patients:new"), REVIEW),
    "chart": (lambda w: reverse("batches:chart", args=[w.patient.pk]), EVERYBODY),
    "picture": (lambda w: reverse("batches:picture", args=[w.image.pk]), EVERYBODY),
    "document": (lambda w: reverse("batches:document", args=[w.document.pk]), EVERYBODY),
    "document reading": (lambda w: reverse("batches:document_reading", args=[w.document.pk]), EVERYBODY),
    "rosters": (lambda _: reverse("rosters:list"), EVERYBODY),
    "roster": (lambda w: reverse("rosters:roster", args=[w.roster.pk]), EVERYBODY),
    "roster live": (lambda w: reverse("rosters:live", args=[w.roster.pk]), EVERYBODY),
    "roster workbook": (lambda w: reverse("rosters:workbook", args=[w.roster.pk]), EVERYBODY),
    "roster rows": (lambda w: reverse("rosters:export", args=[w.roster.pk]), EVERYBODY),
    "remove a roster": (lambda w: reverse("rosters:remove", args=[w.roster.pk]), CAPTURE),
    "documents": (lambda _: reverse("documents:list") + "?type=LAB&language=es&state=filed", EVERYBODY),
    "document types": (lambda _: reverse("document_types:types"), MANAGE),
    "account": (lambda _: reverse("clinics:account"), EVERYBODY),
    "password": (lambda _: reverse("clinics:password"), EVERYBODY),
    "audit": (lambda _: reverse("clinics:audit"), MANAGE),
    "matching": (lambda _: reverse("settings:matching"), MANAGE),
    "new pattern": (lambda _: reverse("settings:new_pattern"), MANAGE),
}
OF_A_CLINIC = [
    "batch",
    "live",
    "receipt",
    "cancel",
    "review of a file",
    "undo",
    "move to another chart",
    "move a document",
    "take a batch back",
    "merge",
    "merge, previewed",
    "take records apart",
    "chart",
    "picture",
    "document",
    "document reading",
    "roster",
    "roster live",
    "roster rows",
    "remove a roster",
]


@pytest.fixture
def world(clinic: Clinic, clinician: User, patient: Patient) -> World:
    return World(clinic, clinician, patient)


@pytest.mark.parametrize("role", factories.ROLES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_for_those_who_may(world: World, clinic: Clinic, name: str, role: Role) -> None:
    address, allowed = PAGES[name]
    browser = factories.browser_of(factories.make_user(f"a-{role}", clinic, role))
    answer = browser.get(address(world))
    assert answer.status_code == (200 if role in allowed else 403)


@pytest.mark.parametrize("name", PAGES)
def test_signed_out_people_are_asked_to_sign_in(world: World, name: str) -> None:
    address, _ = PAGES[name]
    answer = Client().get(address(world))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", OF_A_CLINIC)
def test_what_belongs_to_another_clinic_is_not_there(world: World, stranger: User, name: str) -> None:
    address, _ = PAGES[name]
    answer = factories.browser_of(stranger).get(address(world))
    assert answer.status_code == 404
    assert AuditEntry.objects.filter(actor=stranger, action="not-found").exists()


def test_a_refused_page_leaves_an_audit_row(world: World, viewer: User) -> None:
    factories.browser_of(viewer).get(reverse("batches:new"))
    assert AuditEntry.objects.filter(actor=viewer, action="refused").exists()


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_strict_about_scripts_and_kept_by_nobody(world: World, admin_user: User, name: str) -> None:
    address, _ = PAGES[name]
    answer = factories.browser_of(admin_user).get(address(world))
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "no-store" in answer["Cache-Control"]


def test_a_part_that_polls_is_told_when_nobody_is_signed_in(world: World) -> None:
    answer = Client().get(PAGES["live"][0](world), headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.content == b""


@pytest.mark.parametrize("path", ["/nowhere", "/batches/00000000-0000-4000-8000-000000000000"])
def test_what_is_nowhere_says_so_kindly(viewer: User, path: str) -> None:
    answer = factories.browser_of(viewer).get(path)
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content


def test_a_form_without_its_token_is_refused_with_the_cure(clinician: User) -> None:
    answer = factories.browser_of(clinician).post(reverse("batches:new"), {})
    assert answer.status_code == 403
    assert b"not open to you" in answer.content


def test_the_sign_in_page_says_what_was_wrong(clinician: User) -> None:
    browser = Client()
    answer = browser.post(reverse("login"), {"username": "clinician", "password": "wrong"})
    assert b"do not fit together" in answer.content
    for _ in range(5):
        answer = browser.post(reverse("login"), {"username": "clinician", "password": "wrong"})
    assert answer.status_code == 429
    assert b"locked for a while" in answer.content
