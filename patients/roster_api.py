"""The REST calls on rosters: send, look at what it would do, apply, take back."""

from typing import Any, Literal
from uuid import UUID, uuid4

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinics import audit
from clinics.access import IMPORT, VIEW, Access, get_or_404, require
from clinics.api.problems import answers
from clinics.api.shapes import AnyAccept, checked, page_of
from files import scratch
from files.disk import disk_faults
from files.tables import CSV_TYPE, XLSX_TYPE
from patients import roster_actions as actions
from patients.models import Roster
from patients.roster_shapes import (
    ApplyBody,
    ColumnsBody,
    ImportBody,
    PreviewBody,
    RecentRostersQuery,
    RosterListSerializer,
    RosterQuery,
    RosterRowListSerializer,
    RosterRowSerializer,
    RosterSerializer,
    RosterStatsSerializer,
    RowQuery,
    RowsChoice,
    UndoRosterBody,
    written_roster,
)
from patients.roster_uploads import ListUploadHandler, receive_upload
from patients.rosters import export, lines
from patients.rosters.selectors import of_status, roster_counts

_ACCEPTED = answers({202: RosterSerializer}, 404, 409)


class _FormView(APIView):
    """A call that takes a list as a part of a form, spooled within limits."""

    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """The handler must be there before anybody, be it the check of the CSRF token, reads the body."""
        request.upload_handlers = [ListUploadHandler(request)]
        return super().initialize_request(request, *args, **kwargs)


