"""Says in sentences what each field speaks for or against a patient."""

from collections.abc import Iterator

from patients.matching.comparisons import (
    Comparison,
    DateFit,
    DateLevel,
    NumberFit,
    NumberLevel,
    SexLevel,
    SuffixLevel,
)
from patients.matching.names import Level, Match, NameFit
from patients.matching.reading import ReadDate, Reading
from patients.matching.results import Evidence, Verdict

_SOURCES = {
    "file_name": "the file name",
    "folder": "the folder",
    "exif": "the picture's own data",
    "batch": "the batch",
    "dicom": "the DICOM header",
    "card": "the patient card",
    "list": "the list in this batch",
}
_HOW = {
    Level.JOINED: "“{word}” is written apart or together with its neighbour",
    Level.NICKNAME: "“{word}” is a short form of “{name}”",
    Level.NEAR: "“{word}” is one slip away from “{name}”",
    Level.TRUNCATED: "“{word}” is the beginning of “{name}”",
    Level.INITIAL: "“{word}” is the initial of “{name}”",
}


def evidence_for(comparison: Comparison, reading: Reading) -> tuple[Evidence, ...]:
    """One piece for each field that a source speaks of, or that is missing."""
    return (
        *_number(comparison.number, comparison.person.written_number),
        *_names(comparison.name, reading),
        *_birth_date(comparison.birth),
        *_suffix(comparison.suffix, reading),
        *_sex(comparison.sex, reading),
        *_taken(comparison.too_early),
    )


def _from(source: str) -> str:
    return _SOURCES.get(source, source)


def _number(fit: NumberFit, own: str) -> Iterator[Evidence]:
    if fit.read is None:
        yield Evidence("record_number", "", Verdict.ABSENT, "No record number was found.", "")
        return
    value, source = fit.read.written, fit.read.source
    where = _from(source)
    verdict, words = {
        NumberLevel.EXACT: (
            Verdict.AGREES,
            f"The number {value} in {where} is this patient's record number.",
        ),
        NumberLevel.ZEROS: (
            Verdict.AGREES,
            f"The number {value} in {where} is this patient's record number {own} without its leading zeros.",
        ),
        NumberLevel.NEAR: (
            Verdict.CLOSE,
            f"The number {value} in {where} is one slip away from this patient's {own}.",
        ),
    }.get(
        fit.level,
        (
            Verdict.DISAGREES,
            f"The number {value} in {where} is not this patient's; the record number here is {own}.",
        ),
    )
    yield Evidence("record_number", value, verdict, words, source)
    for other in fit.others:
        if fit.agrees:
            words = f"The number {other.written} in {_from(other.source)} is another one than this patient's."
            yield Evidence("record_number", other.written, Verdict.DISAGREES, words, other.source)


def _names(fit: NameFit, reading: Reading) -> Iterator[Evidence]:
    for is_given, field, what in ((False, "family_name", "surname"), (True, "given_names", "given name")):
        matches = [match for match in fit.matches if match.is_given == is_given]
        if matches:
            yield _matched(field, what, matches)
    if fit.unexplained:
        value = " ".join(word.text for word in fit.unexplained)
        verdict = Verdict.DISAGREES if fit.contradicts or fit.unexplained_names else Verdict.ABSENT
        where = _from(fit.unexplained[0].source)
        yield Evidence(
            "name", value, verdict, _unexplained_words(fit, value, where), fit.unexplained[0].source
        )
    if not reading.words:
        yield Evidence("name", "", Verdict.ABSENT, "No name was found.", "")


def _matched(field: str, what: str, matches: list[Match]) -> Evidence:
    value = " ".join(match.word.text for match in matches)
    source = matches[0].word.source
    is_exact = all(match.level is Level.EXACT and not match.word.is_restored for match in matches)
    loose = [
        _HOW[match.level].format(word=match.word.text, name=match.name)
        for match in matches
        if match.level in _HOW
    ]
    words = f"“{value}” in {_from(source)} fits this patient's {what}."
    if loose:
        words = f"{words[:-1]}: {'; '.join(loose)}."
    return Evidence(field, value, Verdict.AGREES if is_exact else Verdict.CLOSE, words, source)


def _unexplained_words(fit: NameFit, value: str, where: str) -> str:
    if fit.contradicts:
        return f"“{value}” in {where} is not this patient's name; the record has another one there."
    if fit.unexplained_names:
        return f"“{value}” in {where} is a name, and this record does not have it."
    return f"“{value}” in {where} could not be explained."


def _birth_date(fit: DateFit) -> Iterator[Evidence]:
    if fit.read is None:
        return
    value, where = fit.read.days[0].isoformat(), _from(fit.read.source)
    verdict, words = {
        DateLevel.EQUAL: (Verdict.AGREES, f"A date in {where} is this patient's birth date."),
        DateLevel.STUDY: (Verdict.ABSENT, f"The date in {where} seems to be the day of the study."),
        DateLevel.CLOSE: (
            Verdict.CLOSE,
            f"A date in {where} is close to this patient's birth date, but not the same.",
        ),
    }.get(fit.level, (Verdict.DISAGREES, f"The date in {where} is not this patient's birth date."))
    yield Evidence("birth_date", value, verdict, words, fit.read.source)


def _suffix(level: SuffixLevel, reading: Reading) -> Iterator[Evidence]:
    if level is SuffixLevel.ABSENT or not reading.suffixes:
        return
    agrees = level is SuffixLevel.EQUAL
    words = "The suffix is this patient's." if agrees else "The suffix is another one than this patient's."
    yield Evidence(
        "suffix", reading.suffixes[0], Verdict.AGREES if agrees else Verdict.DISAGREES, words, "file_name"
    )


def _sex(level: SexLevel, reading: Reading) -> Iterator[Evidence]:
    if level is SexLevel.ABSENT or not reading.sexes:
        return
    said = reading.sexes[0]
    agrees = level is SexLevel.EQUAL
    where = _from(said.source)
    words = (
        f"The sex in {where} is this patient's." if agrees else f"The sex in {where} is not this patient's."
    )
    verdict = Verdict.AGREES if agrees else Verdict.DISAGREES
    yield Evidence("sex", said.value, verdict, words, said.source)


def _taken(too_early: ReadDate | None) -> Iterator[Evidence]:
    if too_early is not None:
        day = too_early.days[0].isoformat()
        words = f"By {_from(too_early.source)} the picture was taken before this patient was born."
        yield Evidence("taken_on", day, Verdict.DISAGREES, words, too_early.source)
