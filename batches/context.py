"""What the batch knows of one of its files: the card before it, the line of a list, the patients of the day.

Everything here can come after the file it speaks of. `spread_news` therefore notes, in the transaction that
settles a card, a shot or a list, which files are to be matched again; `batches.rematch` does it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from batches.card_runs import NOBODY, Card, Shot, begins_before, ends_after, numbers_for
from batches.decided import is_decided
from batches.listed import listed_in, numbers_for_path, rivals_of
from batches.models import Batch, BatchFile, PatientCard
from batches.states import FileStatus
from clinics.models import Clinic
from files.kinds import LIST_KINDS
from patients.clues import BATCH, CARD, FILE_NAME, FOLDER, LIST, Clue, Field
from patients.models import Patient, PatientMerge
from patients.owners import owners_of

_NOT_OF_THE_CONTENT = frozenset({FILE_NAME, FOLDER, BATCH, CARD, LIST})
_OF_THE_BATCH = frozenset({CARD, LIST})
PATIENT_CARD = "patient-card"
"""Why a file is in no chart: it is a patient's card, and tells whose the shots after it are."""

SHOWN = "shown"
"""Where a number stood that is on a label in the picture itself."""

SEVERAL = "several numbers"
"""The number of a card that leaves a choice: no digit in it, so that it can be nobody's."""


@dataclass(frozen=True, slots=True)
class Around:
    """What came with a file: clues of cards and lists, and the ids of the day's patients."""

    clues: tuple[Clue, ...] = ()
    listed: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """All that speaks of a file's patient beside its path.

    `card` is the number on the picture, where the picture is that of a card. `directory` is the moment of the
    directory that the match will see, or a later one's, never an earlier one's.
    """

    content: tuple[Clue, ...] = ()
    around: Around = Around()
    card: str | None = None
    directory: datetime | None = None

    @property
    def clues(self) -> tuple[Clue, ...]:
        """What the matcher is told beside the path."""
        return (*self.content, *self.around.clues)


def known_of(file: BatchFile, content: Iterable[Clue], *, card: str | None = None) -> Known:
    """Look around, before the match. `file` must bear its own moment, camera and labels."""
    return Known(tuple(content), around(file, card), card, moment_of_directory(file.batch.clinic_id))


def content_of(evidence: dict[str, Any]) -> tuple[Clue, ...]:
    """What the bytes themselves said, from the stored evidence, so that nobody has to read them again."""
    return tuple(clue for clue in _stored(evidence) if clue.source not in _NOT_OF_THE_CONTENT)


def of_the_batch(evidence: dict[str, Any]) -> tuple[Clue, ...]:
    """What cards and lists said when the file was last matched."""
    return tuple(clue for clue in _stored(evidence) if clue.source in _OF_THE_BATCH)


def around(file: BatchFile, card: str | None) -> Around:
    """What the batch, and a label in the picture, know of `file` at this moment; of a card only its label."""
    shown = numbers_shown(file.batch.clinic, file.label_numbers if card is None else [card])
    by_label = [Clue(Field.RECORD_NUMBER, each, CARD, SHOWN) for each in shown]
    if card is not None:
        return Around(tuple(by_label))
    number = _card_number(file)
    by_card = [Clue(Field.RECORD_NUMBER, number, CARD, "labelled")] if number != NOBODY else []
    by_list = [Clue(Field.RECORD_NUMBER, each, LIST, "mapped") for each in numbers_for_path(file)]
    return Around((*by_label, *by_card, *by_list), listed_in(file.batch_id))


def moment_of_directory(clinic_id: UUID) -> datetime:
    """How new the directory is: just after its last change, or as old as the clinic where there was none
    (this moment would be later than a change that is not committed yet).

    Just after, because SQLite compares moments as text, and writes a whole second without its zeros.
    """
    moments = Clinic.objects.values_list("directory_changed_at", "created_at")
    changed, began = moments.get(pk=clinic_id)
    return changed + timedelta(microseconds=1) if changed else began


def was_split_since(patient: Patient, directory: datetime) -> bool:
    """Was this record taken apart from another since the directory was read? Then what was found may be the
    other's. Ask with the patient locked.
    """
    changed = Clinic.objects.values_list("directory_changed_at", flat=True).get(pk=patient.clinic_id)
    if changed is None or changed <= directory:
        return False
    return PatientMerge.objects.filter(survivor=patient, unmerged_at__isnull=False).exists()


def card_among(file: BatchFile, numbers: Sequence[str]) -> str | None:
    """The number for which a picture with these numbers on it is a card; None for a picture that is none.

    Of several the one that is somebody's; where that leaves a choice, the card is nobody's, because the shots
    after it are at least not those of the card before it. Nor is a picture a card that a person has decided
    about, as by putting it back on the road after it was set aside as one.
    """
    if not numbers or is_decided(file):
        return None
    if len(numbers) == 1:
        return numbers[0]
    owned = owners_of(file.batch.clinic, numbers)
    return next(iter(owned)) if len(set(owned.values())) == 1 else SEVERAL


