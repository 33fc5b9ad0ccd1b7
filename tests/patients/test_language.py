"""The language of a clinic's own patterns: what it reads, what it refuses with which cure, and that
nothing can make it slow.
"""

import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from patients.clues import Clue, Field
from patients.filename_patterns import PatternRefused, compile_pattern, legible_names, read_path
from patients.filename_patterns.compiled import Fit, Misfit
from patients.filename_patterns.language import MOST_CHARACTERS, MOST_PLACEHOLDERS

TODAY = date(2026, 6, 30)
LABEL = "{mrn}_{family}, {given}_{episode}_{type}"


def fitted(pattern: str, path: str) -> Fit | Misfit:
    return compile_pattern(pattern).fit(legible_names(path), today=TODAY)


def read(pattern: str, path: str) -> str:
    """What the pattern reads of the path; the pattern itself is left out."""
    found = fitted(pattern, path)
    assert isinstance(found, Fit), found
    return "; ".join(f"{clue.field}={clue.value}" for clue in found.clues if clue.field != Field.PATTERN)


def refused(pattern: str) -> PatternRefused:
    with pytest.raises(PatternRefused) as refusal:
        compile_pattern(pattern)
    return refusal.value


def test_a_pattern_gives_typed_clues_and_says_which_one_it_was() -> None:
    path = "3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf"

    assert read_path(path, today=TODAY, patterns=[compile_pattern(LABEL)]) == (
        Clue("pattern", LABEL, "file_name"),
        Clue("record_number", "3000003792", "file_name", "first"),
        Clue("family_name", "GARZA TIJERINA", "file_name"),
        Clue("given_names", "MARIA ESTHER", "file_name"),
        Clue("episode", "6001467010", "file_name"),
        Clue("document_type", "CONS", "file_name"),
    )


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        ("{family}_{given}", "Garza_Maria.jpg", "family_name=Garza; given_names=Maria"),
        ("{family}_{given}", "O'Brien-Díaz_Ma. José.jpg", "family_name=O'Brien-Díaz; given_names=Ma. José"),
        ("{mrn} {name}", "MX-0012 Garza_Ruiz, Ana.jpg", "record_number=MX-0012; name=Garza_Ruiz, Ana"),
        ("{mrn}_{name}_{episode}", "123_RUIZ_ANA_6001.jpg", "record_number=123; name=RUIZ_ANA; episode=6001"),
        ("{family} {birth:YYYYMMDD}", "Garza 19570423.jpg", "family_name=Garza; birth_date=1957-04-23"),
        ("{family} {birth:DD-MM-YYYY}", "Garza 23-04-1957.jpg", "family_name=Garza; birth_date=1957-04-23"),
        ("{birth:DDMMYY}{family}", "230412Garza.jpg", "birth_date=2012-04-23|1912-04-23; family_name=Garza"),
        ("{family} {birth}", "Garza 23abr1957.jpg", "family_name=Garza; birth_date=1957-04-23"),
        ("{mrn}_{date:YYYY.MM.DD}", "123_2024.05.18.jpg", "record_number=123; taken_on=2024-05-18"),
        ("{family}_{sex}", "Garza_f.jpg", "family_name=Garza; sex=F"),
        ("{family}_{sex:HM}", "Garza_M.jpg", "family_name=Garza; sex=F"),
        ("{family} {suffix}", "Walker Jr..jpg", "family_name=Walker; suffix=Jr"),
        ("IMG_{counter}", "img_3000003792.jpg", ""),
        ("{family}[_{given}][_{counter}]", "Garza_02.jpg", "family_name=Garza"),
        ("{family}[_{given}][_{counter}]", "Garza_Ana_02.jpg", "family_name=Garza; given_names=Ana"),
        ("Foto – {mrn}", "FOTO - 123.jpg", "record_number=123"),
        ("{mrn}.front", "123.Front.jpg", "record_number=123"),
        (r"\[{mrn}\]", "[123].jpg", "record_number=123"),
        ("{mrn}/{*}", "tray/300-12/IMG_1.jpg", "record_number=300-12"),
        ("{family}/*/{mrn}", "Garza\\day 2\\123.jpg", "record_number=123; family_name=Garza"),
        ("{family}_{given}", "GonzÃ¡lez_José.jpg", "family_name=González; given_names=José"),
        ("{family}_{given}", "Pen\u0303a_\u200bAna.jpg", "family_name=Peña; given_names=Ana"),
        ("pen\u0303a {mrn}", "Peña 123.jpg", "record_number=123"),
    ],
)  # fmt: skip
def test_each_placeholder_reads_its_part(pattern: str, path: str, values: str) -> None:
    assert read(pattern, path) == values


