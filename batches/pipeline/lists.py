"""The road of a list of patients: it goes into no chart, and tells whose the other files of its batch are."""

from pathlib import Path

from django.db import transaction
from django.utils import timezone

from batches import claims, listed, transitions
from batches.claims import Claim
from batches.context import spread_news
from batches.models import BatchFile
from batches.states import FileStatus
from files import staging
from files.kinds import FileKind
from patients.list_file import ListFile, read_list
from patients.models import Roster
from patients.roster_actions import keep_from_batch

LIST_READ = "list-read"


def take_in(claim: Claim, folder: Path) -> None:
    """Read the list in the sandbox, write its lines, and let the files of its batch hear of them.

    Its bytes stay as long as the record of the batch, so that it can be read again.
    """
    file = claim.file
    listing = read_list(staging.path_of(file.storage_key), folder)
    listed.write(file, listing)
    sha256 = staging.sha256_of(file.storage_key)
    with transaction.atomic():
        transitions.lock_batch(file.batch_id)
        roster = file.roster or _roster_of(file, listing, sha256)
        claims.settle(
            claim,
            FileStatus.COMPLETED,
            code=LIST_READ,
            kind=FileKind.CSV,
            roster=roster,
            sha256=sha256,
            decision="",
            evidence={"list": _told(listing)},
            error_code="",
            error_message="",
            processed_at=timezone.now(),
        )
        file.kind = FileKind.CSV
        spread_news(file)


def _roster_of(file: BatchFile, listing: ListFile, sha256: str) -> Roster | None:
    """A list of people can be brought into the directory as well, by a person, under Rosters."""
    if listing.is_mapping:
        return None
    return keep_from_batch(
        clinic=file.batch.clinic,
        name=file.name,
        storage_key=file.storage_key,
        sha256=sha256,
        origin=file.batch.batch_number,
        actor=file.batch.created_by,
    )


def _told(listing: ListFile) -> dict[str, object]:
    return {
        "is_mapping": listing.is_mapping,
        "rows": listing.rows,
        "refused": listing.refused,
        "told": [list(line) for line in listing.told],
    }
