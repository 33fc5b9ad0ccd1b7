"""Tells the words that nobody would take for a name: things of the ward, and small letters that no name here
explains.
"""

from patients.matching.common_names import is_common_name
from patients.matching.spelling import Spelt
from patients.matching.vocabulary import Vocabulary
from patients.matching.ward_words import WARD_WORDS

_SHORTEST_CUT = 4  # letters of a name that was cut short
_SHORTEST_NEAR = 6  # a slip of a name as long as this is no accident
_USUAL_NAME = 0.0005  # of the patients bear it; shorter words are a slip of such a name only
_SHORTEST_RUN_ON = 5


def is_ward_word(word: Spelt, vocabulary: Vocabulary) -> bool:
    """Is it a thing of the ward? Where somebody here is called so, only in small letters or with digits."""
    return word.text in WARD_WORDS and (word.is_small or word.has_digits or not vocabulary.knows(word.text))


def is_plain(word: Spelt, vocabulary: Vocabulary) -> bool:
    """Is `word` written small, and neither a name, nor a slip of one, nor a cut or a run of names?"""
    if len(word.text) == 1 or not word.is_small or word.is_restored:
        return False
    if vocabulary.knows(word.text) or is_common_name(word.text):
        return False
    return not (
        _is_slip(word.text, vocabulary)
        or (len(word.text) >= _SHORTEST_CUT and vocabulary.begins_one(word.text))
        or _is_run_of_names(word.text, vocabulary)
    )


def _is_slip(text: str, vocabulary: Vocabulary) -> bool:
    near = vocabulary.near(text)
    if len(text) >= _SHORTEST_NEAR:
        return bool(near)
    usual = _USUAL_NAME * vocabulary.patients
    return any(vocabulary.count(name) > usual or is_common_name(name) for name in near)


def _is_run_of_names(text: str, vocabulary: Vocabulary) -> bool:
    """`garcialopzmaria`, `rlopez`: what begins or ends with a name may be several, or one and an initial."""
    if len(text) < _SHORTEST_RUN_ON:
        return False
    cuts = range(_SHORTEST_CUT, len(text))
    return any(_is_name(text[:at], vocabulary) or _is_name(text[-at:], vocabulary) for at in cuts)


def _is_name(text: str, vocabulary: Vocabulary) -> bool:
    return vocabulary.knows(text) or is_common_name(text)
