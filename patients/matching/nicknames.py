"""Short and loving forms of given names, Spanish and English, for recognising `Paco` as `Francisco`."""

from patients.matching.nickname_table import FORMS


def _inverted() -> dict[str, frozenset[str]]:
    formal: dict[str, set[str]] = {}
    for name, short_forms in FORMS.items():
        for short in short_forms.split():
            formal.setdefault(short, set()).add(name)
    return {short: frozenset(names) for short, names in formal.items()}


_FORMAL = _inverted()
_SHORT = {name: frozenset(forms.split()) for name, forms in FORMS.items()}


def formal_names(word: str) -> frozenset[str]:
    """The given names that `word` can be short for: `pepe` gives `jose`. Folded words in and out."""
    return _FORMAL.get(word, frozenset())


def are_forms_of_one_name(one: str, other: str) -> bool:
    """Is one of the two a short form of the other?"""
    return one in _SHORT.get(other, ()) or other in _SHORT.get(one, ())


def are_two_names(one: str, other: str) -> bool:
    """Are both given names of their own, so that no slip of the hand makes one the other?

    `mario` is not a mistyped `maria`, nor `camilo` a mistyped `camila`: that is the brother.
    """
    if one[:-1] == other[:-1] and {one[-1:], other[-1:]} == {"a", "o"}:
        return True
    return one in FORMS and other in FORMS and not are_forms_of_one_name(one, other)


def related(word: str) -> frozenset[str]:
    """Every other form under which the bearer of `word` may be written."""
    return _FORMAL.get(word, frozenset()) | _SHORT.get(word, frozenset())
