"""Every refusal of the REST interface has a stable code, a status, and a sentence that says what helps."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.throttling import UserRateThrottle

from clinics.models import User
from tests import factories
from tests.factories import API, JSON

pytestmark = pytest.mark.django_db

NOWHERE = "00000000-0000-4000-8000-000000000001"
CASES = [
    ("get", "/nothing", {}, 404, "not-found"),
    ("get", "/batches/not-a-uuid", {}, 404, "not-found"),
    ("get", "/batches/", {}, 404, "not-found"),
    ("get", f"/batches/{NOWHERE}", {}, 404, "not-found"),
    ("get", "/batches?page=0", {}, 400, "invalid"),
    ("post", "/batches", {"data": "{", "content_type": JSON}, 400, "unreadable-body"),
    ("post", "/batches", {"data": "[" * 50_000, "content_type": JSON}, 400, "unreadable-body"),
    ("post", "/batches", {"data": "<a/>", "content_type": "text/xml"}, 415, "unsupported-media-type"),
    ("delete", "/batches", {}, 405, "method-not-allowed"),
    ("get", "/batches", {"headers": {"accept": "text/html"}}, 406, "not-acceptable"),
]


@pytest.mark.parametrize(("method", "path", "more", "status", "code"), CASES)
def test_a_refusal_has_its_code(  # noqa: PLR0917 - a table with that many columns
    method: str, path: str, more: dict[str, Any], status: int, code: str, api: Client
) -> None:
    answer = getattr(api, method)(API + path, **more)
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert {"code", "title", "detail", "status"} <= set(problem)
    assert problem["detail"]


def test_who_asks_too_often_is_told_when_to_go_on(clinician: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    api = factories.client_of(clinician)
    answers = [api.get(f"{API}/processing-types") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "too-many-requests"
    assert int(answers[2].headers["Retry-After"]) > 0


def test_a_refusal_quotes_no_name(api: Client, clinician: User) -> None:
    batch = factories.make_batch(clinician)
    secret = "GARZA" * 300
    entries = [{"path": secret + ".jpg", "size": 0}, {"path": "b", "size": "x"}]
    answer = api.post(f"{API}/batches/{batch.pk}/manifest", {"entries": entries}, content_type=JSON)
    assert answer.status_code == 400
    assert "GARZA" not in answer.content.decode()
