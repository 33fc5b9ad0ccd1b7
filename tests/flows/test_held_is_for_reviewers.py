"""Held records are for who may review: one scope for list, page, text, drawings, original and REST."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import BatchFile
from batches.states import FileStatus
from clinics.access import CAPTURE, REVIEW, VIEW
from clinics.models import AuditEntry, Clinic, Role, User
from documents.models import Page
from patients.models import Patient
from tests import factories

pytestmark = pytest.mark.django_db

MAKERS: dict[str, Callable[..., Any]] = {
    "documents": factories.make_document,
    "images": factories.make_image,
}
PARTS = ["", "/thumbnail", "/preview", "/original"]
ADDRESSES = [
    *((plural, f"{factories.API}/{plural}/{{}}{part}") for plural in MAKERS for part in PARTS),
    ("documents", f"{factories.API}/documents/{{}}/pages"),
    ("documents", "/documents/{}"),
    ("documents", "/documents/{}/reading"),
    ("images", "/images/{}"),
]


def held(clinic: Clinic, plural: str) -> Any:
    """A record that is in no chart, with a page of text where it is a document."""
    record = MAKERS[plural](clinic, source_name=f"held-{plural}")
    if plural == "documents":
        Page.objects.create(document=record, number=1, text="crushing retrosternal pain")
    return record


@pytest.mark.parametrize(("plural", "address"), ADDRESSES)
def test_what_is_held_is_nowhere_for_who_may_not_review(
    clinic: Clinic, viewer: User, plural: str, address: str
) -> None:
    record = held(clinic, plural)
    answer = factories.browser_of(viewer).get(address.format(record.pk))
    assert answer.status_code == 404
    assert b"retrosternal" not in answer.content
    assert AuditEntry.objects.filter(action="not-found", actor=viewer).count() == 1


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CLINICIAN, Role.REVIEWER])
@pytest.mark.parametrize(("plural", "address"), [each for each in ADDRESSES if "original" not in each[1]])
def test_who_may_review_sees_what_is_held(clinic: Clinic, role: Role, plural: str, address: str) -> None:
    record = held(clinic, plural)
    browser = factories.browser_of(factories.make_user(f"a-{role}", clinic, role))
    assert browser.get(address.format(record.pk)).status_code == 200


@pytest.mark.parametrize(("plural", "address"), ADDRESSES)
def test_what_is_in_a_chart_is_seen_by_everybody(
    clinic: Clinic, patient: Patient, viewer: User, plural: str, address: str
) -> None:
    record = MAKERS[plural](clinic, patient)
    assert factories.browser_of(viewer).get(address.format(record.pk)).status_code == 200


def test_lists_hold_what_the_person_may_see(clinic: Clinic, patient: Patient, viewer: User) -> None:
    held(clinic, "documents")
    factories.make_document(clinic, patient, source_name="filed.pdf", content=b"%PDF-1.7 other")
    listed = factories.client_of(viewer).get(f"{factories.API}/documents").json()
    assert [each["name"] for each in listed["documents"]] == ["filed.pdf"]
    for query in ("", "?state=held", "?state=filed"):
        page = factories.browser_of(viewer).get(reverse("documents:list") + query).content.decode()
        assert "held-documents" not in page
        assert "Waiting for review" not in page


def test_a_token_without_the_scope_of_review_sees_what_a_viewer_does(clinic: Clinic, clinician: User) -> None:
    record = held(clinic, "documents")
    address = f"{factories.API}/documents/{record.pk}"
    assert factories.client_of(clinician, scopes=[VIEW, CAPTURE]).get(address).status_code == 404
    assert factories.client_of(clinician, scopes=[VIEW, REVIEW]).get(address).status_code == 200


@pytest.mark.parametrize("status", [FileStatus.REVIEW, FileStatus.DUPLICATE])
def test_a_batch_shows_a_viewer_no_drawing_of_what_is_held_and_no_way_to_it(
    clinic: Clinic, clinician: User, viewer: User, reviewer: User, status: FileStatus
) -> None:
    file: BatchFile = factories.make_file(
        factories.make_batch(clinician), status=status, image=held(clinic, "images")
    )
    page = reverse("batches:batch", args=[file.batch_id])
    drawing = reverse("imaging_api:thumbnail", args=[file.image_id])
    way = reverse("batches:picture", args=[file.image_id])

    def shown(who: Client) -> tuple[bool, bool]:
        answer = who.get(page).content.decode()
        return drawing in answer, f'"{way}"' in answer

    assert shown(factories.browser_of(viewer)) == (False, False)
    assert shown(factories.browser_of(reviewer)) == (True, status == FileStatus.DUPLICATE)
