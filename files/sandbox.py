"""Where the road meets a stranger's bytes: what reads them runs in a walled, short-lived child process."""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from files import sandbox_frames as frames
from files.errors import FileRejected, Trouble
from files.sandbox_zygote import MAX_FRAME_BYTES, READY, STARTED, Verdict

MIB = 1 << 20

_START_SECONDS = 60.0
_GRACE_SECONDS = 10.0
_STOP_SECONDS = 3.0
_HOME = Path(__file__).resolve().parent.parent
# What Python needs to start; no address of a database or broker and no key ever reaches a reader.
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR")
# One thread for each numeric library: a fork takes only the calling thread along.
_ADDED_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one job may use: memory beyond the warm start, processor time, elapsed time, size of a file."""

    memory_bytes: int
    cpu_seconds: float
    wall_seconds: float
    file_bytes: int


def usual_limits() -> Limits:
    """What one reading may use in this installation."""
    return Limits(
        memory_bytes=settings.INTAKE_SANDBOX_MEMORY_BYTES,
        cpu_seconds=settings.INTAKE_SANDBOX_CPU_SECONDS,
        wall_seconds=settings.INTAKE_SANDBOX_WALL_SECONDS,
        file_bytes=settings.INTAKE_SANDBOX_FILE_BYTES,
    )


def run(job: str, *, limits: Limits, arguments: Mapping[str, object]) -> dict[str, object]:
    """Run "package.module:function" with JSON-able keyword arguments in a child; return its JSON-able dict.

    Jobs of one process run one after the other, from whichever thread they come. What the child does or
    suffers reaches this process only as one of these errors:

    - FileRejected as the job raised it, or "too-much-memory" (also: a written file over its limit),
      "took-too-long", "file-crashed-reader" (it ended without an answer), "file-unreadable" (any other
      exception, with its type and place in the facts, or an answer without sense);
    - Trouble "sandbox-unavailable" when the zygote does not start or answer, and as the job raised it, or
      "storage-full" and "storage-unavailable" when the disk failed the job;
    - ImproperlyConfigured for a job that INTAKE_SANDBOX_JOBS does not list.
    """
    if job not in settings.INTAKE_SANDBOX_JOBS:
        raise ImproperlyConfigured(f"{job} is not listed in INTAKE_SANDBOX_JOBS.")
    request = json.dumps({"job": job, "arguments": dict(arguments), **asdict(limits)}).encode()
    verdict, answer = _zygote.ask(settings.INTAKE_SANDBOX_JOBS, request, limits.wall_seconds)
    if verdict["end"] != "answered":
        _raise_for_end(verdict, limits)
    return _result(answer, limits)


class _Zygote:
    """This process's own warm child, started when first needed and again whenever it is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, jobs: Sequence[str], request: bytes, wall_seconds: float) -> tuple[Verdict, bytes]:
        """The zygote's verdict on one job, and the job's answer. Raises Trouble "sandbox-unavailable"."""
        with self._lock:
            try:
                answers = self._hand_over(tuple(jobs), request)
                verdict: Verdict = json.loads(_receive(answers, wall_seconds + _GRACE_SECONDS))
                return verdict, _receive(answers, _GRACE_SECONDS)
            except (OSError, EOFError, frames.FrameTooLong) as error:
                self.stop()
                raise _unavailable(f"It stopped answering ({type(error).__name__}).") from error
            except BaseException:
                # A worker's time limit can strike anywhere; the answer must not be left for the next job.
                self.stop()
                raise

    def stop(self) -> None:
        """End the zygote and what it runs: it leaves when its pipe closes, or else it is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        _close_pipes(process)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def forget(self) -> None:
        """After a fork: the zygote belongs to the parent, whose pipes must not be kept open here."""
        self._lock = threading.Lock()
        process, self._process = self._process, None
        if process is not None:
            _close_pipes(process)
            process.returncode = 0  # Not our child: there is nothing to wait for, or to warn of.

    def _hand_over(self, jobs: tuple[str, ...], request: bytes) -> int:
        """Give the request to a zygote that confirms it; if the idle one has died, to a new one."""
        with contextlib.suppress(OSError, EOFError):
            return self._offer(jobs, request)
        self.stop()
        return self._offer(jobs, request)

    def _offer(self, jobs: tuple[str, ...], request: bytes) -> int:
        process = self._process
        if process is None or process.poll() is not None or jobs != self._jobs:
            self.stop()
            process = self._start(jobs)
        requests, answers = _pipes(process)
        frames.send(requests, request, deadline=time.monotonic() + _GRACE_SECONDS)
        if _receive(answers, _GRACE_SECONDS) != STARTED:
            raise EOFError
        return answers

    def _start(self, jobs: tuple[str, ...]) -> subprocess.Popen[bytes]:
        # Linux would end a tied zygote with the thread that started it, so only the main thread ties.
        tied = threading.current_thread() is threading.main_thread()
        kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        process = subprocess.Popen(  # noqa: S603 - our own module, with names from our own settings
            [sys.executable, "-m", "files.sandbox_zygote", str(os.getpid()), str(int(tied)), *jobs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=_HOME,
            env=kept | _ADDED_ENVIRONMENT,
            start_new_session=True,
        )
        self._process, self._jobs = process, jobs
        requests, answers = _pipes(process)
        os.set_blocking(requests, False)
        greeting = _receive(answers, _START_SECONDS)
        if greeting != READY:
            raise _unavailable(f"It could not start: {greeting.decode(errors='replace')}")
        return process


def _pipes(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    return process.stdin.fileno(), process.stdout.fileno()


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _receive(fd: int, seconds: float) -> bytes:
    return frames.receive(fd, limit_bytes=MAX_FRAME_BYTES, deadline=time.monotonic() + seconds)


def _unavailable(reason: str) -> Trouble:
    return Trouble("sandbox-unavailable", f"The sandbox that reads files is not available. {reason}")


def _raise_for_end(verdict: Verdict, limits: Limits) -> NoReturn:
    """Say what became of a job that gave no answer."""
    spent = verdict["cpu_seconds"] >= limits.cpu_seconds
    if verdict["end"] == "late" or verdict["signal"] == signal.SIGXCPU or spent:
        raise FileRejected(
            "took-too-long",
            f"Reading this file took longer than {limits.wall_seconds:g} seconds. {_CURE}",
            limit_seconds=limits.wall_seconds,
        )
    if verdict["end"] == "flooded":
        raise _unreadable(reason="answer-too-long", where="")
    raise FileRejected(
        "file-crashed-reader",
        f"This file made its reader stop; it is probably damaged. {_CURE}",
        signal=verdict["signal"],
        peak_bytes=verdict["peak_bytes"],
    )


def _result(answer: bytes, limits: Limits) -> dict[str, object]:
    """Judge what the job said as a stranger's word: only the shapes that our child writes are believed."""
    match _parsed(answer):
        case {"result": dict() as result}:
            return result
        case {"refused": {"code": str(code), "message": str(message), "facts": dict() as facts}}:
            refused = FileRejected(code, message)
            refused.facts = facts
            raise refused
        case {"trouble": {"code": str(code), "message": str(message)}}:
            raise Trouble(code, message)
        case {"exhausted": "memory" | "file" as what}:
            raise _exhausted(what, limits)
        case {"unreadable": {"reason": str(reason), "where": str(where)}}:
            raise _unreadable(reason=reason, where=where)
    raise _unreadable(reason="senseless-answer", where="")


def _parsed(answer: bytes) -> object:
    try:
        parsed: object = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return parsed


def _exhausted(what: str, limits: Limits) -> FileRejected:
    limit_bytes = limits.memory_bytes if what == "memory" else limits.file_bytes
    return FileRejected(
        "too-much-memory",
        f"Reading this file needs more than {limit_bytes // MIB} MiB of {_ROOM[what]}. {_SMALLER}",
        limit_bytes=limit_bytes,
    )


def _unreadable(*, reason: str, where: str) -> FileRejected:
    return FileRejected("file-unreadable", f"This file cannot be read. {_CURE}", reason=reason, where=where)


_CURE = "Please open it on your computer, save it anew and send that."
_SMALLER = "Please save a smaller version of it and send that."
_ROOM = {"memory": "memory", "file": "working space"}
_zygote = _Zygote()
os.register_at_fork(after_in_child=_zygote.forget)
atexit.register(_zygote.stop)
