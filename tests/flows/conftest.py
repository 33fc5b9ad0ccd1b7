"""A reviewer at the desk, where a file of tests does not say otherwise."""

import pytest
from django.test import Client

from batches.models import Batch, BatchFile
from clinics.models import User
from patients.models import Patient
from tests import factories
from tests.flows.desk_calls import evidence_for


@pytest.fixture
def browser(reviewer: User) -> Client:
    """The reviewer's."""
    return factories.browser_of(reviewer)


@pytest.fixture
def batch(clinician: User) -> Batch:
    """An empty one."""
    return factories.make_batch(clinician)


@pytest.fixture
def trio(batch: Batch, patient: Patient) -> list[BatchFile]:
    """Three pictures that say the same about one patient."""
    return [
        factories.make_file_in_review(batch, f"a/garza_{n}.jpg", seed=n, evidence=evidence_for(patient))
        for n in (1, 2, 3)
    ]
