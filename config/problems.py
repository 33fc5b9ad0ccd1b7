"""Every refusal of the REST interface in one shape, application/problem+json; the browser's error pages."""

import logging
import math
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import server_error
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from files.errors import Refused, Trouble

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
API_PREFIX = "/api/"
RETRY_AFTER_SECONDS = 10
STORAGE_FULL = "storage-full"
# Django's own refusals, the special before the general.
_PLAIN: tuple[tuple[type[Exception], int], ...] = (
    (Http404, 404),
    (PermissionDenied, 403),
    (RequestDataTooBig, 413),
    (SuspiciousOperation, 400),
)
# The database is away, or has hung up on us: that passes, so a client may try again.
_AWAY = (InterfaceError, OperationalError)
_EXPECTED = (exceptions.APIException, Refused, Trouble, *(kind for kind, _ in _PLAIN))

# A stable code and a sentence for what is refused before a view of ours has spoken.
SENTENCES: dict[int, tuple[str, str]] = {
    400: ("bad-request", "The request could not be understood. Check its address, headers and body."),
    401: ("not-signed-in", "Send a valid token as `Authorization: Bearer <token>`, or sign in."),
    403: ("not-allowed", "Your role in this clinic does not allow this. Ask an administrator of the clinic."),
    404: (
        "not-found",
        "There is nothing here that you can see. Check the address and the clinic you work in.",
    ),
    405: ("method-not-allowed", "This address does not answer to that method."),
    406: ("not-acceptable", "This address answers in JSON only. Send `Accept: application/json`."),
    413: ("body-too-large", "The body is larger than this address takes. Send less at once."),
    415: ("unsupported-media-type", "The body's Content-Type is not accepted here."),
    429: ("too-many-requests", "Too many requests. Wait as long as Retry-After says, then go on."),
    500: (
        "unexpected",
        "Something broke on our side. Nothing you sent was lost; try again, then tell your administrator.",
    ),
    503: (
        "unavailable",
        "A part of the system is busy or cannot be reached just now; a long list may be being written. "
        "Try again in a moment.",
    ),
}


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """The body: `code`, `title`, `detail`, `status`, and what else the caller knows (`errors`, `facts`)."""
    return {"code": code, "title": HTTPStatus(status).phrase, "detail": detail, "status": status, **more}


def handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: whatever a view raised becomes a problem; nothing is left to a HTML page."""
    body = _body(error)
    headers = _headers(error)
    if isinstance(error, _EXPECTED):
        logger.info("refused %s with %s", body["status"], body["code"])
    else:
        logger.error("unexpected error in the REST interface", exc_info=error)
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def _body(error: Exception) -> dict[str, Any]:
    match error:
        case Refused():
            more = {"facts": error.facts} if error.facts else {}
            return problem(error.status, error.code, error.message, **more)
        case Trouble():
            return problem(507 if error.code == STORAGE_FULL else 503, error.code, error.message)
        case exceptions.APIException():
            return _rest_body(error)
        case InterfaceError() | OperationalError():
            return standard(503)
    return standard(next((status for kind, status in _PLAIN if isinstance(error, kind)), 500))


def _rest_body(error: exceptions.APIException) -> dict[str, Any]:
    match error:
        case exceptions.ValidationError():
            sentence = "Some fields were not accepted; `errors` says which and why."
            return problem(400, "invalid", sentence, errors=_field_errors(error.detail))
        case exceptions.ParseError():
            return problem(400, "unreadable-body", str(error.detail))
    return _own_words(error)


def standard(status: int) -> dict[str, Any]:
    """The problem that a bare status means."""
    code, sentence = SENTENCES.get(status, (f"http-{status}", HTTPStatus(status).phrase))
    return problem(status, code, sentence)


def _own_words(error: exceptions.APIException) -> dict[str, Any]:
    """The standard problem of the status, with the code and sentence that a class of ours gave instead."""
    body = standard(error.status_code)
    code = getattr(error.detail, "code", error.default_code)
    if code != error.default_code:
        body["code"] = str(code).replace("_", "-")
    if str(error.detail) != str(error.default_detail) and not isinstance(error, exceptions.Throttled):
        body["detail"] = str(error.detail)
    return body


def _field_errors(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested details as one flat map from `a.b` or `a.0` to sentences; "" is the body as a whole."""
    if isinstance(detail, dict):
        pairs = [(_join(path, str(key)), value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        pairs = [(_join(path, str(index)), value) for index, value in enumerate(detail)]
    else:
        return {path: [str(item) for item in (detail if isinstance(detail, list) else [detail])]}
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found |= _field_errors(value, key)
    return found


def _join(path: str, key: str) -> str:
    key = "" if key == "non_field_errors" else key
    return f"{path}.{key}" if path and key else path or key


def _headers(error: Exception) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(error, (Trouble, *_AWAY)):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return headers


def answer(request: HttpRequest, status: int) -> HttpResponse:
    """A problem for a program, a page for a person: errors raised outside the views of the REST interface."""
    body = standard(status)
    if request.path.startswith(API_PREFIX):
        return JsonResponse(body, status=status, content_type=MEDIA_TYPE)
    return render(request, "error.html", {"problem": body}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for a request that Django itself refused."""
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 raised by a page."""
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for an address that nobody answers, or an object of another clinic."""
    return answer(request, 404)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form or call without our token, with the usual cure."""
    return answer(request, 403)


def broken(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database is busy or away: Django calls this while it handles the error. The
    page's template gets no context: the failure may have come from what would be in it.
    """
    if isinstance(sys.exception(), _AWAY):
        return _unavailable(request)
    if request.path.startswith(API_PREFIX):
        return JsonResponse(standard(500), status=500, content_type=MEDIA_TYPE)
    return server_error(request)


def _unavailable(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        response: HttpResponse = JsonResponse(standard(503), status=503, content_type=MEDIA_TYPE)
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
