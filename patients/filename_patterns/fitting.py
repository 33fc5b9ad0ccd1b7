"""Fits one name to one part of a pattern. No choice is ever taken back, so that no name can make it slow: the
work grows with the length of the name times the length of the pattern.

Places in the name (0 before its first character) are held as the bits of an integer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

NOBODY = -1  # owner of literal text and of `*`


class Kind(Enum):
    """What a step does with the name."""

    ONE = "one"  # takes one character that passes its test
    MANY = "many"  # takes any number of them, also none
    BEFORE = "before"  # takes nothing; the next character must pass its test
    AFTER = "after"  # takes nothing; the last character must pass its test
    FORK = "fork"  # takes nothing; goes on, or at `target`


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pattern's part.

    `owner` is the number of its placeholder, whose steps stand together between a BEFORE and an AFTER.
    """

    kind: Kind
    test: Callable[[str], bool] = bool
    owner: int = NOBODY
    target: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """Where each placeholder stands, by its number, and which stretches `*` took."""

    spans: dict[int, tuple[int, int]]
    anything: tuple[tuple[int, int], ...]


class Ambiguous(Exception):  # noqa: N818 - named for the name that fits, not for a fault
    """The name fits in more than one way, and to choose one would be a guess."""


def fit(steps: Sequence[Step], text: str) -> Reading | None:
    """The one way in which the whole of `text` fits `steps`, or None where there is none.

    Raises Ambiguous where a placeholder could begin or end in two places, or be there or not.
    """
    passing = [_passing(step, text) for step in steps]
    to_end = _places_with_an_end(steps, passing, len(text))
    if not to_end[0] & 1:
        return None
    from_start = _places_with_a_start(steps, passing)
    alive = [before & after for before, after in zip(from_start, to_end, strict=True)]
    if any(_are_several(step, alive[at]) or _is_open(steps, at, alive) for at, step in enumerate(steps)):
        raise Ambiguous
    return _reading(steps, to_end)


def _passing(step: Step, text: str) -> int:
    """The places where the step may be taken, by its test alone."""
    if step.kind is Kind.FORK:
        return 0
    shift = 1 if step.kind is Kind.AFTER else 0
    return sum(1 << (place + shift) for place, character in enumerate(text) if step.test(character))


def _places_with_an_end(steps: Sequence[Step], passing: Sequence[int], length: int) -> list[int]:
    """For each step, the places from which it and those after it take the rest of the name."""
    places = [0] * len(steps) + [1 << length]
    for at in range(len(steps) - 1, -1, -1):
        after = places[at + 1]
        match steps[at].kind:
            case Kind.ONE:
                places[at] = passing[at] & (after >> 1)
            case Kind.MANY:
                places[at] = _with_those_before(after, passing[at])
            case Kind.FORK:
                places[at] = after | places[steps[at].target]
            case Kind.BEFORE | Kind.AFTER:
                places[at] = passing[at] & after
    return places


def _places_with_a_start(steps: Sequence[Step], passing: Sequence[int]) -> list[int]:
    """For each step, the places to which those before it bring from the beginning of the name."""
    places = [1] + [0] * len(steps)
    for at, step in enumerate(steps):
        before = places[at]
        match step.kind:
            case Kind.ONE:
                places[at + 1] |= (before & passing[at]) << 1
            case Kind.MANY:
                places[at + 1] |= _with_those_after(before, passing[at])
            case Kind.FORK:
                places[at + 1] |= before
                places[step.target] |= before
            case Kind.BEFORE | Kind.AFTER:
                places[at + 1] |= before & passing[at]
    return places


def _with_those_before(places: int, passing: int) -> int:
    """`places`, and those from which passing characters lead to them; at most one round a character."""
    while (more := places | (passing & (places >> 1))) != places:
        places = more
    return places


def _with_those_after(places: int, passing: int) -> int:
    """`places`, and those to which passing characters lead from them."""
    while (more := places | ((places & passing) << 1)) != places:
        places = more
    return places


def _are_several(step: Step, places: int) -> bool:
    """Could a placeholder begin or end here in more than one place?"""
    is_border = step.owner != NOBODY and step.kind in {Kind.BEFORE, Kind.AFTER}
    return is_border and places.bit_count() > 1


def _is_open(steps: Sequence[Step], at: int, alive: Sequence[int]) -> bool:
    """Could an optional part that holds a placeholder be there as well as not?"""
    step = steps[at]
    if step.kind is not Kind.FORK or all(each.owner == NOBODY for each in steps[at : step.target]):
        return False
    return bool(alive[at] & alive[at + 1] and alive[at] & alive[step.target])


def _reading(steps: Sequence[Step], to_end: Sequence[int]) -> Reading:
    """Walk the one way; where only `*` has a choice, it takes as little as it can."""
    spans: dict[int, tuple[int, int]] = {}
    anything: list[tuple[int, int]] = []
    for at, start, end in _walk(steps, to_end):
        step = steps[at]
        if step.owner != NOBODY:
            spans[step.owner] = (spans.get(step.owner, (start, end))[0], end)
        elif step.kind is Kind.MANY:
            anything.append((start, end))
    return Reading(spans, tuple(anything))


def _walk(steps: Sequence[Step], to_end: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Each step that is taken, with the places where it begins and ends."""
    at = place = 0
    while at < len(steps):
        step, start = steps[at], place
        if step.kind is Kind.ONE:
            place += 1
        while step.kind is Kind.MANY and not to_end[at + 1] >> place & 1:
            place += 1
        yield at, start, place
        at = step.target if step.kind is Kind.FORK and not to_end[at + 1] >> place & 1 else at + 1
