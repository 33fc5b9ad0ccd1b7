"""Small functions that make what a test starts from: people, batches, files, filed records, clients."""

import hashlib
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.crypto import get_random_string
from PIL import Image as Pillow

from batches.actions.batch import BatchOptions, create_batch
from batches.actions.intake import receive_whole
from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.access import PERMISSIONS, Access
from clinics.models import Clinic, Membership, Role, User
from clinics.tokens import create_token
from documents.models import Document, DocumentVariant
from files import staging, storage
from imaging.models import Image, Variant
from patients.matcher import refresh_keys
from patients.models import Patient, Roster
from patients.roster_actions import Sent, receive_roster

API = "/api/v1"
JSON = "application/json"


def make_clinic(slug: str, **limits: Any) -> Clinic:
    """A clinic that is named after its slug."""
    return Clinic.objects.create(slug=slug, name=slug.title(), **limits)


def make_user(name: str, clinic: Clinic, role: str) -> User:
    """A member of the clinic; the password is the name."""
    user = User.objects.create_user(name, email=f"{name}@example.org", password=name)
    Membership.objects.create(user=user, clinic=clinic, role=role)
    return user


def make_patient(clinic: Clinic, mrn: str, family_name: str, given_names: str = "", **facts: Any) -> Patient:
    """A patient whom the matcher finds."""
    patient = Patient.objects.create(
        clinic=clinic, mrn=mrn, family_name=family_name, given_names=given_names, **facts
    )
    refresh_keys(patient)
    return patient


def make_garza(clinic: Clinic) -> Patient:
    """María Esther Garza Tijerina, born in 1957."""
    born = date(1957, 4, 23)
    return make_patient(clinic, "3000003792", "Garza Tijerina", "María Esther", birth_date=born, sex="F")


def access_of(user: User) -> Access:
    """The user at work in the first of their clinics."""
    membership = Membership.objects.select_related("clinic").filter(user=user).earliest("created_at")
    return Access(user, membership.clinic, membership.role, PERMISSIONS[membership.role])


def make_batch(user: User, **options: Any) -> Batch:
    """An empty batch of the user's clinic."""
    return create_batch(access=access_of(user), options=BatchOptions(**options))


def make_file(
    batch: Batch, path: str = "a.jpg", *, status: FileStatus = FileStatus.PENDING, **row: Any
) -> BatchFile:
    """A row in any state, without a road behind it."""
    return BatchFile.objects.create(batch=batch, path=path, status=status, **{"size": 1, **row})


ROSTER = b"MRN;Apellidos;Nombre\n0012345;Pereda;Luz\n;Nadie;\n"


def make_roster(clinic: Clinic, user: User | None = None, content: bytes = ROSTER, **sent: Any) -> Roster:
    """A list of patients that waits to be read."""
    facts = {"name": "list.csv", "chunks": [content], **sent}
    return receive_roster(clinic=clinic, sent=Sent(**facts), actor=user)


def send_file(batch: Batch, path: str, content: bytes) -> BatchFile:
    """A file whose every byte has come."""
    return receive_whole(batch=batch, path=path, size=len(content), chunks=[content])


def tiny_jpeg(seed: int = 0) -> bytes:
    """A small sound picture; another `seed`, other bytes."""
    buffer = io.BytesIO()
    Pillow.new("RGB", (64, 48), (seed * 37 % 256, seed * 91 % 256, 120)).save(buffer, "JPEG")
    return buffer.getvalue()


def make_image(clinic: Clinic, patient: Patient | None = None, *, content: bytes = b"", **row: Any) -> Image:
    """A picture with its bytes and sizes in storage; in a chart where a patient is given."""
    content = content or tiny_jpeg()
    pk = row.pop("id", None) or uuid4()
    facts = {"width": 64, "height": 48, "kind": "jpeg", "source_name": "a.jpg", **row}
    image = Image.objects.create(
        id=pk,
        clinic=clinic,
        patient=patient,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        original_key=_stored(storage.original_key(clinic.pk, pk), content) if patient else "",
        **facts,
    )
    for name in settings.INTAKE_VARIANTS:
        Variant.objects.create(image=image, **_variant(clinic, pk, name))
    return image


def make_document(
    clinic: Clinic, patient: Patient | None = None, *, content: bytes = b"", **row: Any
) -> Document:
    """A document with its bytes and the pictures of its first page in storage."""
    content = content or b"%PDF-1.7 not read by anybody"
    pk = row.pop("id", None) or uuid4()
    document = Document.objects.create(
        id=pk,
        clinic=clinic,
        patient=patient,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        original_key=_stored(storage.original_key(clinic.pk, pk), content) if patient else "",
        **{"kind": "pdf", "page_count": 1, "source_name": "a.pdf", **row},
    )
    for name in settings.INTAKE_VARIANTS:
        DocumentVariant.objects.create(document=document, **_variant(clinic, pk, name))
    return document


def make_file_in_review(batch: Batch, path: str = "unknown.jpg", *, seed: int = 0, **row: Any) -> BatchFile:
    """A picture that waits for a person: staged bytes, an image in no chart, a row in REVIEW."""
    content, pk = tiny_jpeg(seed), uuid4()
    image = make_image(batch.clinic, content=content, id=pk)
    return make_file(
        batch,
        path,
        id=pk,
        status=FileStatus.REVIEW,
        size=len(content),
        offset=len(content),
        storage_key=staged(content),
        kind="jpeg",
        sha256=image.sha256,
        image=image,
        decision="none",
        **row,
    )


def staged(content: bytes) -> str:
    """The key of these bytes in temporary storage."""
    key = staging.new_key()
    staging.create(key)
    staging.write_at(key, 0, content)
    return key


def client_of(user: User, *, scopes: Iterable[str] = (), clinic: Clinic | None = None) -> Client:
    """A script that sends the user's token."""
    token = create_token(user, clinic or access_of(user).clinic, scopes=list(scopes))
    return Client(headers={"authorization": f"Bearer {token}"})


def browser_of(user: User) -> Client:
    """A signed-in browser whose every change must carry the CSRF token."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    browser.cookies[settings.CSRF_COOKIE_NAME] = get_random_string(32)
    return browser


def csrf_of(browser: Client) -> dict[str, str]:
    """The header with which a page of ours proves itself."""
    return {"X-CSRFToken": browser.cookies[settings.CSRF_COOKIE_NAME].value}


def part(name: str, content: bytes) -> SimpleUploadedFile:
    """A file for a multipart form."""
    return SimpleUploadedFile(name, content, content_type="application/octet-stream")


def _variant(clinic: Clinic, pk: Any, name: str) -> dict[str, Any]:
    content = tiny_jpeg(7)
    key = _stored(storage.variant_key(clinic.pk, pk, name), content)
    return {"name": name, "width": 64, "height": 48, "size_bytes": len(content), "key": key}


def _stored(key: str, content: bytes) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder, "bytes")
        path.write_bytes(content)
        storage.put(key, path, "application/octet-stream")
    return key


ROLES = (Role.ADMIN, Role.CLINICIAN, Role.REVIEWER, Role.VIEWER)
