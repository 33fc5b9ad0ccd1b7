"""A step of a roster that writes to the directory: worked out before its transaction, written within it.

SQLite has one writer, and whoever uploads waits while a transaction is open. What is planned lies in a
scratch folder, some thousand rows at a time, so that half a million patients take little memory.
"""

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max

from files import lease, scratch
from files.disk import disk_faults
from files.errors import Trouble
from patients import index
from patients.models import Patient, Roster
from patients.roster_states import STANDING

_Step = TypeVar("_Step")
_PLANS = 3


class _Outdated(Exception):  # noqa: N818 - nobody's error: somebody was faster
    """The directory is not any more what was planned for."""


@dataclass(slots=True)
class Plan(Generic[_Step]):
    """The steps, on the disk; the state that they are for; how many rows come out otherwise than shown."""

    folder: Path
    state: tuple[Any, ...]
    steps: int = 0
    differences: int = 0

    def add(self, step: _Step) -> None:
        """Put another step down."""
        with (self.folder / str(self.steps)).open("wb") as file:
            pickle.dump(step, file, protocol=pickle.HIGHEST_PROTOCOL)
        self.steps += 1

    def read(self) -> Iterator[_Step]:
        """The steps in their order."""
        for number in range(self.steps):
            with (self.folder / str(number)).open("rb") as file:
                yield pickle.load(file)  # noqa: S301 - written by this attempt, in a folder of its own


def begun(roster: Roster, folder: Path) -> Plan[Any]:
    """An empty plan for the directory as it is now."""
    return Plan(folder, _state_of(roster))


def carry_out(
    roster: Roster, plan: Callable[[Path], Plan[_Step]], write: Callable[[Plan[_Step]], None]
) -> None:
    """Plan, then write in one transaction, if the directory is still the one that was planned for.

    Where somebody has changed it meanwhile it is planned again; the [fourth] time while nobody can. Raises
    Trouble `directory-changed` when the database refuses what is written also then.
    """
    for _ in range(_PLANS):
        with suppress(_Outdated, IntegrityError), scratch.folder(roster.pk) as folder, disk_faults():
            made = plan(folder)
            with _turn(roster):
                if made.state != _state_of(roster):
                    raise _Outdated
                write(made)
            return
    try:
        with scratch.folder(roster.pk) as folder, disk_faults(), _turn(roster):
            write(plan(folder))
    except IntegrityError as error:
        message = "Somebody changed the directory meanwhile. The list is tried again in a moment."
        raise Trouble("directory-changed", message) from error


@contextmanager
def _turn(roster: Roster) -> Iterator[None]:
    """A transaction in which nobody else changes the directory; nobody's lease ends for its length."""
    with transaction.atomic():
        index.take_turn(roster.clinic_id)
        began = lease.now()
        yield
        lease.hold_all(began)


def _state_of(roster: Roster) -> tuple[Any, ...]:
    """Another one as soon as a patient of the clinic is another, also where no key of theirs is; and as soon
    as other lists are applied, for they say who stays when one is taken back.
    """
    newest = Patient.objects.of(roster.clinic).aggregate(newest=Max("updated_at"))["newest"]
    applied = Roster.objects.of(roster.clinic).filter(status__in=STANDING)
    return index.version_of(roster.clinic_id), newest, set(applied.values_list("pk", flat=True))
