"""Errors keep their code, words and facts wherever they travel."""

import pickle

import pytest

from files.errors import FileRejected, Refused, Trouble


def test_a_refusal_carries_its_code_words_status_and_facts() -> None:
    refused = Refused("too-many-files", "At most 100 files.", status=409, limit=100)
    assert (refused.code, refused.message, refused.status) == ("too-many-files", "At most 100 files.", 409)
    assert refused.facts == {"limit": 100}
    assert str(refused) == "At most 100 files."


def test_a_rejected_file_is_a_refusal_that_http_calls_unprocessable() -> None:
    rejected = FileRejected("image-damaged", "It is damaged.")
    assert isinstance(rejected, Refused)
    assert rejected.status == 422
    assert Refused("no", "No.").status == 400


def test_trouble_is_nobodys_refusal() -> None:
    trouble = Trouble("storage-full", "No room.")
    assert not isinstance(trouble, Refused)
    assert (trouble.code, str(trouble)) == ("storage-full", "No room.")


@pytest.mark.parametrize(
    "error",
    [FileRejected("image-damaged", "It is damaged.", status=415, row=7), Trouble("storage-full", "No room.")],
)
def test_an_error_survives_the_way_between_processes(error: Refused | Trouble) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)
