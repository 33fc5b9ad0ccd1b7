"""The warm process beside each worker: it has the readers imported, and forks a walled child for each file.

Started by `files.sandbox` as `python -m files.sandbox_zygote PARENT TIED JOB…`. It reads requests on standard
input and answers on standard output, in frames: "ready" once, then for each job "started", a verdict, and
what the job itself answered. It trusts its parent, and nothing that a job does or says.
"""

import contextlib
import errno
import gc
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypedDict

from files import sandbox_frames as frames
from files import sandbox_walls as walls
from files.errors import Refused, Trouble

Job = Callable[..., dict[str, object]]


class Request(TypedDict):
    """One job: which, with what, and within which limits."""

    job: str
    arguments: dict[str, object]
    memory_bytes: int
    cpu_seconds: float
    wall_seconds: float
    file_bytes: int


class Verdict(TypedDict):
    """How a job ended ("answered", "silent", "late" or "flooded"), by which signal (0: none), and its use."""

    end: str
    signal: int
    cpu_seconds: float
    peak_bytes: int


READY, STARTED = b"ready", b"started"
MAX_FRAME_BYTES = 64 << 20
OUT_OF_MEMORY = b'{"exhausted": "memory"}'
OUT_OF_FILE_SPACE = b'{"exhausted": "file"}'

_LAST_WORDS_SECONDS = 1.0
_STORAGE_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_STORAGE_FAULTS = frozenset({errno.EIO, errno.ESTALE, errno.EROFS, errno.ENOENT, errno.EACCES})


class _Child:
    """One forked job, from its fork until nothing of it is left."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.signal = 0
        self.cpu_seconds = 0.0
        self.peak_bytes = 0
        self._has_ended = False

    def has_ended(self) -> bool:
        """Look, without waiting, whether the process has ended by itself."""
        if not self._has_ended:
            self._reap(os.WNOHANG)
        return self._has_ended

    def end(self, *, after_seconds: float) -> None:
        """Give the process that long to end by itself, then end it with all its descendants."""
        deadline = time.monotonic() + after_seconds
        while not self.has_ended() and time.monotonic() < deadline:
            time.sleep(0.001)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if not self._has_ended:
            # Its group does not exist yet if it had no time to make one.
            os.kill(self.pid, signal.SIGKILL)
            self._reap(0)
        _end_orphans()

    def _reap(self, options: int) -> None:
        pid, status, usage = os.wait4(self.pid, options)
        if pid:
            self._has_ended = True
            self.signal = max(-os.waitstatus_to_exitcode(status), 0)
            self.cpu_seconds = usage.ru_utime + usage.ru_stime
            self.peak_bytes = usage.ru_maxrss * 1024


def main(parent: str, tied: str, *names: str) -> None:
    """Serve the jobs `names` to `parent` until it ends or closes its pipe; for `tied` see the walls."""
    requests, answers = _take_pipes()
    walls.guard_zygote(int(parent), tied=tied == "1")
    jobs: dict[str, Job] = {}
    for name in names:
        try:
            jobs[name] = _job_named(name)
        except Exception as error:  # noqa: BLE001 - an import can fail in any way, and the parent reports it
            frames.send(answers, f"{name}: {type(error).__name__}: {error}".encode())
            return
    walls.drop_network()
    # What is here now will never be collected: the children share its pages for good.
    gc.collect()
    gc.freeze()
    frames.send(answers, READY)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            _serve_one(jobs, requests, answers, lambda: _is_wanted(requests, int(parent)))


def _take_pipes() -> tuple[int, int]:
    """Move both pipes away from where libraries read and print."""
    pipes = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return pipes


def _job_named(name: str) -> Job:
    module, _, function = name.partition(":")
    job: Job = getattr(importlib.import_module(module), function)
    return job


def _is_wanted(requests: int, parent: int) -> bool:
    """Say whether the parent lives and keeps its end open; a pipe that leaked elsewhere tells only half."""
    return os.getppid() == parent and not frames.is_hung_up(requests)


def _serve_one(jobs: dict[str, Job], requests: int, answers: int, is_wanted: frames.Asked) -> None:
    frame = frames.receive(requests, limit_bytes=MAX_FRAME_BYTES, still_wanted=is_wanted)
    request: Request = json.loads(frame)
    frames.send(answers, STARTED)
    verdict, answer = _run(jobs[request["job"]], request, is_wanted)
    frames.send(answers, json.dumps(verdict).encode())
    frames.send(answers, answer)


def _run(job: Job, request: Request, is_wanted: frames.Asked) -> tuple[Verdict, bytes]:
    """Fork one child for the job and stay until nothing of it is left."""
    deadline = time.monotonic() + request["wall_seconds"]
    answer_end, job_end = os.pipe()
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        _be_job(job, request, job_end, zygote)
    os.close(job_end)
    child = _Child(pid)
    end, answer = _await_answer(child, answer_end, is_wanted, deadline)
    os.close(answer_end)
    child.end(after_seconds=_LAST_WORDS_SECONDS if end == "silent" and is_wanted() else 0.0)
    verdict = Verdict(
        end=end, signal=child.signal, cpu_seconds=child.cpu_seconds, peak_bytes=child.peak_bytes
    )
    return verdict, answer


def _await_answer(
    child: _Child, answer_end: int, is_wanted: frames.Asked, deadline: float
) -> tuple[str, bytes]:
    try:
        answer = frames.receive(
            answer_end,
            limit_bytes=MAX_FRAME_BYTES,
            deadline=deadline,
            still_wanted=lambda: is_wanted() and not child.has_ended(),
        )
    except EOFError:
        return "silent", b""
    except TimeoutError:
        return "late", b""
    except frames.FrameTooLong:
        return "flooded", b""
    return "answered", answer


def _end_orphans() -> None:
    """End the descendants that left the job's session: as their subreaper we have become their parent."""
    while orphans := _children():
        for pid in orphans:
            os.kill(pid, signal.SIGKILL)
        for pid in orphans:
            os.waitpid(pid, 0)


