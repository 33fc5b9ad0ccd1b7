"""The verb on patient cards: somebody has looked, and they show a card and nothing else."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from batches import selectors
from batches.models import Batch, PatientCard
from clinics import audit
from clinics.models import User


def confirm_cards(*, batch: Batch, file_ids: Collection[UUID], actor: User) -> int:
    """Note that these cards of the batch were seen, so that they may go with its record; how many that were.

    What has come back as a picture meanwhile, and what nobody named, is left as it is.
    """
    with transaction.atomic():
        shown = selectors.unseen_cards(batch).filter(pk__in=file_ids)
        ids = list(shown.values_list("pk", flat=True))
        seen = PatientCard.objects.filter(file__in=ids).update(seen_at=timezone.now())
        if seen:
            audit.record(
                "cards-confirmed",
                clinic=batch.clinic,
                actor=actor,
                target=batch,
                files=[str(pk) for pk in ids],
            )
    return seen
