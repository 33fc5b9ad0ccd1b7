"""Finds passages by what they say, with the vectors that a worker has made of them."""

from collections.abc import Sequence

import numpy as np

from clinics.models import Clinic
from documents.embedding import choice
from documents.fusion import FoundPage
from documents.models import DocumentQuerySet, Passage
from documents.scope import within
from documents.vector_file import VectorFile

_NEAREST = 300
_ENOUGH = 60


def nearest(clinic: Clinic, documents: DocumentQuerySet, query: str) -> list[FoundPage]:
    """Passages of these documents of the clinic, the nearest first, none below the model's floor; `fit` is
    the cosine.

    The vectors name the nearest of the whole clinic, the database those that somebody may see and that still
    are. Where that leaves few, because a filter is narrow, the search is made once more among its passages
    only.
    """
    model = choice.current()
    matrix = VectorFile(clinic.pk, model.name, model.dimensions).matrix()
    vector = model.of_query(query)
    best = [(pk, cosine) for pk, cosine in matrix.nearest(vector, _NEAREST) if cosine >= model.floor]
    found = _of(documents, best)
    if len(found) >= _ENOUGH or len(best) < _NEAREST:
        return found
    own = Passage.objects.filter(document__in=documents.order_by(), model=model.name)
    passages = np.fromiter(own.values_list("pk", flat=True), np.int64)
    near = matrix.nearest_of(passages, vector, _NEAREST)
    return _of(documents, [(pk, cosine) for pk, cosine in near if cosine >= model.floor])


def _of(documents: DocumentQuerySet, best: Sequence[tuple[int, float]]) -> list[FoundPage]:
    cosines = dict(best)
    rows = Passage.objects.filter(within(documents), pk__in=cosines)
    found = [
        FoundPage(document_id, number, cosines[pk], passage_id=pk)
        for pk, document_id, number in rows.values_list("pk", "document_id", "page_number")
    ]
    return sorted(found, key=lambda each: (-each.fit, each.document_id.int, each.number))