def _children() -> list[int]:
    try:
        return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]
    except OSError:
        return []


def _be_job(job: Job, request: Request, job_end: int, zygote: int) -> NoReturn:
    """Live and end as the child: never return into the zygote's loop, whatever the job does."""
    try:
        os.setsid()
        walls.die_with(zygote)
        walls.close_files(keep=job_end)
        walls.limit_resources(
            memory_bytes=request["memory_bytes"],
            cpu_seconds=request["cpu_seconds"],
            file_bytes=request["file_bytes"],
        )
        frames.send(job_end, _answer(job, request["arguments"]))
    finally:
        os._exit(0)


def _answer(job: Job, arguments: dict[str, object]) -> bytes:
    try:
        return json.dumps({"result": job(**arguments)}).encode()
    except MemoryError:
        # Ready-made, because there may be no memory to make it in.
        return OUT_OF_MEMORY
    except BaseException as error:  # noqa: BLE001 - readers raise whatever they like, SystemExit included
        return _report(error)


def _report(error: BaseException) -> bytes:
    if isinstance(error, OSError):
        return _report_os_error(error)
    if isinstance(error, Refused):
        refused = {"code": error.code, "message": error.message, "facts": error.facts}
        return json.dumps({"refused": refused}, default=str).encode()
    if isinstance(error, Trouble):
        return _trouble(error.code, error.message)
    return _unreadable(error)


def _report_os_error(error: OSError) -> bytes:
    """Tell a limit and a failing disk from a file that its reader calls broken (OSError without a number)."""
    if error.errno == errno.EFBIG:
        return OUT_OF_FILE_SPACE
    if error.errno == errno.ENOMEM:
        return OUT_OF_MEMORY
    if error.errno in _STORAGE_FULL:
        return _trouble("storage-full", "The disk is full where files are worked on.")
    if error.errno in _STORAGE_FAULTS:
        return _trouble("storage-unavailable", "The disk failed where files are worked on.")
    return _unreadable(error)


def _trouble(code: str, message: str) -> bytes:
    return json.dumps({"trouble": {"code": code, "message": message}}).encode()


def _unreadable(error: BaseException) -> bytes:
    """Name type and place of an unforeseen error, and never its words, which may quote the file."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    where = f"{frame.f_globals.get('__name__')}:{line}"
    return json.dumps({"unreadable": {"reason": type(error).__name__, "where": where}}).encode()


if __name__ == "__main__":
    main(*sys.argv[1:])
