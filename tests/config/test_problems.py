"""Every refusal of the REST interface has the same shape, whoever raised it."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.http import Http404
from django.test import Client
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from config.problems import MEDIA_TYPE
from files.errors import FileRejected, Refused, Trouble


def answer_to(error: Exception) -> tuple[Response, dict[str, Any]]:
    """What a caller gets when a view raises `error`."""

    class Broken(APIView):
        authentication_classes = []
        permission_classes = []

        def get(self, request: Request) -> Response:
            raise error

    response = Broken.as_view()(APIRequestFactory().get("/api/v1/x"))
    response.render()
    return response, json.loads(response.content)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Refused("batch-ended", "The batch has ended.", status=409), 409, "batch-ended"),
        (FileRejected("too-many-pixels", "The picture has 200 MP, 120 are allowed."), 422, "too-many-pixels"),
        (Trouble("storage-full", "The disk is full."), 507, "storage-full"),
        (Trouble("storage-unavailable", "The storage is away."), 503, "storage-unavailable"),
        (RequestDataTooBig("too big"), 413, "body-too-large"),
        (TooManyFieldsSent("too many"), 400, "bad-request"),
        (Http404("Patient 1234"), 404, "not-found"),
        (exceptions.NotFound(), 404, "not-found"),
        (PermissionDenied("no"), 403, "not-allowed"),
        (exceptions.PermissionDenied(), 403, "not-allowed"),
        (exceptions.PermissionDenied("Ask a reviewer.", code="review_only"), 403, "review-only"),
        (exceptions.ParseError("JSON ends too early."), 400, "unreadable-body"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method-not-allowed"),
        (exceptions.UnsupportedMediaType("text/csv"), 415, "unsupported-media-type"),
        (exceptions.Throttled(wait=7.2), 429, "too-many-requests"),
        (RuntimeError("patient Garza"), 500, "unexpected"),
    ],
)
def test_every_error_becomes_a_problem_with_a_stable_code(error: Exception, status: int, code: str) -> None:
    response, body = answer_to(error)
    assert response.status_code == body["status"] == status
    assert response.headers["Content-Type"] == MEDIA_TYPE
    assert body["code"] == code
    assert body["title"]
    assert body["detail"]


def test_a_refusal_keeps_its_own_sentence_and_facts() -> None:
    _, body = answer_to(
        FileRejected("too-large", "60 MB are too many, 50 are allowed.", limit_bytes=50_000_000)
    )
    assert body["detail"] == "60 MB are too many, 50 are allowed."
    assert body["facts"] == {"limit_bytes": 50_000_000}


def test_an_unexpected_error_tells_the_caller_nothing_of_its_text() -> None:
    response, _ = answer_to(RuntimeError("duplicate key: Garza Tijerina"))
    assert b"Garza" not in response.content


def test_nested_field_errors_are_one_flat_map() -> None:
    detail: Any = {
        "source": ["Required."],
        "files": [{}, {"size": ["Too large."]}],
        "non_field_errors": ["No."],
    }
    _, body = answer_to(serializers.ValidationError(detail))
    assert body["code"] == "invalid"
    assert body["errors"] == {"source": ["Required."], "files.1.size": ["Too large."], "": ["No."]}


@pytest.mark.parametrize(
    ("error", "seconds"), [(exceptions.Throttled(wait=7.2), "8"), (Trouble("storage-full", "Full."), "10")]
)
def test_who_should_come_back_is_told_when(error: Exception, seconds: str) -> None:
    response, _ = answer_to(error)
    assert response.headers["Retry-After"] == seconds


def test_an_unknown_address_of_the_interface_is_a_problem_too(client: Client) -> None:
    response = client.get("/api/v1/nowhere")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == MEDIA_TYPE
    assert response.json()["code"] == "not-found"


def test_an_unknown_page_is_a_page(client: Client) -> None:
    response = client.get("/nowhere/at/all")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_a_call_without_a_token_is_asked_to_sign_in(client: Client) -> None:
    response = client.get("/api/v1/batches")
    assert response.status_code == 401
    assert response.json()["code"] == "not-signed-in"
    assert "WWW-Authenticate" in response.headers
