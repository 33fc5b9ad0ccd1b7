"""The refusals of steps 2 and 6 for pictures: what is wrong with one, in kind sentences."""

from files.errors import FileRejected

_MEGA = 1_000_000
_MIB = 1024 * 1024


def incomplete() -> FileRejected:
    """The bytes end before the picture does."""
    return FileRejected(
        "image-incomplete",
        "The end of this picture is missing; it was probably cut off while it was copied. "
        "Please copy it again from the camera, card or scanner and send it again.",
    )


def damaged(what: str = "its data does not decode") -> FileRejected:
    """The bytes contradict themselves; `what` completes "This picture is damaged: …"."""
    return FileRejected(
        "image-damaged",
        f"This picture is damaged: {what}. Please send another copy, "
        "or open it in an image program and save it again.",
    )


def unsupported(what: str) -> FileRejected:
    """A sound picture of a make that we do not decode; `what` completes "This picture …"."""
    return FileRejected(
        "image-unsupported",
        f"This picture {what}, which cannot be decoded here. "
        "Please export it as an ordinary JPEG, PNG or TIFF and send that.",
    )


def too_many_pixels(pixels: int, limit: int) -> FileRejected:
    """All frames together have more pixels than the limit allows; `pixels` is a lower bound."""
    return FileRejected(
        "too-many-pixels",
        f"This picture has at least {pixels / _MEGA:,.1f} million pixels over all its pages; "
        f"the limit is {limit / _MEGA:,.1f} million. Please send a smaller version, or split its pages.",
        pixels=pixels,
        limit=limit,
    )


def too_many_frames(frames: int, limit: int) -> FileRejected:
    """The file holds more pages or animation frames than the limit; `frames` is a lower bound."""
    return FileRejected(
        "too-many-frames",
        f"This picture has at least {frames:,} pages or frames; the limit is {limit:,}. "
        "Please split it into several files.",
        frames=frames,
        limit=limit,
    )


def too_much_memory(needed: int, limit: int) -> FileRejected:
    """The way this picture is stored needs more memory to decode than a job may have; both in bytes."""
    return FileRejected(
        "too-much-memory",
        f"The way this picture is stored needs {needed // _MIB:,} MiB of memory to decode; "
        f"the limit is {limit // _MIB:,} MiB. Please save it as an ordinary (baseline) JPEG and send that.",
        needed=needed,
        limit=limit,
    )


def without_pixels(modality: str) -> FileRejected:
    """A sound DICOM file that holds a report, a plan or a document and no picture."""
    kind = f" (modality {modality})" if modality.isascii() and modality.isalpha() else ""
    return FileRejected(
        "dicom-without-pixels",
        f"This DICOM file{kind} holds no picture: it is a report, a plan or an index. "
        "Please export it as PDF from the workstation that made it and send that.",
    )


def transfer_syntax_unsupported(name: str) -> FileRejected:
    """A sound DICOM file whose pixels are coded in a way for which no decoder is installed."""
    return FileRejected(
        "transfer-syntax-unsupported",
        f"The pixels of this DICOM file are coded as “{name}”, which cannot be decoded here. "
        "Please export it again without compression (Explicit VR Little Endian) and send that.",
        transfer_syntax=name,
    )
