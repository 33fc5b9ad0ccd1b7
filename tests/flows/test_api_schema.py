"""The OpenAPI description is complete and true: every call, with its answers and its refusals."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.factories import API
from tests.flows.api_routes import CALLS

# Spoken by clients of their own, with a specification of their own.
TUS = {"api:batch-uploads", "api:upload"}


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema, or an error at the first warning."""
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def test_every_call_is_described(schema: Any) -> None:
    described = sum(len(methods) for methods in schema["paths"].values())
    assert described == len([call for call in CALLS if call.route not in TUS])


def test_every_call_tells_its_refusals_and_says_what_it_does(schema: Any) -> None:
    for path, methods in schema["paths"].items():
        for method, call in methods.items():
            where = f"{method} {path}"
            assert call["description"], where
            assert {"401", "403", "429"} <= set(call["responses"]), where
            assert "404" in call["responses"] or "{" not in path, where
            assert call["security"] == [{"token": []}, {"cookieAuth": []}], where


def test_a_status_is_one_and_the_same_choice_everywhere(schema: Any) -> None:
    choices = schema["components"]["schemas"]
    assert "REVIEW" in choices["FileStatus"]["enum"]
    assert "EXPIRED" in choices["BatchStatus"]["enum"]


def test_the_description_is_served(api: Client) -> None:
    answer = api.get(f"{API}/schema")
    assert answer.status_code == 200
    assert b"/batches/{batch_id}/manifest" in answer.content
