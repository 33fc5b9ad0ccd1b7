"""The tables behind search: the words of each page, the passages with their vectors, and who is at work on
them.

`documents.passages` and `documents.embedder` are their only writers. Nothing here is a record of its own: all
of it follows from the text of the documents' pages, and goes with its document.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models.sql.compiler import SQLCompiler

from clinics.models import Clinic
from documents.words import Wanted


class TermsField(models.TextField[str, str]):
    """Terms with a space between them (`documents.words.terms_of`), found by `terms__having`."""


@TermsField.register_lookup
class Having(models.Lookup[Any]):
    """Does the row have all of several wanted things? SQLite asks its FTS5 table, PostgreSQL its tsvector;
    both were filled from the same terms by the database itself.
    """

    lookup_name = "having"
    prepare_rhs = False

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[str]]:
        """The rows whose numbers the index names."""
        index = "documents_pagewords_index"
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        asked = f"SELECT rowid FROM {index} WHERE {index} MATCH %s"  # noqa: S608  # names of our own only
        return f'{table}."id" IN ({asked})', [fts5_query(self.rhs)]

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[str]]:
        """The rows whose generated column fits."""
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        return f'{table}."index" @@ %s::tsquery', [tsquery(self.rhs)]


def fts5_query(wanted: tuple[Wanted, ...]) -> str:
    """All of them in SQLite's language; terms are ASCII letters and digits, so that quotes hold them."""
    star = {True: "*", False: ""}
    ways = ([f'"{" ".join(way)}"{star[each.is_beginning]}' for way in each.forms()] for each in wanted)
    return " AND ".join(f"({' OR '.join(each)})" for each in ways)


def tsquery(wanted: tuple[Wanted, ...]) -> str:
    """All of them in PostgreSQL's language."""
    star = {True: ":*", False: ""}
    ways = (
        [" <-> ".join(f"'{term}'" for term in way) + star[each.is_beginning] for way in each.forms()]
        for each in wanted
    )
    return " & ".join(f"({' | '.join(each)})" for each in ways)


class PageWords(models.Model):
    """What is indexed of one page. A migration of this table on SQLite has to make its triggers anew
    (`documents.word_index`), because Django rebuilds tables there.
    """

    document = models.ForeignKey("documents.Document", on_delete=models.CASCADE, related_name="page_words")
    page_number = models.PositiveIntegerField()
    part = models.PositiveSmallIntegerField(default=0)  # of a page with very many words
    terms = TermsField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document", "page_number", "part"], name="one_row_of_words_per_part"
            )
        ]

    def __str__(self) -> str:
        return f"words of page {self.page_number}"


class Passage(models.Model):
    """A few sentences of one page, and the vector that the model named in `model` made of them."""

    document = models.ForeignKey("documents.Document", on_delete=models.CASCADE, related_name="passages")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+", db_index=False)
    page_number = models.PositiveIntegerField()
    position = models.PositiveIntegerField()  # in the document
    # Empty until a worker has read it. Whoever changes the model makes all of them wait again.
    model = models.CharField(max_length=80, blank=True, default="", db_index=True)
    # Grows with every vector that is written, in the order of commits (`SearchState`).
    sequence = models.BigIntegerField(null=True)
    text = models.TextField()
    vector = models.BinaryField(null=True)  # float16, of length one

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "position"], name="one_passage_per_position")
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "model", "sequence"], name="passage_by_sequence"),
        ]

    def __str__(self) -> str:
        return f"passage {self.position}"


class SearchState(models.Model):
    """One row for the installation: how many vectors were ever written, and until when somebody makes more.

    Who writes vectors locks it first, so that sequence numbers are committed in their order and a reader who
    asks for what came after the last one that he knows misses none.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    busy_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sequence {self.sequence}"
