"""`manage.py up`: the whole of Intake on this machine with one command, until Ctrl-C."""

import fcntl
import http.client
import io
import json
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from clinics.models import Clinic
from config import assets, broker, children
from config.celery import QUEUES
from config.home import Home
from config.supervisor import Supervisor, SupervisorError, die_with, rotate

READY_SECONDS = 90
ASK_EVERY_SECONDS = 0.3
MAX_DEATHS_AT_START = 3
STOP_ORDER = ["web", "beat", "worker", "broker"]

EXIT_IN_USE = 3
EXIT_NO_HOME = 4
EXIT_NO_BROKER = 5
EXIT_NOT_STARTED = 6


class Command(BaseCommand):
    """Prepares database and pages, starts broker, web, worker and Beat, and ends all of them together."""

    help = "Start everything: broker, database, pages, web server, workers and Beat. Ctrl-C ends all of it."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen; PORT and INTAKE_BIND say it as well."""
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--bind", default=os.environ.get("INTAKE_BIND", "127.0.0.1"))
        parser.add_argument(
            "--end-with-parent",
            action="store_true",
            help="stop when the process that started this one dies, however it dies (Linux)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until asked to stop. Raises CommandError with a sentence and an exit code of its own."""
        if options["end_with_parent"]:
            die_with(os.getppid(), signal.SIGTERM)
        home: Home = settings.HOME
        os.umask(0o077)  # what we write is for nobody else; the children inherit it
        make_home(home)
        with only_one(home):
            check_port(options["bind"], options["port"])
            supervisor = Supervisor(settings.BASE_DIR, home.logs, self.say)
            with supervisor.stopping_on_signals():
                try:
                    self.run(supervisor, home, options["bind"], options["port"])
                except SupervisorError as error:
                    raise CommandError(str(error), returncode=EXIT_NOT_STARTED) from error
                finally:
                    self.say("Stopping…")
                    supervisor.stop(STOP_ORDER)
                    self.say("Intake has stopped. Nothing is left running.")

    def run(self, supervisor: Supervisor, home: Home, bind: str, port: int) -> None:
        """Everything between the lock and the stop."""
        began = time.monotonic()
        for name in STOP_ORDER:
            rotate(home.logs / f"{name}.log")
        self.start_broker(supervisor, home)
        self.prepare()
        reachable = "127.0.0.1" if bind == "0.0.0.0" else bind  # noqa: S104  # compares, does not bind
        # Its patience begins here: how long the tables of a first start took says nothing about a process.
        probe = ReadyProbe(reachable, port, time.monotonic())
        self.start_processes(supervisor, f"{bind}:{port}")
        self.say("Starting web server, workers and Beat…")
        if not supervisor.watch(until=probe, max_deaths=MAX_DEATHS_AT_START):
            return
        self.say(probe.complaint or f"Intake is ready on http://{reachable}:{port}")
        self.say(f"({time.monotonic() - began:.1f} s; logs in {home.logs})")
        self.say(next_steps(home))
        supervisor.watch()

    def say(self, sentence: str) -> None:
        """To the person in front of it, at once."""
        self.stdout.write(sentence)
        self.stdout.flush()

    def start_broker(self, supervisor: Supervisor, home: Home) -> None:
        """The embedded broker, unless REDIS_URL names one elsewhere, which must then answer."""
        if str(home.broker_socket) not in settings.REDIS_URL:
            if not broker.answers(settings.REDIS_URL, wait_seconds=5):
                sentence = "The broker named by REDIS_URL does not answer. Start it, or unset REDIS_URL."
                raise CommandError(sentence, returncode=EXIT_NO_BROKER)
            return
        try:
            child = children.broker(broker.arguments(broker.find_server(), home))
        except FileNotFoundError as error:
            raise CommandError(str(error), returncode=EXIT_NO_BROKER) from error
        supervisor.start(child)
        if broker.answers(settings.REDIS_URL, wait_seconds=10):
            return
        # An unreadable file must not keep the clinic from working: the database knows what waits.
        supervisor.stop(["broker"])
        if (aside := broker.set_aside(home)) is None:
            sentence = f"The broker does not start; {home.logs / 'broker.log'} says why."
            raise CommandError(sentence, returncode=EXIT_NO_BROKER)
        self.say(f"The broker could not read its file; it was moved to {aside}. Waiting work is sent again.")
        supervisor.start(child)
        if not broker.answers(settings.REDIS_URL, wait_seconds=10):
            raise CommandError(
                "The broker does not start even with an empty file.", returncode=EXIT_NO_BROKER
            )

    def prepare(self) -> None:
        """Database tables, static files, and a demonstration clinic when there is none yet."""
        try:
            call_command("migrate", interactive=False, verbosity=0)
            assets.collect(settings.STATIC_ROOT)
            if settings.INTAKE_DEMO and not Clinic.objects.exists():
                self.say("Making a demonstration clinic…")
                call_command("demo_clinic", stdout=io.StringIO())  # its users are shown at the end
        except DatabaseError as error:
            sentence = (
                f"The database cannot be prepared ({type(error).__name__}); `manage.py doctor` says more."
            )
            raise CommandError(sentence, returncode=EXIT_NOT_STARTED) from error
        finally:
            close_connections()

    def start_processes(self, supervisor: Supervisor, address: str) -> None:
        """Worker and Beat first: they take longer to be of use."""
        workers, threads = settings.INTAKE_WEB_WORKERS, settings.INTAKE_WEB_THREADS
        supervisor.start(children.worker(queues=QUEUES, processes=settings.INTAKE_WORKERS))
        supervisor.start(children.beat())
        supervisor.start(children.web(address=address, workers=workers, threads=threads))


