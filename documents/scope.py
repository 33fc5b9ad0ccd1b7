"""Whose documents a search may find: those of one clinic, as far as the person's role goes, and the
filters.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from clinics.access import Access
from clinics.models import Clinic, User
from documents.models import Document, DocumentQuerySet
from patients.models import Patient, PatientQuerySet

# Where the code of a document's type (CONS, LAB) is.
TYPE_CODE = "type_code"
_MOST_FEW = 200
Few: TypeAlias = list[UUID] | None
"""The documents that are looked at, a chart's, where they are at most [200]; None where they are more."""
PATIENT = "patient"
"""The role of somebody who is no member, and sees what has been filed for them."""


@dataclass(frozen=True)
class Scope:
    """What somebody may find in one clinic, and by which patients it can be narrowed."""

    access: Access
    documents: DocumentQuerySet
    patients: PatientQuerySet

    @property
    def clinic(self) -> Clinic:
        """The one clinic."""
        return self.access.clinic


@dataclass(frozen=True)
class Filters:
    """What somebody wants of it. Times with a zone, the second one no longer included; `documents` are rows
    of a subquery with the identifiers of those that are wanted, from an app above this one.
    """

    patient: Patient | None = None
    type_code: str = ""
    came_from: datetime | None = None
    came_before: datetime | None = None
    documents: QuerySet[Any, Any] | None = None

    def names(self) -> list[str]:
        """Which of them are set; for the audit, which has no use for what they are set to."""
        return [name for name in self.__dataclass_fields__ if getattr(self, name) not in {None, ""}]

    def of(self, documents: DocumentQuerySet) -> DocumentQuerySet:
        """Those of the documents that fit all of them."""
        wanted = {
            "patient": self.patient,
            f"{TYPE_CODE}__iexact": self.type_code or None,
            "created_at__gte": self.came_from,
            "created_at__lt": self.came_before,
        }
        documents = documents.filter(
            **{lookup: value for lookup, value in wanted.items() if value is not None}
        )
        return documents if self.documents is None else documents.filter(pk__in=self.documents)


def within(documents: DocumentQuerySet) -> Exists:
    """The condition that a row's document is one of these: asked of each row that was found, which are few,
    where `IN` would first gather every document of the clinic.
    """
    return Exists(documents.order_by().filter(pk=OuterRef("document_id")))


def few_of(documents: DocumentQuerySet) -> Few:
    """Which documents these are, where they are few."""
    some = list(documents.order_by().values_list("pk", flat=True)[: _MOST_FEW + 1])
    return some if len(some) <= _MOST_FEW else None


def scope_of(access: Access) -> Scope:
    """A member finds what is in the clinic's charts; who reviews finds what is held for review as well."""
    return Scope(access, Document.objects.seen_by(access), Patient.objects.of(access.clinic))


def scope_of_patient(user: User) -> Scope | None:
    """A patient finds what is filed in the charts that are theirs, in the clinic where the first of them is;
    None for somebody who has none.
    """
    own = Patient.objects.living().filter(user=user, user__is_active=True)
    first = own.select_related("clinic").order_by("created_at").first()
    if first is None:
        return None
    charts = own.filter(clinic=first.clinic)
    documents = Document.objects.of(first.clinic).filter(patient__in=charts.order_by())
    return Scope(Access(user, first.clinic, PATIENT), documents, charts)
