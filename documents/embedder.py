"""Reads passages with the current model, in a worker: those that are new, and all of them after a change of
model.

One at a time in the whole installation: who begins puts a time into `SearchState`, beyond which another may.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from clinics.models import Clinic
from documents.embedding import choice
from documents.embedding.interface import Embedder
from documents.models import Passage, SearchState
from documents.vector_file import VectorFile

# Few enough that a search waits for the database no longer than for a page, many enough to fill a processor.
_AT_ONCE = 16
_LEASE = timedelta(seconds=60)


def waiting(model: Embedder) -> QuerySet[Passage]:
    """Passages without a vector of this model. Two ranges of the index on the model's name; no scan."""
    return Passage.objects.filter(Q(model__lt=model.name) | Q(model__gt=model.name))


def embed_waiting(*, seconds: float) -> bool:
    """Read passages for about so long; True when more are left for the next task.

    False as well when somebody else is at it. What dies in between has written whole blocks only, and the
    next one goes on after them.
    """
    if not _begin():
        return False
    model = choice.current()
    until = time.monotonic() + seconds
    touched: set[UUID] = set()
    try:
        while some := list(waiting(model).order_by("pk")[:_AT_ONCE]):
            _write(model, some)
            touched |= {passage.clinic_id for passage in some}
            if time.monotonic() > until:
                break
    finally:
        SearchState.objects.filter(pk=1).update(busy_until=None)
    for clinic_id in touched:
        VectorFile(clinic_id, model.name, model.dimensions).matrix()
    return waiting(model).exists()


def number_waiting(clinic: Clinic) -> int:
    """How many of the clinic's passages cannot be found by their meaning yet."""
    return waiting(choice.current()).filter(clinic=clinic).count()


def _begin() -> bool:
    SearchState.objects.get_or_create(pk=1)
    now = timezone.now()
    is_free = Q(busy_until=None) | Q(busy_until__lt=now)
    return bool(SearchState.objects.filter(is_free, pk=1).update(busy_until=now + _LEASE))


def _write(model: Embedder, passages: Sequence[Passage]) -> None:
    """Vectors first, because that takes long; then, in one short transaction, their numbers and rows.

    A passage that went meanwhile, because its document was read again, is simply not there to be updated.
    """
    vectors = model.of_passages([passage.text for passage in passages]).astype(np.float16)
    with transaction.atomic():
        state = SearchState.objects.select_for_update().get(pk=1)
        for number, (passage, vector) in enumerate(zip(passages, vectors, strict=True), start=1):
            Passage.objects.filter(pk=passage.pk).update(
                model=model.name, sequence=state.sequence + number, vector=vector.astype("<f2").tobytes()
            )
        SearchState.objects.filter(pk=1).update(
            sequence=F("sequence") + len(passages), busy_until=timezone.now() + _LEASE
        )