def make_home(home: Home) -> None:
    """Raises CommandError when the data folder cannot be used."""
    try:
        home.make()
        probe = home.root / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CommandError(
            f"The data folder {home.root} cannot be written ({error.strerror or error}). "
            "Set INTAKE_HOME to a folder that belongs to you.",
            returncode=EXIT_NO_HOME,
        ) from error


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the home's lock. The kernel lets go of it when this process ends, however it ends."""
    with home.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise CommandError(
                f"Intake is already running on {home.root} (process {lock.read().strip() or 'unknown'}). "
                "Stop that one first, or set INTAKE_HOME to another folder.",
                returncode=EXIT_IN_USE,
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_port(bind: str, port: int) -> None:
    """Raises CommandError when somebody listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((bind.strip("[]"), port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {bind} cannot be used ({error.strerror}). "
                f"Choose another one, for example PORT={port + 1} make run.",
                returncode=EXIT_IN_USE,
            ) from error


def close_connections() -> None:
    """Let go of the database before children are started: no open file and no pool's thread goes along."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


class ReadyProbe:
    """Asks /readyz until all is well or it has waited long enough; `complaint` then says what is not."""

    def __init__(self, host: str, port: int, began: float) -> None:
        self.host, self.port, self.began = host, port, began
        self.complaint = ""
        self.ask_at = 0.0

    def __call__(self) -> bool:
        """True when there is nothing left to wait for."""
        waited = time.monotonic() - self.began
        if waited < self.ask_at:
            return False
        self.ask_at = waited + ASK_EVERY_SECONDS
        checks = self.ask()
        slow = [name for name, facts in checks.items() if not is_well(facts, within_seconds=waited)]
        if checks and not slow:
            return True
        if waited < READY_SECONDS:
            return False
        what = ", ".join(slow) or "the web server"
        self.complaint = f"Not ready after {READY_SECONDS} s: {what}. The logs say why; still trying."
        return True

    def ask(self) -> dict[str, dict[str, Any]]:
        """The checks of /readyz; empty while nobody answers."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz", headers={"Host": named_host()})
            checks: dict[str, dict[str, Any]] = json.loads(connection.getresponse().read())["checks"]
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            return {}
        finally:
            connection.close()
        return checks


def is_well(facts: dict[str, Any], *, within_seconds: float) -> bool:
    """Well, and by a sign of life from this start, not from the one before."""
    return bool(facts["ok"]) and facts.get("age_seconds", 0) <= within_seconds


def named_host() -> str:
    """A Host header that this installation accepts."""
    return str(settings.ALLOWED_HOSTS[0]).lstrip(".") if settings.ALLOWED_HOSTS else "localhost"


def next_steps(home: Home) -> str:
    """Who can sign in, and what to do first."""
    lines = []
    if home.demo_users.is_file():
        lines += ["", "Sign in as"]
        users = json.loads(home.demo_users.read_text())
        lines += [f"  {name:<12} {password}" for name, password in users.items()]
        lines += ["", "Next: open the address, and drop a folder on “New batch”. To make one for a trial:"]
        lines += [f"  {os.path.relpath(sys.executable)} manage.py demo", ""]
    return "\n".join([*lines, "Ctrl-C ends all of it.", ""])
