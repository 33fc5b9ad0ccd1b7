"""Chooses the few patients worth comparing: exact keys first, near ones only when nobody explains every
word.
"""

from collections.abc import Iterator
from datetime import date
from itertools import combinations, islice, pairwise, product

from patients.matching.keys import birth_date_key, initial_key, number_key, pair_key, word_key
from patients.matching.nicknames import related
from patients.matching.reading import Kind, Reading, Word
from patients.matching.vocabulary import Vocabulary

_MOST_FORMS = 12  # of one word
_MOST_NEAR_KEYS = 600
_RARE_WORD = 60  # a word that at most so many patients bear is worth asking for alone
_MOST_WORDS = 8
_MOST_INITIALS = 4


def exact_keys(reading: Reading, vocabulary: Vocabulary) -> set[int]:
    """Keys for what was read as it was read."""
    keys = {number_key(read.number) for read in reading.numbers}
    words = _names(reading)
    texts = list(dict.fromkeys([word.text for word in words] + _neighbours_joined(words, vocabulary)))
    keys.update(pair_key(one, other) for one, other in combinations(texts, 2))
    keys.update(initial_key(initial, text) for initial in _initials(reading) for text in texts)
    keys.update(word_key(text) for text in texts if vocabulary.count(text) <= _RARE_WORD)
    for day in _days(reading):
        keys.update(birth_date_key(day, text) for text in texts)
        if not any(word.kind is Kind.NAME for word in words):
            keys.add(birth_date_key(day))
    return keys


def near_keys(reading: Reading, vocabulary: Vocabulary) -> set[int]:
    """Keys for nicknames and words one slip away, each with another word or with a birth date."""
    forms = {word.text: list(_forms(word.text, vocabulary)) for word in _names(reading)}
    return set(islice(_near_keys(forms, reading, vocabulary), _MOST_NEAR_KEYS))


def _near_keys(forms: dict[str, list[str]], reading: Reading, vocabulary: Vocabulary) -> Iterator[int]:
    for form in (form for others in forms.values() for form in others):
        yield from (initial_key(initial, form) for initial in _initials(reading))
        yield from (birth_date_key(day, form) for day in _days(reading))
        if vocabulary.count(form) <= _RARE_WORD:
            yield word_key(form)
    for one, other in combinations(forms, 2):
        for left, right in product(forms[one], forms[other]):
            yield pair_key(left, right)


def lone_word_keys(reading: Reading) -> set[int]:
    """The last resort when nobody was found: each word alone, however common."""
    return {word_key(word.text) for word in _names(reading)}


def _names(reading: Reading) -> list[Word]:
    """The words that can find somebody; those aside only where there are no others to put beside a name."""
    words = [word for word in reading.words if word.kind is not Kind.INITIAL]
    words.sort(key=lambda word: word.kind in {Kind.ASIDE, Kind.CODE})
    return words[:_MOST_WORDS]


def _initials(reading: Reading) -> list[str]:
    return [word.text for word in reading.words if word.kind is Kind.INITIAL][:_MOST_INITIALS]


def _days(reading: Reading) -> Iterator[date]:
    for read in reading.dates:
        yield from read.days


def _forms(text: str, vocabulary: Vocabulary) -> Iterator[str]:
    """The word itself and what else it could be written for, the most frequent first."""
    others = {*related(text), *vocabulary.near(text)}
    known = sorted(
        (other for other in others if vocabulary.knows(other)),
        key=lambda other: (-vocabulary.count(other), other),
    )
    yield text
    yield from known[: _MOST_FORMS - 1]


def _neighbours_joined(words: list[Word], vocabulary: Vocabulary) -> list[str]:
    texts = [word.text for word in words]
    joined = [left + right for left, right in pairwise(texts)]
    return [whole for whole in joined if vocabulary.knows(whole)]
