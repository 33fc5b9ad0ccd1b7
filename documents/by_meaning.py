"""Finds passages by what they say, with the vectors that a worker has made of them."""

from collections.abc import Iterable

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from clinics.models import Clinic
from documents.embedding import choice
from documents.fusion import FoundPage
from documents.models import DocumentQuerySet, Passage
from documents.scope import Few, within
from documents.vector_file import VectorFile

_NEAREST = 300
_ENOUGH = 60


def nearest(clinic: Clinic, documents: DocumentQuerySet, few: Few, query: str) -> list[FoundPage]:
    """Passages of these documents of the clinic, the nearest first, none below the model's floor; `fit` is
    the cosine.

    Of few documents, a chart's, only their passages are compared. Else the vectors name the nearest of the
    whole clinic, the database those that somebody may see and that still are; and where that leaves few, all
    passages of the documents are compared after all.
    """
    model = choice.current()
    matrix = VectorFile(clinic.pk, model.name, model.dimensions).matrix()
    vector = model.of_query(query)
    if few is not None:
        own = Passage.objects.filter(document__in=few)
        return _of(documents, matrix.nearest_of(_numbers(own), vector, _NEAREST), model.floor)
    best = matrix.nearest(vector, _NEAREST)
    found = _of(documents, best, model.floor)
    if len(found) >= _ENOUGH or len(best) < _NEAREST or best[-1][1] < model.floor:
        return found
    own = Passage.objects.filter(document__in=documents.order_by())
    return _of(documents, matrix.nearest_of(_numbers(own), vector, _NEAREST), model.floor)


def _numbers(passages: QuerySet[Passage]) -> NDArray[np.int64]:
    """Not asked for their model, because SQLite would rather read all of that model: what has no vector of it
    is not in the matrix.
    """
    return np.fromiter(passages.values_list("pk", flat=True), np.int64)


def _of(documents: DocumentQuerySet, best: Iterable[tuple[int, float]], floor: float) -> list[FoundPage]:
    cosines = {pk: cosine for pk, cosine in best if cosine >= floor}
    rows = Passage.objects.filter(within(documents), pk__in=cosines)
    found = [
        FoundPage(document_id, number, cosines[pk], passage_id=pk)
        for pk, document_id, number in rows.values_list("pk", "document_id", "page_number")
    ]
    return sorted(found, key=lambda each: (-each.fit, each.document_id.int, each.number))
