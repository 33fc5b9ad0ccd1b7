"""Log lines: one line an entry, and never the text of an exception, because a database quotes rows in it."""

import logging
import traceback
from types import TracebackType

CONTROL = {number: f"\\x{number:02x}" for number in (*range(32), 127)}
FRAMES_SHOWN = 6

type_of_exception_info = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class OneLineFormatter(logging.Formatter):
    """`2026-11-20T10:00:00Z ERROR batches.tasks: sentence | IntegrityError at batches/actions.py:42 < …`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatException(self, ei: type_of_exception_info) -> str:  # noqa: N802  # logging's own name
        """Type and places, innermost first; not the message."""
        kind, error, _ = ei
        if kind is None or error is None:
            return ""
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_SHOWN:]
        places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        return f"{kind.__name__} at {places}" if places else kind.__name__

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry on one line, control characters made visible."""
        text = super().format(record)
        return text.replace("\n", " | ").translate(CONTROL)


class DiscreetFilter(logging.Filter):
    """Takes exceptions and Celery's task texts out of a record's arguments, leaving the type's name."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always keeps the record."""
        if isinstance(record.args, dict):
            record.args = {key: _discreet(key, value) for key, value in record.args.items()}
        elif record.args:
            record.args = tuple(_discreet("", value) for value in record.args)
        return True


# Celery's task log formats an exception, its traceback, arguments and result into the message.
WITHHELD = frozenset({"exc", "traceback", "args", "kwargs", "return_value"})


def _discreet(key: str, value: object) -> object:
    if isinstance(value, BaseException):
        return type(value).__name__
    if key in WITHHELD:
        return str(value).partition("(")[0] if key == "exc" else "-"
    return value
