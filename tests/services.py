"""What the suite needs beside Python, PostgreSQL, Redis, Chromium and tesseract: finds, starts, installs it.

`python -m tests.services --install` makes sure that they are there.
`python -m tests.services -- COMMAND…` runs it with DATABASE_URL and REDIS_URL of servers that it may fill.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from config import broker
from config.home import Home

# Where a server may be running already; INTAKE_TEST_POSTGRES names another one.
RUNNING = (
    "postgres://postgres@127.0.0.1:5432/postgres",
    "postgres://postgres:postgres@127.0.0.1:5432/postgres",
)
MAY_WE = "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DEBIAN_FOLDERS = "/usr/lib/postgresql"
START_SECONDS = 20


class MissingError(Exception):
    """Something the suite needs is not here; the sentence says how to get it."""


def chromium() -> str:
    """Path of a Chromium, empty when there is none."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), "")


def postgres_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: Debian keeps it off the PATH. The newest version wins."""
    folders = sorted(Path(DEBIAN_FOLDERS).glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def running_postgres() -> str:
    """URL of a server that lets us make databases, empty when none answers."""
    for url in filter(None, (os.environ.get("INTAKE_TEST_POSTGRES"), *RUNNING)):
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                row = connection.execute(
                    "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error:
            continue
        if row and row[0]:
            return url
    return ""


def missing_recognition() -> list[str]:
    """Debian's packages of tesseract that are not here, with the language data that the suite reads."""
    program = shutil.which("tesseract")
    listing = [program, "--list-langs"] if program else ["true"]
    known = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split()
    return [*([] if program else ["tesseract-ocr"]), *([] if "spa" in known else ["tesseract-ocr-spa"])]


def install() -> None:
    """Debian packages for what is missing, if we may. Raises MissingError when we may not."""
    wanted = [] if chromium() else ["chromium"]
    if postgres_binaries() is None and not running_postgres():
        wanted.append("postgresql")
    wanted += missing_recognition()
    if not wanted:
        return
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if (
        not shutil.which("apt-get")
        or subprocess.run([*may, "true"], check=False, capture_output=True).returncode
    ):
        how = f"On Debian: sudo apt-get install {' '.join(wanted)}"
        raise MissingError(f"The suite needs {' and '.join(wanted)}. {how}")
    sys.stderr.write(f"Installing {' and '.join(wanted)}…\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt = [*may, "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    subprocess.run([*apt, "update"], check=True, env=environment, stdout=subprocess.DEVNULL)
    packages = ["install", "-y", "--no-install-recommends", *wanted]
    subprocess.run([*apt, *packages], check=True, env=environment, stdout=subprocess.DEVNULL)


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a fresh database name on a running server, else on a private one that ends with us."""
    with ExitStack() as stack:
        server = running_postgres() or stack.enter_context(private_postgres())
        yield server.rpartition("/")[0] + f"/intake_{os.getpid()}"


@contextmanager
def private_postgres() -> Iterator[str]:
    """A server of our own on a Unix socket in a temporary folder; not durable, which makes it quick."""
    binaries = postgres_binaries()
    if binaries is None:
        raise MissingError("The suite needs PostgreSQL. On Debian: sudo apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="intake-pg-", ignore_cleanup_errors=True) as folder:
        owner = unprivileged_owner(folder)
        data = f"{folder}/data"
        initdb = [
            str(binaries / "initdb"),
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, user=owner, cwd=folder)
        command = [str(binaries / "postgres"), "-D", data, "-k", folder, "-c", "listen_addresses="]
        command += ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]
        server = subprocess.Popen(command, user=owner, cwd=folder, stderr=subprocess.DEVNULL)
        try:
            wait_for_postgres(folder)
            yield f"postgres://postgres@{folder.replace('/', '%2F')}/postgres"
        finally:
            server.terminate()
            server.wait(timeout=START_SECONDS)


def unprivileged_owner(folder: str) -> str | None:
    """PostgreSQL refuses to run as root: then the folder is given to `postgres`, or to nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    owner = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, owner)
    return owner


def wait_for_postgres(folder: str) -> None:
    """Raises MissingError when the server does not answer in time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            psycopg.connect(host=folder, user="postgres", dbname="postgres", connect_timeout=2).close()
        except psycopg.Error:
            time.sleep(0.1)
        else:
            return
    raise MissingError("A private PostgreSQL did not start; is the temporary folder writable for it?")


@contextmanager
def redis() -> Iterator[str]:
    """URL of a server of our own: other users of this machine's Redis are not disturbed."""
    with tempfile.TemporaryDirectory(prefix="intake-redis-") as folder:
        home = Home(Path(folder))
        home.make()
        command = broker.arguments(broker.find_server(), home)
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            url = f"unix://{home.broker_socket}?db=0"
            if not broker.answers(url, wait_seconds=START_SECONDS):
                raise MissingError("A private Redis did not start.")
            yield url
        finally:
            server.terminate()
            server.wait(timeout=START_SECONDS)


def main() -> int:
    """Exit code of the command, or 2 with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()
    try:
        if options.install:
            install()
        if not options.command:
            return 0
        with postgres() as database_url, redis() as redis_url:
            environment = os.environ | {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
            return subprocess.run(options.command, check=False, env=environment).returncode
    except MissingError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
