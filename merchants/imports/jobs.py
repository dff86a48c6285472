"""Import jobs as people drive them: upload, columns, preview, confirm, cancel. The work itself is in `working`.

States are in `states`. Each step locks the job's row; a worker that is in the middle of it notices with its next
batch, which it then does not write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from commerce.accounts.models import Merchant
from commerce.errors import CommerceError
from commerce.outbox.nudge import Nudge
from merchants.imports.files import keep_file, laid_aside, require_size
from merchants.imports.formats import FORMATS, nearest_format, require_columns
from merchants.imports.models import FilePart, FoundChange, FoundProblem, ImportJob
from merchants.imports.opening import look_into
from merchants.imports.states import AT_WORK, FINISHED, TRANSITIONS, Status
from merchants.imports.tables import read_names, read_samples

nudge = Nudge("merchants.imports.tasks.work")

_LOOKED_AT = 10_000
"""Of how many JSON objects the page knows the columns: somebody waits for it. A worker finds those of all."""


class NotNowError(CommerceError):
    """The job stands where this cannot be done, perhaps because somebody else was faster."""

    code = "not_now"


class OtherImportError(CommerceError):
    """Another import of the same shop is under way."""

    code = "other_import"


class FileForgottenError(CommerceError):
    """The file was kept for some time only, and is gone."""

    code = "file_forgotten"


def upload(
    merchant: Merchant,
    *,
    name: str,
    size: int,
    chunks: Iterable[bytes],
    user: AbstractBaseUser | None,
    is_recounted: bool,
    now: datetime,
) -> ImportJob:
    """Keep a file and see what it is. Raises TooLargeError, UnreadableFileError; then nothing is kept."""
    require_size(size)
    with laid_aside(chunks) as path:
        job = _looked_into(merchant, path, name[:255] or "file", now)
        job.created_by_id = user.pk if user else None
        job.is_recounted = is_recounted
        with transaction.atomic():
            job.save(force_insert=True)
            keep_file(job, path)
    return job


def _looked_into(merchant: Merchant, path: Path, name: str, now: datetime) -> ImportJob:
    text = look_into(path, name=name)
    columns = read_names(text, objects=_LOOKED_AT)
    samples = read_samples(text, columns)
    return ImportJob(
        merchant=merchant,
        file_name=name,
        file_bytes=path.stat().st_size,
        file_columns=list(columns),
        file_samples=[samples.get(name, "") for name in columns],
        wording=text.wording,
        format=nearest_format(text, columns).code,
        created_at=now,
        worked_at=now,
    )


def start_preview(
    job_id: str, *, format_code: str, mapping: Mapping[str, str], is_recounted: bool, now: datetime
) -> ImportJob:
    """Take the columns as they are named, and look through the file. Raises UnreadableFileError, NotNowError.

    `mapping` says for columns of the format which of the file's they are, "" for none.
    """
    with transaction.atomic():
        job = _locked(job_id, Status.PREVIEWING)
        _require_columns(job, format_code, mapping)
        job.format, job.mapping, job.is_recounted = format_code, dict(mapping), is_recounted
        _begin(job, Status.PREVIEWING, now)
    return job


def start_import(job_id: str, *, now: datetime) -> ImportJob:
    """Import what was previewed. Raises NotNowError, OtherImportError."""
    try:
        with transaction.atomic():
            job = _locked(job_id, Status.IMPORTING)
            _begin(job, Status.IMPORTING, now)
    except IntegrityError as problem:
        text = "Another import of this shop is under way. Wait for its end, or cancel it."
        raise OtherImportError(text) from problem
    return job


def cancel(job_id: str, *, now: datetime) -> ImportJob:
    """Stop a job. What it has imported stays. Raises NotNowError where it has ended already."""
    with transaction.atomic():
        job = _locked(job_id, Status.CANCELED)
        job.status, job.finished_at, job.lease, job.leased_until = Status.CANCELED, now, "", None
        job.save(update_fields=["status", "finished_at", "lease", "leased_until"])
    return job


def forget_old_files(*, now: datetime) -> int:
    """Delete files, problems and changes of jobs begun long ago; the jobs stay. Returns how many there were.

    A job that was never confirmed is canceled with that.
    """
    before = now - timedelta(days=settings.IMPORT_FILE_DAYS)
    with transaction.atomic():
        old = ImportJob.objects.filter(created_at__lt=before).exclude(status__in=AT_WORK)
        found = list(old.filter(parts__isnull=False).distinct().values_list("pk", flat=True)[:1000])
        for model in (FilePart, FoundProblem, FoundChange):
            model._default_manager.filter(job__in=found).delete()
        unfinished = ImportJob.objects.filter(pk__in=found).exclude(status__in=FINISHED)
        unfinished.update(status=Status.CANCELED, finished_at=now)
    return len(found)


def _locked(job_id: str, wanted: Status) -> ImportJob:
    """Return the job's row, held until the transaction ends. Raises NotNowError where `wanted` cannot follow."""
    job = ImportJob.objects.select_for_update(no_key=True).get(pk=job_id)
    if job.status == wanted or not TRANSITIONS.allows(job.status, wanted):
        raise NotNowError(f"{job.file_name} is {job.get_status_display()} by now.")
    return job


def _require_columns(job: ImportJob, format_code: str, mapping: Mapping[str, str]) -> None:
    """Raise UnreadableFileError where the columns named do not make a file of that format."""
    if format_code not in FORMATS:
        raise NotNowError("There is no such format.")
    require_columns(FORMATS[format_code], job.file_columns, mapping)


def _begin(job: ImportJob, status: Status, now: datetime) -> None:
    """Begin a pass over the file: what was found in the one before is no longer true."""
    if not FilePart.objects.filter(job=job).exists():
        raise FileForgottenError("The file is kept no longer. Upload it again.")
    FoundProblem.objects.filter(job=job).delete()
    FoundChange.objects.filter(job=job).delete()
    job.status, job.is_written, job.worked_at, job.finished_at = status, status == Status.IMPORTING, now, None
    job.total, job.done, job.changes, job.tries = None, 0, 0, 0
    job.counts, job.problem_counts, job.error = {}, {}, ""
    job.lease, job.leased_until = "", None
    job.save(update_fields=_OF_A_PASS)
    transaction.on_commit(nudge.send)


_OF_A_PASS = (
    *("format", "mapping", "is_recounted", "status", "is_written", "worked_at", "finished_at", "total", "done"),
    *("changes", "tries", "counts", "problem_counts", "error", "lease", "leased_until"),
)
