"""The addresses that belong to the installation."""

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(admin_client: Client) -> Client:
    return admin_client


def test_the_schema_is_openapi_and_complete(administrator: Client) -> None:
    response = administrator.get("/api/v1/schema")
    assert response.status_code == 200
    assert b"openapi: 3" in response.content


def test_the_documentation_loads_nothing_from_elsewhere_and_has_no_inline_script(
    administrator: Client,
) -> None:
    response = administrator.get("/api/v1/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert "http://" not in page
    assert "https://" not in page
    assert "<script>" not in page
    assert "<style>" not in page


def test_every_page_carries_the_policy(client: Client) -> None:
    policy = client.get("/account/login").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_schema_is_made_without_warnings(settings: LazySettings) -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", file="/dev/null")


def test_admin_is_found_without_its_slash(client: Client) -> None:
    assert client.get("/admin").headers["Location"] == "/admin/"


def test_wrong_passwords_lock_the_pair_of_user_and_address_out(
    client: Client, settings: LazySettings
) -> None:
    statuses = [
        client.post("/account/login", {"username": "ana", "password": "wrong"}).status_code
        for _ in range(settings.AXES_FAILURE_LIMIT)
    ]
    assert statuses[:-1] == [200] * (settings.AXES_FAILURE_LIMIT - 1)
    assert statuses[-1] == 429
    assert client.post("/account/login", {"username": "berta", "password": "wrong"}).status_code == 200
