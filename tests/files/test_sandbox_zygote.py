"""Lives and deaths around the sandbox: nothing outlives what it works for, and whatever dies is replaced."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from files import sandbox
from files.errors import FileRejected, Trouble
from files.sandbox import Limits
from tests.files import sandbox_jobs

LIMITS = Limits(memory_bytes=1 << 28, cpu_seconds=20, wall_seconds=20, file_bytes=1 << 24)

pytestmark = pytest.mark.usefixtures("bad_jobs")


class StruckError(Exception):
    """What a worker's soft time limit raises in the midst of anything."""


def run(job: str, **arguments: Any) -> dict[str, Any]:
    return sandbox.run(f"{sandbox_jobs.__name__}:{job}", limits=LIMITS, arguments=arguments)


def zygote_pid() -> int:
    assert sandbox._zygote._process is not None
    return sandbox._zygote._process.pid


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(promise: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not promise():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def noted_pid(note: Path) -> int:
    assert eventually(lambda: note.exists() and note.read_text() != "")
    return int(note.read_text())


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("own_session", [False, True])
@pytest.mark.parametrize("job", ["leave_sleeper", "leave_sleeper_and_die"])
def test_no_descendant_outlives_its_job_even_in_a_session_of_its_own(
    job: str, tmp_path: Path, *, own_session: bool
) -> None:
    note = tmp_path / "pid"
    try:
        run(job, note=str(note), own_session=own_session)
    except FileRejected as refusal:
        assert refusal.code == "file-crashed-reader"
    assert not is_running(noted_pid(note))


def test_an_idle_zygote_that_was_killed_is_replaced_without_a_word() -> None:
    run("echo")
    killed = zygote_pid()
    for _ in range(20):
        os.kill(zygote_pid(), signal.SIGKILL)
        assert run("echo", word="next") == {"heard": {"word": "next"}}
    assert zygote_pid() != killed


def test_a_zygote_killed_in_the_middle_of_a_job_is_trouble_ends_the_job_and_is_replaced(
    tmp_path: Path,
) -> None:
    note = tmp_path / "pid"
    run("echo")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, "sleep", note=str(note))
        job = noted_pid(note)
        os.kill(zygote_pid(), signal.SIGKILL)
        with pytest.raises(Trouble) as caught:
            running.result(timeout=10)
    assert caught.value.code == "sandbox-unavailable"
    assert eventually(lambda: not is_running(job))
    assert run("echo") == {"heard": {}}


def test_a_zygote_that_hangs_is_killed_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_GRACE_SECONDS", 0.3)
    monkeypatch.setattr(sandbox, "_STOP_SECONDS", 0.2)
    run("echo")
    stuck = zygote_pid()
    os.kill(stuck, signal.SIGSTOP)
    assert run("echo") == {"heard": {}}
    assert not is_running(stuck)


def test_a_call_to_stop_the_service_lets_the_running_job_finish(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    run("echo")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, "sleep", note=str(note), seconds=0.5)
        for pid in (noted_pid(note), zygote_pid()):
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGINT)
        assert running.result(timeout=10) == {"slept": 0.5}


def test_a_time_limit_that_strikes_in_the_middle_ends_the_job_and_leaves_no_answer_behind(
    tmp_path: Path,
) -> None:
    note = tmp_path / "pid"

    def strike(number: int, frame: object) -> None:
        raise StruckError

    before = signal.signal(signal.SIGALRM, strike)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(StruckError):
            run("sleep", note=str(note))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not is_running(noted_pid(note))
    assert run("echo", word="next") == {"heard": {"word": "next"}}


@pytest.mark.parametrize("how", ["main", "thread", "leaky"])
def test_a_killed_worker_takes_its_zygote_and_its_job_along(how: str, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    worker = subprocess.Popen([sys.executable, "-m", "tests.files.sandbox_worker", str(note), how])
    job = noted_pid(note)
    zygote = parent_of(job)
    assert parent_of(zygote) == worker.pid
    worker.kill()
    worker.wait()
    assert eventually(lambda: not is_running(job) and not is_running(zygote), seconds=10)


def test_a_zygote_outlives_the_thread_that_started_it() -> None:
    sandbox._zygote.stop()
    first = threading.Thread(target=run, args=("echo",))
    first.start()
    first.join()
    started = zygote_pid()
    time.sleep(0.1)
    assert run("echo") == {"heard": {}}
    assert zygote_pid() == started


def test_threads_share_one_zygote_and_each_gets_its_own_answer() -> None:
    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(lambda number: run("echo", number=number)["heard"]["number"], range(80)))
    assert heard == list(range(80))


def test_a_forked_worker_makes_its_own_zygote_and_leaves_the_parents_alone(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    run("echo")
    before = zygote_pid()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, "sleep", note=str(note), seconds=1)
        noted_pid(note)
        pid = os.fork()  # while another thread waits for an answer
        if pid == 0:
            signal.alarm(10)
            own = run("echo", word="child") == {"heard": {"word": "child"}} and zygote_pid() != before
            sandbox._zygote.stop()
            os._exit(0 if own else 1)
        assert running.result(timeout=10) == {"slept": 1}
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert run("echo", word="parent") == {"heard": {"word": "parent"}}
    assert zygote_pid() == before


def test_hundreds_of_jobs_leave_no_open_file_no_process_and_no_memory_behind() -> None:
    def holds() -> tuple[int, int, list[str]]:
        own, theirs = (len(list(Path(f"/proc/{who}/fd").iterdir())) for who in ("self", zygote_pid()))
        return own, theirs, Path(f"/proc/{zygote_pid()}/task/{zygote_pid()}/children").read_text().split()

    def resident_pages() -> int:
        return int(Path(f"/proc/{zygote_pid()}/statm").read_text().split()[1])

    run("echo")
    before, pages = holds(), resident_pages()
    for number in range(300):
        if number % 10:
            run("echo", number=number)
        else:
            with pytest.raises(FileRejected):
                run("segfault")
    assert holds() == before
    assert resident_pages() - pages < 512


def test_the_zygote_has_one_thread_because_a_fork_takes_only_one_along() -> None:
    assert run("threads_of_zygote") == {"threads": 1}
