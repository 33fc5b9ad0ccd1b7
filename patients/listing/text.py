"""From the bytes of a text to its cells: encoding, delimiter, lines."""

import codecs
import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from files.errors import FileRejected
from patients.listing.columns import Columns
from patients.listing.headers import HEADER_WITHIN, find_header
from patients.listing.tables import UNREADABLE, Facts, Limits, Row, cleaned, damage_in

DELIMITERS = ",;\t|"

_MANY_LINES, _TOO_MANY_LINES = 5, 50
_CHUNK_BYTES = 1 << 18
_SAMPLE_BYTES = 2000
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NAMES = {"\t": "a tab"}
_AFTER_QUOTE = (
    'In {} something stands after a closing quotation mark ("), so that the mark may have swallowed the end '
    "of its line. Remove it and send the list again."
)
_OVER_LINES = (
    'From line {} to line {} one cell holds a line break and {}: a quotation mark (") may be left open, and '
    "have swallowed another line. Remove it, or write the cell in one line, and send the list again."
)
# Excel writes it so that a number keeps its zeros: ="00123".
_AS_TEXT = ('="', '"')
_SAID_BY_EXCEL = "sep="
# One broken letter among that many good ones does not make a text one of Windows.
_GOOD_PER_BROKEN = 10


class TextList:
    """A list as text, with one record a line (RFC 4180, and what programs make of it)."""

    titles: list[str] | None = None
    fields: Columns = ()

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._encoding = encoding_of(path)
        with _opened(path, self._encoding) as text:
            # A whole file without a line break is one line, and no more of it than that is looked at.
            head = "".join(_head_lines(text))
        self._delimiter = _said(head) or _delimiter_of(head, limits.max_columns)
        encoding = self._encoding.removesuffix("-sig")
        self.facts = Facts(format="csv", encoding=encoding, delimiter=self._delimiter)

    def rows(self) -> Iterator[Row]:
        """Every line that holds something; the number is that of its first line where a cell has several.

        Raises FileRejected "list-quote-open" where a mark is open at the end, or has swallowed many lines;
        and "list-cell-too-long".
        """
        with _opened(self._path, self._encoding) as text:
            yield from rows_in(text, self._delimiter, self._limits.max_columns)


