"""The sandbox's promise: whatever a reader does, its caller gets a promised error, and the next job works."""

import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from files import sandbox
from files.errors import FileRejected, Trouble
from files.sandbox import Limits
from tests.files import sandbox_jobs

MIB = 1 << 20
LIMITS = Limits(memory_bytes=256 * MIB, cpu_seconds=20, wall_seconds=20, file_bytes=16 * MIB)
SHORT = replace(LIMITS, wall_seconds=0.5)
BUSY = replace(LIMITS, cpu_seconds=1)

pytestmark = pytest.mark.usefixtures("bad_jobs")


def run(job: str, limits: Limits = LIMITS, **arguments: Any) -> dict[str, Any]:
    return sandbox.run(f"{sandbox_jobs.__name__}:{job}", limits=limits, arguments=arguments)


def rejected(job: str, limits: Limits = LIMITS, **arguments: Any) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        run(job, limits, **arguments)
    assert run("echo", word="next") == {"heard": {"word": "next"}}
    return caught.value


def test_a_job_gets_its_arguments_and_its_answer_comes_back() -> None:
    arguments: dict[str, Any] = {"text": "ñ \U0001f9b7 \x00 \ud800", "nested": [{"number": 1.5}, None, True]}
    assert run("echo", **arguments) == {"heard": arguments}


@pytest.mark.parametrize("job", ["segfault", "leave", "abort", "kill_itself", "close_everything"])
def test_a_reader_that_dies_is_a_file_that_crashed_its_reader(job: str) -> None:
    assert rejected(job).code == "file-crashed-reader"


def test_a_reader_that_closes_its_pipe_and_stays_is_ended_long_before_its_time() -> None:
    start = time.monotonic()
    assert rejected("sleep_deaf").code == "file-crashed-reader"
    assert time.monotonic() - start < LIMITS.wall_seconds / 2


@pytest.mark.parametrize(
    ("job", "limits"), [("sleep", SHORT), ("trickle", SHORT), ("spin", BUSY), ("spin_deaf", BUSY)]
)
def test_a_reader_that_goes_on_for_ever_took_too_long(job: str, limits: Limits) -> None:
    refusal = rejected(job, limits)
    assert refusal.code == "took-too-long"
    assert refusal.facts == {"limit_seconds": limits.wall_seconds}


@pytest.mark.parametrize(
    ("job", "arguments"),
    [("allocate", {}), ("raise_anything", {"kind": "memory"}), ("answer_much", {"mib": 300})],
)
def test_a_reader_that_wants_all_memory_is_refused_with_the_limit(
    job: str, arguments: dict[str, Any]
) -> None:
    refusal = rejected(job, **arguments)
    assert refusal.code == "too-much-memory"
    assert "256 MiB of memory" in refusal.message
    assert refusal.facts == {"limit_bytes": 256 * MIB}


def test_the_memory_limit_counts_what_the_job_adds_and_not_what_the_warm_start_holds() -> None:
    assert run("allocate_quietly", replace(LIMITS, memory_bytes=48 * MIB), mib=32) == {"bytes": 32 * MIB}
    assert (
        rejected("allocate_quietly", replace(LIMITS, memory_bytes=16 * MIB), mib=32).code == "too-much-memory"
    )


def test_a_written_file_has_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "scratch"
    assert run("write_file", path=str(path), size_bytes=16 * MIB) == {}
    refusal = rejected("write_file", path=str(path), size_bytes=17 * MIB)
    assert refusal.code == "too-much-memory"
    assert "16 MiB of working space" in refusal.message
    assert path.stat().st_size == 16 * MIB


@pytest.mark.parametrize("job", ["answer_list", "answer_bytes", "answer_noise"])
def test_an_answer_without_sense_is_a_file_that_cannot_be_read(job: str) -> None:
    assert rejected(job).code == "file-unreadable"


