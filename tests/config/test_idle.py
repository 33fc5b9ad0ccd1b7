"""A session ends when nobody acts, even if a page left open goes on asking."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from config.idle import TOUCHED

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client: Client, django_user_model: Any) -> Client:
    client.force_login(django_user_model.objects.create_user(username="ana", password="x" * 12))
    return client


def grow_old(client: Client) -> None:
    """The last act was half an hour ago."""
    session = client.session
    session[TOUCHED] = session.get(TOUCHED, 0) - 1800
    session.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=5))


def remaining(client: Client) -> timedelta:
    return Session.objects.get(session_key=client.session.session_key).expire_date - timezone.now()


def test_an_act_renews_the_session(signed_in: Client) -> None:
    signed_in.get("/healthz")
    grow_old(signed_in)
    signed_in.get("/healthz")
    assert remaining(signed_in) > timedelta(hours=7)


def test_a_poll_does_not(signed_in: Client) -> None:
    signed_in.get("/healthz")
    grow_old(signed_in)
    signed_in.get("/healthz", headers={"X-Intake-Poll": "1"})
    assert remaining(signed_in) <= timedelta(minutes=5)


def test_acts_in_quick_succession_write_once(signed_in: Client, django_assert_max_num_queries: Any) -> None:
    signed_in.get("/healthz")
    with django_assert_max_num_queries(2):  # the session and its user are read, nothing is written
        signed_in.get("/healthz")


def test_strangers_get_no_session(client: Client) -> None:
    client.get("/healthz")
    assert not Session.objects.exists()
