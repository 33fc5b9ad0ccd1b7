"""Runs the processes of one machine: starts them, starts again what dies, and leaves none behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.children import Child

PR_SET_PDEATHSIG = 1
LOOK_EVERY_SECONDS = 0.1
BACK_OFF_SECONDS = (1, 2, 4, 8, 15, 30)
# A process that lived this long had started well: its next death is a new story.
SETTLED_SECONDS = 60
TAIL_LINES = 8
MAX_LOG_BYTES = 20 * 1024 * 1024


class SupervisorError(Exception):
    """A process cannot be kept running; the sentence says which and what it said last."""


@dataclass
class Running:
    """One child's process, and how often it has died lately."""

    child: Child
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Keeps children running, each in `folder` with its output in `logs`; ends them in the order it is told.

    `say` gets one sentence for a person at a time. Not safe for threads: signals are handled in the main one.
    """

    folder: Path
    logs: Path
    say: Callable[[str], None]
    running: dict[str, Running] = field(default_factory=dict)
    asked_to_stop: int = 0

    def start(self, child: Child) -> None:
        """Start one child in a session of its own, so that Ctrl-C reaches the parent alone."""
        self.running[child.name] = Running(child, self._spawn(child), time.monotonic())

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        with self._log_of(child.name).open("ab") as log:
            return subprocess.Popen(
                child.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | child.environment,
                start_new_session=True,
                preexec_fn=lambda: die_with(parent, child.orphan_signal),  # noqa: PLW1509  # no threads here
            )

    def watch(self, *, until: Callable[[], bool] = lambda: False, max_deaths: int | None = None) -> bool:
        """Keep the children running until somebody asks to stop (False) or `until()` is true (True).

        With `max_deaths`, a child that dies that often raises SupervisorError instead of being started on.
        """
        while not self.asked_to_stop:
            for one in self.running.values():
                self._look_after(one, max_deaths)
            if until():
                return True
            time.sleep(LOOK_EVERY_SECONDS)
        return False

    def _look_after(self, one: Running, max_deaths: int | None) -> None:
        now = time.monotonic()
        if one.restart_at is not None:
            if now >= one.restart_at:
                one.process, one.started_at, one.restart_at = self._spawn(one.child), now, None
            return
        if one.process.poll() is None:
            return
        end_group(one.process.pid)
        one.deaths = 1 if now - one.started_at > SETTLED_SECONDS else one.deaths + 1
        how = describe_end(one.process.returncode)
        if max_deaths is not None and one.deaths >= max_deaths:
            raise SupervisorError(
                f"{one.child.name} {how} {one.deaths} times; it cannot start.\n{self.tail(one)}"
            )
        wait_seconds = BACK_OFF_SECONDS[min(one.deaths, len(BACK_OFF_SECONDS)) - 1]
        one.restart_at = now + wait_seconds
        self.say(f"{one.child.name} {how}; starting it again in {wait_seconds} s.\n{self.tail(one)}")

    def stop(self, names: list[str]) -> None:
        """End children one after the other, kindly first; a second request to stop ends the rest at once."""
        for name in names:
            one = self.running.pop(name, None)
            if one is not None:
                self._end(one)

    def _end(self, one: Running) -> None:
        for sign, seconds in one.child.ending.steps:
            if one.process.poll() is not None:
                break
            one.process.send_signal(sign)
            self._wait(one.process, seconds)
        end_group(one.process.pid)
        one.process.wait()

    def _wait(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline and self.asked_to_stop < 2:  # noqa: PLR2004
            time.sleep(LOOK_EVERY_SECONDS / 4)

    def tail(self, one: Running) -> str:
        """The last lines that a child wrote, indented."""
        return tail(self._log_of(one.child.name))

    def _log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """Within: Ctrl-C, SIGTERM and a closed terminal ask to stop instead of killing this process."""
        signs = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else started with nohup
            signs.append(signal.SIGHUP)
        before = {sign: signal.signal(sign, self._ask_to_stop) for sign in signs}
        try:
            yield
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)

    def _ask_to_stop(self, sign: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1


def die_with(parent: int, sign: signal.Signals) -> None:
    """In a new child: get `sign` when the parent dies, however it dies. Linux only; elsewhere a no-op."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
    if os.getppid() != parent:  # it died between the fork and the line above
        os._exit(1)


def end_group(leader: int) -> None:
    """Kill what is left of a child's session: its own children that did not follow it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def describe_end(returncode: int) -> str:
    """`ended with code 1`, `was killed by SIGKILL`."""
    if returncode < 0:
        return f"was killed by {signal.Signals(-returncode).name}"
    return f"ended with code {returncode}"


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, each indented; empty when there is none."""
    if not log.is_file():
        return ""
    with log.open(errors="replace") as text:
        return "".join(f"    {line.rstrip()[:300]}\n" for line in deque(text, maxlen=lines)).rstrip("\n")


def rotate(log: Path) -> None:
    """Before a start: keep one older file when the log has grown large."""
    if log.is_file() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
