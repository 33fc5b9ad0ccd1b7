"""Uploads whose server, line or client dies: what was acknowledged stays, the rest is sent again."""

import hashlib
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.faults.conftest import copy_of, sender_to
from tests.faults.installation import Installation, alive, eventually, seconds_until
from tests.faults.ledger import sweep_as_if_later
from tests.faults.sender import Sender, answer_on, reset

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)

MIB = 1024 * 1024
BODY_TIMEOUT_SECONDS = 2
THREADS = 2 * 32


@pytest.fixture(scope="module")
def web(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A web server without a worker: what it receives stays where it is."""
    settings = {"INTAKE_BODY_TIMEOUT_SECONDS": str(BODY_TIMEOUT_SECONDS)}
    with copy_of(prepared, tmp_path_factory.mktemp("web"), settings) as one:
        one.start("broker", "web")
        yield one


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
            sent = {path: half_send(sender, addresses[path], contents[path], lines) for path in contents}
            begun = [address for path, address in addresses.items() if stands_at(web, address) < sent[path]]
            assert begun, "the server was quicker than the test"
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


def half_send(sender: Sender, address: str, content: bytes, lines: ExitStack) -> int:
    """A PATCH that is broken off on a line that stays open; how far it was sent."""
    start = sender.offset_of(address)
    line = lines.enter_context(closing(sender.begin(address, offset=start, length=len(content) - start)))
    end = start + 2 * MIB + len(content) % 4 * MIB // 3
    line.sendall(content[start:end])
    return end


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
    time.sleep(0.5)
    vanish(line)
    assert eventually(lambda: stands_at(web, address) == 2 * MIB + 345_678, seconds=5)
    assert sender.finish(address, content).offset == len(content)
    assert staged(web, address) == content


def test_on_a_slow_line_what_came_is_safe_soon_after(web: Installation, sender: Sender, batch: str) -> None:
    content = os.urandom(2 * MIB)
    address = sender.announce_one(batch, "slow.jpg", len(content))
    sent_at = [(0.0, 0)]
    with closing(sender.begin(address, offset=0, length=len(content))) as line:
        for start in range(0, len(content), 32 * 1024):
            line.sendall(content[start : start + 32 * 1024])
            sent_at.append((time.monotonic(), start + 32 * 1024))
            time.sleep(0.1)
            sure = max(sent for when, sent in sent_at if when < time.monotonic() - 2.5)
            assert stands_at(web, address) >= sure
        assert answer_on(line).status == 204
    assert staged(web, address) == content


def test_a_rival_takes_over_at_once_and_the_zombie_changes_nothing(
    web: Installation, sender: Sender, batch: str
) -> None:
    content = os.urandom(6 * MIB)
    address = sender.announce_one(batch, "rivals.jpg", len(content))
    zombie = sender.begin(address, offset=0, length=len(content))
    zombie.sendall(content[: 3 * MIB])
    assert eventually(lambda: stands_at(web, address) >= 2 * MIB, seconds=5)

    began = time.monotonic()
    assert sender.finish(address, content).offset == len(content)
    log.info("a rival's HEAD and PATCH took %.2f s", time.monotonic() - began)
    assert time.monotonic() - began < 1, "nobody waits for a line that is silent"

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
        time.sleep(0.3)
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
    web: Installation, sender: Sender, batch: str
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
        seconds = seconds_until(lambda: alive(web.port), within=BODY_TIMEOUT_SECONDS + 3)
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
        assert time.monotonic() - began < BODY_TIMEOUT_SECONDS / 2


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
        line.sendall(head.encode() + os.urandom(4 * MIB))
        assert eventually(lambda: list(staging.glob("*.upload*")), seconds=10)
        web.kill("web")
    assert list(staging.glob("*.upload*")), "nobody was there to remove it"
    sweep_as_if_later(web)
    assert not list(staging.glob("*.upload*"))
    web.start("web")
