"""The one way to write down who did what: appended, never changed, free of names."""

from django.db.models import Model

from clinics.models import AuditEntry, Clinic, User


def record(
    action: str,
    *,
    clinic: Clinic | None,
    actor: User | None,
    target: Model | None = None,
    **detail: object,
) -> None:
    """Append one audit row; `detail` holds identifiers, codes and counts, never the name of a person or a
    file.
    """
    AuditEntry.objects.create(
        clinic=clinic,
        actor=actor,
        action=action,
        object_type=type(target).__name__.lower() if target is not None else "",
        object_id=str(target.pk) if target is not None else "",
        detail=detail,
    )
