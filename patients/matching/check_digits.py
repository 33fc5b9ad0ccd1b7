"""Check digits of record numbers, and which scheme a directory's numbers really follow."""

from collections.abc import Callable, Iterable

NONE, LUHN, MOD11 = "", "luhn", "mod11"

_ENOUGH_NUMBERS = 10  # so many follow a scheme by chance once in ten thousand million directories
_ALMOST_ALL = 0.995  # a few old or foreign numbers do not speak against a scheme
_SHORTEST = 4
_ELEVEN, _TEN, _NINE = 11, 10, 9


def luhn_digit(body: str) -> str:
    """The digit that completes `body` (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - _NINE if value > _NINE else value
    return str(-total % _TEN)


def mod11_digit(body: str) -> str:
    """The digit that completes `body`, weights 2 to 7 from the right, repeated; `X` for ten, as many
    registers print it.
    """
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body)))
    value = -total % _ELEVEN
    return "X" if value == _TEN else str(value)


def nhs_digit(body: str) -> str:
    """Modulus 11 with weights rising from the right without repeating (NHS number and its kin)."""
    total = sum(int(digit) * (2 + place) for place, digit in enumerate(reversed(body)))
    value = -total % _ELEVEN
    return "X" if value == _TEN else str(value)


_SCHEMES: dict[str, tuple[Callable[[str], str], ...]] = {LUHN: (luhn_digit,), MOD11: (mod11_digit, nhs_digit)}


def satisfies(scheme: str, number: str) -> bool:
    """Does the last character of `number` fit the digits before it? Punctuation and letters in front do not
    count.
    """
    body, last = _body_and_last(number)
    return any(digit_of(body) == last for digit_of in _SCHEMES.get(scheme, ())) if body else False


def verify(numbers: Iterable[str]) -> str:
    """The scheme that (almost) all of a directory's numbers satisfy, or `""`.

    Needs at least ten numbers, and no scheme is believed on less than 99.5 % of them.
    """
    parts = [_body_and_last(number) for number in numbers]
    if len(parts) < _ENOUGH_NUMBERS:
        return NONE
    for scheme, ways in _SCHEMES.items():
        for digit_of in ways:
            right = sum(1 for body, last in parts if body and digit_of(body) == last)
            if right >= _ALMOST_ALL * len(parts):
                return scheme
    return NONE


def _body_and_last(number: str) -> tuple[str, str]:
    kept = [ch for ch in number.upper() if ch.isascii() and (ch.isdigit() or ch == "X")]
    while kept and kept[0] == "X":
        kept = kept[1:]
    body, last = "".join(kept[:-1]), "".join(kept[-1:])
    return (body, last) if len(body) >= _SHORTEST - 1 and body.isdigit() else ("", "")
