"""Which new people of a roster may be patients already, under another number: the same birth date, and a name
that the matcher takes for one.

Rows and directory are walked by birth date, so that each patient is read once however long the roster is, and
only who shares a word, or nearly, is compared.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby, islice
from operator import attrgetter
from uuid import UUID

from django.db import transaction

from patients.clues import LIST, Clue, Field
from patients.directory import DatabaseDirectory
from patients.matching.comparisons import SexLevel, SuffixLevel, compare
from patients.matching.keys import birth_date_key
from patients.matching.name_fits import NameFits
from patients.matching.nicknames import related
from patients.matching.normalise import Person, person_of
from patients.matching.policy import could_be_named
from patients.matching.reading import read
from patients.models import RosterRow
from patients.roster_states import Outcome
from patients.rosters import claims, lines, progress
from patients.rosters.claims import Claim

_DATES_AT_ONCE = 200
_FOUND_AT_ONCE = 2_000
_FIELDS = ("line", "mrn", "family_name", "given_names", "suffix", "birth_date", "sex")


@dataclass(frozen=True, slots=True)
class _New:
    """A row for somebody who is not in the directory."""

    line: int
    mrn: str
    family_name: str
    given_names: str
    suffix: str
    birth_date: date
    sex: str


@dataclass(slots=True)
class _Born:
    """The directory's people of one birth date, by each word of their names."""

    by_word: dict[str, list[Person]] = field(default_factory=dict)

    def add(self, person: Person) -> None:
        for word in {*person.names, *person.joined}:
            self.by_word.setdefault(word, []).append(person)


def mark(claim: Claim) -> None:
    """Write beside each such row whom it may be; the likeliest where there are several."""
    directory = DatabaseDirectory(claim.roster.clinic)
    if not directory.size:
        return
    found = _found(claim, directory)
    while some := list(islice(found, _FOUND_AT_ONCE)):
        with transaction.atomic():
            claims.hold(claim)
            lines.mark_look_alikes(claim.roster, some)


def _found(claim: Claim, directory: DatabaseDirectory) -> Iterator[tuple[int, UUID]]:
    rows = RosterRow.objects.filter(
        roster=claim.roster, outcome=Outcome.ADDED, birth_date__isnull=False
    ).order_by("birth_date", "line")
    total, done = rows.count(), 0
    days = groupby(_listed(rows.values_list(*_FIELDS).iterator(chunk_size=5_000)), attrgetter("birth_date"))
    grouped = ((day, list(news)) for day, news in days)
    while some := list(islice(grouped, _DATES_AT_ONCE)):
        born = _born_on([day for day, _ in some], directory)
        for day, news in some:
            done += len(news)
            if day in born:
                yield from _alike(news, born[day], directory)
        progress.tell(claim.roster.pk, "Looking for people who are here under another number", done, total)


def _listed(rows: Iterable[tuple[object, ...]]) -> Iterator[_New]:
    return (_New(*row) for row in rows)  # type: ignore[arg-type]  # columns of one table, in the order of _FIELDS


def _born_on(days: Sequence[date], directory: DatabaseDirectory) -> dict[date, _Born]:
    born: dict[date, _Born] = {}
    wanted = set(days)
    for person in directory.who_have([birth_date_key(day) for day in days]):
        if person.birth_date in wanted:
            born.setdefault(person.birth_date, _Born()).add(person)
    return born


def _alike(news: Iterable[_New], born: _Born, directory: DatabaseDirectory) -> Iterator[tuple[int, UUID]]:
    for new in news:
        candidates = _candidates(_person_of(new), born, directory)
        best = _best(new, candidates, directory) if candidates else None
        if best is not None:
            yield new.line, UUID(best.id)


def _person_of(new: _New) -> Person:
    return person_of(
        "", new.mrn, family=new.family_name, given=new.given_names, suffix=new.suffix, sex=new.sex
    )


def _candidates(new: Person, born: _Born, directory: DatabaseDirectory) -> list[Person]:
    """Who shares a word, or has one that this one could be written for."""
    found: dict[str, Person] = {}
    for word in {*new.names, *new.joined}:
        for form in (word, *directory.vocabulary.near(word), *related(word)):
            for person in born.by_word.get(form, ()):
                found[person.id] = person
    return list(found.values())


def _best(new: _New, candidates: Iterable[Person], directory: DatabaseDirectory) -> Person | None:
    """The candidate whose name explains every word of the row, best of all."""
    reading = read(tuple(_clues(new)), vocabulary=directory.vocabulary, shape=directory.shape)
    names = NameFits(reading.words, directory.vocabulary)
    compared = (
        compare(reading, person, names=names, patients=directory.size, today=new.birth_date)
        for person in candidates
    )
    alike = [
        each
        for each in compared
        if could_be_named(each.name)
        and each.name.has(given=True)
        and each.name.has(given=False)
        and each.suffix is not SuffixLevel.OTHER
        and each.sex is not SexLevel.OTHER
    ]
    best = max(alike, key=lambda each: (each.weight, each.person.id), default=None)
    return best.person if best else None


def _clues(new: _New) -> Iterator[Clue]:
    yield Clue(Field.FAMILY_NAME, new.family_name, LIST)
    yield Clue(Field.GIVEN_NAMES, new.given_names, LIST)
    yield Clue(Field.BIRTH_DATE, new.birth_date.isoformat(), LIST)
    if new.suffix:
        yield Clue(Field.SUFFIX, new.suffix, LIST)
    if new.sex:
        yield Clue(Field.SEX, new.sex, LIST)
