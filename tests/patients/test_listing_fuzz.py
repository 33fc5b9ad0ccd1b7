"""No bytes make a reader fail other than by a refusal, and none makes it slow or large."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as options
from hypothesis import strategies as st

from files import sandbox
from files.errors import FileRejected
from files.kinds import LIST_KINDS, FileKind
from patients import list_file
from patients.listing import ROWS_FILE, read
from tests import sample_workbooks as made

LIMITS: dict[str, Any] = {
    "max_bytes": 1 << 20,
    "max_rows": 200,
    "max_columns": 12,
    "max_unpacked_bytes": 1 << 20,
}
FIELDS = {
    *("line", "path", "mrn", "family_name", "given_names", "whole_name", "suffix"),
    *("birth_date", "lost_date", "sex", "problem", "extra"),
}
TABLE = (
    "MRN;Apellidos;Nombre;Fecha de nacimiento;Sexo\r\n"
    '0012345;Garza;"Eva\r\nLuz";23/04/57;F\r\n7;Peña;;1/2/3;M\r\n'
)
CARD = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Pe=C3=B1a;E=\r\nva;;;\r\n"
    "BDAY:1957-04-23\r\nitem1.X-MRN:7\r\nNOTE:Exp. 7\r\nPHOTO;BASE64:\r\n AAAA\r\n\r\nEND:VCARD\r\n"
)


@cache
def seeds() -> dict[FileKind, list[bytes]]:
    """A sound list of each kind; a workbook's parts are not packed, so that damage goes deep."""
    rows = [("MRN", "Apellidos", "DOB"), ((12345, "zeros"), "Garza", "1957-04-23"), (7, "=1+1", 20933)]
    xls = made.xls(
        made.label(0, 0, "MRN"),
        made.label(0, 1, "Apellidos"),
        made.number(1, 0, 12345, 1),
        made.label(1, 1, "Garza"),
        made.error(2, 1, 0x2A),
        made.record(0xBD, b"\3\0\0\0" + b"\1\0\2\0\0\0" * 2 + b"\1\0"),
        made.record(0x06, b"\4\0\0\0\0\0" + b"\0" * 6 + b"\xff\xff" + bytes(8)),
        made.record(0x207, made.text_of("Peña")),
        formats=("0000000",),
        before=made.record(0xFC, b"\1\0\0\0\1\0\0\0" + made.text_of("Luz")) + made.record(0x3C, b"\1\2\3"),
    )
    return {
        FileKind.CSV: [TABLE.encode(), TABLE.encode("utf-16"), TABLE.replace(";", "\t").encode("cp1252")],
        FileKind.VCARD: [CARD.encode(), CARD.encode("utf-16")],
        FileKind.XLSX: [made.xlsx(rows), made.stored(made.xlsx(rows))],
        FileKind.ODS: [made.ods(made.ods_rows([("MRN", "Apellidos"), ("7", "Garza")]))],
        FileKind.XLS: [xls],
    }


@st.composite
def damaged(draw: st.DrawFn) -> tuple[FileKind, bytes]:
    """A list with some of its bytes cut out, or replaced by what could be an instruction."""
    kind = draw(st.sampled_from(LIST_KINDS))
    data = bytearray(draw(st.sampled_from(seeds()[kind])))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        piece = draw(
            st.binary(max_size=8) | st.sampled_from([b'"', b"\0", b"\xff" * 4, b"<", b"\r\n", b"=", b";"])
        )
        data[at : at + draw(st.integers(0, 12))] = piece
    return kind, bytes(data)


def outcome_of(kind: FileKind, content: bytes, **more: Any) -> dict[str, Any] | str:
    """What reading says: facts that add up with the rows, or the code of a refusal."""
    with TemporaryDirectory() as folder:
        path = made.written(Path(folder), content)
        try:
            told = read(path=str(path), scratch=folder, kind=kind, **LIMITS, **more)
        except FileRejected as refusal:
            assert refusal.message
            return refusal.code
        rows = [
            json.loads(line)
            for line in Path(folder, ROWS_FILE).read_text(encoding="utf-8").split("\n")
            if line
        ]
    assert len(rows) == told["rows"] + told["refused"] > 0
    assert all(row.keys() == FIELDS for row in rows)
    lines = [row["line"] for row in rows]
    assert lines == sorted(set(lines))
    json.dumps(told)
    return told


