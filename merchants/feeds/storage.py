"""Files in the database: content by its hash, in chunks that are read one at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from merchants.feeds.models import Blob, BlobChunk, FeedBuild, FeedFile

CHUNK_BYTES = 1 << 20
UNUSED_FOR = timedelta(hours=6)
"""How long content that nothing refers to is kept: somebody may still be reading it."""


def store(path: Path, *, now: datetime) -> Blob:
    """Keep a file's content. What is there already is not written again."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        with transaction.atomic():
            blob, is_new = Blob.objects.get_or_create(
                pk=sha256, defaults={"size": path.stat().st_size, "created_at": now}
            )
            if is_new:
                _write_chunks(blob, file)
            else:
                Blob.objects.filter(pk=sha256).update(created_at=now)
    return blob


def _write_chunks(blob: Blob, file: BinaryIO) -> None:
    number = 0
    while data := file.read(CHUNK_BYTES):
        BlobChunk.objects.create(blob=blob, number=number, data=data)
        number += 1


def read(sha256: str) -> Iterator[bytes]:
    """Yield a file's content, a chunk at a time; no transaction is open between two."""
    number = 0
    while True:
        chunk = BlobChunk.objects.filter(blob_id=sha256, number=number).values_list("data", flat=True).first()
        if chunk is None:
            return
        yield bytes(chunk)
        number += 1


def forget_unused(*, now: datetime) -> int:
    """Delete content that no build has any more. Returns how many files that was."""
    used = FeedFile.objects.values("blob_id").union(
        FeedBuild.objects.filter(report__isnull=False).values("report_id")
    )
    unused = Blob.objects.filter(created_at__lt=now - UNUSED_FOR).exclude(pk__in=used)
    count = 0
    for blob in unused.iterator():
        BlobChunk.objects.filter(blob=blob).delete()
        count += blob.delete()[0]
    return count
