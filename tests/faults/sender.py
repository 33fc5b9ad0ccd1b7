"""The other side of the wire: a script that uploads by tus, pictures for it to send, and lines that break."""

import http.client
import json
import socket
import struct
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from tests.samples import jpeg, scene

CONNECTIONS = 4
BODY_TYPE = "application/offset+octet-stream"
ENDED = {"COMPLETED", "PARTIAL", "FAILED", "CANCELLED"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def offset(self) -> int:
        """Where the server says that the upload stands."""
        return int(self.headers["Upload-Offset"])


@dataclass(frozen=True)
class Sender:
    """Somebody with a token who talks to the installation on `port`."""

    port: int
    token: str

    def call(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        with closing(connection):
            connection.request(method, path, body=content, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def json(self, method: str, path: str, content: Any = None) -> Any:
        """The same with JSON both ways; anything but success fails the test."""
        body = b"" if content is None else json.dumps(content).encode()
        answer = self.call(method, path, body, headers={"Content-Type": "application/json"})
        assert answer.status < 300, (method, path, answer.status, answer.content[:500])
        return json.loads(answer.content) if answer.content else None

    def new_batch(self, **options: str) -> str:
        """The address of a new batch."""
        return f"/api/v1/batches/{self.json('POST', '/api/v1/batches', {'source': 'api', **options})['id']}"

    def announce(self, batch: str, sizes: Mapping[str, int]) -> dict[str, str]:
        """The addresses to upload to, by path; a second call finds the same ones."""
        entries = [{"path": path, "size": size} for path, size in sizes.items()]
        places = self.json("POST", f"{batch}/manifest", {"entries": entries})["entries"]
        return {place["path"]: f"/api/v1/uploads/{place['file_id']}" for place in places}

    def announce_one(self, batch: str, path: str, size: int) -> str:
        """The address of one upload."""
        return self.announce(batch, {path: size})[path]

    def send(self, address: str, content: bytes, *, offset: int = 0, timeout: float = 60) -> Answer:
        """One PATCH with all of `content`."""
        return self.call("PATCH", address, content, headers=self._tus(offset), timeout=timeout)

    def send_all(self, batch: str, files: Mapping[str, bytes]) -> None:
        """Announce and upload everything, four at a time; every file is acknowledged when this returns."""
        addresses = self.announce(batch, {path: len(content) for path, content in files.items()})

        def send(path: str) -> int:
            return self.send(addresses[path], files[path]).status

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            assert set(pool.map(send, files)) == {204}

    def offset_of(self, address: str) -> int:
        """What a HEAD says."""
        answer = self.call("HEAD", address, headers={"Tus-Resumable": "1.0.0"})
        assert answer.status == 200, answer
        return answer.offset

    def finish(self, address: str, content: bytes) -> Answer:
        """Go on from where the server stands, as every client does after a break."""
        offset = self.offset_of(address)
        return self.send(address, content[offset:], offset=offset)

    def counts(self, batch: str) -> dict[str, int]:
        """How many files stand where."""
        counts: dict[str, int] = self.json("GET", f"{batch}/status")["counts"]
        return counts

    def has_ended(self, batch: str) -> bool:
        """Whether nothing of the batch is on the way any more; False while nobody answers."""
        with suppress(OSError, http.client.HTTPException):
            answer = self.call("GET", f"{batch}/status", timeout=10)
            return answer.status == 200 and json.loads(answer.content)["status"] in ENDED
        return False

    def begin(self, address: str, *, offset: int, length: int, **headers: str) -> socket.socket:
        """The head of a PATCH on a line that the test holds; `length` is what is announced."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        sent = {
            "Host": "127.0.0.1",
            "Authorization": f"Bearer {self.token}",
            "Content-Length": str(length),
            **self._tus(offset),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        kept = {name: value for name, value in sent.items() if value}
        head = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        line.sendall(f"PATCH {address} HTTP/1.1\r\n{head}\r\n".encode())
        return line

    def _tus(self, offset: int) -> dict[str, str]:
        return {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Content-Type": BODY_TYPE}


def answer_on(line: socket.socket) -> Answer:
    """The answer to a request that was written to a line."""
    response = http.client.HTTPResponse(line)
    response.begin()
    return Answer(response.status, dict(response.getheaders()), response.read())


def reset(line: socket.socket) -> None:
    """Break the line as a router does that has lost its power: no farewell, only a reset."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def pictures(
    numbers: Sequence[str], count: int, *, side_px: int = 1200, name: str = "{number}_{index:04d}.jpg"
) -> dict[str, bytes]:
    """`count` JPEGs by file name, all different, each named after one of the record `numbers`."""
    base = jpeg(scene(side_px, side_px * 3 // 4))
    names = (name.format(number=numbers[index % len(numbers)], index=index) for index in range(count))
    return {path: with_comment(base, path.encode()) for path in names}


def with_comment(picture: bytes, comment: bytes) -> bytes:
    """The same JPEG with a comment in it: other bytes, the same pixels."""
    return picture[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + picture[2:]
