"""The integer keys under which a patient is found: one table, the same on every database."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations

from patients.matching.normalise import Number, Person
from patients.matching.numbers import NumberShape

_WHOLE, _HALF = 1 << 32, 1 << 31
_TURN = (
    0x9E37_79B1  # odd and without a pattern: no two of the first four thousand million directories share it
)


def keys_of(person: Person) -> frozenset[int]:
    """Every key of one patient, about two dozen: number, words, pairs of words, initial with surname, birth
    date with word.
    """
    return frozenset(_hashed(text) for text in _texts_of(person))


def within(keys: Iterable[int], directory: int) -> list[int]:
    """The keys as one of many directories in one table has them: the same word has another key in each."""
    turn = directory * _TURN
    return [(key + turn + _HALF) % _WHOLE - _HALF for key in keys]


def _texts_of(person: Person) -> Iterator[str]:
    words = sorted({*person.names, *person.joined})
    if not person.number.is_empty:
        yield f"n:{person.number.digits}"
    yield from (f"w:{word}" for word in words)
    for one, other in combinations(words, 2):
        if not _is_part_of(one, other, person.joined):
            yield _pair(one, other)
    for given in {word[0] for word in person.given}:
        yield from (f"i:{given}|{word}" for word in (*person.family, *person.joined))
    if person.birth_date is not None:
        yield f"b:{person.birth_date.isoformat()}"
        yield from (f"b:{person.birth_date.isoformat()}|{word}" for word in words)


def _is_part_of(one: str, other: str, joined: tuple[str, ...]) -> bool:
    """Is one of them the other written together with its neighbour? Then the pair says no more."""
    return any(
        whole in joined and (whole.startswith(part) or whole.endswith(part))
        for whole, part in ((one, other), (other, one))
    )


def number_key(number: Number) -> int:
    """The key of a record number's digits."""
    return _key(f"n:{number.digits}")


def near_number_keys(digits: str, shape: NumberShape) -> frozenset[int]:
    """Keys of every number one slip away that could be one of a directory of this shape: two in three of them
    are far beyond its range.
    """
    return frozenset(_key(f"n:{near}") for near in near_numbers(digits) if shape.may_be_somebodys(near))


def near_numbers(digits: str) -> set[str]:
    """The numbers one slip away from `digits`, leading zeros dropped: a digit changed, lost, added, or two
    neighbours exchanged.
    """
    splits = [(digits[:at], digits[at:]) for at in range(len(digits) + 1)]
    changed = {left + new + right[1:] for left, right in splits if right for new in "0123456789"}
    added = {left + new + right for left, right in splits for new in "0123456789"}
    lost = {left + right[1:] for left, right in splits if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    return {near.lstrip("0") for near in changed | added | lost | swapped} - {digits, ""}


def word_key(word: str) -> int:
    """The key of one name word."""
    return _key(f"w:{word}")


def pair_keys(words: Iterable[str]) -> set[int]:
    """The keys of every two of these words."""
    return {_key(_pair(one, other)) for one, other in combinations(sorted(set(words)), 2)}


def pair_key(one: str, other: str) -> int:
    """The key of two name words, in whichever order."""
    return _key(_pair(*sorted((one, other))))


def initial_key(initial: str, word: str) -> int:
    """The key of a given name's initial with a surname."""
    return _key(f"i:{initial}|{word}")


def birth_date_key(day: date, word: str = "") -> int:
    """The key of a birth date, alone or with a name word."""
    return _key(f"b:{day.isoformat()}|{word}" if word else f"b:{day.isoformat()}")


def _pair(one: str, other: str) -> str:
    return f"p:{one}|{other}"


@lru_cache(maxsize=20_000)
def _key(text: str) -> int:
    return _hashed(text)


def _hashed(text: str) -> int:
    """32 bits of a stable hash, in the range of every database's plain integer.

    Of ten million texts two in a thousand share their key with another one; it brings a candidate of whom
    nothing fits, and that comparison shows.
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), signed=True)
