"""Which waiting files are decided together: the largest groups that are safe, the same ones every time."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batches.groups import MOST_FILES, Bond, Sureness, Waiting, groups_of, identity_in

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
GARZA, OKAFOR = "patient-garza", "patient-okafor"


def waiting(path: str, *, after: float | None = None, **facts: Any) -> Waiting:
    """A file that came in order of its path; `after` so many seconds past noon by its camera's clock."""
    moment = None if after is None else NOON + timedelta(seconds=after)
    return Waiting(
        **{"file": path, "batch": "b", "path": path, "received_at": NOON, "taken_at": moment, **facts}
    )


def shot(path: str, after: float, camera: str = "Canon EOS", **facts: Any) -> Waiting:
    return waiting(path, after=after, camera=camera, **facts)


def says(path: str, words: str = "garza", suggestion: str = GARZA, **facts: Any) -> Waiting:
    return waiting(path, identity=words, suggestion=suggestion, **facts)


def found(*files: Waiting) -> list[tuple[str, list[str]]]:
    return [(str(group.bond), [each.path for each in group.files]) for group in groups_of(files)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            [says(f"x/garza_{n:04d}.jpg") for n in range(1, 4)],
            [("prefix", ["x/garza_0001.jpg", "x/garza_0002.jpg", "x/garza_0003.jpg"])],
            id="a shared prefix",
        ),
        pytest.param(
            [says("garza/IMG_1.jpg"), says("garza/left arm.jpg")],
            [("folder", ["garza/IMG_1.jpg", "garza/left arm.jpg"])],
            id="a folder that names the patient",
        ),
        pytest.param(
            [says("Monday/garza.jpg"), says("Tuesday/garza_2.jpg")],
            [("suggestion", ["Monday/garza.jpg", "Tuesday/garza_2.jpg"])],
            id="the same suggestion by the same words in two folders",
        ),
        pytest.param(
            [
                shot("c/IMG_1.jpg", 0),
                shot("c/IMG_2.jpg", 9),
                shot("c/IMG_3.jpg", 18),
                shot("c/IMG_4.jpg", 40),
            ],
            [("burst", ["c/IMG_1.jpg", "c/IMG_2.jpg", "c/IMG_3.jpg"]), ("alone", ["c/IMG_4.jpg"])],
            id="a burst is a chain of short pauses",
        ),
        pytest.param(
            [waiting("c/knee_01.jpg"), waiting("c/knee_02.jpg"), waiting("c/hip_01.jpg")],
            [("alone", ["c/hip_01.jpg"]), ("prefix", ["c/knee_01.jpg", "c/knee_02.jpg"])],
            id="names that differ by a counter",
        ),
        pytest.param(
            [waiting("c/IMG_1.jpg"), waiting("c/IMG_2.jpg"), waiting("d/IMG_3.jpg")],
            [("folder", ["c/IMG_1.jpg", "c/IMG_2.jpg"]), ("alone", ["d/IMG_3.jpg"])],
            id="a camera's own prefix binds nothing, a folder does",
        ),
    ],
)
def test_files_go_together_by(files: list[Waiting], expected: list[tuple[str, list[str]]]) -> None:
    assert found(*files) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(says("x/a_1.jpg"), says("x/a_2.jpg", "garza", OKAFOR), id="two suggested patients"),
        pytest.param(
            says("x/a_1.jpg"), says("x/a_2.jpg", "garza lopez"), id="other words about the same one"
        ),
        pytest.param(
            says("x/a_1.jpg"), waiting("x/a_2.jpg"), id="one that says something, one that does not"
        ),
        pytest.param(
            says("x/a_1.jpg", "perez", ""), says("y/a_2.jpg", "perez", ""), id="strangers in two folders"
        ),
        pytest.param(says("x/a_1.jpg"), says("x/a_2.jpg", batch="c"), id="two batches"),
        pytest.param(says("x/a_1.jpg"), says("x/a_2.jpg", is_question=True), id="a twin question"),
        pytest.param(says("x/a_1.jpg"), says("x/a_2.jpg", story="undone"), id="one taken out of a chart"),
        pytest.param(
            shot("x/IMG_1.jpg", 0, is_question=True), shot("x/IMG_2.jpg", 1), id="a twin question in a burst"
        ),
        pytest.param(waiting("x/IMG_1.jpg"), waiting("y/IMG_2.jpg"), id="two folders that say nothing"),
    ],
)
def test_files_stay_apart_if_they_are(one: Waiting, other: Waiting) -> None:
    groups = groups_of([one, other])
    assert [len(group.files) for group in groups] == [1, 1]
    assert {group.bond for group in groups} == {Bond.ALONE}


def test_cameras_side_by_side_make_a_burst_each() -> None:
    files = [shot(f"c/{camera}_{n}.jpg", n, camera) for n in range(3) for camera in ("Canon", "Nikon")]
    assert sorted(bond for bond, paths in found(*files) if len(paths) == 3) == ["burst", "burst"]


