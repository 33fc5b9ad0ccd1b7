"""One URL or set of variables decides each connection, and nothing else has to change."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from environ import Env
from moto.server import ThreadedMotoServer

from config.connections import broker_url, database, object_storage
from config.home import Home

HOME = Home(Path("/data"))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "INTAKE_S3_BUCKET", "INTAKE_S3_ENDPOINT", "INTAKE_S3_REGION"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_url_the_database_is_a_durable_sqlite_file_in_the_home() -> None:
    entry = database(Env(), HOME, connections=34)
    assert (entry["ENGINE"], entry["NAME"]) == ("django.db.backends.sqlite3", "/data/db.sqlite3")
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert entry["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in entry["OPTIONS"]["init_command"]
    assert "synchronous=FULL" in entry["OPTIONS"]["init_command"]


def test_a_postgres_url_gives_a_pool_that_seats_every_web_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://intake:secret@db.example:5433/clinic")
    entry = database(Env(), HOME, connections=34)
    assert entry["ENGINE"] == "django.db.backends.postgresql"
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example", 5433, "clinic")
    assert entry["OPTIONS"]["pool"]["max_size"] == 34
    assert entry["CONN_MAX_AGE"] == 0
    assert "transaction_mode" not in entry["OPTIONS"]


@pytest.mark.parametrize(
    ("redis_url", "celery_url"),
    [
        ("unix:///run/intake/broker.sock?db=0", "redis+socket:///run/intake/broker.sock?virtual_host=0"),
        ("unix:///run/intake/broker.sock?db=3", "redis+socket:///run/intake/broker.sock?virtual_host=3"),
        ("unix:///run/intake/broker.sock", "redis+socket:///run/intake/broker.sock?virtual_host=0"),
        ("redis://:secret@host:6380/2", "redis://:secret@host:6380/2"),
        ("rediss://host:6380/0", "rediss://host:6380/0"),
    ],
)
def test_celery_gets_the_same_server_in_its_own_spelling(redis_url: str, celery_url: str) -> None:
    assert broker_url(redis_url) == celery_url


def test_without_a_bucket_objects_are_durable_files_in_the_home() -> None:
    entry = object_storage(Env(), HOME)
    assert entry["BACKEND"] == "files.storage.DurableFileSystemStorage"
    assert entry["OPTIONS"] == {"location": "/data/media", "base_url": None}


def test_a_bucket_switches_to_s3_with_the_settings_that_other_servers_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INTAKE_S3_BUCKET", "charts")
    monkeypatch.setenv("INTAKE_S3_ENDPOINT", "http://s3.clinic.example:9000")
    entry = object_storage(Env(), HOME)
    options = entry["OPTIONS"]
    assert entry["BACKEND"] == "storages.backends.s3.S3Storage"
    assert isinstance(options, dict)
    assert (options["bucket_name"], options["endpoint_url"]) == ("charts", "http://s3.clinic.example:9000")
    assert options["file_overwrite"] is True
    client = options["client_config"]
    assert (client.s3, client.signature_version) == ({"addressing_style": "path"}, "s3v4")
    assert client.request_checksum_calculation == "when_required"


@pytest.fixture
def s3_server() -> Iterator[str]:
    """Address of an S3 server with a bucket named `charts`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="charts")
    yield address
    server.stop()


def test_objects_travel_to_a_server_and_back_and_writing_again_replaces(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings, s3_server: str
) -> None:
    monkeypatch.setenv("INTAKE_S3_BUCKET", "charts")
    monkeypatch.setenv("INTAKE_S3_ENDPOINT", s3_server)
    monkeypatch.setenv("INTAKE_S3_ACCESS_KEY", "a")
    monkeypatch.setenv("INTAKE_S3_SECRET_KEY", "b")
    settings.STORAGES = settings.STORAGES | {"default": object_storage(Env(), HOME)}
    storage = storages["default"]
    for content in (b"first", b"second"):
        assert storage.save("originals/c/1", ContentFile(content)) == "originals/c/1"
        with storage.open("originals/c/1") as kept:
            assert kept.read() == content
    storage.delete("originals/c/1")
    assert not storage.exists("originals/c/1")
