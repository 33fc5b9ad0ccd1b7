"""A staging folder of its own for each test, and the badly behaved jobs on the sandbox's list."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.files import sandbox_jobs


@pytest.fixture
def staging_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.INTAKE_STAGING_DIR = str(tmp_path / "own" / "staging")
    return tmp_path / "own" / "staging"


@pytest.fixture
def bad_jobs(settings: Settings) -> None:
    settings.INTAKE_SANDBOX_JOBS = sandbox_jobs.listed()