class RostersView(_FormView):
    """`/rosters`"""

    @extend_schema(
        operation_id="rosters_list",
        parameters=[RosterQuery],
        responses=answers({200: RosterListSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """The clinic's rosters, the newest first."""
        access = require(request, VIEW)
        query = checked(RosterQuery, request.query_params)
        page = page_of(of_status(access.clinic, query.get("status", "")), query)
        return Response(page.listed("rosters", [written_roster(each) for each in page.rows]))

    @extend_schema(
        operation_id="rosters_import",
        request=ImportBody,
        responses=answers({202: RosterSerializer}, 400, 413, 415, 422, 503),
    )
    def post(self, request: Request) -> Response:
        """Send a list that is applied as soon as it is read; ask for it until it is APPLIED or FAILED."""
        access = require(request, IMPORT)
        body = checked(ImportBody, request.data)
        wanted = {"is_wanted": True, "leaves_out_duplicates": body["leave_out_duplicates"]}
        return _received(access, body, **wanted)


class RosterPreviewView(_FormView):
    """`/rosters/preview`"""

    @extend_schema(
        operation_id="rosters_preview",
        request=PreviewBody,
        responses=answers({202: RosterSerializer}, 400, 413, 415, 422, 503),
    )
    def post(self, request: Request) -> Response:
        """Send a list and change nothing: once it is READY, its counts and rows say what it would do."""
        access = require(request, IMPORT)
        return _received(access, checked(PreviewBody, request.data))


class RosterStatsView(APIView):
    """`/rosters/stats`"""

    @extend_schema(operation_id="rosters_stats", responses=answers({200: RosterStatsSerializer}))
    def get(self, request: Request) -> Response:
        """How many rosters of the clinic stand where."""
        counts = roster_counts(require(request, VIEW).clinic)
        lower = {status.lower(): number for status, number in counts.items()}
        return Response({"total": sum(lower.values()), "counts": lower})


class RecentRostersView(APIView):
    """`/rosters/recent`"""

    @extend_schema(
        operation_id="rosters_recent",
        parameters=[RecentRostersQuery],
        responses=answers({200: RosterListSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """The newest rosters."""
        access = require(request, VIEW)
        query = checked(RecentRostersQuery, request.query_params) | {"page": 1}
        page = page_of(of_status(access.clinic), query)
        return Response(page.listed("rosters", [written_roster(each) for each in page.rows]))


class RosterView(APIView):
    """`/rosters/{id}`"""

    @extend_schema(operation_id="rosters_get", responses=answers({200: RosterSerializer}, 404))
    def get(self, request: Request, roster_id: UUID) -> Response:
        """Where it stands, how it was understood, and its rows in numbers."""
        _, roster = _own(request, VIEW, roster_id)
        return Response(written_roster(roster))

    @extend_schema(operation_id="rosters_remove", responses=answers({204: None}, 404, 409))
    def delete(self, request: Request, roster_id: UUID) -> Response:
        """Remove the record with its rows and bytes; patients stay as they are."""
        access, roster = _own(request, IMPORT, roster_id)
        actions.remove_roster(roster=roster, actor=access.user)
        return Response(status=204)


class RosterRowsView(APIView):
    """`/rosters/{id}/rows`"""

    @extend_schema(
        operation_id="rosters_rows",
        parameters=[RowQuery],
        responses=answers({200: RosterRowListSerializer}, 400, 404),
    )
    def get(self, request: Request, roster_id: UUID) -> Response:
        """What each line does, or did."""
        _, roster = _own(request, VIEW, roster_id)
        query = checked(RowQuery, request.query_params)
        page = page_of(lines.chosen(roster, outcome=query["outcome"], text=query["q"]), query)
        return Response(page.listed("rows", RosterRowSerializer(page.rows, many=True).data))


class RosterCsvView(APIView):
    """`/rosters/{id}/rows.csv`"""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="rosters_rows_csv",
        parameters=[RowsChoice],
        responses=answers({(200, "text/csv"): OpenApiTypes.STR}, 400, 404),
    )
    def get(self, request: Request, roster_id: UUID) -> HttpResponseBase:
        """The same as a table for a spreadsheet."""
        access, roster = _own(request, VIEW, roster_id)
        query = checked(RowsChoice, request.query_params)
        return rows_download(access, roster, "csv", outcome=query["outcome"], text=query["q"])


class RosterXlsxView(APIView):
    """`/rosters/{id}/rows.xlsx`"""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="rosters_rows_xlsx",
        parameters=[RowsChoice],
        responses=answers({(200, XLSX_TYPE): OpenApiTypes.BINARY}, 400, 404, 503),
    )
    def get(self, request: Request, roster_id: UUID) -> HttpResponseBase:
        """The same as a workbook."""
        access, roster = _own(request, VIEW, roster_id)
        query = checked(RowsChoice, request.query_params)
        return rows_download(access, roster, "xlsx", outcome=query["outcome"], text=query["q"])


class RosterColumnsView(APIView):
    """`/rosters/{id}/columns`"""

    @extend_schema(
        operation_id="rosters_columns",
        request=ColumnsBody,
        responses=answers({202: RosterSerializer}, 400, 404, 409),
    )
    def put(self, request: Request, roster_id: UUID) -> Response:
        """Say what the columns hold; it is read again, and the next list with these headers the same way."""
        access, roster = _own(request, IMPORT, roster_id)
        mapping = checked(ColumnsBody, request.data)["mapping"]
        actions.set_columns(roster=roster, mapping=mapping, actor=access.user)
        return _accepted(roster)


class RosterApplyView(APIView):
    """`/rosters/{id}/apply`"""

    @extend_schema(
        operation_id="rosters_apply",
        request=ApplyBody,
        responses=answers({202: RosterSerializer}, 400, 404, 409),
    )
    def post(self, request: Request, roster_id: UUID) -> Response:
        """Bring the directory up to a READY roster, all of it or nothing; every row is judged again."""
        access, roster = _own(request, IMPORT, roster_id)
        body = checked(ApplyBody, request.data)
        actions.apply_roster(roster=roster, actor=access.user, **body)
        return _accepted(roster)


class RosterRetryView(APIView):
    """`/rosters/{id}/retry`"""

    @extend_schema(operation_id="rosters_retry", request=None, responses=_ACCEPTED)
    def post(self, request: Request, roster_id: UUID) -> Response:
        """Try a FAILED one again from the bytes that are here."""
        access, roster = _own(request, IMPORT, roster_id)
        actions.retry_roster(roster=roster, actor=access.user)
        return _accepted(roster)


class RosterUndoView(APIView):
    """`/rosters/{id}/undo`"""

    @extend_schema(
        operation_id="rosters_undo",
        request=UndoRosterBody,
        responses=answers({202: RosterSerializer}, 400, 404, 409),
    )
    def post(self, request: Request, roster_id: UUID) -> Response:
        """Take an APPLIED one back, as far as nobody has built on it; rows `kept` say what stays."""
        access, roster = _own(request, IMPORT, roster_id)
        reason = checked(UndoRosterBody, request.data)["reason"]
        actions.undo_roster(roster=roster, actor=access.user, reason=reason)
        return _accepted(roster)


def rows_download(
    access: Access, roster: Roster, form: Literal["csv", "xlsx"], *, outcome: str, text: str
) -> HttpResponseBase:
    """The chosen rows as a download, with its audit row; its name tells nothing of the list."""
    audit.record(
        "roster-exported",
        clinic=access.clinic,
        actor=access.user,
        target=roster,
        outcome=outcome,
        format=form,
    )
    rows = {"outcome": outcome, "text": text}
    response = _csv_response(roster, **rows) if form == "csv" else _xlsx_response(roster, **rows)
    response["Content-Disposition"] = f'attachment; filename="roster-{roster.created_at:%Y-%m-%d}.{form}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _csv_response(roster: Roster, **rows: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(export.csv_of(roster, **rows), content_type=CSV_TYPE)


def _xlsx_response(roster: Roster, **rows: str) -> FileResponse:
    """A workbook is whole before its first byte goes; its file has no name any more while it is sent."""
    with scratch.folder(uuid4()) as folder:
        path = folder / "rows.xlsx"
        with disk_faults():
            export.write_workbook(path, roster, **rows)
        return FileResponse(path.open("rb"), content_type=XLSX_TYPE)


def _own(request: Request, permission: str, roster_id: UUID) -> tuple[Access, Roster]:
    access = require(request, permission)
    return access, get_or_404(of_status(access.clinic), access, roster_id)


def _received(access: Access, body: dict[str, Any], **sent: object) -> Response:
    roster = receive_upload(
        clinic=access.clinic, upload=body["file"], actor=access.user, mapping=body["mapping"], **sent
    )
    return Response(written_roster(roster), status=202)


def _accepted(roster: Roster) -> Response:
    roster.refresh_from_db()
    return Response(written_roster(roster), status=202)