@pytest.mark.parametrize(
    ("pattern", "path", "code"),
    [
        ("{mrn}_{family}", "Garza_Ana.jpg", "no-fit"),
        ("{mrn}_{family}", "3000003792_Garza_extra.jpg", "no-fit"),
        ("{mrn}/*", "3000003792.jpg", "no-fit"),
        ("{mrn}_*", "no number_x.jpg", "no-fit"),
        ("{family} {given}", "Garza Tijerina Ana.jpg", "more-than-one-way"),
        ("*_{mrn}_*", "12_34_56_78.jpg", "more-than-one-way"),
        ("{mrn}[_{type}]_*", "123_CONS_x.jpg", "more-than-one-way"),
        ("{family}_{birth:YYYYMMDD}", "Garza_19571323.jpg", "wrong-value"),
        ("{family}_{birth:YYYYMMDD}", "Garza_20270101.jpg", "wrong-value"),
        ("{family}_{birth}", "Garza_19571323.jpg", "wrong-value"),
        ("{family}_{sex}", "Garza_H.jpg", "wrong-value"),
        ("{family}_{suffix}", "Garza_Ana.jpg", "wrong-value"),
        ("{mrn}", "1" * 21 + ".jpg", "wrong-value"),
        ("{mrn}_{type}", "3000003792_RUIZ LOPEZ.jpg", "no-fit"),
        ("{mrn}_{type}", "3000003792_" + "A" * 17, "wrong-value"),
        ("{mrn}_*", "", "no-fit"),
    ],
)
def test_a_name_that_is_not_surely_meant_is_not_read(pattern: str, path: str, code: str) -> None:
    found = fitted(pattern, path)
    assert isinstance(found, Misfit)
    assert found.code == code
    assert found.words


def test_the_first_pattern_that_fits_wins_and_the_others_are_read_as_ever() -> None:
    patterns = [compile_pattern("{family}_{given}"), compile_pattern("{given}_{family}")]

    def pattern_of(path: str) -> list[str]:
        return [
            clue.value for clue in read_path(path, today=TODAY, patterns=patterns) if clue.field == "pattern"
        ]

    assert pattern_of("Garza_Ana.jpg") == ["{family}_{given}"]
    assert pattern_of("Garza_Ana_01.jpg") == ["LastName_FirstName_*"]
    assert read_path("3000003792_x.jpg", today=TODAY, patterns=patterns) == read_path(
        "3000003792_x.jpg", today=TODAY
    )


def test_folders_that_a_pattern_does_not_speak_of_are_read_by_the_built_in_ones() -> None:
    path = "3000003792 Garza/Ruiz_Ana.jpg"
    clues = read_path(path, today=TODAY, patterns=[compile_pattern("{family}_{given}")])
    assert Clue("record_number", "3000003792", "folder", "first") in clues

    clues = read_path(path, today=TODAY, patterns=[compile_pattern("{mrn} {family}/*")])
    assert [clue for clue in clues if clue.source == "folder"] == [
        Clue("record_number", "3000003792", "folder", "first"),
        Clue("family_name", "Garza", "folder"),
    ]


def test_what_a_star_takes_can_still_speak_against_the_rest_but_is_no_record_number_in_its_place() -> None:
    clues = read_path("3000003792_3000004444 Ruiz.jpg", today=TODAY, patterns=[compile_pattern("{mrn}_*")])
    assert clues[1:] == (
        Clue("record_number", "3000003792", "file_name", "first"),
        Clue("number", "3000004444", "file_name", "later"),
        Clue("name", "Ruiz", "file_name"),
    )


