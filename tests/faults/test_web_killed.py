"""Uploads whose server, line or client dies: what was acknowledged stays, the rest is sent again."""

import hashlib
import logging
import os
import signal
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.faults.conftest import copy_of, sender_to
from tests.faults.installation import PATIENCE_SECONDS, Installation, alive, eventually, seconds_until
from tests.faults.ledger import sweep_as_if_later
from tests.faults.sender import Sender, answer_on, reset

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)

MIB = 1024 * 1024
# How long the server waits for a silent sender: never reached in most tests, soon where it is the matter.
PATIENT_SECONDS, IMPATIENT_SECONDS = 60, 2
THREADS = 2 * 32
# After so long the server writes what has come of a segment; and how much we send to one that stands still.
SEGMENT_SECONDS, SMALL = 1.0, 16 * 1024


@pytest.fixture(scope="module")
def web(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A web server without a worker: what it receives stays where it is."""
    settings = {"INTAKE_BODY_TIMEOUT_SECONDS": str(PATIENT_SECONDS)}
    with copy_of(prepared, tmp_path_factory.mktemp("web"), settings) as one:
        one.start("broker", "web")
        yield one


@pytest.fixture
def impatient(web: Installation) -> Iterator[Installation]:
    """The same, started again with little patience, and with much when the test is over."""
    patient = web.settings
    web.kill("web")
    web.settings = {"INTAKE_BODY_TIMEOUT_SECONDS": str(IMPATIENT_SECONDS)}
    web.start("web")
    yield web
    web.kill("web")
    web.settings = patient
    web.start("web")


@pytest.fixture(scope="module")
def sender(web: Installation) -> Sender:
    return sender_to(web)


@pytest.fixture
def batch(sender: Sender) -> str:
    return sender.new_batch(start="manual")


def stands_at(one: Installation, address: str) -> int:
    """The row's offset, asked of the database: a HEAD would take the upload over."""
    return uploads(one).get(id_of(address), (0, Path()))[0]


def uploads(one: Installation) -> dict[str, tuple[int, Path]]:
    """Offset and staged file of every upload that has begun."""
    query = "SELECT id, \"offset\", storage_key FROM batches_batchfile WHERE storage_key <> ''"
    return {str(pk): (offset, one.home / "staging" / key) for pk, offset, key in one.rows(query)}


def id_of(address: str) -> str:
    return address.rpartition("/")[2].replace("-", "")


def staged(one: Installation, address: str) -> bytes:
    return uploads(one)[id_of(address)][1].read_bytes()


def assert_no_row_is_ahead(one: Installation) -> None:
    ahead = {pk for pk, (offset, path) in uploads(one).items() if offset > path.stat().st_size}
    assert not ahead


def test_a_server_killed_in_mid_upload_keeps_what_it_acknowledged(
    web: Installation, sender: Sender, batch: str
) -> None:
    contents = {f"{number}.jpg": os.urandom(9 * MIB + number) for number in range(4)}
    addresses = sender.announce(batch, {path: len(content) for path, content in contents.items()})
    acknowledged = dict.fromkeys(contents, 0)
    for _ in range(2):
        with ExitStack() as lines:
            begun = {path: half_send(sender, addresses[path], contents[path], lines) for path in contents}
            web.kill("web", signal.SIGSTOP)  # wherever each of them is; what comes now nobody reads
            sent = {path: end + send_more(line, contents[path], end) for path, (line, end) in begun.items()}
            assert all(stands_at(web, address) < sent[path] for path, address in addresses.items())
            web.kill("web")
        assert_no_row_is_ahead(web)
        web.start("web")
        for path, address in addresses.items():
            offset = sender.offset_of(address)
            assert acknowledged[path] <= offset <= sent[path]
            done = sender.send(address, contents[path][offset : offset + MIB], offset=offset)
            assert (done.status, done.offset) == (204, offset + MIB)
            acknowledged[path] = done.offset
    for path, content in contents.items():
        assert sender.finish(addresses[path], content).offset == len(content)
        assert hashlib.sha256(staged(web, addresses[path])).digest() == hashlib.sha256(content).digest()
    assert sender.counts(batch)["received"] == len(contents)


def half_send(sender: Sender, address: str, content: bytes, lines: ExitStack) -> tuple[socket.socket, int]:
    """A PATCH that is broken off on a line that stays open; the line, and how far it was sent."""
    start = sender.offset_of(address)
    line = lines.enter_context(closing(sender.begin(address, offset=start, length=len(content) - start)))
    end = start + 2 * MIB + len(content) % 4 * MIB // 3
    line.sendall(content[start:end])
    return line, end


def send_more(line: socket.socket, content: bytes, start: int) -> int:
    """As much as the kernel keeps for a reader that stands still, or some of it; how many bytes it took."""
    line.settimeout(0)
    try:
        return line.send(content[start : start + SMALL])
    except BlockingIOError:
        return 0


def is_read(line: socket.socket, port: int) -> bool:
    """Whether the server on `port` has taken everything that was sent on this line out of its kernel."""
    ours = line.getsockname()[1]
    queues = {}
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queued, *_ = row.split()
        ends = int(local.partition(":")[2], 16), int(remote.partition(":")[2], 16)
        queues[ends] = [int(size, 16) for size in queued.split(":")]
    (unsent, _), (_, unread) = queues[ours, port], queues[port, ours]
    return unsent == unread == 0


def close_kindly(line: socket.socket) -> None:
    line.close()


@pytest.mark.parametrize("vanish", [close_kindly, reset])
def test_a_client_that_vanishes_leaves_all_that_had_come(
    web: Installation, sender: Sender, batch: str, vanish: Callable[[socket.socket], None]
) -> None:
    content = os.urandom(5 * MIB)
    address = sender.announce_one(batch, "vanishing.jpg", len(content))
    line = sender.begin(address, offset=0, length=len(content))
    line.sendall(content[: 2 * MIB + 345_678])
    assert eventually(lambda: is_read(line, web.port), seconds=PATIENCE_SECONDS)
    vanish(line)
    assert eventually(lambda: stands_at(web, address) == 2 * MIB + 345_678, seconds=PATIENT_SECONDS / 3)
    assert sender.finish(address, content).offset == len(content)
    assert staged(web, address) == content


def test_on_a_slow_line_what_came_is_safe_soon_after(web: Installation, sender: Sender, batch: str) -> None:
    content = os.urandom(2 * MIB)
    address = sender.announce_one(batch, "slow.jpg", len(content))
    sent_at: list[tuple[float, int]] = []
    lags = []
    with closing(sender.begin(address, offset=0, length=len(content))) as line:
        for start in range(0, len(content), 32 * 1024):
            line.sendall(content[start : start + 32 * 1024])
            sent_at.append((time.monotonic(), start + 32 * 1024))
            time.sleep(0.1)
            safe, now = stands_at(web, address), time.monotonic()
            lags.append(now - min((when for when, end in sent_at if end > safe), default=now))
        assert answer_on(line).status == 204
    log.info("bytes wait %.1f s to be safe, at most %.1f s", statistics.median(lags), max(lags))
    assert statistics.median(lags) < 2 * SEGMENT_SECONDS
    assert max(lags) < PATIENT_SECONDS / 6
    assert staged(web, address) == content


def test_a_rival_takes_over_at_once_and_the_zombie_changes_nothing(
    web: Installation, sender: Sender, batch: str
) -> None:
    content = os.urandom(6 * MIB)
    address = sender.announce_one(batch, "rivals.jpg", len(content))
    zombie = sender.begin(address, offset=0, length=len(content))
    zombie.sendall(content[: 3 * MIB])
    assert eventually(lambda: stands_at(web, address) >= 2 * MIB, seconds=PATIENT_SECONDS / 3)

    began = time.monotonic()
    assert sender.finish(address, content).offset == len(content)
    log.info("a rival's HEAD and PATCH took %.2f s", time.monotonic() - began)
    assert time.monotonic() - began < PATIENT_SECONDS / 10, "nobody waits for a line that is silent"

    with closing(zombie), suppress(OSError):
        zombie.sendall(os.urandom(3 * MIB))
        assert answer_on(zombie).status == 409
    assert staged(web, address) == content
    assert stands_at(web, address) == len(content)


def test_a_zombie_of_an_unfinished_upload_is_told_where_it_stands(
    web: Installation, sender: Sender, batch: str
) -> None:
    content = os.urandom(5 * MIB)
    address = sender.announce_one(batch, "overtaken.jpg", len(content))
    with closing(sender.begin(address, offset=0, length=len(content))) as zombie:
        zombie.sendall(content[: MIB // 2])
        assert eventually(lambda: is_read(zombie, web.port), seconds=PATIENCE_SECONDS)
        assert sender.send(address, content[:MIB]).offset == MIB
        zombie.sendall(os.urandom(len(content) - MIB // 2))
        told = answer_on(zombie)
        assert (told.status, told.offset) == (409, MIB)
    assert sender.finish(address, content).status == 204
    assert staged(web, address) == content


def test_a_body_longer_than_announced_is_refused_unread(
    web: Installation, sender: Sender, batch: str
) -> None:
    content = os.urandom(MIB)
    address = sender.announce_one(batch, "longer.jpg", len(content))
    assert sender.send(address, content[: MIB // 2]).status == 204
    with closing(sender.begin(address, offset=MIB // 2, length=MIB // 2 + 1)) as line:
        answer = answer_on(line)
    assert (answer.status, answer.offset) == (413, MIB // 2)
    assert len(staged(web, address)) == MIB // 2
    assert sender.finish(address, content).offset == MIB


def test_a_chunked_body_is_refused_with_411(web: Installation, sender: Sender, batch: str) -> None:
    address = sender.announce_one(batch, "chunked.jpg", 4)
    chunked = {"Content_Length": "", "Transfer_Encoding": "chunked"}
    with closing(sender.begin(address, offset=0, length=4, **chunked)) as line:
        line.sendall(b"4\r\nabcd\r\n0\r\n\r\n")
        assert answer_on(line).status == 411
    assert sender.offset_of(address) == 0


def test_silent_senders_are_cut_and_keep_nobody_waiting(
    impatient: Installation, sender: Sender, batch: str
) -> None:
    """More of them than the server has threads, so that only the time limit can help."""
    size = MIB
    addresses = sender.announce(batch, {f"silent-{number}.jpg": size for number in range(THREADS + 16)})
    with ExitStack() as stack:
        lines = [
            stack.enter_context(closing(sender.begin(address, offset=0, length=size)))
            for address in addresses.values()
        ]
        for line in lines:
            line.sendall(b"x" * 1000)
        seconds = seconds_until(lambda: alive(impatient.port), within=PATIENT_SECONDS / 2)
        answers = [answer_on(line) for line in lines]
    log.info("%s silent senders on %s threads: others wait %.1f s", len(lines), THREADS, seconds)
    assert {(answer.status, answer.offset) for answer in answers} == {(204, 1000)}


def test_other_requests_are_answered_while_senders_are_silent(
    web: Installation, sender: Sender, batch: str
) -> None:
    """So many that, whichever process they come to, it has threads left."""
    addresses = sender.announce(batch, {f"slow-{number}.jpg": MIB for number in range(THREADS // 4)})
    with ExitStack() as stack:
        for address in addresses.values():
            stack.enter_context(closing(sender.begin(address, offset=0, length=MIB)))
        began = time.monotonic()
        sender.counts(batch)
        assert alive(web.port)
        assert time.monotonic() - began < PATIENT_SECONDS / 10


def test_parts_of_a_form_that_were_being_spooled_are_swept(
    web: Installation, sender: Sender, batch: str
) -> None:
    head = (
        f"POST {batch}/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {sender.token}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {9 * MIB}\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    )
    staging = web.home / "staging"
    with closing(socket.create_connection(("127.0.0.1", web.port))) as line:
        line.sendall(head.encode() + bytes(4 * MIB))  # random ones would hold `--x`, one time in four
        assert eventually(lambda: list(staging.glob("*.upload*")), seconds=PATIENT_SECONDS / 3)
        web.kill("web")
    assert list(staging.glob("*.upload*")), "nobody was there to remove it"
    sweep_as_if_later(web)
    assert not list(staging.glob("*.upload*"))
    web.start("web")
