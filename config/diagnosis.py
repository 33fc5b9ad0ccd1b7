"""What can be wrong with an installation, each with its cure; `manage.py doctor` shows it."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis

from config import broker, health
from config.home import Home
from documents.tesseract import CURE as RECOGNITION_CURE
from documents.tesseract import find_engine, missing_languages

PRIVATE = 0o077
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+)")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `says` is what was found; `cure` is empty when all is well.

    What is not needed has a cure and does no harm.
    """

    subject: str
    says: str
    cure: str = ""
    is_needed: bool = True

    @property
    def is_well(self) -> bool:
        """Nothing must be done here."""
        return not (self.cure and self.is_needed)


def examine() -> Iterator[Finding]:
    """Look at everything, one after the other; what a look raises becomes a finding, never a traceback."""
    for subject, look in LOOKS.items():
        try:
            yield look()
        except Exception as error:  # noqa: BLE001  # drivers raise what they like
            yield Finding(subject, f"{type(error).__name__} while looking", CURES[subject])


def look_at_packages() -> Finding:
    """Installed versions are the pinned ones."""
    pins = PIN_FILE.read_text().splitlines()
    wanted = [(found[1], found[2]) for line in pins if (found := PIN.match(line))]
    odd = [name for name, number in wanted if installed(name) != number]
    if odd:
        return Finding(
            "packages", f"{len(odd)} differ from requirements.txt: {', '.join(odd[:5])}", CURES["packages"]
        )
    return Finding("packages", f"all {len(wanted)} as pinned, Python {sys.version.split()[0]}")


PIN_FILE = Path(__file__).resolve().parents[1] / "requirements.txt"


def installed(name: str) -> str:
    """The installed version of a package, empty when there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def look_at_home() -> Finding:
    """The data folder can be written, has room, and is nobody else's to read."""
    home: Home = settings.HOME
    if not os.access(home.root, os.W_OK | os.X_OK):
        return Finding("data folder", f"{home.root} is missing or cannot be written", CURES["data folder"])
    if home.secret_key.exists() and home.secret_key.stat().st_mode & PRIVATE:
        return Finding("data folder", "others can read the secret key", f"chmod 600 {home.secret_key}")
    facts = health.check_staging()
    if not facts["ok"]:
        return Finding("data folder", f"{facts['free_mib']} MiB free", "Free some disk, or move INTAKE_HOME.")
    return Finding("data folder", f"{home.root}, {facts['free_mib']} MiB free")


def look_at_database() -> Finding:
    """The database answers, and its tables are those of this version."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Finding("database", f"{len(missing)} migrations are not applied", "Run `manage.py migrate`.")
    return Finding("database", f"{connection.vendor}, up to date")


def look_at_broker() -> Finding:
    """The broker answers, keeps what it holds, and never throws a message away."""
    with Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3) as client:
        client.ping()
        policy = str(client.info("memory").get("maxmemory_policy", "noeviction"))
        keeps = bool(client.info("persistence").get("aof_enabled", 1))
    if policy != "noeviction":
        return Finding(
            "broker", f"evicts messages ({policy})", "Set `maxmemory-policy noeviction` on that server."
        )
    if not keeps:
        says = "answers, but forgets everything when it restarts; Beat would send it again"
        return Finding("broker", says, "Set `appendonly yes` on that server.")
    return Finding("broker", "answers, writes what it holds, evicts nothing")


def look_at_storage() -> Finding:
    """A small object can be written, read back and deleted."""
    storage, key, content = storages["default"], "doctor/probe", b"intake"
    name = storage.save(key, ContentFile(content))
    with storage.open(name) as kept:
        same = kept.read() == content
    storage.delete(name)
    where = type(storage).__name__
    return (
        Finding("storage", where)
        if same
        else Finding("storage", f"{where} gave other bytes", CURES["storage"])
    )


def look_at_pages() -> Finding:
    """Static files were collected."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.is_file():
        return Finding("pages", "static files are collected")
    return Finding("pages", "static files are not collected", CURES["pages"])


def look_at_uploader() -> Finding:
    """The browser's upload library was fetched by `make setup`."""
    if (settings.BASE_DIR / "static" / "vendor" / "tus.min.js").is_file():
        return Finding("upload library", "present")
    return Finding("upload library", "missing; uploads fall back to the plain form", CURES["upload library"])


def look_at_worker() -> Finding:
    """A worker consumed a task lately."""
    return _pulse("worker", health.check_worker())


def look_at_beat() -> Finding:
    """Beat sent a task lately."""
    return _pulse("beat", health.check_beat())


def _pulse(subject: str, facts: health.type_of_facts) -> Finding:
    if facts["ok"]:
        return Finding(subject, f"alive {facts['age_seconds']} s ago")
    seen = f"last seen {facts['age_seconds']} s ago" if "age_seconds" in facts else "has never been seen"
    return Finding(subject, seen, CURES[subject])


def look_at_broker_server() -> Finding:
    """There is a server for the embedded broker, when that is what is used."""
    if str(settings.HOME.broker_socket) not in settings.REDIS_URL:
        return Finding("broker server", "REDIS_URL names one elsewhere")
    return Finding("broker server", str(broker.find_server()))


def look_at_recognition() -> Finding:
    """Scanned pages can be read, in every language that is wanted."""
    engine = find_engine()
    if engine is None:
        says = "tesseract is not here; documents are filed, and their scanned pages wait to be read"
        return Finding("text recognition", says, CURES["text recognition"], is_needed=False)
    if missing := missing_languages(engine):
        says = f"tesseract does not know {', '.join(missing)}"
        return Finding("text recognition", says, CURES["text recognition"], is_needed=False)
    return Finding("text recognition", f"{engine.program}, {', '.join(settings.INTAKE_OCR_LANGUAGES)}")


LOOKS: dict[str, Callable[[], Finding]] = {
    "packages": look_at_packages,
    "data folder": look_at_home,
    "database": look_at_database,
    "storage": look_at_storage,
    "broker server": look_at_broker_server,
    "broker": look_at_broker,
    "worker": look_at_worker,
    "beat": look_at_beat,
    "pages": look_at_pages,
    "upload library": look_at_uploader,
    "text recognition": look_at_recognition,
}

CURES = {
    "packages": "Run `make setup`.",
    "data folder": "Set INTAKE_HOME to a folder that belongs to the user who runs Intake.",
    "database": "Check DATABASE_URL, and that the server runs and lets this user in.",
    "storage": "Check INTAKE_S3_ENDPOINT, bucket, keys and rights; or the rights on the media folder.",
    "broker server": "Install valkey or redis, or set REDIS_URL to a server elsewhere.",
    "broker": "Start Intake with `manage.py up`, or start the server that REDIS_URL names.",
    "worker": "Start Intake with `manage.py up`; if it runs, logs/worker.log in the data folder says more.",
    "beat": "Start Intake with `manage.py up`; if it runs, logs/beat.log in the data folder says more.",
    "pages": "Run `manage.py up`, or `manage.py collectstatic`.",
    "upload library": "Run `make setup`; it needs Node 20 or newer, or fetches it.",
    "text recognition": RECOGNITION_CURE,
}
