"""The demonstration clinic: 200 patients, four users with printed passwords; made only where no clinic is."""

import json
import secrets
from pathlib import Path

from django.db import transaction

from clinics.models import Clinic, Membership, Role, User
from patients.demo_directory import demo_patients
from patients.matcher import refresh_keys_in_bulk, verify_check_digit
from patients.models import Patient, mrn_key_of

SLUG = "demo"
USERS = {
    "admin": Role.ADMIN,
    "clinician": Role.CLINICIAN,
    "reviewer": Role.REVIEWER,
    "viewer": Role.VIEWER,
}
_PASSWORD_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "juniper")


def make_clinic(passwords_file: Path) -> dict[str, str]:
    """Make the clinic once and keep its passwords in `passwords_file` (0600); returns user name → password.

    An installation that has any clinic is left alone, and the passwords of an earlier run are returned, if
    any.
    """
    if Clinic.objects.exists():
        return _read(passwords_file)
    with transaction.atomic():
        clinic = Clinic.objects.create(
            slug=SLUG, name="Demonstration Clinic", time_zone="America/Monterrey", name_alone=True
        )
        _make_patients(clinic)
        passwords = {name: _make_user(clinic, name, role) for name, role in USERS.items()}
        passwords_file.touch(mode=0o600)
        passwords_file.write_text(json.dumps(passwords, indent=2))
    return passwords


def _make_patients(clinic: Clinic) -> None:
    patients = [Patient(clinic=clinic, mrn_key=mrn_key_of(row["mrn"]), **row) for row in demo_patients()]
    Patient.objects.bulk_create(patients)
    refresh_keys_in_bulk(patients)
    verify_check_digit(clinic)


def _make_user(clinic: Clinic, name: str, role: str) -> str:
    password = "-".join(
        [*secrets.SystemRandom().sample(_PASSWORD_WORDS, 2), str(secrets.randbelow(9000) + 1000)]
    )
    is_admin = role == Role.ADMIN
    user = User(username=name, email=f"{name}@demo.invalid", is_staff=is_admin, is_superuser=is_admin)
    user.set_password(password)
    user.save()
    Membership.objects.create(user=user, clinic=clinic, role=role)
    return password


def _read(passwords_file: Path) -> dict[str, str]:
    if not passwords_file.exists():
        return {}
    passwords: dict[str, str] = json.loads(passwords_file.read_text())
    return passwords
