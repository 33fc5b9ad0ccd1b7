"""Why a workbook is refused: one sentence for each reason, whichever its format."""

from files.errors import FileRejected


def damaged() -> FileRejected:
    """The workbook is not what it says it is."""
    message = (
        "This workbook is damaged. Open it in a spreadsheet, save it anew as XLSX or CSV, and send that."
    )
    return FileRejected("workbook-damaged", message)


def encrypted() -> FileRejected:
    """The workbook needs a password."""
    message = (
        "This workbook is protected by a password. Open it in a spreadsheet, remove the password, save it "
        "and send that."
    )
    return FileRejected("workbook-encrypted", message)


def not_a_workbook() -> FileRejected:
    """Its wrapping is that of a workbook, and its content is not: a letter, a presentation, a binary kind."""
    message = (
        "This is no workbook that can be read here. Open it in a spreadsheet, save it as XLSX or CSV, and "
        "send that."
    )
    return FileRejected("workbook-not-understood", message)


def unpacks_too_large(limit_bytes: int) -> FileRejected:
    """The workbook is small only as long as it is packed."""
    message = (
        f"This workbook unpacks to more than {limit_bytes >> 20} MiB. Save the sheet with the patients alone "
        "as CSV, and send that."
    )
    return FileRejected("workbook-too-large", message, limit_bytes=limit_bytes)
