"""A clinic's own pattern, compiled: fitted to the names of a path, it gives clues, or why it does not fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from patients.clues import FILE_NAME, FOLDER, Clue, Field
from patients.filename_patterns.fitting import Ambiguous, Kind, Reading, Step, fit
from patients.filename_patterns.marks import MASK
from patients.filename_patterns.placeholders import Placeholder, date_parts
from patients.filename_patterns.text import repaired


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder as a pattern uses it."""

    placeholder: Placeholder
    form: str = ""

    @property
    def text(self) -> str:
        """As the pattern writes it."""
        return f"{{{self.placeholder.name}{':' if self.form else ''}{self.form}}}"

    @property
    def is_fixed(self) -> bool:
        """Does it always take the same number of characters?"""
        return self.placeholder.is_date and bool(self.form)


@dataclass(frozen=True, slots=True)
class Unread:
    """What `*` took of one name: the name, with everything else masked."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Fit:
    """What a pattern read, and what it left: `names` says how many of the path's last names it has used."""

    clues: tuple[Clue, ...]
    unread: tuple[Unread, ...]
    names: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a pattern reads nothing: a stable code, and the sentence."""

    code: str
    words: str


_NO_FIT = Misfit("no-fit", "The name is not built like this.")
_TOO_SHALLOW = Misfit("no-fit", "The path has fewer folders than this.")
_AMBIGUOUS = Misfit(
    "more-than-one-way", "The name fits in more than one way, and choosing would be guessing."
)


@dataclass(frozen=True, slots=True)
class CompiledPattern:
    """See `language.compile_pattern`; the last of `parts` reads the file's name, the others its folders."""

    text: str
    slots: tuple[Slot, ...]
    parts: tuple[tuple[Step, ...], ...]

    def fit(self, names: Sequence[str], *, today: date) -> Fit | Misfit:
        """Read the last names of a path: folders, then the file's own without its extension, all `repaired`.

        `today` bounds what can be a date. Never raises.
        """
        own = names[-len(self.parts) :]
        if len(own) < len(self.parts):
            return _TOO_SHALLOW
        try:
            readings = [fit(steps, name) for steps, name in zip(self.parts, own, strict=True)]
        except Ambiguous:
            return _AMBIGUOUS
        found = [reading for reading in readings if reading is not None]
        return self._read(own, found, today) if len(found) == len(own) else _NO_FIT

    def _read(self, own: Sequence[str], readings: Sequence[Reading], today: date) -> Fit | Misfit:
        clues, unread = [Clue(Field.PATTERN, self.text, FILE_NAME)], []
        for at in range(len(own) - 1, -1, -1):
            source = FILE_NAME if at == len(own) - 1 else FOLDER
            for slot, written in self._written(own[at], readings[at]):
                value = slot.placeholder.read(written, slot.form, today)
                if not value:
                    return _no_value(slot, written)
                if slot.placeholder.clue:
                    clues.append(Clue(slot.placeholder.clue, value, source, slot.placeholder.place))
            if readings[at].anything:
                unread.append(Unread(_masked_but(own[at], readings[at].anything), source))
        return Fit(tuple(clues), tuple(unread), len(own))

    def _written(self, name: str, reading: Reading) -> Iterator[tuple[Slot, str]]:
        for owner, (start, end) in reading.spans.items():
            yield self.slots[owner], name[start:end]


def steps_of_literal(text: str) -> Iterator[Step]:
    """Text that stands for itself, small or capital, in the form that names have when they are read."""
    for character in repaired(text):
        yield Step(Kind.ONE, frozenset({character, character.lower(), character.upper()}).__contains__)


def steps_of_slot(slot: Slot, owner: int) -> Iterator[Step]:
    """The steps of a placeholder, between its two borders."""
    shape = slot.placeholder.shape
    yield Step(Kind.BEFORE, shape.edge, owner)
    if slot.is_fixed:
        for part in date_parts(slot.form):
            test = shape.needs if part.isalpha() else part.__eq__
            yield from [Step(Kind.ONE, test, owner)] * len(part)
    else:
        yield Step(Kind.MANY, lambda ch: shape.inner(ch) and not shape.needs(ch), owner)
        yield Step(Kind.ONE, shape.needs, owner)
        yield Step(Kind.MANY, shape.inner, owner)
    yield Step(Kind.AFTER, shape.edge, owner)


def _masked_but(name: str, stretches: Sequence[tuple[int, int]]) -> str:
    kept = {place for start, end in stretches for place in range(start, end)}
    return "".join(character if place in kept else MASK for place, character in enumerate(name))


def _no_value(slot: Slot, written: str) -> Misfit:
    return Misfit("wrong-value", f"“{written}” cannot be {slot.text}.")