def test_shots_of_unknown_cameras_are_no_burst() -> None:
    assert found(shot("c/IMG_1.jpg", 0, ""), shot("c/IMG_2.jpg", 1, ""))[0][0] == "folder"


@pytest.mark.parametrize(
    ("files", "sureness", "words"),
    [
        (
            [says("x/garza_1.jpg"), says("x/garza_2.jpg")],
            Sureness.SURE,
            "All say the same about their patient.",
        ),
        ([says("x/p_1.jpg", "perez", ""), says("x/p_2.jpg", "perez", "")], Sureness.SURE, "fit nobody"),
        ([shot("x/IMG_1.jpg", 0), shot("x/IMG_2.jpg", 4)], Sureness.LIKELY, "within 4 seconds"),
        ([waiting("x/IMG_1.jpg"), waiting("x/IMG_2.jpg")], Sureness.OPEN, "look at each"),
        ([waiting("IMG_1.jpg"), waiting("IMG_2.jpg")], Sureness.OPEN, "Dropped together"),
    ],
    ids=["same patient", "same stranger", "burst", "folder", "no folder"],
)
def test_a_group_says_why_and_how_sure(files: list[Waiting], sureness: Sureness, words: str) -> None:
    (group,) = groups_of(files)
    assert group.sureness is sureness
    assert words in group.words


def test_a_single_needs_no_reason() -> None:
    (group,) = groups_of([waiting("x/IMG_1.jpg")])
    assert (group.words, group.key) == ("", "x/IMG_1.jpg")


def many() -> list[Waiting]:
    """Five thousand files: patients by name, bursts without names, loose shots, questions."""
    files = [says(f"f{n % 40}/p{n % 700}_{n}.jpg", f"p{n % 700}", f"patient-{n % 700}") for n in range(2500)]
    files += [shot(f"card/IMG_{n}.jpg", 4 * n + 60 * (n // 7)) for n in range(1500)]
    files += [waiting(f"loose{n % 9}/IMG_{n}.jpg", is_question=n % 50 == 0) for n in range(1000)]
    return files


def test_every_file_is_in_one_group_and_no_group_has_two_suggestions() -> None:
    groups = groups_of(many())
    assert sorted(each.file for group in groups for each in group.files) == sorted(f.file for f in many())
    assert all(len({each.suggestion for each in group.files}) == 1 for group in groups)
    assert all(len(group.files) == 1 for group in groups if group.files[0].is_question)
    assert max(len(group.files) for group in groups) == MOST_FILES


def test_the_same_files_give_the_same_groups_in_any_order() -> None:
    files = many()
    expected = [(group.key, group.bond, group.files) for group in groups_of(files)]
    random.Random(7).shuffle(files)
    assert [(group.key, group.bond, group.files) for group in groups_of(files)] == expected


def test_what_else_waits_changes_no_group() -> None:
    group = [says(f"x/garza_{n}.jpg") for n in range(3)]
    (alone,) = groups_of(group)
    assert alone in groups_of([*group, *many()])


def evidence(reason: str = "name-alone", **facts: Any) -> dict[str, Any]:
    piece = {
        "field": "family_name",
        "value": "garza",
        "verdict": "agrees",
        "words": "",
        "source": "file_name",
    }
    clue = {"field": "name", "value": "Garza", "source": "file_name", "place": ""}
    found = {"patient_id": GARZA, "evidence": [piece]}
    return {"reason": reason, "patient_id": GARZA, "candidates": [found], "clues": [clue], **facts}


def clue(field: str, value: str) -> dict[str, str]:
    return {"field": field, "value": value, "source": "file_name", "place": ""}


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (evidence(), True),
        (evidence(clues=[clue("name", "GARZA")]), True),
        (evidence(clues=[clue("name", "Garza"), clue("number", "0007")]), True),
        (evidence(clues=[clue("name", "Garza López")]), False),
        (evidence(clues=[clue("name", "Garza"), clue("date", "1957-04-23")]), False),
        (evidence("two-numbers"), False),
        (evidence(candidates=[*evidence()["candidates"], {"patient_id": OKAFOR}]), False),
        (evidence(candidates=[{"patient_id": GARZA, "evidence": []}]), False),
    ],
    ids=[
        "equal",
        "case",
        "a counter",
        "another name",
        "a date",
        "another reason",
        "another candidate",
        "less",
    ],
)
def test_two_files_say_the_same_if(other: dict[str, Any], is_same: bool) -> None:
    assert (identity_in(evidence()) == identity_in(other)) is is_same


@pytest.mark.parametrize(
    "silent",
    [{}, {"reason": "no-identity", "patient_id": None, "clues": [clue("name", "Unsorted")]}, {"clues": []}],
    ids=["no match", "no identity", "no clue"],
)
def test_a_file_that_speaks_of_nobody_has_no_identity(silent: dict[str, Any]) -> None:
    assert identity_in(silent) == ""
