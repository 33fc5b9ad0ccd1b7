"""Rosters for tests: rows written down as a list, sent, and worked on as a worker would."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from clinics.models import Clinic, User
from patients.models import Roster
from patients.roster_actions import Sent, apply_roster, receive_roster
from patients.rosters import road

HEADERS = {
    "mrn": "MRN",
    "family_name": "Apellidos",
    "given_names": "Nombre",
    "suffix": "Suffix",
    "birth_date": "Fecha de nacimiento",
    "sex": "Sexo",
}
Row = dict[str, Any]


def row(**facts: Any) -> Row:
    """One line; Luz Pereda, where nothing else is said."""
    return {"mrn": "0012345", "family_name": "Pereda", "given_names": "Luz", **facts}


def sheet(rows: Iterable[Row]) -> bytes:
    """The rows as the list of a clinic; the first stands on line 2."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(HEADERS))
    writer.writerow(HEADERS)
    writer.writerows(rows)
    return out.getvalue().encode()


def received(clinic: Clinic, content: bytes, *, actor: User | None = None, **sent: Any) -> Roster:
    """A roster that waits to be read."""
    return receive_roster(clinic=clinic, sent=Sent(name="list.csv", chunks=[content], **sent), actor=actor)


def worked_on(roster: Roster) -> Roster:
    """The roster after a worker has done what is to be done."""
    road.work_on(roster.pk)
    roster.refresh_from_db()
    return roster


def previewed(clinic: Clinic, rows: Iterable[Row], *, actor: User | None = None, **sent: Any) -> Roster:
    """A roster that was read and compared with the directory."""
    return worked_on(received(clinic, sheet(rows), actor=actor, **sent))


def applied(clinic: Clinic, rows: Iterable[Row], *, actor: User | None = None, **options: Any) -> Roster:
    """A roster that the directory was brought up to."""
    roster = previewed(clinic, rows, actor=actor)
    apply_roster(roster=roster, actor=actor, **options)
    return worked_on(roster)
