"""What most tests start from: one clinic with its people, a patient, and folders that end with the test."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from clinics.models import Clinic, Role, User
from patients.models import Patient
from tests import factories


@pytest.fixture(autouse=True)
def own_folders(settings: LazySettings, tmp_path: Path) -> None:
    """Staged and filed bytes of one test are never seen by another."""
    staging, media = tmp_path / "staging", tmp_path / "media"
    staging.mkdir()
    media.mkdir()
    settings.INTAKE_STAGING_DIR = staging
    settings.FILE_UPLOAD_TEMP_DIR = staging
    settings.INTAKE_SEARCH_DIR = tmp_path / "search"
    filed = {"BACKEND": "files.storage.DurableFileSystemStorage", "OPTIONS": {"location": str(media)}}
    settings.STORAGES = {**settings.STORAGES, "default": filed}


@pytest.fixture
def clinic(db: None) -> Clinic:
    """The clinic where everybody below works."""
    return factories.make_clinic("san-rafael", time_zone="America/Mexico_City")


@pytest.fixture
def admin_user(clinic: Clinic) -> User:
    """Runs the clinic."""
    return factories.make_user("admin", clinic, Role.ADMIN)


@pytest.fixture
def clinician(clinic: Clinic) -> User:
    """Uploads and decides."""
    return factories.make_user("clinician", clinic, Role.CLINICIAN)


@pytest.fixture
def reviewer(clinic: Clinic) -> User:
    """Decides, and uploads nothing."""
    return factories.make_user("reviewer", clinic, Role.REVIEWER)


@pytest.fixture
def viewer(clinic: Clinic) -> User:
    """Looks, and changes nothing."""
    return factories.make_user("viewer", clinic, Role.VIEWER)


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    """María Esther Garza Tijerina."""
    return factories.make_garza(clinic)


@pytest.fixture
def api(clinician: User) -> Client:
    """A script with the clinician's token."""
    return factories.client_of(clinician)


@pytest.fixture
def other_clinic(db: None) -> Clinic:
    """Another tenant, of which nobody here may see anything."""
    return factories.make_clinic("santa-ana")


@pytest.fixture
def stranger(other_clinic: Clinic) -> User:
    """A clinician of the other clinic."""
    return factories.make_user("stranger", other_clinic, Role.CLINICIAN)
