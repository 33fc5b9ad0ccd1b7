"""A patient's name, number and file names walk the whole road, and no log, queue or process has them."""

import base64
import http.client
import json
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from redis import Redis

from tests.faults.installation import HASTE, PATIENCE_SECONDS, Installation, eventually
from tests.faults.sender import BODY_TYPE, Sender, answer_on, pictures, reset
from tests.sample_documents import pdf
from tests.samples import cut, jpeg

pytestmark = pytest.mark.faults

FAMILY, GIVEN, NUMBER, STEM = "Zyxwquill", "Quorrabel", "7770001112223", "Brixomark"
MARKERS = re.compile("|".join((FAMILY, GIVEN, NUMBER, STEM)).encode(), re.IGNORECASE)
NAMED = f"{STEM}/{NUMBER}_{FAMILY}_{GIVEN}_{STEM}"
BODY_OF_MESSAGE = re.compile(rb'"body": "([A-Za-z0-9+/=]+)"')
PICTURE = jpeg(comment=f"{FAMILY} {NUMBER}".encode())


@pytest.fixture
def running(installation: Installation) -> Installation:
    """Without a worker at first, so that messages can be looked at while they wait."""
    installation.settings = HASTE | {"INTAKE_BODY_TIMEOUT_SECONDS": "1"}
    installation.start("broker", "web", "beat")
    return installation


def test_nothing_that_names_a_patient_leaves_the_database(running: Installation, sender: Sender) -> None:
    register(sender)
    batch = upload_everything(sender)
    assert_nothing_named(running)

    break_lines(sender, batch)
    running.kill("web")
    running.start("web", "worker")
    sender.json("POST", f"{batch}/process")
    assert eventually(
        lambda: any(sender.counts(batch)[state] for state in ("completed", "failed")),
        seconds=PATIENCE_SECONDS,
    )
    running.kill("worker")
    running.start("worker")
    assert eventually(lambda: is_at_rest(sender, batch), seconds=PATIENCE_SECONDS)
    counts = sender.counts(batch)
    assert min(counts[state] for state in ("completed", "review", "duplicate", "failed")) > 0, str(counts)

    decide(sender, batch)
    browse(running)
    assert_nothing_named(running)
    assert MARKERS.search(b"".join(path.read_bytes() for path in running.home.glob("db.sqlite3*"))), (
        "no control"
    )


def is_at_rest(sender: Sender, batch: str) -> bool:
    """Workers have nothing to do with it any more; uploads that nobody finished are left."""
    counts = sender.counts(batch)
    return not counts["received"] + counts["processing"]


def register(sender: Sender) -> None:
    """The patient, twice, and a search."""
    facts = {
        "mrn": NUMBER,
        "family_name": FAMILY,
        "given_names": GIVEN,
        "birth_date": "1957-04-23",
        "sex": "F",
    }
    sender.json("POST", "/api/v1/patients", facts)
    again = sender.call(
        "POST", "/api/v1/patients", json.dumps(facts).encode(), headers={"Content-Type": "application/json"}
    )
    assert again.status == 409
    assert sender.json("GET", f"/api/v1/patients?{urlencode({'q': FAMILY})}")["patients"]


def upload_everything(sender: Sender) -> str:
    """What is filed, held, known already, broken, of no known kind, empty, too long, and no request."""
    batch = sender.new_batch(start="manual", notes=f"{FAMILY} {NUMBER}")
    files = {
        f"{NAMED}.jpg": PICTURE,
        f"{NAMED}_again.jpg": PICTURE,
        f"{NAMED}.pdf": pdf(f"{FAMILY} {GIVEN}\n{NUMBER}"),
        f"{STEM}_{FAMILY}.jpg": jpeg(captured_at="2026:05:01 10:00:00"),
        f"{STEM}_cut.jpg": cut(PICTURE, 0.5),
        f"{STEM}.gif": b"GIF89a" + FAMILY.encode(),
        f"{STEM}.html": f"<p>{FAMILY}</p>".encode(),
    }
    sender.send_all(
        batch, files | pictures([NUMBER], 10, side_px=3000, name=f"{{number}}_{FAMILY}_{{index}}.jpg")
    )
    refused = {f"{STEM}.empty": b"", f"{STEM * 40}.jpg": PICTURE}
    sender.announce(batch, {path: len(content) for path, content in refused.items()})
    sender.call(
        "POST",
        f"{batch}/manifest",
        f'{{"entries": "{FAMILY}"}}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    create_by_tus(sender, batch)
    send_form(sender, batch)
    return batch


def create_by_tus(sender: Sender, batch: str) -> None:
    named = base64.b64encode(f"{NAMED}_tus.jpg".encode()).decode()
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(PICTURE)), "Content-Type": BODY_TYPE}
    answer = sender.call(
        "POST", f"{batch}/uploads", PICTURE, headers=headers | {"Upload-Metadata": f"filename {named}"}
    )
    assert answer.status == 201
    unreadable = headers | {"Upload-Metadata": f"filename {FAMILY}"}
    bad = sender.call("POST", f"{batch}/uploads", headers=unreadable)
    assert bad.status == 400