def encoding_of(path: Path) -> str:
    """`utf-8`, `utf-8-sig`, `utf-16` (with its mark), `utf-16-le`, `utf-16-be`, or `cp1252` for all else."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    zeros = [head[start::2].count(0) for start in (0, 1)]
    if max(zeros) > len(head) // 4 and min(zeros) <= max(zeros) // 4:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return "utf-8" if _is_utf_8(path) else "cp1252"


def rows_in(text: Iterator[str], delimiter: str, max_columns: int) -> Iterator[Row]:
    """The rows of a text; a row has at most one cell more than `max_columns`.

    A row whose quotation marks have swallowed another bears that as its problem, and where it only may be so,
    as a doubt about that cell: an address of two lines with commas in it looks just like that.
    """
    lines = _Lines(text, delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.forget()
        line, problem = reader.line_num + 1, ""
        doubts: dict[int, str] = {}
        try:
            cells = next(reader, None)
        except csv.Error as error:
            cells, problem = lines.after_error(line, error), _after_quote(line, reader.line_num)
            if reader.line_num - line >= _MANY_LINES:
                raise _quote_open(line) from error
        if cells is None:
            return
        if not problem and reader.line_num > line and (broken := _broken(cells, delimiter)):
            problem, doubts = _suspicion(cells, broken, delimiter, line, reader.line_num)
        cells = [_cell(cell) for cell in cells[: max_columns + 1]]
        if any(cells) and not (line == 1 and _said_alone(cells, delimiter)):
            yield Row(line, cells, None, problem or damage_in(cells), doubts or None)


def _broken(cells: list[str], delimiter: str) -> list[int]:
    """Which cells hold both a line break and the delimiter, as if they had swallowed the end of a line?"""
    if len(cells) == 1:
        return [0]
    return [at for at, cell in enumerate(cells) if "\n" in cell and delimiter in cell]


def _suspicion(
    cells: list[str], broken: list[int], delimiter: str, first: int, last: int
) -> tuple[str, dict[int, str]]:
    """What is said of a record over several lines: of all of it where a cell holds a whole row of its own, of
    single cells otherwise. Raises FileRejected "list-quote-open" where a mark has swallowed many lines.
    """
    if last - first >= _MANY_LINES and _has_swallowed(cells, delimiter):
        raise _quote_open(first)
    said = _OVER_LINES.format(first, last, _NAMES.get(delimiter, delimiter))
    is_sure = any(_holds_a_row(cells[at], delimiter, len(cells)) for at in broken)
    return said if is_sure else "", dict.fromkeys(broken, said)


def _holds_a_row(cell: str, delimiter: str, width: int) -> bool:
    """Has a line of the cell, after its first, as many delimiters as a whole row?"""
    return any(line.count(delimiter) >= width - 1 for line in cell.splitlines()[1:])


def _has_swallowed(cells: list[str], delimiter: str) -> bool:
    """Does one cell hold what look like lines of the list? A title may well have several of its own."""
    if len(cells) == 1:
        return True
    counts = [cell.count("\n") for cell in cells]
    longest = cells[counts.index(max(counts))].splitlines()
    return len(longest) > _TOO_MANY_LINES or sum(delimiter in each for each in longest) >= _MANY_LINES - 1


class _Lines:
    """The lines of a text on their way to the csv module; it remembers those of a record with quotes."""

    def __init__(self, lines: Iterator[str], delimiter: str) -> None:
        self._lines, self._delimiter = lines, delimiter
        # Some programs put spaces between a closing mark and what follows it.
        self._spaces = re.compile(rf'(?<=") +(?=[{re.escape(delimiter)}\r\n]|$)')
        self._record: list[str] = []
        self._has_ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            self._has_ended = True
            raise StopIteration
        if '" ' in line:
            line = self._spaces.sub("", line)
        if self._record or '"' in line:
            self._record.append(line)
        return line

    def forget(self) -> None:
        """A new record begins."""
        self._record = []

    def after_error(self, line: int, error: csv.Error) -> list[str]:
        """The cells of a record that begins in this line, and has something after a closing mark, as far as
        its first line tells them. Raises FileRejected where no row can be told.
        """
        if self._has_ended:
            raise _quote_open(line + self._opened_at()) from error
        if "field limit" in str(error):  # of the module: 128 KiB
            raise _quote_open(line) if self._record else _too_long(line) from error
        first = self._record[0] if self._record else ""
        return [cell.strip().strip('"') for cell in first.split(self._delimiter)]

    def _opened_at(self) -> int:
        """In which line of the record, from 0, the mark stands that nothing closes: each two make a pair."""
        marks = [at for at, line in enumerate(self._record) for _ in range(line.count('"'))]
        return marks[-1] if marks else 0


def _opened(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, errors="replace", newline="")


def _head_lines(text: io.TextIOWrapper) -> Iterator[str]:
    return islice(text, HEADER_WITHIN)


def _is_utf_8(path: Path) -> bool:
    """Is it all UTF-8, but for single letters that were broken on the way?"""
    try:
        for _ in _pieces(path, "strict"):
            pass
    except UnicodeDecodeError:
        broken = letters = 0
        for text in _pieces(path, "replace"):
            broken += text.count(UNREADABLE)
            letters += len(text) - len(text.encode("ascii", "ignore"))
        return broken * _GOOD_PER_BROKEN < letters
    return True


def _pieces(path: Path, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors=errors)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _said(head: str) -> str:
    """The delimiter that the first line names, as Excel writes it: `sep=;`."""
    first = head.split("\n", 1)[0].strip().strip('"')
    said = first.removeprefix(_SAID_BY_EXCEL)
    return said if said != first and len(said) == 1 and said in DELIMITERS else ""


def _said_alone(cells: list[str], delimiter: str) -> bool:
    return delimiter.join(cells).strip('"').startswith(_SAID_BY_EXCEL) and len("".join(cells)) <= len("sep=;")


def _delimiter_of(head: str, max_columns: int) -> str:
    """The delimiter whose header names the most columns; where none does, the one that cuts most evenly."""
    tried = {each: list(_readable(head, each, max_columns)) for each in DELIMITERS}
    return max(tried, key=lambda delimiter: _fitness(tried[delimiter]))


def _readable(head: str, delimiter: str, max_columns: int) -> Iterator[Row]:
    """The first rows up to one that is refused: that is said when the list is read."""
    with contextlib.suppress(FileRejected):
        yield from rows_in(io.StringIO(head, newline=""), delimiter, max_columns)


def _fitness(rows: list[Row]) -> tuple[int, float, int]:
    header = find_header(rows)
    known = sum(column is not None for column in header.columns) if header else 0
    widths = Counter(len(row.cells) for row in rows)
    width, times = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
    evenly = times / len(rows) if width > 1 else 0.0
    return known, evenly, width


def _cell(cell: str) -> str:
    if cell.isalnum():
        return cell
    cell = cleaned(cell)
    before, after = _AS_TEXT
    if cell.startswith(before) and cell.endswith(after) and len(cell) > len(before):
        return cell[len(before) : -len(after)].strip()
    return cell


def _after_quote(first: int, last: int) -> str:
    return _AFTER_QUOTE.format(f"line {first}" if first == last else f"lines {first} to {last}")


def _quote_open(line: int) -> FileRejected:
    message = f'In line {line} a quotation mark (") opens and nothing closes it. Remove it and save again.'
    return FileRejected("list-quote-open", message, line=line)


def _too_long(line: int) -> FileRejected:
    limit = csv.field_size_limit()
    has = f"more than {limit} characters, which is the limit"
    message = f"A cell in line {line} has {has}. Shorten it and save again."
    return FileRejected("list-cell-too-long", message, line=line, limit=limit)
