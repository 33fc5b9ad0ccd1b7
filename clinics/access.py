"""Decides what the person behind a request may do, and in which clinic."""

from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from rest_framework.request import Request

from clinics import audit
from clinics.models import ApiToken, Clinic, Membership, Role, User

CAPTURE = "imaging.capture"
REVIEW = "patients.review"
VIEW = "records.view"
MANAGE = "clinic.manage"
IMPORT = "patients.import"

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.ADMIN: frozenset({CAPTURE, IMPORT, REVIEW, VIEW, MANAGE}),
    Role.CLINICIAN: frozenset({CAPTURE, IMPORT, REVIEW, VIEW}),
    Role.REVIEWER: frozenset({REVIEW, VIEW}),
    Role.VIEWER: frozenset({VIEW}),
}
CLINIC_IN_SESSION = "clinic_id"

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Access:
    """One person acting in one clinic, with the permissions that the role (and the token's scopes) leave."""

    user: User
    clinic: Clinic
    role: str
    permissions: frozenset[str] = field(default_factory=frozenset)

    def may(self, permission: str) -> bool:
        """Is `permission` granted here?"""
        return permission in self.permissions


def access_of(request: HttpRequest | Request) -> Access | None:
    """Who acts here: by the token's clinic, else by the clinic chosen in the session, else the first one."""
    token = getattr(request, "auth", None)
    if isinstance(token, ApiToken):
        return _access(token.user, token.clinic_id, scopes=token.scopes)
    if not isinstance(request.user, User):
        return None
    return _access(request.user, request.session.get(CLINIC_IN_SESSION)) or _access(request.user, None)


def require(request: HttpRequest | Request, permission: str) -> Access:
    """The access behind the request, or PermissionDenied (403) with an audit row."""
    access = access_of(request)
    if access is not None and access.may(permission):
        return access
    actor = request.user if isinstance(request.user, User) else None
    clinic = access.clinic if access else None
    audit.record("refused", clinic=clinic, actor=actor, permission=permission)
    message = f"This needs the permission {permission}. Ask an administrator of your clinic for it."
    raise PermissionDenied(message)


def get_or_404(rows: QuerySet[Row], access: Access, pk: object) -> Row:
    """The row of this clinic's `rows`; anything else, of nobody or of another clinic, is the same 404 and
    an audit row.
    """
    try:
        return rows.get(pk=pk)
    except (ObjectDoesNotExist, ValidationError, ValueError) as nothing:
        audit.record(
            "not-found",
            clinic=access.clinic,
            actor=access.user,
            kind=rows.model.__name__.lower(),
            id=str(pk)[:64],
        )
        raise Http404("There is nothing here under this identifier.") from nothing


def _access(user: User, clinic_id: UUID | str | None, *, scopes: list[str] | None = None) -> Access | None:
    memberships = Membership.objects.select_related("clinic").filter(user=user, user__is_active=True)
    if clinic_id is not None:
        memberships = memberships.filter(clinic_id=clinic_id)
    membership = memberships.first()
    if membership is None:
        return None
    granted = PERMISSIONS[membership.role]
    return Access(user, membership.clinic, membership.role, granted & set(scopes) if scopes else granted)
