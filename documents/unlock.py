"""Opens an encrypted PDF with its password, in the sandboxed child, and writes a copy that needs none."""

from pathlib import Path
from typing import TypedDict

import pikepdf

from documents import errors
from documents.pdf import MAX_READER_BYTES, memory_within


class Unlocked(TypedDict):
    """What was written: the bare name of the copy in the scratch directory, and its bytes."""

    file: str
    size: int


def unlock(*, path: str, scratch: str, password: str) -> Unlocked:
    """Decrypt the PDF at `path` into the directory `scratch`; the same file and password give the same bytes.

    Only the encryption goes: pages, pictures and text stay as they are. Raises FileRejected "wrong-password",
    "not-encrypted", "pdf-damaged".
    """
    target = Path(scratch) / "unlocked.pdf"
    with memory_within(MAX_READER_BYTES):
        _refuse_open(path)
        try:
            with pikepdf.open(path, password=password, suppress_warnings=True) as pdf:
                pdf.save(target, encryption=False, deterministic_id=True)
        except pikepdf.PasswordError as error:
            raise errors.wrong_password() from error
        except pikepdf.PdfError as error:
            raise errors.damaged() from error
    return Unlocked(file=target.name, size=target.stat().st_size)


def _refuse_open(path: str) -> None:
    """A PDF that opens without a password must not come out as another file."""
    try:
        with pikepdf.open(path, suppress_warnings=True):
            raise errors.not_locked()
    except pikepdf.PasswordError:
        return
    except pikepdf.PdfError as error:
        raise errors.damaged() from error
