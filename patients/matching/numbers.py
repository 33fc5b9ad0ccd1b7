"""What a directory's record numbers look like, so that a counter or an episode is not taken for one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from patients.matching.normalise import Number

RARE = 0.01  # widths and letters that fewer numbers have are old exceptions, not the shape
_SHORTEST = 4
_EXACT_DIGITS = 15
_HEADROOM = 0.5  # patients registered since: numbers beyond the highest, as a share of the range


@dataclass(frozen=True, slots=True)
class NumberShape:
    """Widths, leading letters and range of a directory's numbers; `strays` are those of merged records, which
    may lie beyond that range and still lead to somebody.
    """

    widths: frozenset[int]
    letters: frozenset[str]
    lowest: int
    highest: int
    strays: frozenset[str] = frozenset()

    def without_foreign_letters(self, number: Number, written: str) -> Number | None:
        """The number as this directory writes it: `CT-0012345` is `0012345` here, but `A0012345` is another
        kind of number.
        """
        if not number.letters or number.letters in self.letters:
            return number
        return Number("", number.digits, number.width) if "-" in written or " " in written else None

    def looks_ours(self, number: Number) -> bool:
        """Full width, our letters or none, and within the range or a little beyond: this would be a record
        number here.
        """
        if number.is_empty or not self._has_our_width(number) or not self._has_our_letters(number):
            return False
        return self._is_in_range(number.digits)

    def may_be_somebodys(self, digits: str) -> bool:
        """Can anybody here have this number? Of more than [15] digits the range is not known exactly, because
        the database orders them as floats.
        """
        return len(digits) > _EXACT_DIGITS or digits in self.strays or self._is_in_range(digits)

    def _is_in_range(self, digits: str) -> bool:
        headroom = _HEADROOM * (self.highest - self.lowest)
        return self.lowest - headroom <= int(digits) <= self.highest + headroom

    def is_written_like_ours(self, number: Number) -> bool:
        """Could it become a record number here, whatever its range? In an empty directory any could."""
        if not self.widths:
            return len(number.digits) >= _SHORTEST
        return not number.is_empty and self._has_our_width(number) and self._has_our_letters(number)

    def _has_our_letters(self, number: Number) -> bool:
        return not number.letters or number.letters in self.letters

    def _has_our_width(self, number: Number) -> bool:
        """As many digits as our numbers have, or more, when those in front are only zeros."""
        longest = max(self.widths, default=0)
        return number.width in self.widths or (number.width > longest >= len(number.digits))


def shape_of(numbers: Iterable[Number]) -> NumberShape:
    """The shape that these numbers share."""
    widths: Counter[int] = Counter()
    letters: Counter[str] = Counter()
    values: list[int] = []
    for number in numbers:
        if not number.is_empty:
            widths[number.width] += 1
            letters[number.letters] += 1
            values.append(int(number.digits))
    enough = RARE * len(values)
    return NumberShape(
        widths=frozenset(width for width, count in widths.items() if count >= enough),
        letters=frozenset(text for text, count in letters.items() if text and count >= enough),
        lowest=min(values, default=0),
        highest=max(values, default=0),
    )
