"""The index that each database keeps of `PageWords.terms` by itself; for the migration that makes it."""

from typing import Any

# An FTS5 table that holds no text of its own, kept true by triggers whoever writes or deletes a row.
_ENTER = "INSERT INTO documents_pagewords_index(rowid, terms) VALUES (new.id, new.terms);"
_LEAVE = (
    "INSERT INTO documents_pagewords_index(documents_pagewords_index, rowid, terms)"
    " VALUES ('delete', old.id, old.terms);"
)
_SQLITE = (
    "CREATE VIRTUAL TABLE documents_pagewords_index USING fts5("
    "terms, content='documents_pagewords', content_rowid='id', tokenize='ascii')",
    f"CREATE TRIGGER documents_pagewords_added AFTER INSERT ON documents_pagewords BEGIN {_ENTER} END",
    f"CREATE TRIGGER documents_pagewords_gone AFTER DELETE ON documents_pagewords BEGIN {_LEAVE} END",
    "CREATE TRIGGER documents_pagewords_changed AFTER UPDATE OF id, terms ON documents_pagewords"
    f" BEGIN {_LEAVE} {_ENTER} END",
    "INSERT INTO documents_pagewords_index(documents_pagewords_index) VALUES ('rebuild')",
)
_SQLITE_BACK = (
    "DROP TRIGGER documents_pagewords_added",
    "DROP TRIGGER documents_pagewords_gone",
    "DROP TRIGGER documents_pagewords_changed",
    "DROP TABLE documents_pagewords_index",
)
# Every term begins with a letter and goes on with letters and digits, which the parser leaves whole.
_POSTGRESQL = (
    "ALTER TABLE documents_pagewords ADD COLUMN index tsvector"
    " GENERATED ALWAYS AS (to_tsvector('simple', terms)) STORED",
    "CREATE INDEX documents_pagewords_index ON documents_pagewords USING gin (index)",
)
_POSTGRESQL_BACK = (
    "DROP INDEX documents_pagewords_index",
    "ALTER TABLE documents_pagewords DROP COLUMN index",
)


def make(_apps: Any, schema_editor: Any) -> None:
    """Make the index on an empty or a filled table."""
    _run(schema_editor, {"sqlite": _SQLITE, "postgresql": _POSTGRESQL})


def drop(_apps: Any, schema_editor: Any) -> None:
    """Take it away again."""
    _run(schema_editor, {"sqlite": _SQLITE_BACK, "postgresql": _POSTGRESQL_BACK})


def _run(schema_editor: Any, by_vendor: dict[str, tuple[str, ...]]) -> None:
    for statement in by_vendor[schema_editor.connection.vendor]:
        schema_editor.execute(statement)
