"""How worker, zygote and job talk: whole frames over pipes, each with a limit in bytes and a deadline."""

import os
import select
import time
from collections.abc import Callable

_LENGTH_BYTES = 8
_BLOCK_BYTES = 1 << 20
_LOOK_UP_SECONDS = 1.0


Asked = Callable[[], bool]


class FrameTooLong(Exception):  # noqa: N818 - says what is wrong with the frame
    """The other side announced more bytes than the reader allows."""


def send(fd: int, payload: bytes, *, deadline: float | None = None) -> None:
    """Write one frame. `deadline` is on the monotonic clock and needs a non-blocking `fd` to be kept.

    Raises TimeoutError after the deadline and BrokenPipeError when nobody reads any more.
    """
    for part in (len(payload).to_bytes(_LENGTH_BYTES, "big"), payload):
        rest = memoryview(part)
        while rest:
            _wait(fd, select.POLLOUT, deadline)
            rest = rest[_write(fd, rest) :]


def receive(
    fd: int, *, limit_bytes: int, deadline: float | None = None, still_wanted: Asked | None = None
) -> bytes:
    """Read one frame of at most `limit_bytes`.

    Now and then while nothing arrives `still_wanted` is asked; once it says no, waiting ends as if the other
    side had gone. Raises EOFError when the other side is gone, TimeoutError after `deadline` (monotonic
    clock), and FrameTooLong.
    """
    header = _read(fd, _LENGTH_BYTES, deadline, still_wanted)
    length = int.from_bytes(header, "big")
    if length > limit_bytes:
        raise FrameTooLong
    return _read(fd, length, deadline, still_wanted)


def is_hung_up(fd: int) -> bool:
    """Say whether the writer of this pipe is gone, without reading from it."""
    return any(event & select.POLLHUP for _, event in _poll(fd, 0, 0.0))


def _read(fd: int, size: int, deadline: float | None, still_wanted: Asked | None) -> bytes:
    received = bytearray()
    while len(received) < size:
        _wait(fd, select.POLLIN, deadline, still_wanted)
        block = os.read(fd, min(size - len(received), _BLOCK_BYTES))
        if not block:
            raise EOFError
        received += block
    return bytes(received)


def _write(fd: int, rest: memoryview) -> int:
    try:
        return os.write(fd, rest[:_BLOCK_BYTES])
    except BlockingIOError:
        return 0


def _wait(fd: int, event: int, deadline: float | None, still_wanted: Asked | None = None) -> None:
    """Return when `fd` is ready for `event`, or its other side gone, which the next call will notice."""
    while True:
        ready = _poll(fd, event, _slice(deadline, still_wanted))
        # Asked also when something is there: a writer that sends byte after byte must not outlive its time.
        if deadline is not None and time.monotonic() >= deadline:
            raise TimeoutError
        if ready:
            return
        # The last words may have come between the two looks.
        if still_wanted is not None and not still_wanted() and not _poll(fd, event, 0.0):
            raise EOFError


def _slice(deadline: float | None, still_wanted: Asked | None) -> float | None:
    rest = None if deadline is None else max(deadline - time.monotonic(), 0.0)
    if still_wanted is None:
        return rest
    return _LOOK_UP_SECONDS if rest is None else min(rest, _LOOK_UP_SECONDS)


def _poll(fd: int, event: int, seconds: float | None) -> list[tuple[int, int]]:
    poller = select.poll()
    poller.register(fd, event)
    return poller.poll(None if seconds is None else seconds * 1000)
