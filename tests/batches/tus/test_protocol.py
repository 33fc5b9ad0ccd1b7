"""tus 1.0.0 by its own sections: headers in, values or a refusal out."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from batches.tus import protocol
from batches.tus.protocol import TusError

BODY = {"Content-Type": protocol.BODY_TYPE, "Content-Length": "5"}


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("call", "headers", "status", "code"),
    [
        (protocol.check_version, {}, 412, "tus-version"),
        (protocol.check_version, {"Tus-Resumable": "0.2.2"}, 412, "tus-version"),
        (protocol.read_creation, {}, 400, "tus-bad-number"),
        (protocol.read_creation, {"Upload-Length": "-1"}, 400, "tus-bad-number"),
        (protocol.read_creation, {"Upload-Length": "٣"}, 400, "tus-bad-number"),
        (protocol.read_creation, {"Upload-Length": str(2**63)}, 400, "tus-bad-number"),
        (protocol.read_creation, {"Upload-Length": "1" * 5000}, 400, "tus-bad-number"),
        (
            protocol.read_creation,
            {"Upload-Length": "1", "Upload-Metadata": "filename \xe9"},
            400,
            "tus-bad-metadata",
        ),
        (protocol.read_creation, {"Upload-Defer-Length": "1"}, 400, "tus-defer-length"),
        (
            protocol.read_creation,
            {"Upload-Length": "1", "Upload-Metadata": "filename %%%"},
            400,
            "tus-bad-metadata",
        ),
        (
            protocol.read_creation,
            {"Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="},
            400,
            "tus-bad-metadata",
        ),
        (protocol.read_offset, {**BODY, "Content-Type": "image/jpeg"}, 415, "tus-content-type"),
        (
            protocol.read_offset,
            {"Content-Type": protocol.BODY_TYPE, "Upload-Offset": "0"},
            411,
            "tus-length-required",
        ),
        (protocol.read_offset, BODY, 400, "tus-bad-number"),
        (protocol.read_offset, {**BODY, "Upload-Offset": "-5"}, 400, "tus-bad-number"),
        (protocol.read_offset, {**BODY, "Upload-Offset": "1.5"}, 400, "tus-bad-number"),
    ],
)
def test_what_the_protocol_refuses(
    call: Callable[[Mapping[str, str]], Any], headers: dict[str, str], status: int, code: str
) -> None:
    with pytest.raises(TusError) as refused:
        call(headers)
    assert (refused.value.status, refused.value.code) == (status, code)


def test_a_creation_is_read_with_its_metadata() -> None:
    metadata = f"filename {_b64('Muñoz ágil.jpg')}, relativePath {_b64('a/Muñoz ágil.jpg')},empty"
    creation = protocol.read_creation({"Upload-Length": "42", "Upload-Metadata": metadata})
    assert creation.length == 42
    assert creation.metadata == {
        "filename": "Muñoz ágil.jpg",
        "relativePath": "a/Muñoz ágil.jpg",
        "empty": "",
    }


def test_metadata_survives_the_way_there_and_back() -> None:
    values = {"filename": "a,b c.jpg", "relativePath": "x/a,b c.jpg"}
    header = protocol.metadata_header(values)
    assert protocol.read_creation({"Upload-Length": "1", "Upload-Metadata": header}).metadata == values


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({"Content-Type": protocol.BODY_TYPE}, True), ({}, False), ({"Content-Type": "text/plain"}, False)],
)
def test_creation_with_upload_is_told_by_its_type(headers: dict[str, str], expected: bool) -> None:
    assert protocol.has_body(headers) is expected