def numbers_shown(clinic: Clinic, numbers: Collection[str]) -> tuple[str, ...]:
    """The number of the one patient whose labels these are, as the directory writes it; else all of them."""
    mrns = {owner.mrn for owner in owners_of(clinic, numbers).values()}
    return tuple(mrns) if len(mrns) == 1 else tuple(numbers)


def card_owners(batch: Batch) -> dict[UUID, Patient]:
    """Whose each card of the batch is, by its file; for those who may see names."""
    numbers = dict(PatientCard.objects.filter(batch=batch).values_list("file_id", "number"))
    owners = owners_of(batch.clinic, numbers.values())
    return {file_id: owners[number] for file_id, number in numbers.items() if number in owners}


def spread_news(file: BatchFile, *, was_card: bool = False) -> None:
    """Note which files of the batch must be matched again because `file` is settled now.

    Call it in the transaction that settles, with the batch locked: whoever settles later looks around anew.
    """
    if file.kind in LIST_KINDS:
        _undecided(file.batch_id).exclude(pk=file.pk).update(news=F("news") + 1)
    elif file.taken_at is not None:
        _spread_along_the_run(file, was_card=was_card)


def spread_rivals(batch_id: UUID, paths: Iterable[str]) -> None:
    """Note which files a mapping names no longer by themselves, because files at `paths` are expected now.

    Call it in the transaction that adds them, with the batch locked.
    """
    _undecided(batch_id).filter(pk__in=rivals_of(batch_id, paths)).update(news=F("news") + 1)


def _spread_along_the_run(file: BatchFile, *, was_card: bool) -> None:
    cards = _cards_of(file.batch)
    if file.taken_at is None or not (cards or was_card):
        return
    since, until = begins_before(file.taken_at, cards), ends_after(file.taken_at, file.camera, cards)
    rows = _shots(file.batch_id, since, until)
    numbers = _numbers(file.batch.clinic, rows, cards)
    later = (row for row in rows if row.taken_at and row.taken_at >= file.taken_at)
    # One that has news already is just being matched, perhaps with what was true a moment ago.
    changed = [row.pk for row in later if row.news or _told_by_card(row) != numbers.get(row.pk, NOBODY)]
    _undecided(file.batch_id).filter(pk__in=changed).update(news=F("news") + 1)


def _undecided(batch_id: UUID) -> Any:
    standing = Q(status__in=[FileStatus.REVIEW, FileStatus.COMPLETED], decided_by=None)
    return BatchFile.objects.filter(standing, batch=batch_id).exclude(kind__in=LIST_KINDS)


def _card_number(file: BatchFile) -> str:
    if file.taken_at is None or not (cards := _cards_of(file.batch, besides=file)):
        return NOBODY
    rows = _shots(file.batch_id, begins_before(file.taken_at, cards), file.taken_at)
    others = [row for row in rows if row.pk != file.pk]
    return _numbers(file.batch.clinic, [*others, file], cards).get(file.pk, NOBODY)


def _cards_of(batch: Batch, *, besides: BatchFile | None = None) -> list[Card]:
    """The batch's cards that have a time, each with the number of its owner as the directory is now."""
    rows = PatientCard.objects.filter(batch=batch, captured_at__isnull=False)
    cards = list(rows.exclude(file=besides).values_list("captured_at", "camera", "number", "file__status"))
    owners = owners_of(batch.clinic, (number for _, _, number, _ in cards))
    # One that somebody has filed as a picture says nothing any more, and still ends the run before it.
    return [
        Card(
            at, camera, owners[number].mrn if number in owners and status != FileStatus.COMPLETED else NOBODY
        )
        for at, camera, number, status in cards
        if at is not None
    ]


def _shots(batch_id: UUID, since: datetime, until: datetime | None) -> list[BatchFile]:
    """Pictures of the batch between two moments that are no cards."""
    rows = BatchFile.objects.filter(batch=batch_id, taken_at__gte=since)
    if until is not None:
        rows = rows.filter(taken_at__lte=until)
    return list(rows.exclude(Q(card__isnull=False) & ~Q(status=FileStatus.COMPLETED)))


def _numbers(clinic: Clinic, rows: Collection[BatchFile], cards: list[Card]) -> dict[Any, str]:
    owners = owners_of(clinic, {number for row in rows for number in row.label_numbers})
    shots = [
        Shot(row.pk, row.taken_at, row.camera, _shown_on(row, owners))
        for row in rows
        if row.taken_at is not None
    ]
    return numbers_for(shots, cards, pause=timedelta(minutes=clinic.card_pause_minutes))


def _shown_on(row: BatchFile, owners: Mapping[str, Patient]) -> str | None:
    """The one number that the labels in the picture show; None where there is none."""
    if not row.label_numbers:
        return None
    mrns = {owners[number].mrn for number in row.label_numbers if number in owners}
    return mrns.pop() if len(mrns) == 1 else NOBODY


def _told_by_card(row: BatchFile) -> str:
    """The number that a card gave to the file when it was last matched."""
    told = (clue for clue in _stored(row.evidence) if clue.source == CARD and clue.place != SHOWN)
    return next((clue.value for clue in told), NOBODY)


def _stored(evidence: dict[str, Any]) -> Iterator[Clue]:
    return (Clue(**clue) for clue in evidence.get("clues", ()))
