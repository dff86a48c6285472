"""Jobs of small files, taken through their steps without a browser."""

from __future__ import annotations

from django.utils import timezone

from commerce.accounts.models import Merchant
from merchants.imports import jobs, working
from merchants.imports.models import ImportJob

HEADER = "handle,title,price,brand\n"


def lines(count: int, *, price: str = "12.00", brand: str = "Fogline") -> str:
    return HEADER + "".join(f"p-{number},Product {number},{price},{brand}\n" for number in range(count))


def uploaded(
    merchant: Merchant, content: str | bytes, *, name: str = "list.csv", is_recounted: bool = False
) -> ImportJob:
    raw = content.encode() if isinstance(content, str) else content
    return jobs.upload(
        merchant, name=name, size=len(raw), chunks=[raw], user=None, is_recounted=is_recounted, now=timezone.now()
    )


def looked_through(job: ImportJob, **changes: object) -> ImportJob:
    values = {"format_code": job.format, "mapping": {}, "is_recounted": job.is_recounted, "now": timezone.now()}
    jobs.start_preview(job.pk, **{**values, **changes})  # type: ignore[arg-type] # as they are
    return worked(job)


def imported(job: ImportJob) -> ImportJob:
    jobs.start_import(job.pk, now=timezone.now())
    return worked(job)


def worked(job: ImportJob) -> ImportJob:
    """Let a worker do all there is, and return what became of the job."""
    while working.work():
        pass
    job.refresh_from_db()
    return job
