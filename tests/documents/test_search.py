"""What a search finds, on both databases: one table of questions, and the same answers."""

import pytest

from clinics.models import Clinic, User
from documents.fusion import Mode
from documents.models import Document, Page, ProcessingType
from documents.passages import index_pages
from documents.scope import Filters, scope_of
from documents.search import search, shown
from patients.models import Patient
from tests import factories

pytestmark = pytest.mark.django_db

PAGES = {
    "wound": [
        "Consultation\n\nFindings: wound edges are clean and dry, no sign of infection.",
        "Plan: change the dressing every second day.",
    ],
    "pressure": ["Antecedentes: hipertensión arterial en tratamiento con enalapril; sin alergias conocidas."],
    "wrist": ["Radiografías de la muñeca izquierda: fractura de radio distal. PA 140/90 mmHg."],
    "blood": ["Laboratory\nHaemoglobin 13.9 g/dl\nLeucocytes 7.2 /nl\nCRP 3 mg/l. Record 3000003792."],
    "lung": [
        "Neumonía basal derecha. Neumotórax descartado. Inflamaciones leves. Edges of the lesion clean."
    ],
}
TABLE = {
    # by what; which documents, in any order
    "hipertensión": {"pressure"},
    "HIPERTENSION": {"pressure"},
    "alergia conocida": {"pressure"},
    "muneca": {"wrist"},
    "Muñecas": {"wrist"},
    "fracturas radiografía": {"wrist"},
    "inflamación": {"lung"},
    "edge": {"wound", "lung"},
    "clean edges": {"wound", "lung"},
    '"wound edges"': {"wound"},
    '"edges wound"': set(),
    '"edge clean"': set(),
    "neumo*": {"lung"},
    "hipertensi*": {"pressure"},
    "haemo*": {"blood"},
    "13.9": {"blood"},
    "140/90": {"wrist"},
    "90/140": set(),
    "3000003792": {"blood"},
    "300000379*": {"blood"},
    "dressing infection": {"wound"},  # on two pages: some of the words
    "the wound": {"wound"},
    "de la": {"wrist"},
    "alergias -": {"pressure"},
    "' OR 1=1 --": set(),
    '"': set(),
    "*": set(),
    "NEAR(wound edges)": {"wound", "lung"},
    "terms: wound": {"wound"},
    "\x00wound": {"wound"},
}


@pytest.fixture
def documents(clinic: Clinic, patient: Patient) -> dict[str, Document]:
    """Five documents in one chart."""
    return {name: _made(clinic, patient, name, pages) for name, pages in PAGES.items()}


def _made(clinic: Clinic, patient: Patient | None, name: str, pages: list[str], **row: object) -> Document:
    row = {"processing_type": ProcessingType.BOTH, "source_name": name} | row
    document = factories.make_document(clinic, patient, content=name.encode(), page_count=len(pages), **row)
    if document.processing_type != ProcessingType.VECTORIZED:
        Page.objects.bulk_create(
            Page(document=document, number=number, text=text) for number, text in enumerate(pages, start=1)
        )
    index_pages(document, pages)
    return document


def _names(user: User, query: str, mode: Mode = Mode.WORDS, **filters: object) -> list[str]:
    scope = scope_of(factories.access_of(user))
    found = search(scope, query, mode=mode, filters=Filters(**filters))
    return [hit.document.source_name for hit in shown(found, found.places)]


def test_words_find_the_same_documents_on_every_database(
    documents: dict[str, Document], clinician: User
) -> None:
    found = {query: set(_names(clinician, query)) for query in TABLE}
    assert found == TABLE