@pytest.mark.parametrize(
    ("pattern", "code", "position", "said"),
    [
        ("", "empty", 0, "{mrn}"),
        ("   ", "empty", 0, "Write a pattern"),
        ("{mrn}" + "_" * MOST_CHARACTERS, "too-long", MOST_CHARACTERS, "at most 200"),
        ("*_" * MOST_PLACEHOLDERS + "{mrn}", "too-many-placeholders", 24, "at most 12"),
        ("x_{mrn", "unclosed-brace", 2, r"\{"),
        ("{mrn_{family}", "unclosed-brace", 0, r"\{"),
        ("{mrn}}", "unopened-brace", 5, r"\}"),
        ("{mrn}_{famly}", "unknown-placeholder", 6, "Do you mean {family}?"),
        ("{MRN}", "unknown-placeholder", 0, "Do you mean {mrn}?"),
        ("{zzz}", "unknown-placeholder", 0, "There are {mrn}, {family}"),
        ("{}", "unknown-placeholder", 0, "empty"),
        ("{mrn:8}", "format-not-wanted", 0, "Leave out"),
        ("{family}_{birth:YYYYMM}", "unknown-format", 9, "{birth:YYYYMMDD}"),
        ("{family}_{birth:}", "unknown-format", 9, "{birth:YYYYMMDD}"),
        ("{family}_{sex:FM}", "unknown-format", 9, "{sex:HM}"),
        ("{mrn}{family}", "two-placeholders-touch", 5, "Put a sign between"),
        ("{mrn}[{family}]", "two-placeholders-touch", 6, "{mrn} and {family} touch"),
        ("{mrn}[_{family}]{given}", "two-placeholders-touch", 16, "{mrn} and {given} touch"),
        ("{mrn}*", "two-placeholders-touch", 5, "touch"),
        ("[_[a]]{mrn}", "nested-brackets", 2, "inside another"),
        ("[{mrn}", "unclosed-bracket", 0, r"\["),
        ("{mrn}]", "unopened-bracket", 5, r"\]"),
        ("{mrn}[]", "empty-brackets", 5, "Take them out"),
        ("[{mrn}/]*", "slash-in-brackets", 6, "optional"),
        ("{mrn}_{mrn}", "placeholder-twice", 6, "already"),
        ("{name}_{given}", "name-twice", 7, "{family} and {given}"),
        ("foto_*", "no-placeholder", 0, "{mrn}"),
        ("/{mrn}", "empty-folder", 0, "*/"),
        ("{mrn}//*", "empty-folder", 6, "*/"),
        ("{mrn}/", "empty-file-name", 5, "/*"),
        ("{mrn}_x.jpg", "extension-written", 7, "Leave out “.jpg”"),
        ("{mrn}.*", "extension-written", 5, "Leave out “.*”"),
        ("{mrn}\\", "dangling-backslash", 5, "character after it"),
    ],
)  # fmt: skip
def test_a_wrong_pattern_is_refused_with_its_place_and_the_cure(
    pattern: str, code: str, position: int, said: str
) -> None:
    refusal = refused(pattern)
    assert (refusal.code, refusal.position) == (code, position)
    assert refusal.message.startswith(f"Character {position + 1}: ")
    assert said in refusal.message


def _calls(work: Callable[[], Any]) -> int:
    """How many calls of Python functions the work takes: a clock that no busy machine can move."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("pattern", "letter"),
    [
        ("*a" * 11 + "_{mrn}", "a"),
        ("[*a]" * 11 + "_{mrn}", "a"),
        ("{name} {type} {episode} {suffix} {sex} {counter}_*", "a "),
        ("{name}[ {type}][ {episode}][ {suffix}][ {sex}][ {mrn}]-*-", "x 1"),
    ],
    ids=["stars", "optional stars", "names of spaces", "optional parts"],
)
def test_the_work_grows_with_the_name_and_not_faster(pattern: str, letter: str) -> None:
    compiled = compile_pattern(pattern)

    def work(length: int) -> int:
        name = (letter * length)[:length]
        return _calls(lambda: compiled.fit([name], today=TODAY))

    assert work(300) <= 8 * work(50) + 1000
    assert work(300) < 100_000


@pytest.mark.parametrize("junk", ["\0", "\ufffd" * 300, "🦴", "}{", "\\" * 9, "%", "ﷺ" * 300, "\u0301" * 50])
def test_no_name_makes_reading_raise(junk: str) -> None:
    patterns = [compile_pattern(text) for text in (LABEL, "{name} {birth}", "*/{mrn}_*", "{birth:YYMMDD}")]
    for path in (junk, f"{junk}/{junk}", f"123_{junk}, {junk}_1_a.pdf", f"x/123_{junk}"):
        assert isinstance(read_path(path, today=TODAY, patterns=patterns), tuple)
