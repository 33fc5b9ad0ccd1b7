"""One prepared home for the whole folder, and copies of it that a test may harm."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from batches.models import Batch
from clinics.models import Clinic, User
from patients.models import Patient
from tests import factories
from tests.faults.installation import START_SECONDS, STOP_SECONDS, Installation, eventually, free_port
from tests.faults.sender import Sender


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was started and stopped once: tables, static files, the demonstration, a token."""
    if sys.platform != "linux":
        pytest.skip("reads /proc, and relies on a signal at the parent's death")
    one = Installation(tmp_path_factory.mktemp("prepared") / "home", free_port(), {"INTAKE_DEMO": "1"})
    process = one.up()
    assert eventually(lambda: "is ready on" in one.said(), seconds=START_SECONDS), one.said()
    process.terminate()
    assert process.wait(timeout=STOP_SECONDS) == 0
    token = one.run("create_token", "--user", "clinician").splitlines()[-1]
    (one.home / "token").touch(mode=0o600)
    (one.home / "token").write_text(token)
    return one.home


@pytest.fixture
def installation(tmp_path: Path, prepared: Path) -> Iterator[Installation]:
    """A fresh copy of the prepared home on a port of its own; nothing runs yet."""
    with copy_of(prepared, tmp_path) as one:
        yield one


@pytest.fixture
def sender(installation: Installation) -> Sender:
    """The demonstration's clinician as a script."""
    return sender_to(installation)


@pytest.fixture
def numbers(installation: Installation) -> list[str]:
    """Record numbers of the demonstration's patients."""
    return [mrn for (mrn,) in installation.rows("SELECT mrn FROM patients_patient ORDER BY mrn")]


@contextmanager
def copy_of(
    prepared: Path, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Installation]:
    """A copy of the prepared home that ends, with all its processes, when the block does."""
    one = Installation(folder / "home", free_port(), settings or {})
    shutil.copytree(prepared, one.home)
    try:
        yield one
    finally:
        one.stop()


def sender_to(one: Installation) -> Sender:
    """The demonstration's clinician as a script that talks to this installation."""
    return Sender(one.port, (one.home / "token").read_text())


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


@pytest.fixture
def garza(clinic: Clinic) -> Patient:
    return factories.make_garza(clinic)


@pytest.fixture
def okafor(clinic: Clinic) -> Patient:
    return factories.make_patient(clinic, "3000004592", "Okafor", "Chidi")


@pytest.fixture
def unknown(clinic: Clinic) -> Patient:
    """A provisional record that turns out to be Garza's."""
    born = date(1957, 4, 23)
    return factories.make_patient(
        clinic, "77001", "Garza Tijerina", "María Esther", birth_date=born, provisional=True
    )
