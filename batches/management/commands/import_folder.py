"""`manage.py import_folder PATH`: a folder down the same road from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from batches import folder, selectors
from batches.actions.batch import BatchOptions
from batches.folder import Sent
from batches.models import Batch, BatchFile, Source
from clinics.access import PERMISSIONS, Access
from clinics.models import Clinic, Role, User
from patients.models import Patient, mrn_key_of

_BAR_WIDTH = 30


class Command(BaseCommand):
    """Send every file below a folder, wait for all of them, and print the receipt."""

    help = "Import a folder: every file is checked, matched and filed or held, and the receipt is printed."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder, and what is said of its batch."""
        parser.add_argument("path")
        parser.add_argument("--clinic", help="its slug; needed where there are several")
        parser.add_argument("--source", choices=Source.values, default=Source.FOLDER_IMPORT)
        parser.add_argument("--patient", help="the record number of the patient whose files these all are")
        parser.add_argument("--user", help="who imports; else the clinic's first administrator")
        parser.add_argument("--json", action="store_true", help="one JSON line a file instead of the bar")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One batch, or as many as the clinic's limit makes necessary."""
        root = Path(options["path"])
        if not root.is_dir():
            raise CommandError(f"{root} is not a folder. Name the folder that holds the files.")
        access = _access(options["clinic"], options["user"])
        paths = folder.files_below(root)
        if not paths:
            raise CommandError(f"There is no file in {root}.")
        chosen = BatchOptions(source=options["source"], patient=_patient(access.clinic, options["patient"]))
        groups = _groups(paths, access.clinic.max_files_per_batch)
        batches = list(folder.batches_for(access, chosen, len(paths)))
        self._import(root, list(zip(batches, groups, strict=True)), as_json=options["json"])

    def _import(self, root: Path, work: list[tuple[Batch, list[Path]]], *, as_json: bool) -> None:
        total, done = sum(len(paths) for _, paths in work), 0
        for batch, paths in work:
            sent = list(folder.send(batch, root, paths))
            for line in _lines(sent):
                done += 1
                self._tell(line, done, total, as_json=as_json)
        if not as_json:
            self._receipts([batch for batch, _ in work])

    def _tell(self, line: dict[str, Any], done: int, total: int, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(line, ensure_ascii=False))
            return
        filled = "█" * (_BAR_WIDTH * done // total)
        self.stderr.write(f"\r{filled:<{_BAR_WIDTH}} {done}/{total}", ending="")

    def _receipts(self, batches: list[Batch]) -> None:
        self.stderr.write("")
        for batch in batches:
            receipt = selectors.receipt_of(batch)
            self.stdout.write(f"{batch.batch_number}: {receipt.words}")


def _lines(sent: list[Sent]) -> Iterator[dict[str, Any]]:
    for item in sent:
        if item.refusal is not None:
            yield _line(item.path, "FAILED", item.refusal.code, None, None)
    for file in folder.work_through(sent):
        yield _line(file.path, file.status, _code(file), file.patient, file.confidence)


def _line(
    path: str, status: str, code: str, patient: Patient | None, confidence: float | None
) -> dict[str, Any]:
    return {
        "path": path,
        "status": str(status),
        "code": code,
        "patient": patient.mrn if patient else None,
        "confidence": confidence,
    }


def _code(file: BatchFile) -> str:
    last = file.events.order_by("-id").values_list("code", flat=True).first()
    return file.error_code or last or ""


def _groups(paths: list[Path], size: int) -> list[list[Path]]:
    return [paths[start : start + size] for start in range(0, len(paths), size)]


def _access(slug: str | None, username: str | None) -> Access:
    clinics = Clinic.objects.filter(slug=slug) if slug else Clinic.objects.all()
    if len(found := list(clinics[:2])) != 1:
        raise CommandError(
            "Name the clinic by --clinic SLUG: " + (", ".join(_slugs()) or "there is none yet.")
        )
    users = User.objects.filter(memberships__clinic=found[0], is_active=True)
    chosen = users.filter(username=username) if username else users.filter(memberships__role=Role.ADMIN)
    if (user := chosen.order_by("date_joined").first()) is None:
        raise CommandError("Nobody of this clinic fits; name a member by --user.")
    return Access(user, found[0], Role.ADMIN, PERMISSIONS[Role.ADMIN])


def _slugs() -> list[str]:
    return list(Clinic.objects.order_by("slug").values_list("slug", flat=True))


def _patient(clinic: Clinic, mrn: str | None) -> Patient | None:
    if not mrn:
        return None
    patient = Patient.objects.of(clinic).living().filter(mrn_key=mrn_key_of(mrn)).first()
    if patient is None:
        raise CommandError(f"Nobody in this clinic has the record number {mrn}.")
    return patient
