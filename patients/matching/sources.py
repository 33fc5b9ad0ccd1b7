"""Judges each source by itself: whom does it speak of, and does it point at somebody else than another?"""

from dataclasses import dataclass

from patients.clues import CARD, DICOM, EXIF, FILE_NAME, FOLDER, LIST
from patients.matching.case import Case
from patients.matching.comparisons import Comparison, DateLevel
from patients.matching.policy import MOST_UNEXPLAINED
from patients.matching.reading import Kind, ReadNumber, Word

_JUDGED = (CARD, DICOM, LIST, EXIF)  # in this order they give the reason its name


@dataclass(frozen=True, slots=True)
class _Stance:
    """One source's word on one patient."""

    supports: bool
    contradicts: bool


def disagreeing_source(case: Case) -> str:
    """The source beside the file's name that speaks for the likeliest patient where another one speaks
    against, or against where another one speaks for; `""` where no two of them disagree.
    """
    speaking = {_group(source) for source, _ in case.reading.spoken}
    speaking |= {_group(read.source) for read in case.reading.numbers}
    speaking |= {_group(read.source) for read in case.reading.dates}
    if not speaking & set(_JUDGED) or len(speaking) == 1:
        return ""
    stances = {source: _stance(source, case) for source in speaking}
    for source in (source for source in _JUDGED if source in speaking):
        mine = stances[source]
        others = [stance for other, stance in stances.items() if other != source]
        if mine.contradicts and any(stance.supports for stance in others):
            return source
        if mine.supports and any(stance.contradicts for stance in others):
            return source
    return ""


def _group(source: str) -> str:
    """The file's name and its folders are read as one."""
    return FILE_NAME if source == FOLDER else source


def _stance(source: str, case: Case) -> _Stance:
    best = case.best
    numbers = [read for read in case.reading.numbers if _group(read.source) == source]
    dates = [read for read in case.reading.dates if _group(read.source) == source]
    name = _stance_of_words(_words(source, case), best)
    own = [
        read for read in numbers if best.number.read is not None and read.number == best.number.read.number
    ]
    own = own if best.number.agrees else []
    born = best.birth.level is DateLevel.EQUAL and best.birth.read in dates
    not_born = best.birth.level in {DateLevel.CLOSE, DateLevel.OTHER} and best.birth.read in dates
    strange = any(_is_anothers(read, case) for read in numbers if read not in own)
    return _Stance(bool(own) or name.supports or born, strange or name.contradicts or not_born)


def _words(source: str, case: Case) -> list[Word]:
    spoken = [word for each, found in case.reading.spoken if _group(each) == source for word in found]
    aside = {word.text for word in case.best.set_aside}
    return [word for word in spoken if word.kind not in {Kind.ASIDE, Kind.CODE} and word.text not in aside]


def _stance_of_words(words: list[Word], best: Comparison) -> _Stance:
    fitting = {match.word.text for match in best.name.matches}
    taken = {word.text for word in best.name.taken if word.kind is not Kind.UNKNOWN}
    names = [word for word in words if word.kind is Kind.NAME]
    strange = [word for word in names if word.text not in fitting]
    supports = any(word.text in fitting for word in names)
    contradicts = any(word.text in taken for word in strange) or len(strange) > MOST_UNEXPLAINED
    return _Stance(supports, contradicts or (bool(names) and not supports))


def _is_own(read: ReadNumber, best: Comparison) -> bool:
    shown = best.number.read
    return shown is not None and best.number.agrees and read.number.digits == shown.number.digits


def _is_anothers(read: ReadNumber, case: Case) -> bool:
    """A number like ours, or one that somebody else has in its place."""
    owners = (other.number for other in case.others if other.number.is_exact_in_place)
    return read.looks_ours or any(owner.read == read for owner in owners)
