"""How tests use the review desk: the pages of a group, its buttons, and what its scripts ask."""

from typing import Any

from django.test import Client
from django.urls import reverse

from batches.models import BatchFile
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.flows.page_calls import send, text_of


def evidence_for(*patients: Patient, verdict: str = "agrees") -> dict[str, Any]:
    piece = {
        "field": "name",
        "value": "garza",
        "verdict": verdict,
        "words": "The surname fits.",
        "source": "file_name",
    }
    candidates = [
        {"patient_id": str(patient.pk), "confidence": 0.714, "evidence": [piece]} for patient in patients
    ]
    return {
        "decision": "review",
        "reason": "name-alone",
        "words": "Only a name was found.",
        "patient_id": str(patients[0].pk),
        "candidates": candidates,
        "clues": [{"field": "name", "value": "garza", "source": "file_name", "place": ""}],
    }


def page_of(browser: Client, file: BatchFile, **query: str) -> str:
    return text_of(browser.get(reverse("batches:review_file", args=[file.pk]), query))


def search(browser: Client, file: BatchFile, words: str) -> str:
    return text_of(send(browser, reverse("batches:review_file", args=[file.pk]), q=words))


def image_of(file: BatchFile) -> Image:
    assert file.image is not None
    return file.image


def press(browser: Client, verb: str, *files: BatchFile, **fields: Any) -> Any:
    """Press a button of the desk; several files are confirmed as the page that asks once more does it."""
    ids = [str(file.pk) for file in files]
    return send(browser, reverse(f"batches:{verb}"), file=ids, confirmed="yes", **fields)


def decide(browser: Client, verb: str, *files: BatchFile, **fields: Any) -> str:
    """The same; where the page goes afterwards."""
    answer = press(browser, verb, *files, **fields)
    assert answer.status_code == 302
    return str(answer["Location"])


def ask(browser: Client, verb: str, *files: BatchFile, **fields: Any) -> Any:
    """What a script of the desk asks; its answer is JSON."""
    token = factories.csrf_of(browser) | {"X-Intake-Part": "desk"}
    body = {"file": [str(file.pk) for file in files], "confirmed": "yes", **fields}
    return browser.post(reverse(f"batches:{verb}"), body, headers=token)


def statuses(*files: BatchFile) -> list[str]:
    found = BatchFile.objects.in_bulk([file.pk for file in files])
    return [found[file.pk].status for file in files]
