"""Many rows at once, straight into a table: several times as fast as model by model, for a roster's rows."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
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


def write(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run `statement` for each of `rows`; call it in a transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(statement, [_adapted(row) for row in rows])


def _copy(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        raw: Any = cursor  # psycopg's own method, which Django passes on and does not type
        with raw.copy(statement) as copy:
            for row in rows:
                copy.write_row(_adapted(row))


def _adapted(row: Sequence[Any]) -> list[Any]:
    return [value if (adapt := _ADAPTERS.get(type(value))) is None else adapt(value) for value in row]


def _uuid(value: UUID) -> Any:
    return value if connection.vendor == "postgresql" else value.hex


def _date(value: date) -> Any:
    return value if connection.vendor == "postgresql" else value.isoformat()


def _moment(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


_ADAPTERS: dict[type, _Adapt] = {UUID: _uuid, date: _date, datetime: _moment, dict: _json}
