"""For which shots a photographed patient card speaks: those after it, until the next card or a pause.

Pure: moments in, record numbers out. What is asked again with more cards and shots may be answered
otherwise; in which order they became known never matters.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NOBODY = ""
"""What a card says whose code is no patient's number: it ends the run of the card before it."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture and its moment by the camera's clock, to the second; `camera` is empty where unknown.

    `shows` is the number on a wristband or label in it, or `NOBODY` where that is no patient's: such a shot
    is no card, and ends the run of any other number for the shots after it.
    """

    key: Hashable
    at: datetime
    camera: str = ""
    shows: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A photographed card and the record number for which it stands, or `NOBODY`."""

    at: datetime
    camera: str
    number: str


def numbers_for(shots: Iterable[Shot], cards: Sequence[Card], *, pause: timedelta) -> dict[Hashable, str]:
    """The record number that a card gives to each shot, by the shot's key; shots without one are left out.

    A card speaks for its own camera's shots; a card or shot whose camera is unknown goes with every camera.
    Where that leaves two answers, there is none. A shot of the very second of a card was before it or after
    it, and gets none either.
    """
    # What shows a label comes first in its second, because the others may have been taken after it.
    shots = sorted(shots, key=lambda shot: (shot.at, shot.shows is None, str(shot.key)))
    by_camera = {
        camera: dict(_run(shots, cards, camera, pause))
        for camera in {shot.camera for shot in shots} | {card.camera for card in cards}
    }
    found = ((shot.key, _agreed(shot, by_camera)) for shot in shots)
    return {key: number for key, number in found if number != NOBODY}


def ends_after(at: datetime, camera: str, cards: Iterable[Card]) -> datetime | None:
    """From when on nothing that happened at `at` with `camera` matters any more; None for never."""
    ends = (card.at for card in cards if card.at > at and card.camera in {"", camera})
    return min(ends, default=None)


def begins_before(at: datetime, cards: Iterable[Card]) -> datetime:
    """Since when what happened matters for shots at `at`: the last card of each camera before it."""
    latest: dict[str, datetime] = {}
    for card in cards:
        if card.at <= at:
            latest[card.camera] = max(card.at, latest.get(card.camera, card.at))
    return min(latest.values(), default=at)


def _run(
    shots: Sequence[Shot], cards: Iterable[Card], camera: str, pause: timedelta
) -> Iterator[tuple[Hashable, str]]:
    """What the cards of one camera, and those of unknown cameras, say for each shot that may be its."""
    to_come = sorted(_said_at(cards, camera).items(), reverse=True)
    current: tuple[datetime, str] | None = None
    last: datetime | None = None
    for shot in shots:
        if not _may_be_same(shot.camera, camera):
            continue
        while to_come and to_come[-1][0] <= shot.at:
            current = to_come.pop()
            last = current[0]
        if current is None or last is None or shot.at - last > pause:
            current = None
            continue
        last = shot.at
        yield shot.key, NOBODY if shot.at == current[0] else current[1]
        if shot.shows is not None and shot.shows != current[1]:
            current = (shot.at, NOBODY)


def _said_at(cards: Iterable[Card], camera: str) -> Mapping[datetime, str]:
    """Each moment's card; two in one second say nothing together."""
    found: dict[datetime, str] = {}
    for card in cards:
        if card.camera in {"", camera}:
            found[card.at] = card.number if found.get(card.at, card.number) == card.number else NOBODY
    return found


def _agreed(shot: Shot, by_camera: Mapping[str, Mapping[Hashable, str]]) -> str:
    if shot.camera:
        return by_camera[shot.camera].get(shot.key, NOBODY)
    answers = {said[shot.key] for said in by_camera.values() if shot.key in said}
    return answers.pop() if len(answers) == 1 else NOBODY


def _may_be_same(one: str, other: str) -> bool:
    return not one or not other or one == other
