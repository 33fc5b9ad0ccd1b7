"""The review desk: the groups that wait, and who holds which, so that two reviewers never get the same."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, F, OuterRef, Q, When
from django.db.models.functions import Now

from batches import transitions
from batches.groups import Group, Waiting, groups_of, identity_in
from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.models import Clinic, User
from documents.models import Document
from imaging.models import Image

_FACTS = (
    *("pk", "batch_id", "path", "received_at", "decision", "evidence"),
    *(
        "image__captured_at",
        "image__facts",
        "image__twin_of_id",
        "document__twin_of_id",
        "is_filed_elsewhere",
    ),
    *("reviewer_id", "review_since", "review_until", "is_held"),
)


@dataclass(frozen=True)
class Hold:
    """Who looks at a group, since when, and when it is free again unless they go on."""

    reviewer_id: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Standing:
    """A group that waits, and who holds it now; None while it is free."""

    group: Group
    hold: Hold | None

    @property
    def batch_id(self) -> UUID:
        """The batch whose files these are."""
        return UUID(self.group.files[0].batch)

    @property
    def file_ids(self) -> list[UUID]:
        """Its files in their order."""
        return [UUID(each.file) for each in self.group.files]

    def is_held_by_another(self, reviewer: User) -> bool:
        """Does somebody else look at it?"""
        return self.hold is not None and self.hold.reviewer_id != reviewer.pk


def standing(clinic: Clinic, batch: Batch | None = None) -> list[Standing]:
    """Every group of the clinic, or of one batch, in the order in which they are worked through: batch by
    batch, the oldest batch first, in each the longest waiting first.
    """
    order = {pk: place for place, pk in enumerate(_waiting_batches(clinic, batch))}
    groups = _standing(Q(batch__in=order))
    return sorted(groups, key=lambda each: (order[each.batch_id], each.group.place))


def around(file: BatchFile) -> Standing | None:
    """The group of a waiting file; None when it does not wait any more."""
    if file.status != FileStatus.REVIEW:
        return None
    groups = _standing(Q(batch_id=file.batch_id))
    return next((each for each in groups if file.pk in each.file_ids), None)


def take_next(
    clinic: Clinic, reviewer: User, *, batch: Batch | None = None, after: BatchFile | None = None
) -> Standing | None:
    """Give the reviewer the next free group behind that of `after`, from the beginning again after the last.

    What the reviewer holds already is never given: it is on the desk, or its decision is still on its way.
    """
    free = (each for each in _in_turn(clinic, batch, after) if each.hold is None)
    return next((each for each in free if take(each.batch_id, each.file_ids, reviewer)), None)


def take_own(clinic: Clinic, reviewer: User, *, batch: Batch | None = None) -> Standing | None:
    """A group that the reviewer holds from before, perhaps in a window that is gone."""
    own = (each for each in standing(clinic, batch) if each.hold and not each.is_held_by_another(reviewer))
    return next((each for each in own if take(each.batch_id, each.file_ids, reviewer)), None)


def take(batch_id: UUID, file_ids: Collection[UUID], reviewer: User) -> bool:
    """Hold these files of one batch for the clinic's [5] minutes, all of them or none; asked again, longer.

    False when one of them is decided, or in somebody else's hands: whoever asked first wins, because the
    same condition guards the write.
    """
    with transaction.atomic():
        # The batch first, as everywhere; so two reviewers can never wait for each other's files.
        batch = transitions.lock_batch(batch_id)
        mine = Q(reviewer=reviewer, review_until__gt=Now())
        free = Q(review_until__isnull=True) | Q(review_until__lte=Now()) | Q(reviewer=reviewer)
        rows = BatchFile.objects.filter(free, batch=batch, pk__in=file_ids, status=FileStatus.REVIEW)
        taken = rows.update(
            reviewer=reviewer,
            review_since=Case(When(mine, then=F("review_since")), default=Now()),
            review_until=Now() + timedelta(minutes=batch.clinic.review_claim_minutes),
        )
        is_whole = 0 < taken == len(set(file_ids))
        if not is_whole:
            transaction.set_rollback(True)
    return is_whole


def release(clinic: Clinic, file_ids: Iterable[UUID], reviewer: User) -> int:
    """Let go of what the reviewer holds among these files; how many that were."""
    rows = BatchFile.objects.of(clinic).filter(pk__in=list(file_ids), reviewer=reviewer)
    return rows.update(reviewer=None, review_since=None, review_until=None)


def still_held(batch_id: UUID, reviewer: User) -> list[UUID]:
    """The waiting files of a batch that the reviewer holds: what is left of a group of which a part is
    decided.
    """
    rows = BatchFile.objects.filter(
        batch_id=batch_id, status=FileStatus.REVIEW, reviewer=reviewer, review_until__gt=Now()
    )
    return list(rows.order_by("received_at", "path", "pk").values_list("pk", flat=True))


def _in_turn(clinic: Clinic, batch: Batch | None, after: BatchFile | None) -> Iterator[Standing]:
    """The groups from the one behind `after` on, without its own; read a batch at a time, because most often
    the first one has what is wanted.
    """
    order = _waiting_batches(clinic, batch)
    if after is None:
        for pk in order:
            yield from _standing(Q(batch_id=pk))
        return
    current = _standing(Q(batch_id=after.batch_id))
    own = next((each for each in current if after.pk in each.file_ids), None)
    place = own.group.place if own else _place_of(after)
    others = [each for each in current if each is not own]
    yield from (each for each in others if each.group.place > place)
    for pk in _behind(order, after.batch_id):
        yield from _standing(Q(batch_id=pk))
    yield from (each for each in others if each.group.place <= place)


def _place_of(file: BatchFile) -> tuple[datetime, str, str]:
    return Waiting(str(file.pk), str(file.batch_id), file.path, file.received_at).place


def _behind(order: list[UUID], batch_id: UUID) -> list[UUID]:
    """The other batches, those behind this one first."""
    if batch_id not in order:
        return order
    at = order.index(batch_id)
    return order[at + 1 :] + order[:at]


def _waiting_batches(clinic: Clinic, batch: Batch | None) -> list[UUID]:
    rows = Batch.objects.of(clinic).filter(Exists(_waiting_files().filter(batch=OuterRef("pk"))))
    rows = rows.filter(pk=batch.pk) if batch else rows
    return list(rows.order_by("created_at", "pk").values_list("pk", flat=True))


def _waiting_files() -> Any:
    return BatchFile.objects.filter(status=FileStatus.REVIEW)


def _standing(where: Q) -> list[Standing]:
    """The groups of the waiting files that fit, each with the longest hold on one of its files."""
    twins = {
        model: Exists(model.objects.filter(twin_of=OuterRef(field), patient__isnull=False))
        for model, field in ((Image, "image_id"), (Document, "document_id"))
    }
    rows = (
        _waiting_files()
        .filter(where)
        .annotate(
            is_filed_elsewhere=twins[Image] | twins[Document],
            is_held=ExpressionWrapper(Q(review_until__gt=Now()), output_field=BooleanField()),
        )
        .values(*_FACTS)
    )
    facts = {str(row["pk"]): row for row in rows}
    groups = groups_of(_waiting(row) for row in facts.values())
    return [Standing(group, _hold(facts[each.file] for each in group.files)) for group in groups]


def _waiting(row: dict[str, Any]) -> Waiting:
    evidence = row["evidence"]
    is_twin = row["image__twin_of_id"] or row["document__twin_of_id"] or row["is_filed_elsewhere"]
    return Waiting(
        file=str(row["pk"]),
        batch=str(row["batch_id"]),
        path=row["path"],
        received_at=row["received_at"],
        identity=identity_in(evidence),
        suggestion=evidence.get("patient_id") or "",
        taken_at=row["image__captured_at"],
        camera=(row["image__facts"] or {}).get("camera") or "",
        story=row["decision"] if row["decision"] == "undone" else "",
        is_question=bool(is_twin),
    )


def _hold(rows: Iterable[dict[str, Any]]) -> Hold | None:
    held = [row for row in rows if row["is_held"] and row["reviewer_id"]]
    last = max(held, key=lambda row: row["review_until"], default=None)
    return Hold(last["reviewer_id"], last["review_since"], last["review_until"]) if last else None
