"""The product at work on one benchmark folder, in a process of its own as a worker is one.

    python -m benchmarks.names.product load FOLDER
    python -m benchmarks.names.product match FOLDER --files 50000 --answers FILE

`load` fills a fresh database through the product's own bulk import, `match` asks `patients.matcher.match`
name by name. Each prints one line of JSON with what it took.
"""

import argparse
import gc
import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after the settings are there
from django.db import connection  # noqa: E402

from clinics.models import Clinic  # noqa: E402
from patients import directory, matcher  # noqa: E402
from patients.matching.results import Decision, MatchResult  # noqa: E402
from patients.models import IndexedPatient, Patient, PatientKey, Tally, mrn_key_of  # noqa: E402

PATIENTS_AT_ONCE = 25_000
TABLES = tuple(model._meta.db_table for model in (PatientKey, IndexedPatient, Tally))  # noqa: SLF001


def load(folder: Path, bare_number: str) -> dict[str, Any]:
    """Seconds for the patients' own rows and for what the matcher keeps of them, and bytes of the latter."""
    call_command("migrate", verbosity=0)
    clinic = Clinic.objects.create(slug="bench", name="Bench", bare_number_policy=bare_number)
    rows, took = _patients(clinic, folder / "directory.jsonl"), {"rows": 0.0, "index": 0.0}
    while chunk := list(islice(rows, PATIENTS_AT_ONCE)):
        started = time.perf_counter()
        Patient.objects.bulk_create(chunk)
        made = time.perf_counter()
        matcher.refresh_keys_in_bulk(chunk)
        took["rows"] += made - started
        took["index"] += time.perf_counter() - made
    matcher.verify_check_digit(clinic)
    if connection.vendor == "postgresql":  # as its own housekeeping does in the hours after an import
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return {f"{name}_seconds": seconds for name, seconds in took.items()} | {"index_bytes": _index_bytes()}


def match(folder: Path, files: int, answers: Path) -> dict[str, Any]:
    """Milliseconds a name, seconds until the first could be asked, and the most memory ever taken."""
    gc.collect()
    gc.freeze()  # as every worker process does when it starts (config.celery)
    clinic = Clinic.objects.get()
    started = time.perf_counter()
    directory.DatabaseDirectory(clinic)
    ready_seconds = time.perf_counter() - started
    wall: list[float] = []
    cpu: list[float] = []
    with answers.open("w") as out, (folder / "files.jsonl").open(encoding="utf-8") as lines:
        for line in islice(lines, files):
            row = json.loads(line)
            began, worked = time.perf_counter(), time.process_time()
            result = matcher.match(clinic, row["file"])
            cpu.append(1e3 * (time.process_time() - worked))
            wall.append(1e3 * (time.perf_counter() - began))
            out.write(json.dumps({"file_id": row["file_id"], **_answer(result)}) + "\n")
    return {
        "ready_seconds": ready_seconds,
        "wall": _quantiles(wall),
        "cpu": _quantiles(cpu),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _patients(clinic: Clinic, path: Path) -> Iterator[Patient]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Patient(
                clinic=clinic,
                mrn=row["id"],
                mrn_key=mrn_key_of(row["id"]),
                family_name=row["family"] or "",
                given_names=row["given"] or "",
                suffix=row["suffix"] or "",
                birth_date=date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
                sex=row["sex"] or "",
            )


def _answer(result: MatchResult) -> dict[str, Any]:
    ids = [candidate.patient_id for candidate in result.candidates]
    numbers = {str(pk): mrn for pk, mrn in Patient.objects.filter(pk__in=ids).values_list("pk", "mrn")}
    return {
        "patient": numbers[result.patient_id] if result.patient_id else None,
        "confidence": result.confidence,
        "auto": result.decision is Decision.ASSIGN,
        "candidates": [numbers[each] for each in ids],
    }


def _quantiles(milliseconds: list[float]) -> dict[str, float]:
    ranked = sorted(milliseconds)
    return {
        name: ranked[min(len(ranked) - 1, int(share * len(ranked)))]
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }


def _index_bytes() -> int:
    if connection.vendor == "postgresql":
        question = "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name"
        wanted: list[Any] = [list(TABLES)]
    else:
        marks = ", ".join(["%s"] * len(TABLES))
        question = (
            "SELECT sum(pgsize) FROM dbstat WHERE name IN "  # noqa: S608 - marks only
            f"(SELECT name FROM sqlite_master WHERE tbl_name IN ({marks}))"
        )
        wanted = list(TABLES)
    with connection.cursor() as cursor:
        try:
            cursor.execute(question, wanted)
            return int(cursor.fetchone()[0])
        except django.db.OperationalError:  # an SQLite without dbstat
            return 0


def main() -> None:
    """One of the two, and its line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["load", "match"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bare-number", default="check_digit")
    parser.add_argument("--files", type=int, default=0)
    parser.add_argument("--answers", type=Path)
    options = parser.parse_args()
    if options.what == "load":
        took = load(options.folder, options.bare_number)
    else:
        took = match(options.folder, options.files, options.answers)
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main()
