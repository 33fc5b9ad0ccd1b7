"""The product's search in a database of its own, with made passages around those written by hand."""

import hashlib
import os
import random
import uuid
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from clinics.access import PERMISSIONS, Access
from clinics.models import Clinic, Role, User
from documents.embedder import embed_waiting
from documents.embedding import choice
from documents.embedding.interface import Vectors, of_length_one
from documents.models import Document, Page, PageWords, Passage, ProcessingType, SearchState
from documents.passages import index_pages
from documents.scope import Filters, Scope, scope_of
from documents.search import Mode, search, shown
from documents.words import terms_of
from patients.models import Patient

HERE = Path(__file__).parent
AT_ONCE = 5_000
PAGES_OF_A_DOCUMENT = 20
SHOWN = 10


class Product:
    """One clinic with the passages of `passages.tsv`, each a document; `fill` adds as many as are wanted."""

    def __init__(self) -> None:
        settings.INTAKE_EMBEDDING = os.environ.get("INTAKE_EMBEDDING", "auto")
        self.passages = 0

    def __enter__(self) -> "Product":
        if connection.vendor == "postgresql":
            _make_database(connection.settings_dict["NAME"])
        call_command("migrate", verbosity=0, interactive=False)
        self.clinic, _ = Clinic.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
        self.patient, _ = Patient.objects.get_or_create(
            clinic=self.clinic, mrn="1", defaults={"family_name": "One"}
        )
        user, _ = User.objects.get_or_create(username="bench")
        self.access = Access(user, self.clinic, Role.ADMIN, PERMISSIONS[Role.ADMIN])
        self._by_hand()
        return self

    def __exit__(self, *_: object) -> None:
        connection.close()

    @property
    def model_name(self) -> str:
        """Name and version of the model."""
        return choice.current().name

    @property
    def scope(self) -> Scope:
        """What an administrator may find: everything."""
        return scope_of(self.access)

    @cached_property
    def labelled(self) -> list[list[str]]:
        """Passage, language and question."""
        return list(_rows("questions.tsv"))

    @property
    def questions(self) -> list[str]:
        """The questions alone."""
        return [question for _, _, question in self.labelled]

    def recall_at_5(self, mode: str) -> list[float]:
        """The share of questions whose passage is among the first five of those written by hand: of all,
        English, Spanish.
        """
        hits: dict[str, list[bool]] = {"en": [], "es": []}
        by_hand = Filters(patient=self.patient)  # all of them, until `fill` adds others
        for passage, language, question in self.labelled:
            found = search(self.scope, question, mode=Mode(mode), filters=by_hand).places[:5]
            hits[language].append(_key(passage) in {place.document_id for place in found})
        shares = [hits["en"] + hits["es"], hits["en"], hits["es"]]
        return [sum(each) / len(each) for each in shares]

    def words_of_one_passage(self, question: str) -> object:
        """By words: three that stand together in few places."""
        return self._ask(" ".join(self.rare[len(question) % len(self.rare)].split()[:3]), Mode.WORDS)

    def common_words(self, _question: str) -> object:
        """By words that a third of all pages have."""
        return self._ask("paciente dolor", Mode.WORDS)

    def meaning(self, question: str) -> object:
        """By meaning, the question's vector included."""
        return self._ask(question, Mode.MEANING)

    def both(self, question: str) -> object:
        """As people search when they change nothing."""
        return self._ask(question, Mode.BOTH)

    def both_of_a_patient(self, question: str) -> object:
        """The same in one chart."""
        return self._ask(question, Mode.BOTH, Filters(patient=self.patient))

    def like(self, question: str) -> object:
        """What one writes without an index: every page that has each word somewhere, in any order."""
        rows = Page.objects.filter(document__clinic=self.clinic)
        for word in question.split()[:3]:
            rows = rows.filter(text__icontains=word)
        return list(rows.values_list("document_id", "number")[:SHOWN])

    def cosines(self, question: str) -> object:
        """What one writes without NumPy's products: a loop over the rows, a cosine for each."""
        query = choice.current().of_query(question)
        rows = Passage.objects.filter(clinic=self.clinic).values_list("pk", "vector")
        best = (
            (float(np.frombuffer(bytes(vector or b""), "<f2") @ query), pk)
            for pk, vector in rows.iterator(2000)
        )
        return sorted(best, reverse=True)[:SHOWN]

    def fill(self, passages: int) -> None:
        """Add documents of twenty pages, a passage each, until there are so many."""
        chance = random.Random(11)
        texts = [text for _, _, text in _rows("passages.tsv")]
        words = [word for text in texts for word in text.split()]
        noise = np.random.default_rng(11)
        number = self.passages
        while number < passages:
            size = min(AT_ONCE, passages - number)
            made = [self._text(chance, words, number + at) for at in range(size)]
            self._write(made, noise)
            number += size
        self.passages = number
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")

    def _text(self, chance: random.Random, words: list[str], number: int) -> str:
        own = f"caso{number} {chance.choice(words)}{chance.randrange(5000)} seguimiento{number % 997}"
        return own + " " + " ".join(["paciente con dolor"] * (number % 3 == 0) + chance.choices(words, k=60))

    def _write(self, texts: list[str], noise: np.random.Generator) -> None:
        model = choice.current()
        vectors = self._vectors(len(texts), noise)
        documents = [self._document(uuid.uuid4()) for _ in range(0, len(texts), PAGES_OF_A_DOCUMENT)]
        Document.objects.bulk_create(documents)
        state = SearchState.objects.get(pk=1)
        pages, terms, passages = [], [], []
        for at, (text, vector) in enumerate(zip(texts, vectors, strict=True)):
            document, page = documents[at // PAGES_OF_A_DOCUMENT], 1 + at % PAGES_OF_A_DOCUMENT
            pages.append(Page(document=document, number=page, text=text))
            terms.append(PageWords(document=document, page_number=page, terms=next(terms_of(text))))
            passages.append(
                Passage(
                    document=document,
                    clinic=self.clinic,
                    page_number=page,
                    position=page,
                    text=text,
                    model=model.name,
                    sequence=state.sequence + at + 1,
                    vector=vector.astype("<f2").tobytes(),
                )
            )
        Page.objects.bulk_create(pages, batch_size=1000)
        PageWords.objects.bulk_create(terms, batch_size=1000)
        Passage.objects.bulk_create(passages, batch_size=1000)
        SearchState.objects.filter(pk=1).update(sequence=state.sequence + len(texts))

    def _vectors(self, number: int, noise: np.random.Generator) -> Vectors:
        """Between two of those by hand, with as much of nothing: as near to the questions as a clinic's
        passages are to each other, so that most are above the floor.
        """
        first, second = noise.choice(self.by_hand, (2, number))
        other = of_length_one(noise.standard_normal(first.shape).astype(np.float32))
        return of_length_one(first + noise.uniform(0, 1, (number, 1)) * second + other)

    @cached_property
    def by_hand(self) -> Vectors:
        """The vectors of the passages written by hand."""
        rows = Passage.objects.filter(document__patient=self.patient).order_by("pk")
        vectors = rows.values_list("vector", flat=True)
        return np.array([np.frombuffer(bytes(vector or b""), "<f2") for vector in vectors], np.float32)

    @cached_property
    def rare(self) -> list[str]:
        """Texts whose first words are in few others."""
        filled = Passage.objects.filter(document__patient=None, position=1).order_by("pk")
        return list(filled.values_list("text", flat=True)[:40])

    def _by_hand(self) -> None:
        for name, _, text in _rows("passages.tsv"):
            document = self._document(_key(name), patient=self.patient)
            if Document.objects.filter(pk=document.pk).exists():
                continue
            document.save()
            Page.objects.create(document=document, number=1, text=text)
            index_pages(document, [text])
        while embed_waiting(seconds=60):
            pass
        self.passages = Passage.objects.count()

    def _document(self, pk: uuid.UUID, patient: Patient | None = None) -> Document:
        return Document(
            id=pk,
            clinic=self.clinic,
            patient=patient,
            sha256=hashlib.sha256(pk.bytes).hexdigest(),
            kind="pdf",
            size_bytes=1,
            page_count=PAGES_OF_A_DOCUMENT,
            processing_type=ProcessingType.BOTH,
        )

    def _ask(self, question: str, mode: Mode, filters: Filters | None = None) -> object:
        found = search(self.scope, question, mode=mode, filters=filters)
        return shown(found, found.places[:SHOWN])


def _key(passage: str) -> uuid.UUID:
    """Of the document of a passage written by hand; the same in every run."""
    return uuid.uuid5(uuid.NAMESPACE_OID, passage)


def _rows(name: str) -> Iterator[list[str]]:
    for line in (HERE / name).read_text().splitlines():
        yield line.split("\t")


def _make_database(name: str) -> None:
    """The server is there, the database need not be."""
    with connection._nodb_cursor() as cursor:  # noqa: SLF001  # as Django's own test runner does it
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f'CREATE DATABASE "{name}"')
