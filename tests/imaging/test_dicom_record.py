"""A DICOM file becomes a picture record like any other; whom it names stays out of it."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from clinics.access import PERMISSIONS, Access
from clinics.models import Clinic, Role, User
from files import storage
from files.examined import Examined
from files.kinds import FileKind
from imaging import ingest, serving
from imaging.models import Image
from tests import sample_dicom as dicom

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(clinic: Clinic, tmp_path: Path) -> Image:
    data = dicom.written(
        dicom.grey(PatientName="Secret^Name", PatientID="998877", StudyDate="20260501", StudyTime="101530")
    )
    facts = dict(dicom.look(data, tmp_path))
    facts["variants"] = []
    key = storage.original_key(clinic.pk, uuid4())
    storage.put_staged(key, tmp_path / "staged", FileKind.DICOM.media_type)
    examined = Examined(uuid4(), "IM000001.dcm", FileKind.DICOM, len(data), "0" * 64, facts, tmp_path)
    return ingest.create(examined, clinic, patient=None, original_key=key, twin=None)


def test_the_record_knows_its_study_and_not_whom_it_names(image: Image) -> None:
    image.refresh_from_db()
    assert (image.kind, image.width, image.height, image.frames) == ("dicom", 480, 320, 1)
    assert image.captured_at is not None
    assert image.facts["modality"] == "XC"
    assert image.facts["study_uid"].endswith(".498.1")
    kept = json.dumps(image.facts) + image.source_name
    assert "Secret" not in kept
    assert "998877" not in kept


def test_the_original_goes_out_as_a_dicom_attachment(image: Image, clinician: User, clinic: Clinic) -> None:
    access = Access(clinician, clinic, Role.CLINICIAN, PERMISSIONS[Role.CLINICIAN])
    answer = serving.original(access, image)
    assert answer["Content-Type"] == "application/dicom"
    assert answer["Content-Disposition"] == 'attachment; filename="IM000001.dcm"'
    assert answer["X-Content-Type-Options"] == "nosniff"
