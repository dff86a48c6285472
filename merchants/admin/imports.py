"""Imports of product files: uploaded, their columns checked, previewed, confirmed, and looked at afterwards.

What may be imported into is the shop at hand, and by whom says the area CATALOG: `merchant_at_hand` and the page's
permissions are all there is to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commerce import clock
from commerce.accounts.models import Merchant
from commerce.backoffice.actions import list_action
from commerce.backoffice.admins import ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.rights import Area
from commerce.backoffice.scope import scope_of
from commerce.errors import CommerceError
from merchants.admin.import_forms import ColumnsForm, UploadForm
from merchants.imports import jobs
from merchants.imports.describing import CHANGE_COLUMNS, PROBLEM_COLUMNS, SEVERITIES, counts_of, csv_lines
from merchants.imports.exporting import export_products, template
from merchants.imports.files import content_of
from merchants.imports.formats import FORMATS
from merchants.imports.models import FilePart, FoundChange, FoundProblem, ImportJob
from merchants.imports.opening import Layout
from merchants.imports.reading import Severity
from merchants.imports.services import ImportSummary
from merchants.imports.states import AT_WORK, Status
from merchants.imports.working import MAX_KEPT

SHOWN_PROBLEMS = 100
SHOWN_CHANGES = 50

_STATUS_LOOKS = {
    Status.PREVIEWING: "info",
    Status.PREVIEWED: "warning",
    Status.IMPORTING: "info",
    Status.DONE: "success",
    Status.FAILED: "danger",
}
_SEVERITY_LOOKS = {
    Severity.ERROR: "danger",
    Severity.SUSPICIOUS: "warning",
    Severity.WARNING: "primary",
    Severity.NOTICE: "info",
}
_COUNT_HEADINGS = ("", "New", "Changed", "Unchanged", "Left out")
_CHANGE_WORDS = {"created": "New:", "updated": "Changed:", "skipped": "Left out:"}


def merchant_at_hand(request: HttpRequest) -> Merchant | None:
    """Return the shop that is imported into; None where the operator has all shops at hand."""
    return scope_of(request).merchant


class ProblemPart(ReadOnlyInline):
    model = FoundProblem
    merchant_path = "job__merchant"
    area = Area.CATALOG


class ChangePart(ReadOnlyInline):
    model = FoundChange
    merchant_path = "job__merchant"
    area = Area.CATALOG


class PieceOfFile(ReadOnlyInline):
    model = FilePart
    merchant_path = "job__merchant"
    area = Area.CATALOG


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.CATALOG
    list_display = (
        "file_name",
        "merchant",
        "status",
        "format_name",
        "progress",
        "problems",
        "created_by",
        "created_at",
    )
    list_filter = ("status", "merchant")
    list_select_related = ("merchant", "created_by")
    search_fields = ("file_name", "id")
    ordering = ("-created_at", "pk")
    actions_list = ("upload", "export", "template")
    # Said here so that it is known whose they are; the page of a job shows them in its own way.
    inlines = (ProblemPart, ChangePart, PieceOfFile)

    @admin.display(description="Format", ordering="format")
    def format_name(self, job: ImportJob) -> str:
        return FORMATS[job.format].name if job.format in FORMATS else job.format

    @admin.display(description="Products")
    def progress(self, job: ImportJob) -> str:
        return "" if job.total is None else f"{job.done} of {job.total}"

    @admin.display(description="Problems")
    def problems(self, job: ImportJob) -> str:
        counts = job.problem_counts
        return ", ".join(f"{counts[one]} {SEVERITIES[one]}" for one in SEVERITIES if counts.get(one))

    @list_action(description="Import a file", icon="upload_file", permissions=["handle"])
    def upload(self, request: HttpRequest) -> HttpResponse:
        merchant = merchant_at_hand(request)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if merchant is None or not form.is_valid():
            return self._upload_page(request, form)
        with transaction.atomic():
            job = form.keep(merchant, request.user)
            if job is not None:
                self.note(request, job, "uploaded the file")
        if job is None:
            return self._upload_page(request, form)
        return redirect("admin:imports_importjob_columns", quote(job.pk))

    @list_action(description="Export all products", icon="download", permissions=["view"])
    def export(self, request: HttpRequest) -> HttpResponseBase:
        merchant = merchant_at_hand(request)
        if merchant is None:
            return self._upload_page(request, None)
        return _csv(export_products(merchant), f"{merchant.slug}-products.csv")

    @list_action(description="A file to begin with", icon="description", permissions=["view"])
    def template(self, request: HttpRequest) -> HttpResponseBase:
        merchant = merchant_at_hand(request)
        return _csv([template(merchant.currency if merchant else "usd")], "products-template.csv")

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, Callable[..., HttpResponseBase]] = {
            "columns/": require_http_methods(["GET", "POST"])(self.columns_page),
            "progress/": require_GET(self.progress_page),
            "start/": require_POST(self.start),
            "cancel/": require_POST(self.cancel),
            "problems.csv": require_GET(self.problems_file),
            "changes.csv": require_GET(self.changes_file),
            "file": require_GET(self.file),
        }
        own = [
            path(
                f"<path:object_id>/{address}",
                self.admin_site.admin_view(view),
                name=f"imports_importjob_{address.strip('/').partition('.')[0]}",
            )
            for address, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """Show how far the job is, what it found, and what can be done next."""
        job = self._require(request, object_id)
        if request.method != "GET":
            raise PermissionDenied
        severity = request.GET.get("severity", "")
        findings = {} if job.status in AT_WORK else _findings(job, severity)
        context = {"title": job.file_name, "job": job, **self._state(request, job), **findings}
        return self._page(request, "job", context)

    def columns_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the merchant say which column of the file is which of the format's, and start the preview."""
        job = self._require(request, object_id, to_change=True)
        kind = FORMATS.get(request.GET.get("format", job.format)) or FORMATS["own"]
        form = ColumnsForm(job, kind, request.POST or None)
        if request.method == "POST" and form.is_valid() and form.look_through():
            return redirect("admin:imports_importjob_change", quote(job.pk))
        is_json = job.wording.startswith("JSON")
        fitting = [one for one in FORMATS.values() if Layout.JSON_LINES in one.layouts or not is_json]
        context = {"title": "Columns", "job": job, "form": form, "kind": kind, "formats": fitting}
        return self._page(request, "columns", context)

    def progress_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the part of the job's page that changes while it is at work; the whole page once it is over."""
        job = self._require(request, object_id)
        answer = TemplateResponse(
            request, "admin/imports/progress.html", {"job": job, **self._state(request, job)}
        )
        if job.status not in AT_WORK:
            answer["HX-Refresh"] = "true"
        return answer

    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._step(request, object_id, jobs.start_import, "had the file imported")

    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._step(request, object_id, jobs.cancel, "canceled the import")

    def problems_file(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        job = self._require(request, object_id)
        rows = job.problems.order_by("row", "pk").values_list("row", "severity", "column", "value", "advice")
        return _csv(csv_lines(PROBLEM_COLUMNS, _texts(rows.iterator())), f"problems of {job.file_name}.csv")

    def changes_file(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        job = self._require(request, object_id)
        rows = job.found_changes.order_by("row", "pk").values_list(*CHANGE_COLUMNS)
        return _csv(csv_lines(CHANGE_COLUMNS, _texts(rows.iterator())), f"changes of {job.file_name}.csv")

    def file(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Send the file as it was uploaded."""
        job = self._require(request, object_id)
        if not FilePart.objects.filter(job=job).exists():
            messages.error(request, "The file is kept no longer.")
            return redirect("admin:imports_importjob_change", quote(job.pk))
        return _download(content_of(job), job.file_name, "application/octet-stream")

    def _require(self, request: HttpRequest, object_id: str, *, to_change: bool = False) -> ImportJob:
        """Return the job of an address, if the person asking may look at it, or take it further."""
        job: ImportJob = self.require_object(request, object_id)
        may = self.has_handle_permission if to_change else self.has_view_permission
        if not may(request, job):
            raise PermissionDenied
        return job

    def _step(
        self, request: HttpRequest, object_id: str, step: Callable[..., ImportJob], what: str
    ) -> HttpResponse:
        job = self._require(request, object_id, to_change=True)
        try:
            with transaction.atomic():
                step(job.pk, now=clock.now())
                self.note(request, job, what)
        except CommerceError as problem:
            messages.error(request, problem.message)
        return redirect("admin:imports_importjob_change", quote(job.pk))

    def _state(self, request: HttpRequest, job: ImportJob) -> dict[str, Any]:
        return {
            "format": self.format_name(job),
            "look": _STATUS_LOOKS.get(Status(job.status), ""),
            "is_at_work": job.status in AT_WORK,
            "may_handle": self.has_handle_permission(request, job),
        }

    def _upload_page(self, request: HttpRequest, form: UploadForm | None) -> TemplateResponse:
        merchant = merchant_at_hand(request)
        context = {"title": "Import products", "form": form, "formats": FORMATS.values(), "merchant": merchant}
        return self._page(request, "upload", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        place = {"opts": self.opts, "original": context["job"]} if "job" in context else {}
        whole = {**self.admin_site.each_context(request), **place, **context}
        return TemplateResponse(request, f"admin/imports/{name}.html", whole)


def _findings(job: ImportJob, severity: str) -> dict[str, Any]:
    """Return what there is to be seen of a pass that is over."""
    chosen = severity if severity in SEVERITIES else ""
    problems = job.problems.order_by("row", "pk").filter(**{"severity": chosen} if chosen else {})
    found = job.problem_counts.get(chosen, 0) if chosen else sum(job.problem_counts.values())
    return {
        "count_headings": _COUNT_HEADINGS,
        "counts": counts_of(ImportSummary(**job.counts)) if job.counts else (),
        "changes": _by_product(job.found_changes.order_by("row", "pk")[:SHOWN_CHANGES]),
        "more_changes": job.changes - SHOWN_CHANGES,
        "problems": [_shown(problem) for problem in problems[:SHOWN_PROBLEMS]],
        "more_problems": found - SHOWN_PROBLEMS,
        "severity": chosen,
        "severities": [
            (one.value, f"{SEVERITIES[one]}: {job.problem_counts[one]}", _SEVERITY_LOOKS[one])
            for one in SEVERITIES
            if job.problem_counts.get(one)
        ],
        "is_cut": sum(job.problem_counts.values()) > MAX_KEPT or job.changes > MAX_KEPT,
        "kept": MAX_KEPT,
    }


def _by_product(changes: Iterable[FoundChange]) -> list[dict[str, Any]]:
    """Bring lines together by product; of one that is new or left out its title stands for all."""
    shown = []
    for (row, product, change), lines in groupby(changes, lambda one: (one.row, one.product, one.change)):
        found = list(lines)
        fields = [one for one in found if one.field]
        name = product if fields else found[0].after or product or "a product without a name"
        shown.append({"row": row, "name": name, "words": _CHANGE_WORDS.get(change, change), "lines": fields})
    return shown


def _shown(problem: FoundProblem) -> dict[str, Any]:
    severity = Severity(problem.severity)
    words = {name: getattr(problem, name) for name in ("row", "column", "value", "advice")}
    return {**words, "meaning": SEVERITIES[severity], "look": _SEVERITY_LOOKS[severity]}


def _texts(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[str]]:
    return ([str(cell) for cell in row] for row in rows)


def _csv(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    return _download((line.encode() for line in lines), name, "text/csv; charset=utf-8")


def _download(content: Iterable[bytes], name: str, kind: str) -> StreamingHttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    headers = {"Content-Disposition": disposition or "attachment", "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(content, content_type=kind, headers=headers)
