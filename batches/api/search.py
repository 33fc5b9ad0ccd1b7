"""The REST calls that search documents; a question may travel in the address or, better, in a body."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.forms import search_filters
from clinics import audit
from clinics.access import VIEW, access_of, get_or_404, require
from clinics.api.problems import answers
from clinics.api.shapes import ListShape, PageQuery, checked
from clinics.models import User
from documents.embedder import number_waiting
from documents.embedding import choice
from documents.scope import Filters, Scope, scope_of, scope_of_patient
from documents.search import MOST_CHARS, Hit, Mode, outside_meaning, search, shown
from patients.serializers import PatientSerializer, written


class SearchQuery(PageQuery):
    """A question and, if wanted, which documents are asked. Quotes hold words together, a star ends a
    beginning (`neumo*`). Days are those of the clinic's clock; both count.
    """

    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=MOST_CHARS)
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode], default=Mode.BOTH.value)
    patient_id = serializers.UUIDField(required=False, default=None, allow_null=True)
    type_code = serializers.CharField(required=False, default="", allow_blank=True, max_length=32)
    batch_number = serializers.CharField(required=False, default="", allow_blank=True, max_length=64)
    came_from = serializers.DateField(required=False, default=None, allow_null=True)
    came_until = serializers.DateField(required=False, default=None, allow_null=True)


class HitSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A document that was found. `patient` is null while it is held for review; `snippet_html` is escaped,
    with `<mark>` around what was asked for; both are empty where `is_text_shown` is false, of documents that
    are searchable by meaning only. `found_by` says how.
    """

    document_id = serializers.UUIDField()
    name = serializers.CharField()
    page_number = serializers.IntegerField()
    other_pages = serializers.ListField(child=serializers.IntegerField())
    patient = PatientSerializer(allow_null=True)
    is_text_shown = serializers.BooleanField()
    snippet = serializers.CharField(allow_blank=True)
    snippet_html = serializers.CharField(allow_blank=True)
    found_by = serializers.ListField(child=serializers.ChoiceField(choices=["words", "meaning"]))
    document_url = serializers.CharField()
    thumbnail_url = serializers.CharField()


class MeaningSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What serves meaning. `understands` is false where only similar wording does; so many passages of the
    clinic are `waiting` to be read by it; so many documents of those that were searched are `outside` it,
    because of them the full text alone is kept.
    """

    model = serializers.CharField()
    understands = serializers.BooleanField()
    waiting = serializers.IntegerField()
    outside = serializers.IntegerField()


class SearchResultSerializer(ListShape):
    """The best documents first, at most [100]; `has_all` is false where no page has all the words."""

    results = HitSerializer(many=True)
    has_all = serializers.BooleanField()
    is_cut = serializers.BooleanField()
    meaning = MeaningSerializer()


class SearchView(APIView):
    """`/search`"""

    @extend_schema(
        operation_id="search",
        parameters=[SearchQuery],
        responses=answers({200: SearchResultSerializer}, 400, 404),
    )
    def get(self, request: Request) -> Response:
        """Find documents by words, by meaning, or by both.

        Addresses are kept by browsers and by servers on the way; where the question holds a name, send it by
        POST. Our own log never has what stands behind the question mark.
        """
        return _answer(request, request.query_params)

    @extend_schema(
        operation_id="search_by_body",
        request=SearchQuery,
        responses=answers({200: SearchResultSerializer}, 400, 404),
    )
    def post(self, request: Request) -> Response:
        """The same, with the question in the body; nothing is changed."""
        return _answer(request, request.data)


def _answer(request: Request, data: Any) -> Response:
    scope = _scope(request)
    query = checked(SearchQuery, data)
    mode, filters = Mode(query["mode"]), _filters(scope, query)
    found = search(scope, query["q"], mode=mode, filters=filters)
    start = (query["page"] - 1) * query["limit"]
    hits = shown(found, found.places[start : start + query["limit"]])
    facts = {"mode": mode, "found": len(found.places), "page": query["page"], "filters": filters.names()}
    audit.record("searched", clinic=scope.clinic, actor=scope.access.user, **facts)
    page = {"total": len(found.places), "page": query["page"], "limit": query["limit"]}
    said = {"has_all": found.has_all, "is_cut": found.is_cut, "meaning": _meaning(scope, filters)}
    return Response({"results": [_written(hit) for hit in hits]} | page | said)


def _scope(request: Request) -> Scope:
    """A member's, or a patient's; 403 for who is neither."""
    if access_of(request) is None and isinstance(request.user, User):
        own = scope_of_patient(request.user)
        if own is not None:
            return own
    return scope_of(require(request, VIEW))


def _filters(scope: Scope, query: Mapping[str, Any]) -> Filters:
    wanted = query["patient_id"]
    patient = None if wanted is None else get_or_404(scope.patients, scope.access, wanted)
    return search_filters(
        scope.clinic,
        patient=patient,
        type_code=query["type_code"],
        batch=query["batch_number"],
        came_from=query["came_from"],
        came_until=query["came_until"],
    )


def _written(hit: Hit) -> dict[str, Any]:
    place, document = hit.place, hit.document
    marked = format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", p.text) if p.is_marked else p.text,) for p in hit.pieces)
    )
    return {
        "document_id": document.pk,
        "name": document.source_name,
        "page_number": place.page_number,
        "other_pages": place.other_pages,
        "patient": written(document.patient) if document.patient else None,
        "is_text_shown": document.is_text_shown,
        "snippet": "".join(piece.text for piece in hit.pieces),
        "snippet_html": str(marked),
        "found_by": [mode.value for mode in place.found_by],
        "document_url": reverse("documents_api:document", args=[document.pk]),
        "thumbnail_url": reverse("documents_api:thumbnail", args=[document.pk]),
    }


def _meaning(scope: Scope, filters: Filters) -> dict[str, Any]:
    model = choice.current()
    return {
        "model": model.name,
        "understands": model.understands,
        "waiting": number_waiting(scope.clinic),
        "outside": outside_meaning(scope, filters),
    }
