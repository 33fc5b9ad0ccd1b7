"""How texts become terms, passages and snippets; no database."""

import random

import pytest

from documents.snippets import snippet
from documents.splitting import passages_of
from documents.words import Wanted, terms_of, wanted_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hipertensión", "HIPERTENSION"),
        ("inflamación", "inflamaciones"),
        ("médicos", "medico"),
        ("muñeca", "munecas"),
        ("cirugía", "cirugias"),
        ("alérgica", "alergico"),
        ("infections", "infection"),
        ("dressings", "dressed"),
        ("ﬁbrosis", "fibrosis"),
        ("cafe\u0301", "café"),
    ],
)
def test_forms_of_a_word_share_a_term(one: str, other: str) -> None:
    first, second = (set(next(terms_of(word)).split()) for word in (one, other))
    assert first & second


@pytest.mark.parametrize(("one", "other"), [("fiebre", "febrero"), ("edema", "eczema"), ("12.5", "125")])
def test_other_words_do_not(one: str, other: str) -> None:
    first, second = (set(next(terms_of(word)).split()) for word in (one, other))
    assert not first & second


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("the pain in the chest", (Wanted(("pain",)), Wanted(("chest",)))),
        ('"in the chest" pain', (Wanted(("in", "the", "chest")), Wanted(("pain",)))),
        ("neumo*", (Wanted(("neumo",), is_beginning=True),)),
        ("a*", (Wanted(("a",)),)),
        ("140/90", (Wanted(("140", "90")),)),
        ("fever fever FEVER", (Wanted(("fever",)),)),
        ("sin fiebre", (Wanted(("sin",)), Wanted(("fiebre",)))),
        ('" ', ()),
        ("… ?!", ()),
    ],
)
def test_a_query_is_read_as_it_is_meant(query: str, wanted: tuple[Wanted, ...]) -> None:
    assert wanted_in(query) == wanted


def test_a_query_wants_no_more_than_a_database_can_take() -> None:
    assert len(wanted_in(" ".join(f"w{number}" for number in range(500)))) == 16


def test_very_long_pages_are_indexed_in_parts() -> None:
    parts = list(terms_of("fiebre " * 12_000))
    assert [len(part.split()) for part in parts] == [15_000, 15_000, 6_000]


def test_passages_hold_every_word_once_and_in_order() -> None:
    chance = random.Random(7)
    words = [f"w{number}" + chance.choice(["", ".", ";", "\n\n", "\n"]) for number in range(3000)]
    passages = list(passages_of(" ".join(words)))
    assert " ".join(passages).split() == " ".join(words).split()
    assert max(map(len, passages)) <= 700


def test_a_table_without_a_full_stop_is_cut_and_rules_are_left_out() -> None:
    passages = list(passages_of("7.2 " * 1000 + "x" * 2000 + "\n\n-- . --"))
    assert max(map(len, passages)) <= 700
    assert "--" not in passages[-1]


def test_a_snippet_shows_and_marks_what_was_asked_for() -> None:
    text = "Nothing of it. " * 30 + "The <b>Wound</b> edges\nare clean. " + "And more of it. " * 30
    pieces = snippet(text, wanted_in("edge wounds clean*"))
    assert [piece.text for piece in pieces if piece.is_marked] == ["Wound", "edges", "clean"]
    shown = "".join(piece.text for piece in pieces)
    assert "The <b>Wound</b> edges are clean." in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) < 300


def test_a_snippet_of_a_text_without_the_words_is_its_beginning() -> None:
    (piece,) = snippet("Short and good.", wanted_in("other"))
    assert (piece.text, piece.is_marked) == ("Short and good.", False)
    assert snippet("", wanted_in("other")) == ()