QUICK = options(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(st.sampled_from(LIST_KINDS), st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_as_any_kind_are_read_or_refused(kind: FileKind, content: bytes) -> None:
    outcome_of(kind, content)


@options(QUICK, max_examples=400)
@given(damaged())
def test_a_damaged_list_is_read_or_refused(case: tuple[FileKind, bytes]) -> None:
    outcome_of(*case)


@QUICK
@given(
    st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=8),
    st.sampled_from(",;\t|"),
    st.none()
    | st.dictionaries(st.sampled_from(["0", "1", "9", "-1", "x"]), st.sampled_from(["", "mrn", "sex", "?"])),
)
def test_any_table_with_any_mapping_is_read_or_refused(
    rows: list[list[str]], delimiter: str, mapping: dict[str, str] | None
) -> None:
    text = "".join(delimiter.join(cells) + "\n" for cells in rows)
    outcome_of(FileKind.CSV, text.encode("utf-8", "replace"), mapping=mapping)


@QUICK
@given(
    st.lists(
        st.tuples(st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True), st.text(max_size=30)),
        min_size=1,
        max_size=6,
    )
)
def test_a_workbook_gives_back_what_was_written(rows: list[tuple[str, str]]) -> None:
    content = made.xlsx([("MRN", "Apellidos"), *rows])
    with TemporaryDirectory() as folder:
        path = made.written(Path(folder), content)
        read(path=str(path), scratch=folder, kind="xlsx", **LIMITS)
        found = [
            json.loads(line) for line in Path(folder, ROWS_FILE).read_text(encoding="utf-8").splitlines()
        ]
    assert [row["mrn"] for row in found] == [number for number, _ in rows]


# --- what is large: in the sandbox, as in the product

MOST_SECONDS = 20
MOST_BYTES = 400 << 20
MIB = 1 << 20
TEXTS = b"<si><t>abc</t></si>"
LARGE: dict[str, tuple[FileKind, Callable[[], bytes], set[str]]] = {
    "one line of ten megabytes": (
        FileKind.CSV,
        lambda: b"MRN\n" + b"x" * (10 * MIB - 9),
        {"list-cell-too-long"},
    ),
    "a million columns": (FileKind.CSV, lambda: b"MRN" + b",x" * 1_000_000, {"list-too-wide"}),
    "a million columns in the second line": (
        FileKind.CSV,
        lambda: b"MRN,a\n7" + b",x" * 1_000_000,
        {"result"},
    ),
    "a quote that is never closed": (
        FileKind.CSV,
        lambda: b'MRN,a\n7,"' + b"b,c\n" * 2_000_000,
        {"list-quote-open"},
    ),
    "quotes and nothing else": (FileKind.CSV, lambda: b'"' * (10 * MIB), {"list-quote-open"}),
    "zeros after the first lines": (
        FileKind.CSV,
        lambda: b"MRN,a\n" + b"7,b\n" * 2000 + bytes(8 * MIB),
        {"list-cell-too-long"},
    ),
    "line breaks and nothing else": (FileKind.CSV, lambda: b"\n" * MIB, {"list-empty"}),
    "one contact of ten megabytes": (
        FileKind.VCARD,
        lambda: b"BEGIN:VCARD\nN:" + b"x" * (10 * MIB - 99),
        {"result"},
    ),
    "a million folded lines": (
        FileKind.VCARD,
        lambda: b"BEGIN:VCARD\nN:x\n" + b" y\n" * 1_000_000,
        {"result"},
    ),
    "too many contacts": (FileKind.VCARD, lambda: b"BEGIN:VCARD\n" * 60_000, {"list-too-long"}),
    "half a million shared texts": (
        FileKind.XLSX,
        lambda: made.bare_xlsx("", xl__sharedStrings_xml=b"<sst>" + TEXTS * 500_000 + b"</sst>"),
        {"list-empty"},
    ),
    "hundreds of megabytes in one cell": (
        FileKind.XLSX,
        lambda: made.bare_xlsx(b"<worksheet><row><c t='str'><v>" + b"x" * (100 * MIB)),
        {"workbook-too-large"},
    ),
    "elements within elements": (
        FileKind.XLSX,
        lambda: made.bare_xlsx(b"<worksheet>" + b"<a>" * 1_000_000),
        {"workbook-damaged", "too-much-memory"},
    ),
    "an element with very many attributes": (
        FileKind.XLSX,
        lambda: made.bare_xlsx(b"<worksheet " + b" ".join(b'a%d="1"' % n for n in range(300_000)) + b"/>"),
        {"list-empty"},
    ),
    "records without end": (FileKind.XLS, lambda: made.long_xls(made.BOF * 300_000), {"list-empty"}),
}


@pytest.mark.parametrize(("kind", "make", "codes"), LARGE.values(), ids=LARGE)
def test_what_is_large_is_refused_or_read_within_its_limits(
    kind: FileKind, make: Callable[[], bytes], codes: set[str], tmp_path: Path
) -> None:
    path = made.written(tmp_path, make())
    arguments = list_file.job_arguments(path, tmp_path, kind, None) | {
        "max_rows": 50_000,
        "max_unpacked_bytes": 64 * MIB,
    }
    limits = list_file.limits()
    request = json.dumps({"job": list_file.JOB, "arguments": arguments, **asdict(limits)}).encode()
    began = time.process_time()
    verdict, answer = sandbox._zygote.ask(settings.INTAKE_SANDBOX_JOBS, request, limits.wall_seconds)
    assert time.process_time() - began < MOST_SECONDS
    assert verdict["end"] == "answered"
    assert verdict["cpu_seconds"] < MOST_SECONDS
    assert verdict["peak_bytes"] < MOST_BYTES
    ((how, said),) = json.loads(answer).items()
    code = "too-much-memory" if how == "exhausted" else said.get("code", how)
    assert code in codes