def send_form(sender: Sender, batch: str) -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{STEM}_form.jpg"\r\n\r\n'
    # Another picture than those above: read before them, the same one would hold them all in review.
    body = head.encode() + jpeg(comment=f"{GIVEN} {NUMBER}".encode()) + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert sender.call("POST", f"{batch}/files", body, headers=headers).status == 201
    sender.call("POST", f"{batch}/files", body[: len(body) // 2], headers=headers)


def break_lines(sender: Sender, batch: str) -> None:
    """Bytes where none are expected: after a time-out, after a refusal, after a reset."""
    rest = f"GET /{FAMILY} HTTP/1.1\r\n{STEM}: {NUMBER}\r\n\r\n".encode() * 20
    address = sender.announce_one(batch, f"{NAMED}_late.jpg", 4000)
    with closing(sender.begin(address, offset=0, length=4000)) as line, suppress(OSError):
        line.sendall(rest[:500])
        assert answer_on(line).status == 204, "the server has lost its patience"
        line.sendall(rest)
    with closing(sender.begin(address, offset=3999, length=5)) as line, suppress(OSError):
        line.sendall(rest)
    for header in (f"{FAMILY} {NUMBER}\r\n\r\n", f"GET / HTTP/1.1\r\n{FAMILY} {STEM}\r\n\r\n"):
        with closing(sender.begin(address, offset=0, length=0)) as line, suppress(OSError):
            line.sendall(header.encode())
            line.recv(1000)
    reset(sender.begin(address, offset=0, length=4000))


def decide(sender: Sender, batch: str) -> None:
    """A reviewer's reasons are about patients too."""
    waiting = sender.json("GET", f"{batch}/review")["files"]
    patient = sender.json("GET", f"/api/v1/patients?{urlencode({'q': NUMBER})}")["patients"][0]["id"]
    reason = f"{FAMILY} said so"
    first, *others = [f"/api/v1/files/{file['id']}" for file in waiting]
    sender.json("POST", f"{first}/assign", {"patient_id": patient, "reason": reason})
    sender.json("POST", f"{first}/undo", {"reason": reason})
    for address in [first, *others]:
        sender.json("POST", f"{address}/reject", {"reason": reason})
    sender.json("POST", f"{batch}/retry")
    assert eventually(lambda: is_at_rest(sender, batch), seconds=PATIENCE_SECONDS)
    assert sender.call("GET", f"{batch}/receipt.csv").status == 200


def browse(one: Installation) -> None:
    """Pages with a search box, and a sign-in under the patient's name until it is locked."""
    visitor = http.client.HTTPConnection("127.0.0.1", one.port, timeout=30)
    passwords = json.loads((one.home / "demo-users.json").read_text())
    with closing(visitor):
        for _ in range(6):
            sign_in(visitor, FAMILY, NUMBER)
        session = sign_in(visitor, "clinician", passwords["clinician"])
        assert "intake_session" in session
        for page in ("/patients", "/patients/choices", "/", "/review"):
            visitor.request("GET", f"{page}?{urlencode({'q': FAMILY})}", headers={"Cookie": session})
            answer = visitor.getresponse()
            answer.read()
            assert answer.status == 200, page


def sign_in(visitor: http.client.HTTPConnection, name: str, password: str) -> str:
    """The cookies that an attempt ends with."""
    visitor.request("GET", "/account/login")
    page = visitor.getresponse()
    token = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.read())[0].decode()
    cookie = str(page.getheader("Set-Cookie")).partition(";")[0]
    form = urlencode({"username": name, "password": password, "csrfmiddlewaretoken": token})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    visitor.request("POST", "/account/login", form, headers)
    answer = visitor.getresponse()
    answer.read()
    return "; ".join(value.partition(";")[0] for key, value in answer.getheaders() if key == "Set-Cookie")


def assert_nothing_named(one: Installation) -> None:
    """Logs, everything that the broker ever held, command lines, stored task arguments, names of files."""
    for place, content in places(one):
        found = MARKERS.search(content)
        assert not found, f"{place}: …{content[max(found.start() - 150, 0) : found.end() + 50]!r}…"


def places(one: Installation) -> Iterator[tuple[str, bytes]]:
    for path in [*(one.home / "logs").iterdir(), *(one.home.parent).glob("*.txt")]:
        yield str(path), path.read_bytes()
    for path in (one.home / "broker").rglob("*.aof"):
        yield from opened(str(path), path.read_bytes())
    with Redis.from_url(one.redis_url) as client:
        for key in client.scan_iter():
            yield from opened(f"redis {key!r}", key + repr(value_of(client, key)).encode())
    for pid, command in one.processes().items():
        yield f"command line of {pid}", command.encode()
    results = one.rows(
        "SELECT task_args, task_kwargs, result, traceback FROM django_celery_results_taskresult"
    )
    yield "task results", repr(results).encode()
    yield "names of files", "\n".join(map(str, one.home.rglob("*"))).encode()
    yield "names of temporary files", "\n".join(map(str, one.scratch.rglob("*"))).encode()


def opened(place: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The content, and what the messages in it say when their wrapping is taken off."""
    yield place, content
    yield f"messages in {place}", b"\n".join(map(base64.b64decode, BODY_OF_MESSAGE.findall(content)))


def value_of(client: Any, key: bytes) -> object:
    match client.type(key):
        case b"string":
            return client.get(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"hash":
            return client.hgetall(key)
        case b"set":
            return client.smembers(key)
    return client.zrange(key, 0, -1)
