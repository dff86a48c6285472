"""The work of import jobs: a slice at a time, each batch committed with what it found and how far that is.

A worker holds a job by a lease that each batch prolongs. Whoever dies is followed by another worker once the lease
is over, which goes on behind the last batch that was committed: nothing is done twice, counted twice or lost. A
slice ends after some seconds, so that a long import leaves room for what else workers do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from commerce import clock
from commerce.catalog.changes import Change
from commerce.ids import random_text
from commerce.recordset import insert_rows
from merchants.imports.describing import CHANGE_COLUMNS, change_lines
from merchants.imports.files import file_of
from merchants.imports.models import FoundChange, FoundProblem, ImportJob
from merchants.imports.product_files import ProductFile, open_products
from merchants.imports.reading import Problem, ShopLocale, UnreadableFileError
from merchants.imports.services import BatchResult, ProductResult, in_batches, preview_batch, write_batch
from merchants.imports.states import AT_WORK, Status
from merchants.imports.text import readable

logger = logging.getLogger(__name__)

SLICE_SECONDS = 15.0
MAX_TRIES = 5
MAX_KEPT = 20_000
"""How many problems, and how many changes, are kept of one pass; beyond, they are only counted."""

_TURN = 0x696D7074
"""The advisory lock of claiming, so that counts are right."""

_CLAIM = """
    UPDATE imports_importjob SET lease = %(lease)s, leased_until = %(until)s, tries = tries + 1
    WHERE id = (
        SELECT id FROM imports_importjob
        WHERE status IN ('previewing', 'importing') AND (leased_until IS NULL OR leased_until <= %(now)s)
          AND (SELECT count(*) FROM imports_importjob held
               WHERE held.status IN ('previewing', 'importing') AND held.leased_until > %(now)s) < %(at_once)s
        ORDER BY worked_at, id LIMIT 1
    )
    RETURNING id
"""


class LostLeaseError(RuntimeError):
    """Somebody canceled the job, or another worker has it by now: what this one was about to write is not."""


def work() -> bool:
    """Do a slice of the job that has waited longest. Returns whether there was one."""
    job = _claim(now=clock.now())
    if job is None:
        return False
    if job.tries > MAX_TRIES:
        _end(job, Status.FAILED, f"It was interrupted {MAX_TRIES} times behind product {job.done}. Try again.")
        return True
    try:
        with file_of(job) as path:
            products = open_products(
                path,
                locale=ShopLocale(job.merchant.currency, job.merchant.time_zone),
                name=job.file_name,
                format_code=job.format,
                mapping=job.mapping,
            )
            _work_on(job, products)
    except UnreadableFileError as problem:
        _end(job, Status.FAILED, problem.message)
    except FileNotFoundError:
        _end(job, Status.FAILED, "The file is kept no longer. Upload it again.")
    except LostLeaseError:
        logger.info("an import was taken away", extra={"job": job.pk})
    except Exception:
        _give_back(job)
        raise
    return True


def is_anything_left() -> bool:
    """Say whether some job waits for a worker."""
    return ImportJob.objects.filter(status__in=AT_WORK).exists()


def _claim(*, now: datetime) -> ImportJob | None:
    """Take the job that has waited longest for the length of a lease, if no more than some are held."""
    lease = random_text(24)
    values: dict[str, Any] = {
        "lease": lease,
        "until": now + _lease(),
        "now": now,
        "at_once": settings.IMPORTS_AT_ONCE,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
        cursor.execute(_CLAIM, values)
        claimed = cursor.fetchone()
    return ImportJob.objects.select_related("merchant").get(pk=claimed[0]) if claimed else None


def _work_on(job: ImportJob, products: ProductFile) -> None:
    """Go through batches until the file or the slice is over."""
    is_over = time.monotonic() + SLICE_SECONDS
    treat = preview_batch if job.status == Status.PREVIEWING else write_batch
    if job.total is None:
        _begin(job, products)
    for batch in in_batches(products.read(skip=job.done)):
        with transaction.atomic():
            result = treat(job.merchant, batch, is_recounted=job.is_recounted)
            _keep(job, result)
            job.done += len(batch)
            _checkpoint(job)
        if time.monotonic() > is_over:
            _give_back(job)
            return
    _end(job, Status.PREVIEWED if job.status == Status.PREVIEWING else Status.DONE)


def _begin(job: ImportJob, products: ProductFile) -> None:
    job.total = products.products
    with transaction.atomic():
        _keep_problems(job, products.notes)
        _checkpoint(job)


def _lease() -> timedelta:
    return timedelta(seconds=settings.IMPORT_LEASE_SECONDS)


def _checkpoint(job: ImportJob) -> None:
    """Write down how far the job is, and prolong the lease. Raises LostLeaseError where it is not ours."""
    now = clock.now()
    held = ImportJob.objects.filter(pk=job.pk, lease=job.lease, status=job.status)
    is_ours = held.update(
        total=job.total,
        done=job.done,
        counts=job.counts,
        problem_counts=job.problem_counts,
        changes=job.changes,
        tries=0,
        worked_at=now,
        leased_until=now + _lease(),
    )
    if not is_ours:
        raise LostLeaseError(job.pk)


def _give_back(job: ImportJob) -> None:
    ImportJob.objects.filter(pk=job.pk, lease=job.lease).update(lease="", leased_until=None)


def _end(job: ImportJob, status: Status, error: str = "") -> None:
    held = ImportJob.objects.filter(pk=job.pk, lease=job.lease, status=job.status)
    held.update(status=status, error=error, finished_at=clock.now(), lease="", leased_until=None)


def _keep(job: ImportJob, result: BatchResult) -> None:
    """Keep what a batch found, in its transaction."""
    for name, count in result.counts.items():
        job.counts[name] = job.counts.get(name, 0) + count
    _keep_problems(job, result.problems)
    _keep_changes(job, result.products)


def _keep_problems(job: ImportJob, problems: Iterable[Problem]) -> None:
    rows: list[FoundProblem] = []
    kept = sum(job.problem_counts.values())
    for problem in problems:
        severity = problem.severity.value
        job.problem_counts[severity] = job.problem_counts.get(severity, 0) + 1
        if kept + len(rows) < MAX_KEPT:
            words = {name: readable(getattr(problem, name)) for name in ("column", "value", "advice")}
            rows.append(FoundProblem(job_id=job.pk, row=problem.row, severity=severity, **words))
    insert_rows(rows, ["job_id", "row", "column", "value", "advice", "severity"])


def _lines(product: ProductResult, job: ImportJob) -> Iterable[tuple[str, ...]]:
    return () if product.change == Change.UNCHANGED else change_lines(product, currency=job.merchant.currency)


def _keep_changes(job: ImportJob, products: Iterable[ProductResult]) -> None:
    rows = []
    for product in products:
        for line in _lines(product, job):
            job.changes += 1
            if job.changes <= MAX_KEPT:
                words = dict(zip(CHANGE_COLUMNS, map(readable, line), strict=True))
                rows.append(FoundChange(**words | {"job_id": job.pk, "row": product.row}))
    insert_rows(rows, ["job_id", *CHANGE_COLUMNS])
