"""How a list comes in by a form: spooled to disk, within the limit of a list."""

from functools import cached_property

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from clinics.access import IMPORT, access_of
from clinics.models import Clinic, User
from files.errors import FileRejected
from files.multipart import BoundedUploadHandler
from patients.models import Roster
from patients.roster_actions import Sent, receive_roster

_BLOCK_BYTES = 1 << 20


class ListUploadHandler(BoundedUploadHandler):
    """Keeps nothing of a list that is too large, nor of one from somebody who may not send it."""

    @cached_property
    def limit_bytes(self) -> int:
        """Of one list."""
        access = access_of(self.request) if isinstance(self.request, HttpRequest) else None
        return settings.INTAKE_MAX_LIST_BYTES if access is None or access.may(IMPORT) else 0


def receive_upload(*, clinic: Clinic, upload: UploadedFile[bytes], actor: User, **sent: object) -> Roster:
    """Take the uploaded list in; see `receive_roster` for what it raises."""
    limit = settings.INTAKE_MAX_LIST_BYTES
    if (upload.size or 0) > limit:
        message = f"This list has {upload.size} bytes; at most {limit} are read. Send it in parts."
        raise FileRejected("list-too-large", message, status=413, limit_bytes=limit)
    facts: dict[str, object] = {"name": upload.name or "", "chunks": upload.chunks(_BLOCK_BYTES), **sent}
    return receive_roster(clinic=clinic, sent=Sent(**facts), actor=actor)  # type: ignore[arg-type]
