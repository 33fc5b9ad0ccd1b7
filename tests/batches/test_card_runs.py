"""For which shots a card speaks: a table of cases, and the rule once more, slowly, beside each answer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.card_runs import NOBODY, Card, Shot, begins_before, ends_after, numbers_for

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAUSE = timedelta(minutes=30)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def told(shots: list[tuple[float, str]], cards: list[tuple[float, str, str]]) -> list[str]:
    """The number of each shot, in the order given."""
    rows = [Shot(key, at(minutes), camera) for key, (minutes, camera) in enumerate(shots)]
    numbers = numbers_for(rows, [Card(at(m), camera, n) for m, camera, n in cards], pause=PAUSE)
    return [numbers.get(key, NOBODY) for key in range(len(shots))]


@pytest.mark.parametrize(
    ("shots", "cards", "expected"),
    [
        pytest.param([(1, "A")], [(0, "A", "7")], ["7"], id="the shot after a card"),
        pytest.param([(-1, "A")], [(0, "A", "7")], [""], id="not the shot before it"),
        pytest.param([(0, "A")], [(0, "A", "7")], [""], id="nor one of the same second"),
        pytest.param([(1, "A"), (6, "A")], [(0, "A", "7"), (5, "A", "8")], ["7", "8"], id="until the next"),
        pytest.param([(1, "A"), (6, "A")], [(0, "A", "7"), (5, "A", "")], ["7", ""], id="or a stranger's"),
        pytest.param([(30, "A")], [(0, "A", "7")], ["7"], id="half an hour is no pause"),
        pytest.param([(31, "A")], [(0, "A", "7")], [""], id="more is one"),
        pytest.param([(25, "A"), (50, "A")], [(0, "A", "7")], ["7", "7"], id="since the shot before"),
        pytest.param([(31, "A"), (32, "A")], [(0, "A", "7")], ["", ""], id="after a pause nothing returns"),
        pytest.param([(1, "B")], [(0, "A", "7")], [""], id="another camera's shot is not its"),
        pytest.param([(1, "")], [(0, "A", "7")], ["7"], id="a shot of an unknown camera is"),
        pytest.param([(1, "A")], [(0, "", "7")], ["7"], id="a card of an unknown camera speaks for all"),
        pytest.param([(2, "")], [(0, "A", "7"), (1, "B", "8")], [""], id="two cameras, two answers: none"),
        pytest.param([(2, "")], [(0, "A", "7"), (1, "B", "7")], ["7"], id="two cameras, one answer"),
        pytest.param([(2, "A")], [(0, "A", "7"), (0, "A", "8")], [""], id="two cards in one second"),
        pytest.param([(2, "A"), (3, "B")], [(0, "A", "7"), (1, "B", "8")], ["7", "8"], id="two at once"),
        pytest.param([(25, ""), (50, "A")], [(0, "A", "7")], ["7", "7"], id="an unknown shot is no pause"),
    ],
)
def test_a_card_speaks_for(
    shots: list[tuple[float, str]], cards: list[tuple[float, str, str]], expected: list[str]
) -> None:
    assert told(shots, cards) == expected


CAMERAS = st.sampled_from(["A", "B", ""])
MOMENTS = st.integers(0, 90)
SHOTS = st.lists(st.tuples(MOMENTS, CAMERAS), max_size=8)
CARDS = st.lists(st.tuples(MOMENTS, CAMERAS, st.sampled_from(["7", "8", ""])), max_size=4)


def may_be_same(one: str, other: str) -> bool:
    return "" in {one, other} or one == other


def slowly(shot: tuple[int, str], shots: list[tuple[int, str]], cards: list[tuple[int, str, str]]) -> str:
    """The rule for one shot as the issue has it: for each camera it may be of, the last card and no pause."""
    moment, camera = shot
    cameras = {camera} if camera else {c for _, c, _ in cards} | {c for _, c in shots}
    answers = set()
    for lens in cameras:
        before = [card for card in cards if card[0] <= moment and card[1] in {lens, ""}]
        if not before:
            continue
        last = max(card[0] for card in before)
        between = sorted(m for m, c in shots if last <= m <= moment and may_be_same(c, lens))
        steps = zip([last, *between], [*between, moment], strict=True)
        if all(later - earlier <= 30 for earlier, later in steps):
            said = {card[2] for card in before if card[0] == last}
            answers.add(said.pop() if len(said) == 1 and last != moment else "")
    return answers.pop() if len(answers) == 1 else ""


@settings(max_examples=400, deadline=None)
@given(shots=SHOTS, cards=CARDS)
def test_the_quick_answer_is_the_slow_one(
    shots: list[tuple[int, str]], cards: list[tuple[int, str, str]]
) -> None:
    assert told(list(shots), list(cards)) == [slowly(shot, shots, cards) for shot in shots]


@settings(max_examples=200, deadline=None)
@given(shots=SHOTS, cards=CARDS, moment=MOMENTS, camera=CAMERAS, number=st.sampled_from(["7", "8", "", None]))
def test_what_lies_outside_a_stretch_is_not_touched_by_what_comes_into_it(
    shots: list[tuple[int, str]],
    cards: list[tuple[int, str, str]],
    moment: int,
    camera: str,
    number: str | None,
) -> None:
    """A new shot (no number) or card changes no answer before it, nor after the end that is given for it; and
    for the shots between, what came before `begins_before` does not matter.
    """
    more_shots = [*shots, *([(moment, camera)] if number is None else [])]
    more_cards = [*cards, *([(moment, camera, number)] if number is not None else [])]
    known = [Card(at(m), c, n) for m, c, n in more_cards]
    end, begin = ends_after(at(moment), camera, known), begins_before(at(moment), known)
    before, after = told(list(shots), list(cards)), told(list(more_shots), list(more_cards))
    changed = {key for key, answer in enumerate(before) if answer != after[key]}
    moments = {key: at(m) for key, (m, _) in enumerate(shots)}
    assert all(moments[key] >= at(moment) and (end is None or moments[key] <= end) for key in changed)
    near = [Shot(key, at(m), c) for key, (m, c) in enumerate(more_shots) if at(m) >= begin]
    again = numbers_for(near, known, pause=PAUSE)
    assert all(
        again.get(shot.key, NOBODY) == after[int(str(shot.key))] for shot in near if shot.at >= at(moment)
    )
