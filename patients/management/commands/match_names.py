"""`manage.py match_names`: says for file names on stdin whose they are and why, without touching a file."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinics.models import Clinic
from patients.filename_patterns import read_path
from patients.matcher import match
from patients.matching.directory import MemoryDirectory
from patients.matching.identify import identify
from patients.matching.normalise import Person, person_of
from patients.matching.policy import Policy
from patients.matching.results import MatchResult


class Command(BaseCommand):
    """One file name a line in, one JSON object a line out, in the same order, each as soon as it is known."""

    help = (
        "Match file names (stdin, one a line) with a clinic's patients, or with those in a JSON Lines file. "
        "Prints one JSON object a line: file, patient, confidence, decision,"
        " candidates, evidence, reason, words, score, runner_up, gap, stranger, rule_version."
    )
    stealth_options = ("stdin",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the patients come from, and which rules hold for a directory in a file."""
        parser.add_argument("--directory", type=Path, help="patients, one JSON object a line")
        parser.add_argument(
            "--clinic", help="slug of the clinic whose directory serves (default: the only one)"
        )
        parser.add_argument(
            "--bare-number",
            choices=["check_digit", "always", "never"],
            default="check_digit",
            help="with --directory: when a record number alone may assign",
        )
        parser.add_argument(
            "--name-alone",
            action="store_true",
            help="with --directory: let a clear, unique name alone assign",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Stream: nothing but the directory is kept."""
        decide = self._in_file(options) if options["directory"] else self._in_database(options["clinic"])
        for name in _lines(options.get("stdin") or sys.stdin.buffer):
            self.stdout.write(json.dumps(_answer(name, decide(name)), ensure_ascii=False))
            self.stdout.flush()

    def _in_file(self, options: dict[str, Any]) -> Callable[[str], MatchResult]:
        directory = MemoryDirectory(_people(options["directory"]))
        policy = Policy(bare_number=options["bare_number"], name_alone=options["name_alone"])
        today = timezone.localdate()
        return lambda name: identify(directory, read_path(name, today=today), policy=policy, today=today)

    def _in_database(self, slug: str | None) -> Callable[[str], MatchResult]:
        clinics = list(Clinic.objects.filter(slug=slug) if slug else Clinic.objects.all()[:2])
        if len(clinics) != 1:
            slugs = ", ".join(Clinic.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"Please name one clinic with --clinic. Clinics here: {slugs}.")
        return lambda name: match(clinics[0], name)


def _lines(stream: IO[bytes]) -> Iterator[str]:
    for line in stream:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _people(path: Path) -> Iterator[Person]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _person(line, number)
    except OSError as error:
        raise CommandError(f"The directory {path} cannot be read: {error.strerror}.") from error


def _person(line: str, number: int) -> Person:
    try:
        row = json.loads(line)
        birth_date = row.get("birth_date")
        return person_of(
            str(row["id"]),
            str(row["id"]),
            family=row.get("family") or "",
            given=row.get("given") or "",
            suffix=row.get("suffix") or "",
            birth_date=date.fromisoformat(birth_date) if birth_date else None,
            sex=row.get("sex") or "",
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(
            f"Line {number} of the directory is not a patient. Each line is a JSON object with id, family, "
            "given, suffix, birth_date (YYYY-MM-DD or empty) and sex."
        ) from error


def _answer(name: str, result: MatchResult) -> dict[str, Any]:
    plain = result.as_json()
    return {
        "file": name,
        "patient": result.patient_id,
        "confidence": result.confidence,
        "decision": str(result.decision),
        "candidates": [
            {"patient": candidate.patient_id, "confidence": candidate.confidence}
            for candidate in result.candidates
        ],
        "evidence": plain["evidence"],
        "reason": result.reason,
        "words": result.words,
        "score": result.score,
        "runner_up": result.runner_up,
        "gap": result.gap,
        "stranger": plain["stranger"],
        "rule_version": result.rule_version,
    }
