"""The commands that make a clinic and a token say what they did, or in one sentence why not."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from clinics.access import CAPTURE
from clinics.models import ApiToken, AuditEntry, Clinic, Membership, Role, User
from tests.factories import API

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_last_line_is_the_token_and_it_works(clinician: User) -> None:
    token = run("create_token", "--user", "clinician", "--name", "scanner")[-1]
    client = Client(headers={"authorization": f"Bearer {token}"})
    assert client.get(f"{API}/batches").status_code == 200
    kept = ApiToken.objects.get()
    assert token not in str(vars(kept))
    assert (kept.name, kept.expires_at) == ("scanner", None)
    assert AuditEntry.objects.filter(action="token-created").exists()


def test_a_token_can_be_narrowed_and_can_end(clinician: User) -> None:
    token = run("create_token", "--user", "clinician", "--scope", CAPTURE, "--days", "2")[-1]
    client = Client(headers={"authorization": f"Bearer {token}"})
    assert client.get(f"{API}/patients").status_code == 403
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(f"{API}/batches").status_code == 401


def test_in_several_clinics_one_must_be_named(clinician: User, other_clinic: Clinic) -> None:
    Membership.objects.create(user=clinician, clinic=other_clinic, role=Role.VIEWER)
    with pytest.raises(CommandError, match="san-rafael, santa-ana"):
        run("create_token", "--user", "clinician")
    run("create_token", "--user", "clinician", "--clinic", "santa-ana")
    assert ApiToken.objects.get().clinic == other_clinic


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--user", "nobody"], "no active user"),
        (["--user", "viewer", "--clinic", "elsewhere"], "not a member"),
        (["--user", "viewer", "--scope", CAPTURE], "may not imaging.capture"),
        (["--user", "viewer", "--days", "0"], "at least one day"),
    ],
)
def test_a_token_that_could_not_work_is_not_made(arguments: list[str], sentence: str, viewer: User) -> None:
    with pytest.raises(CommandError, match=sentence):
        run("create_token", *arguments)
    assert not ApiToken.objects.exists()


def test_a_clinic_is_made_with_its_administrator(clinician: User) -> None:
    zone = "America/Monterrey"
    run(
        "create_clinic",
        "north",
        "Clínica Norte",
        "--time-zone",
        zone,
        "--language",
        "es",
        "--admin",
        "clinician",
    )
    clinic = Clinic.objects.get(slug="north")
    assert (clinic.name, clinic.time_zone, clinic.language) == ("Clínica Norte", zone, "es")
    assert Membership.objects.get(clinic=clinic).role == Role.ADMIN


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["san rafael", "X"], "no slug"),
        (["san-rafael", "X"], "already"),
        (["north", "X", "--time-zone", "Mars/Olympus"], "no time zone"),
        (["north", "X", "--admin", "nobody"], "no active user"),
    ],
)
def test_a_clinic_that_makes_no_sense_is_not_made(
    arguments: list[str], sentence: str, clinic: Clinic
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run("create_clinic", *arguments)
    assert Clinic.objects.get() == clinic
