"""A batch to work on, and the shortest ways to bring files into it and down the road."""

from collections.abc import Callable

import pytest

from batches.actions.batch import BatchOptions, create_batch
from batches.actions.intake import receive_whole
from batches.models import Batch, BatchFile
from batches.pipeline import run
from clinics.access import PERMISSIONS, Access
from clinics.models import Clinic, Role, User
from patients.matcher import refresh_keys
from patients.models import Patient

Send = Callable[..., BatchFile]


@pytest.fixture
def access(clinic: Clinic, clinician: User) -> Access:
    """The clinician at work in the clinic."""
    return Access(clinician, clinic, Role.CLINICIAN, PERMISSIONS[Role.CLINICIAN])


@pytest.fixture
def batch(access: Access) -> Batch:
    """An empty batch that starts on arrival."""
    return create_batch(access=access, options=BatchOptions())


@pytest.fixture
def send(batch: Batch) -> Send:
    """Send bytes as one file; `walk=True` takes it down the road at once, as a worker would."""

    def send_file(path: str, content: bytes, *, into: Batch | None = None, walk: bool = False) -> BatchFile:
        file = receive_whole(batch=into or batch, path=path, size=len(content), chunks=[content])
        if walk:
            run.process(file.pk)
            file.refresh_from_db()
        return file

    return send_file


@pytest.fixture
def garza(clinic: Clinic) -> Patient:
    """A patient whose number carries the check digit that the clinic trusts."""
    return _patient(clinic, "3000003792", "Garza Tijerina", "María Esther")


@pytest.fixture
def okafor(clinic: Clinic) -> Patient:
    """Somebody else."""
    return _patient(clinic, "3000004592", "Okafor", "Chidi")


def _patient(clinic: Clinic, mrn: str, family: str, given: str) -> Patient:
    Clinic.objects.filter(pk=clinic.pk).update(check_digit=Clinic.CheckDigit.LUHN)
    clinic.refresh_from_db()
    patient = Patient.objects.create(clinic=clinic, mrn=mrn, family_name=family, given_names=given)
    refresh_keys(patient)
    return patient