def test_an_answer_has_its_limit() -> None:
    roomy = replace(LIMITS, memory_bytes=1024 * MIB)
    assert len(run("answer_much", roomy, mib=60)["text"]) == 60 * MIB
    refusal = rejected("answer_much", roomy, mib=65)
    assert (refusal.code, refusal.facts["reason"]) == ("file-unreadable", "answer-too-long")


@pytest.mark.parametrize("kind", ["value", "exit", "interrupt", "reader"])
def test_an_unforeseen_exception_is_told_by_type_and_place_and_never_by_its_words(kind: str) -> None:
    refusal = rejected("raise_anything", kind=kind)
    assert refusal.code == "file-unreadable"
    assert str(refusal.facts["where"]).startswith(f"{sandbox_jobs.__name__}:")
    assert "secret" not in f"{refusal.message} {refusal.facts}"


def test_what_a_job_refuses_is_refused_with_the_same_code_words_and_facts() -> None:
    refusal = rejected("reject")
    assert (refusal.code, refusal.message, refusal.status) == (
        "image-incomplete",
        "The file ends too early.",
        422,
    )
    assert refusal.facts == {"rows_read": 7, "code_of_reader": "jpeg"}


@pytest.mark.parametrize(
    ("job", "arguments", "code"),
    [
        ("be_in_trouble", {}, "storage-full"),
        ("raise_anything", {"kind": "full"}, "storage-full"),
        ("raise_anything", {"kind": "gone"}, "storage-unavailable"),
    ],
)
def test_a_failing_disk_is_trouble_and_not_the_senders_fault(
    job: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(Trouble) as caught:
        run(job, **arguments)
    assert caught.value.code == code
    assert "secret" not in caught.value.message


def test_what_a_job_prints_never_reaches_us_or_the_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("print_much") == {"stdin": ""}
    assert run("echo", word="next") == {"heard": {"word": "next"}}
    assert capfd.readouterr() == ("", "")


def test_a_job_that_is_not_on_the_list_never_starts() -> None:
    with pytest.raises(ImproperlyConfigured):
        sandbox.run("os:system", limits=LIMITS, arguments={"command": "true"})


def test_a_reader_that_cannot_be_imported_is_trouble_that_names_it(settings: Settings) -> None:
    listed = settings.INTAKE_SANDBOX_JOBS
    settings.INTAKE_SANDBOX_JOBS = ["imaging.no_such_reader:examine"]
    with pytest.raises(Trouble, match="no_such_reader") as caught:
        sandbox.run("imaging.no_such_reader:examine", limits=LIMITS, arguments={})
    assert caught.value.code == "sandbox-unavailable"
    settings.INTAKE_SANDBOX_JOBS = listed
    assert run("echo") == {"heard": {}}


def test_a_job_finds_no_secret_no_open_file_and_no_way_to_write_a_core(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://user:secret@host/db")
    sandbox._zygote.stop()
    with socket.socket() as broker:
        broker.set_inheritable(True)
        around = run("surroundings")
    allowed = {*sandbox._KEPT_ENVIRONMENT, *sandbox._ADDED_ENVIRONMENT}
    assert set(around["environment"]) <= allowed
    assert len(around["open_files"]) == 1  # its own way to answer
    assert around["std"] == ["/dev/null"] * 3
    assert around["session"] == around["pid"]
    assert around["umask"] == 0o077
    assert around["limits"]["RLIMIT_CORE"] == [0, 0]
    assert around["limits"]["RLIMIT_CPU"] == [20, 21]
    assert around["limits"]["RLIMIT_FSIZE"] == [16 * MIB, 16 * MIB]
    assert around["limits"]["RLIMIT_NOFILE"] == [64, 64]


def test_a_job_reaches_nobody_over_the_network_or_a_local_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "broker.sock")
    with socket.create_server(("127.0.0.1", 0)) as remote, socket.socket(socket.AF_UNIX) as local:
        local.bind(path)
        local.listen()
        for address in (list(remote.getsockname()), path):
            assert sandbox_jobs.call_out(address=address) == {"errno": 0}
            assert run("call_out", address=address) == {"errno": 1}
