"""SQL in words of its own, where the ORM takes longer than the database: many rows at once, as of a roster,
and the questions that are asked for every file.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

_Adapt = Callable[[Any], Any]


def insert(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, each with the values of `fields` in their order; call it in a transaction.

    Values are what the database stores: identifiers for keys, and nothing is filled in that is left out.
    """
    meta: Any = model._meta  # noqa: SLF001 - Django's documented way to ask
    columns = ", ".join(f'"{meta.get_field(name).column}"' for name in fields)
    table = meta.db_table
    if connection.vendor == "postgresql":
        _copy(f'COPY "{table}" ({columns}) FROM STDIN', rows)
        return
    marks = ", ".join(["%s"] * len(fields))
    write(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', rows)  # noqa: S608 - our own names


def reserve(model: type[Model], number: int) -> list[int]:
    """So many new numbers for the rows of `model`, which nobody else gets; call it in a transaction that has
    written already.
    """
    meta: Any = model._meta  # noqa: SLF001 - Django's documented way to ask
    table = meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [table, meta.pk.column, number],
            )
            return [row[0] for row in cursor.fetchall()]
        # AUTOINCREMENT keeps the highest number ever given here, also after its row went.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        first = (found[0] if found else 0) + 1
        return list(range(first, first + number))


def write(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run `statement` for each of `rows`; call it in a transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(_adapted(rows)))


def rows_of(question: str, *values: Any) -> list[tuple[Any, ...]]:
    """The answer to `question` with `values` in its places, as the driver gives it."""
    with connection.cursor() as cursor:
        cursor.execute(question, next(_adapted([values])))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _copy(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        raw: Any = cursor  # psycopg's own method, which Django passes on and does not type
        with raw.copy(statement) as copy:
            for row in _adapted(rows):
                copy.write_row(row)


def _adapted(rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """The rows as this database's driver takes them."""
    adapt: dict[type, _Adapt] = {dict: _json}
    if connection.vendor != "postgresql":
        adapt |= {UUID: attrgetter("hex"), date: date.isoformat}
        adapt[datetime] = connection.ops.adapt_datetimefield_value
    for row in rows:
        yield [adapt[type(value)](value) if type(value) in adapt else value for value in row]


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
