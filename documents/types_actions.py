"""Verbs on the kinds of document: add one, rename it, retire it, give one to a document; each is audited."""

from django.db import transaction

from clinics import audit
from clinics.access import Access
from clinics.models import Clinic
from documents.models import Document, TypeCode
from documents.types import CODE, USUAL, code_for, offered
from files.errors import Refused

MOST_TYPES = 200
_AT_ONCE = 1000


@transaction.atomic
def add_type(*, access: Access, code: str, name: str) -> int:
    """A new kind. Documents without one whose names say its code get it; how many those are.

    Refused `bad-type-code` (400), `type-there-already` (409), `too-many-types` (409).
    """
    code = code.strip().upper()
    if not CODE.fullmatch(code):
        message = f"“{code[:32]}” is no code. Use 1 to 16 letters without accents, or digits, such as LAB."
        raise Refused("bad-type-code", message)
    rows = _own_table(access.clinic)
    if any(row.code == code for row in rows):
        raise Refused(
            "type-there-already", f"There is a {code} already. Rename it, or bring it back.", status=409
        )
    if len(rows) >= MOST_TYPES:
        raise Refused("too-many-types", f"A clinic has at most {MOST_TYPES} kinds of document.", status=409)
    TypeCode.objects.create(clinic=access.clinic, code=code, name=name)
    found = _give_to_named(access.clinic, code)
    _note(access, "document-type-added", code, documents=found)
    return found


@transaction.atomic
def rename_type(*, access: Access, code: str, name: str) -> None:
    """Another name for the same code. Refused `type-unknown` (404)."""
    row = _row(access.clinic, code)
    if row.name == name:
        return
    row.name = name
    row.save(update_fields=["name"])
    _note(access, "document-type-renamed", code)


@transaction.atomic
def retire_type(*, access: Access, code: str, is_retired: bool) -> None:
    """Offer it no more, or again; documents that bear it keep it. Refused `type-unknown` (404)."""
    row = _row(access.clinic, code)
    if row.is_retired == is_retired:
        return
    row.is_retired = is_retired
    row.save(update_fields=["is_retired"])
    _note(access, "document-type-retired" if is_retired else "document-type-restored", code)


@transaction.atomic
def change_type(*, access: Access, document: Document, code: str) -> None:
    """Give a document another kind, or none with `""`. Refused `type-unknown` (400)."""
    locked = Document.objects.select_for_update().get(pk=document.pk)
    if code == locked.type_code:
        return
    if code and code not in {each.code for each in offered(access.clinic)}:
        raise Refused("type-unknown", f"{code[:32]} is not among the clinic's kinds of document.")
    before, locked.type_code = locked.type_code, code
    locked.save(update_fields=["type_code"])
    audit.record(
        "document-type-changed",
        clinic=access.clinic,
        actor=access.user,
        target=document,
        before=before,
        now=code,
    )


def _own_table(clinic: Clinic) -> list[TypeCode]:
    """The clinic's rows, locked; the usual kinds become its own with its first change."""
    Clinic.objects.select_for_update().get(pk=clinic.pk)
    rows = list(TypeCode.objects.filter(clinic=clinic))
    if rows:
        return rows
    usual = (TypeCode(clinic=clinic, code=code, name=name) for code, name in USUAL.items())
    return TypeCode.objects.bulk_create(usual)


def _row(clinic: Clinic, code: str) -> TypeCode:
    row = next((row for row in _own_table(clinic) if row.code == code), None)
    if row is None:
        raise Refused("type-unknown", f"There is no kind {code[:32]} here.", status=404)
    return row


def _give_to_named(clinic: Clinic, code: str) -> int:
    """Documents came before the code was known: their names said it all the time."""
    named = Document.objects.of(clinic).filter(type_code="", source_name__contains=code)
    rows = named.order_by().values_list("pk", "source_name").iterator(_AT_ONCE)
    wanted = [pk for pk, name in rows if code_for(clinic, "", name) == code]
    return Document.objects.filter(pk__in=wanted[:_AT_ONCE]).update(type_code=code)


def _note(access: Access, action: str, code: str, **detail: object) -> None:
    audit.record(action, clinic=access.clinic, actor=access.user, target=access.clinic, code=code, **detail)
