"""A log entry is one line and holds nobody's name."""

import logging
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from config.access_log import QuotedPathLogger
from config.logs import DiscreetFilter, OneLineFormatter


def written(message: str, *args: object, error: Exception | None = None) -> str:
    """The line that an entry becomes."""
    info = None
    if error is not None:
        try:
            raise error
        except type(error):
            info = sys.exc_info()
    record = logging.LogRecord("batches.tasks", logging.ERROR, __file__, 1, message, args, info)
    assert DiscreetFilter().filter(record)
    return OneLineFormatter().format(record)


def test_one_line_whatever_is_in_it() -> None:
    line = written("name %s", "a\r\nERROR forged entry\x1b[31m\x00")
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line
    assert "\\x0d" in line


def test_an_exception_is_told_by_its_type_and_place_not_by_its_text() -> None:
    line = written("could not file", error=ValueError("Key (mrn)=(4711, Garza) already exists"))
    assert "Garza" not in line
    assert "ValueError at" in line
    assert "test_logs.py" in line
    assert "\n" not in line


@pytest.mark.parametrize("message", ["failed: %s", "failed: %r"])
def test_an_exception_as_an_argument_is_its_type_too(message: str) -> None:
    assert "Garza" not in written(message, ValueError("Garza"))


def test_what_celery_says_of_a_failed_task_has_no_text_and_no_arguments() -> None:
    context = {
        "name": "batches.tasks.process",
        "id": "42",
        "exc": "ValueError('Garza')",
        "args": "['Garza']",
        "kwargs": "{}",
        "description": "raised unexpected",
        "traceback": "Garza",
    }
    line = written("Task %(name)s[%(id)s] %(description)s: %(exc)s %(args)s\n%(traceback)s", context)
    assert "Garza" not in line
    assert "batches.tasks.process[42] raised unexpected: ValueError" in line


def test_no_address_begins_a_line_of_the_access_log() -> None:
    answer = SimpleNamespace(status="404 Not Found", sent=0, headers=[])
    request = SimpleNamespace(headers=[])
    sent = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/a\r\n[21/Nov] forged \xe9",
        "RAW_URI": "",
        "SERVER_PROTOCOL": "",
    }
    atoms = QuotedPathLogger(Config()).atoms(answer, request, sent, timedelta(seconds=1))
    assert atoms["U"] == "/a%0D%0A%5B21/Nov%5D%20forged%20%E9"


def test_what_gunicorn_could_not_read_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    logger = QuotedPathLogger(Config())
    logger.warning("Invalid request from ip=::1: Invalid HTTP request line: 'GET /patients?q=Garza Tijerina'")
    refusal = ValueError("Garza")
    logger.exception("Error handling request %s %s", "GET", "/patients?q=Garza", exc_info=refusal)  # noqa: LOG004
    written = capsys.readouterr().err
    assert "Invalid request from ip=::1: Invalid HTTP request line\n" in written
    assert "GET /patients | ValueError\n" in written
    assert "Garza" not in written
