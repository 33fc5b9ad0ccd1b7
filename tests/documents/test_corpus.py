"""Other projects' PDFs, sound and broken, get their verdict; none crashes, hangs or fills the memory."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from django.conf import settings

from documents.ingest import JOB, job_arguments
from files import sandbox
from files.kinds import FileKind
from tests import corpora

MOST_SECONDS = 20
MOST_BYTES = 512 << 20


@pytest.fixture(scope="session")
def places() -> dict[corpora.Sample, Path]:
    return corpora.fetch("pdf")


@pytest.mark.parametrize("sample", corpora.listed("pdf"), ids=str)
def test_a_pdf_of_another_project_gets_its_verdict(
    sample: corpora.Sample, places: dict[corpora.Sample, Path], tmp_path: Path
) -> None:
    arguments = {"path": str(places[sample]), "scratch": str(tmp_path), **job_arguments(FileKind.PDF)}
    limits = sandbox.usual_limits()
    request = json.dumps({"job": JOB, "arguments": arguments, **asdict(limits)}).encode()
    began = time.monotonic()
    verdict, answer = sandbox._zygote.ask(settings.INTAKE_SANDBOX_JOBS, request, limits.wall_seconds)
    assert time.monotonic() - began < MOST_SECONDS
    assert verdict["end"] == "answered"
    assert verdict["peak_bytes"] < MOST_BYTES
    said = json.loads(answer)
    assert said.keys() in ({"result"}, {"refused"})
    if sample.is_strict:
        assert said.keys() == {"result" if sample.expected == "ok" else "refused"}
    if sample.note.startswith("password"):
        assert said["refused"]["code"] == "pdf-encrypted"
