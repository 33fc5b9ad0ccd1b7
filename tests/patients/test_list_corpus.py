"""Other projects' lists, sound and broken, get their verdict; none crashes, hangs or fills the memory."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from files import sandbox
from files.errors import FileRejected
from files.kinds import HEAD_BYTES, FileKind, sniff
from patients import list_file
from tests import corpora

KINDS = ("csv", "vcf", "xls", "xlsx")
MOST_SECONDS = 20
MOST_BYTES = 512 << 20


@pytest.fixture(scope="session")
def places() -> dict[corpora.Sample, Path]:
    return corpora.fetch(*KINDS)


def verdict_on(path: Path, name: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """How a list is received: "result" or "refused", and what is said of it."""
    try:
        kind = sniff(path.read_bytes()[:HEAD_BYTES], name)
    except FileRejected as refusal:
        return "refused", {"code": refusal.code, "message": refusal.message}
    arguments = list_file.job_arguments(path, folder, kind, None)
    limits = list_file.limits()
    request = json.dumps({"job": list_file.JOB, "arguments": arguments, **asdict(limits)}).encode()
    verdict, answer = sandbox._zygote.ask(settings.INTAKE_SANDBOX_JOBS, request, limits.wall_seconds)
    assert verdict["end"] == "answered"
    assert verdict["peak_bytes"] < MOST_BYTES
    ((how, said),) = json.loads(answer).items()
    return how, said


@pytest.mark.parametrize("sample", corpora.listed(*KINDS), ids=str)
def test_a_list_of_another_project_gets_its_verdict(
    sample: corpora.Sample, places: dict[corpora.Sample, Path], tmp_path: Path
) -> None:
    began = time.monotonic()
    how, said = verdict_on(places[sample], sample.name, tmp_path)
    assert time.monotonic() - began < MOST_SECONDS
    assert how in {"result", "refused"}
    if sample.is_strict:
        assert how == ("result" if sample.expected == "ok" else "refused")
    if how == "refused":
        assert said["code"] not in {"file-unreadable", "file-crashed-reader"}
        assert said["message"]


def test_every_kind_of_list_is_among_them() -> None:
    assert {sample.kind for sample in corpora.listed(*KINDS)} == set(KINDS)
    assert {FileKind.CSV, FileKind.XLS, FileKind.XLSX} <= {kind for kind in FileKind if kind.is_list}
