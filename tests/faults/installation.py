"""A whole installation of real processes, each with its own home and port, which a test starts and harms."""

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis

from config import broker, children
from config.celery import QUEUES
from config.children import Child
from config.home import Home
from config.supervisor import die_with, end_group

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240
# For what must happen and whose speed proves nothing: long enough for the slowest machine.
PATIENCE_SECONDS = 120
STOP_SECONDS = 40
ROLES = ("broker", "web", "worker", "beat")
# How a process is recognised in its command line.
SIGNS = {"broker": "-server", "web": "gunicorn", "worker": " worker ", "beat": " beat "}
ZYGOTE = "files.sandbox_zygote "
# The kernel's letters: a process that is dead, or not even there, and one that stands still.
GONE, STOPPED = {"", "X", "Z"}, {"T"}
_reserved: list[socket.socket] = []
# For tests that wait for a claim to die: the same rules, a fifth of the time.
HASTE = {
    "INTAKE_LEASE_SECONDS": "4",
    "INTAKE_LEASE_RENEW_SECONDS": "1",
    "INTAKE_RESEND_SECONDS": "3",
    "INTAKE_SENT_SECONDS": "2",
    "INTAKE_TROUBLE_DELAY_SECONDS": "1",
}


@dataclass
class Installation:
    """One home and port, and what was started on them; `settings` are environment variables of its own."""

    home: Path
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    roles: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    # --- starting: all of it under the product's supervisor, or each process by itself

    def up(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `manage.py up`; its output goes to a file in the home's parent."""
        return self.launch([sys.executable, "manage.py", "up", *arguments])

    def launch(self, command: list[str]) -> subprocess.Popen[str]:
        """Start any command in the installation's environment."""
        return self._spawn(command, self.home.parent / "out.txt", {})

    def start(self, *roles: str) -> None:
        """Start these processes with the very commands of the supervisor, and wait until they answer."""
        places = {role: self.log_bytes(role) for role in roles}
        for role in roles:
            child = self._child(role)
            log = self.home / "logs" / f"{role}.log"
            self.roles[role] = self._spawn(child.command, log, child.environment)
            if role == "broker":
                assert broker.answers(self.redis_url, wait_seconds=START_SECONDS)
        for role in roles:
            took_part = partial(self._answers, role, places[role])
            assert eventually(took_part, seconds=START_SECONDS), f"{role}:\n{self.log_of(role)[-3000:]}"

    def run(self, *arguments: str) -> str:
        """The output of a command of manage.py that must succeed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def environment(self) -> dict[str, str]:
        """Nothing of ours but what makes it this installation."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("INTAKE_", "DJANGO_"))
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            kept.pop(name, None)
        mine = {
            "INTAKE_HOME": str(self.home),
            "PORT": str(self.port),
            "INTAKE_DEMO": "0",
            "INTAKE_WORKERS": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "TMPDIR": str(self.scratch),
            "PYTHONFAULTHANDLER": "1",  # for `last_words`
        }
        return kept | mine | dict(self.settings)

    # --- harming and stopping

    def kill(self, role: str, sign: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to every process of a role at once; SIGKILL and SIGSTOP work before it returns."""
        process = self.roles[role]
        group = [pid for pid in self.processes() if group_of(pid) == process.pid]
        os.killpg(process.pid, sign)
        if sign is signal.SIGKILL:
            process.wait(timeout=STOP_SECONDS)
        if wanted := {signal.SIGKILL: GONE, signal.SIGSTOP: STOPPED}.get(sign):
            done = eventually(lambda: {state_of(pid) for pid in group} <= wanted, seconds=STOP_SECONDS)
            assert done, {pid: state_of(pid) for pid in group}

    def stop(self) -> None:
        """End everything that was started here, at once, and see that nothing is left."""
        for process in [*self.started, *self.roles.values()]:
            end_group(process.pid)
            process.wait(timeout=STOP_SECONDS)
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not self.processes(), seconds=STOP_SECONDS), self.processes()

    # --- looking

    def said(self) -> str:
        """What `launch` has printed."""
        return (self.home.parent / "out.txt").read_text()

    def log_of(self, role: str) -> str:
        """Everything that a process has written."""
        path = self.home / "logs" / f"{role}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def last_words(self, role: str) -> str:
        """The end of a role's log, and at which line its first process stands still; that one it ends."""
        os.kill(self.roles[role].pid, signal.SIGABRT)
        self.roles[role].wait(timeout=STOP_SECONDS)
        return self.log_of(role)[-6000:]

    def log_bytes(self, role: str) -> int:
        """How much it has written: where the next start begins."""
        return len(self.log_of(role))

    def processes(self) -> dict[int, str]:
        """Every living process of this home: {pid: command line}, the readers of untrusted bytes included."""
        numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        found = {pid: command for pid in numbers if pid != os.getpid() and (command := self.ours(pid))}
        self.seen.update(found)
        return found

    def ours(self, pid: int) -> str:
        """Its command line if it was started with our home, works in it (a broker rewrites its environment),
        or reads files for a process of ours (its environment holds nothing, its arguments name its parent).
        """
        entry = Path("/proc") / str(pid)
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if ZYGOTE in command:
                return command if int(command.partition(ZYGOTE)[2].split()[0]) in self.seen else ""
            environment = (entry / "environ").read_bytes().split(b"\0")
            works_here = (entry / "cwd").readlink().is_relative_to(self.home)
        except OSError:
            return ""
        return command if works_here or f"INTAKE_HOME={self.home}".encode() in environment else ""

    def pid_of(self, role: str) -> int:
        """The role's own process, not those that it made; ValueError while there is none."""
        found = [pid for pid, command in self.processes().items() if SIGNS[role] in command]
        return min(pid for pid in found if parent_of(pid) not in found)

    def children_of(self, role: str) -> list[int]:
        """The processes that a role has forked."""
        parent = self.roles[role].pid
        text = (Path("/proc") / str(parent) / "task" / str(parent) / "children").read_text()
        return [int(pid) for pid in text.split()]

    def readyz(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /readyz; 0 while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database answers, asked beside the product."""
        if url := self.settings.get("DATABASE_URL"):
            with psycopg.connect(url) as connection:
                return connection.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(f"file:{self.home}/db.sqlite3?mode=ro", uri=True, timeout=20)) as file:
            return file.execute(query).fetchall()

    def is_idle(self) -> bool:
        """Whether no message waits for a worker, and none is with one: what was begun has ended wholly."""
        with Redis.from_url(self.redis_url) as client:
            return not client.hlen("unacked") and not any(client.llen(queue) for queue in QUEUES)

    @property
    def scratch(self) -> Path:
        """Its folder for temporary files, so that a test sees what is left in it."""
        folder = self.home.parent / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def redis_url(self) -> str:
        """The embedded broker's address."""
        return f"unix://{Home(self.home).broker_socket}?db=0"

    def _child(self, role: str) -> Child:
        match role:
            case "broker":
                return children.broker(broker.arguments(broker.find_server(), Home(self.home)))
            case "web":
                return children.web(address=f"127.0.0.1:{self.port}", workers=2, threads=32)
            case "worker":
                return children.worker(queues=QUEUES, processes=2)
        return children.beat()

    def _spawn(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """In a session of its own; it dies with the test run, however that ends."""
        with log.open("a") as out:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment() | {"PYTHONUNBUFFERED": "1"} | dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                text=True,
                start_new_session=True,
                preexec_fn=partial(die_with, os.getpid(), signal.SIGTERM),  # noqa: PLW1509  # no threads yet
            )
        self.started.append(process)
        return process

    def _answers(self, role: str, place: int) -> bool:
        match role:
            case "web":
                return alive(self.port)
            case "worker":
                return " ready." in self.log_of(role)[place:]
            case "beat":
                return "Starting..." in self.log_of(role)[place:]
        return True


def alive(port: int) -> bool:
    """Whether the web server answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False


def eventually(what: Callable[[], object], *, seconds: float, every: float = 0.1) -> bool:
    """Whether `what` became true in time."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def seconds_until(what: Callable[[], object], *, within: float, every: float = 0.1) -> float:
    """How long it took until `what` was true; fails when that was longer than `within` seconds."""
    began = time.monotonic()
    assert eventually(what, seconds=within, every=every), f"not within {within} s"
    return time.monotonic() - began


def free_port() -> int:
    """A port for a server of ours: bound until the run ends, so that the kernel gives it to nobody else.

    Both sides set SO_REUSEADDR and only one of them listens, which Linux allows.
    """
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    _reserved.append(place)
    port: int = place.getsockname()[1]
    return port


def state_of(pid: int) -> str:
    """The kernel's letter for what a process does (S: waits, T: stopped, Z: dead); empty when it is gone."""
    return _facts_of(pid)[0]


def parent_of(pid: int) -> int:
    """The process that has made this one, 0 when it is gone."""
    return int(_facts_of(pid)[1])


def group_of(pid: int) -> int:
    """The process group, by its leader, 0 when it is gone."""
    return int(_facts_of(pid)[2])


def _facts_of(pid: int) -> list[str]:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["", "0", "0"]
