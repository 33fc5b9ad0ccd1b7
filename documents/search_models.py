"""The tables behind search: the words of each page, the passages with their vectors, and who is at work on
them.

`documents.passages` and `documents.embedder` are their only writers. Nothing here is a record of its own: all
of it follows from the text of the documents' pages, and goes with its document.
"""

from typing import ClassVar, cast

from django.db import connections, models

from clinics.models import Clinic
from documents.words import Wanted

_INDEX = "documents_pagewords_index"


class PageWordsQuerySet(models.QuerySet["PageWords"]):
    """Rows of words."""

    def having(self, wanted: tuple[Wanted, ...]) -> "PageWordsQuerySet":
        """Those that have all of it. SQLite asks its FTS5 table, PostgreSQL its tsvector; both were filled
        from the same terms by the database itself.

        As a join in SQLite, which reads the index only until there are enough: `id IN (…)` would first
        gather the numbers of all rows.
        """
        if connections[self.db].vendor == "sqlite":
            where = [f"{_INDEX} MATCH %s", f"{_INDEX}.rowid = documents_pagewords.id"]
            tables, asked = [_INDEX], fts5_query(wanted)
        else:
            where = ['documents_pagewords."index" @@ %s::tsquery']
            tables, asked = [], tsquery(wanted)
        # Only parameters come from outside; no other method of Django joins a table without a model.
        rows = self.extra(tables=tables, where=where, params=[asked])  # noqa: S610
        return cast(PageWordsQuerySet, rows)


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
    terms = models.TextField()  # `documents.words.terms_of`, a space between them

    objects = PageWordsQuerySet.as_manager()

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
