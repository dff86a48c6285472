"""Uploaded files kept in the database, a piece a row, so that web and worker need no disk in common."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from commerce.errors import CommerceError
from merchants.imports.models import FilePart, ImportJob

PART_BYTES = 1 << 20


class TooLargeError(CommerceError):
    """The file has more bytes than an installation takes."""

    code = "file_too_large"


def require_size(size: int) -> None:
    """Raise TooLargeError for a file that is not taken."""
    if size > settings.IMPORT_MAX_BYTES:
        limit = settings.IMPORT_MAX_BYTES // 1_000_000
        text = f"The file has {size // 1_000_000} MB; {limit} MB are taken. Pack it with gzip, or split it."
        raise TooLargeError(text)


def keep_file(job: ImportJob, path: Path) -> None:
    """Write a file's pieces, in the transaction that makes the job."""
    with path.open("rb") as file:
        number = 0
        while content := file.read(PART_BYTES):
            FilePart.objects.create(job=job, number=number, content=content)
            number += 1


@contextmanager
def file_of(job: ImportJob) -> Iterator[Path]:
    """Lay a job's file on this machine's disk for a while. Raises FileNotFoundError where it is kept no longer."""
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        file.writelines(content_of(job))
        file.flush()
        yield Path(file.name)


def content_of(job: ImportJob) -> Iterator[bytes]:
    """Yield a file's bytes, a piece at a time."""
    for number in range(-(-job.file_bytes // PART_BYTES)):
        part = FilePart.objects.filter(job=job, number=number).values_list("content", flat=True).first()
        if part is None:
            raise FileNotFoundError(f"part {number} of {job.pk}")
        yield bytes(part)


@contextmanager
def laid_aside(chunks: Iterable[bytes]) -> Iterator[Path]:
    """Lay an upload on disk while it is looked into. Raises TooLargeError as soon as it is."""
    size = 0
    with tempfile.NamedTemporaryFile(prefix="upload-") as file:
        for chunk in chunks:
            size += len(chunk)
            require_size(size)
            file.write(chunk)
        file.flush()
        yield Path(file.name)
