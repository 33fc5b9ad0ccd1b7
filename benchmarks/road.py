"""The whole road against a plain loop: pictures per second from the first byte over HTTP to COMPLETED.

    python -m benchmarks.road [--pictures 100] [--rounds 3] [--workers 2]

Each round runs both on the same pictures, one after the other. The product: a fresh installation of its own,
four connections that upload by tus, and its worker processes; the clock runs from the first request to the
moment
when the batch is COMPLETED. The peer: one process that reads each file, hashes it, decodes it once with
Pillow, reads
its EXIF, writes the same two sizes as JPEG and copies the original; it checks nothing, matches nobody, and
keeps no
record.
"""

import argparse
import hashlib
import http.client
import io
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

ROOT = Path(__file__).resolve().parent.parent
SIZE_PX = (4000, 3000)
BASES = 10
CONNECTIONS = 4
START_SECONDS = 180
ENDED = {"COMPLETED", "PARTIAL", "FAILED"}


@dataclass(frozen=True)
class Server:
    """A running installation: where it answers and with what token."""

    port: int
    token: str

    def call(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Authorization": f"Bearer {self.token}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def json(self, method: str, path: str, content: Any = None) -> Any:
        """The same with JSON both ways; anything but success ends the benchmark."""
        body = b"" if content is None else json.dumps(content).encode()
        status, _, answer = self.call(method, path, body, Content_Type="application/json")
        assert status < 300, (status, answer[:500])
        return json.loads(answer)


def make_pictures(folder: Path, numbers: Sequence[str], count: int) -> list[Path]:
    """`count` JPEGs of 12 megapixels with EXIF, each with bytes of its own, named by record numbers."""
    bases = [_base(seed) for seed in range(min(BASES, count))]
    paths = []
    for index in range(count):
        data = bases[index % len(bases)]
        comment = f"picture {index}".encode()
        marker = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        path = folder / f"{numbers[index % len(numbers)]}_{index:04d}.jpg"
        path.write_bytes(data[:2] + marker + data[2:])
        paths.append(path)
    return paths


def plain_loop(paths: Sequence[Path], target: Path) -> float:
    """Seconds that the peer takes."""
    started = time.perf_counter()
    for path in paths:
        data = path.read_bytes()
        hashlib.sha256(data).hexdigest()
        with Image.open(io.BytesIO(data)) as picture:
            picture.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
            picture.thumbnail((800, 800), Image.Resampling.LANCZOS)
            preview = ImageOps.exif_transpose(picture)
            preview.save(target / f"{path.stem}-preview.jpg", quality=80)
            preview.thumbnail((150, 150), Image.Resampling.LANCZOS)
            preview.save(target / f"{path.stem}-thumbnail.jpg", quality=80)
        (target / path.name).write_bytes(data)
    return time.perf_counter() - started


def whole_road(server: Server, paths: Sequence[Path]) -> float:
    """Seconds from the first request to COMPLETED."""
    started = time.perf_counter()
    batch = server.json("POST", "/api/v1/batches", {"source": "DSLR"})["id"]
    entries = [{"path": path.name, "size": path.stat().st_size} for path in paths]
    uploads = server.json("POST", f"/api/v1/batches/{batch}/manifest", {"entries": entries})["entries"]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda pair: _upload(server, *pair), zip(paths, uploads, strict=True)))
    status = _wait_for_end(server, batch)
    assert status["counts"]["completed"] == len(paths), status
    return time.perf_counter() - started


@contextmanager
def installation(home: Path, workers: int) -> Iterator[Server]:
    """A fresh installation under the product's own supervisor, with its demonstration clinic."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "INTAKE_HOME": str(home),
        "INTAKE_WORKERS": str(workers),
        "PORT": str(port),
    }
    command = [sys.executable, str(ROOT / "manage.py")]
    log = (home.parent / "up.log").open("wb")
    up = subprocess.Popen([*command, "up"], env=environment, stdout=log, stderr=log, cwd=ROOT)
    try:
        _wait_until_ready(port, up)
        _lift_limits(command, environment)
        token = subprocess.run(
            [*command, "create_token", "--user", "clinician"],
            env=environment,
            check=True,
            capture_output=True,
            cwd=ROOT,
        )
        yield Server(port, token.stdout.decode().strip().splitlines()[-1])
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(timeout=60)
        log.close()


def record_numbers(server: Server) -> list[str]:
    """The record numbers of the demonstration's patients."""
    return [patient["mrn"] for patient in server.json("GET", "/api/v1/patients?limit=100")["patients"]]


def main() -> None:
    """Print a row a round, then the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="intake-bench-", ignore_cleanup_errors=True) as folder:
        rounds = [_round(Path(folder) / str(number), options) for number in range(options.rounds)]
    ratios = [road / loop for road, loop in rounds]
    print(f"{'':>8} {'product':>10} {'plain loop':>11} {'ratio':>7}   pictures per second")
    for number, (road, loop) in enumerate(rounds, start=1):
        print(f"round {number:>2} {road:>10.1f} {loop:>11.1f} {road / loop:>7.2f}")
    print(
        f"median   {_median(rounds, 0):>10.1f} {_median(rounds, 1):>11.1f} {statistics.median(ratios):>7.2f}"
    )
    if statistics.median(ratios) <= 1:
        sys.exit("The product must be ahead of the loop.")


def _round(folder: Path, options: argparse.Namespace) -> tuple[float, float]:
    pictures, copies = folder / "pictures", folder / "copies"
    for path in (pictures, copies):
        path.mkdir(parents=True)
    with installation(folder / "home", options.workers) as server:
        paths = make_pictures(pictures, record_numbers(server), options.pictures)
        road = whole_road(server, paths)
    loop = plain_loop(paths, copies)
    return options.pictures / road, options.pictures / loop


def _base(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 255, (SIZE_PX[1] // 50, SIZE_PX[0] // 50, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(SIZE_PX, Image.Resampling.BICUBIC), dtype=np.int16)
    grain = random.normal(0, 6, (SIZE_PX[1], SIZE_PX[0], 1)).astype(np.int16)
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: f"2026:05:04 08:30:{seed:02d}"}
    buffer = io.BytesIO()
    pixels = np.clip(smooth + grain, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90, exif=exif)
    return buffer.getvalue()


def _upload(server: Server, path: Path, entry: dict[str, Any]) -> None:
    status, _, answer = server.call(
        "PATCH",
        entry["upload_url"],
        path.read_bytes(),
        Tus_Resumable="1.0.0",
        Upload_Offset="0",
        Content_Type="application/offset+octet-stream",
    )
    assert status == 204, (status, answer[:500])


def _wait_for_end(server: Server, batch: str) -> Any:
    while True:
        status = server.json("GET", f"/api/v1/batches/{batch}/status")
        if status["status"] in ENDED:
            return status
        time.sleep(0.5)


def _wait_until_ready(port: int, up: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and up.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.5)
    sys.exit("The installation did not become ready; see its log.")


def _lift_limits(command: list[str], environment: dict[str, str]) -> None:
    lift = "from clinics.models import Clinic; Clinic.objects.update(max_files_per_batch=10_000)"
    subprocess.run(
        [*command, "shell", "-c", lift], env=environment, check=True, capture_output=True, cwd=ROOT
    )


def _median(rounds: list[tuple[float, float]], column: int) -> float:
    return statistics.median(pair[column] for pair in rounds)


if __name__ == "__main__":
    main()
