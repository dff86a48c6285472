"""A build's files while they are written: in which of them, and where in it, a record is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zlib import crc32

import orjson

from merchants.feeds.layouts import Layout, Layouts
from merchants.feeds.profiles.profile import Profile, Record
from merchants.feeds.rules import Row
from merchants.feeds.seller import Seller
from merchants.feeds.told import ToldItem
from merchants.feeds.writers import Writer, open_writer

COPIED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class BuiltFile:
    name: str
    path: Path
    rows: int
    is_former: bool = False


class _Files:
    """The files of one layout. A record belongs into the one that the hash of its id names."""

    def __init__(self, layout: Layout, profile: Profile, directory: Path, stack: ExitStack) -> None:
        self._id_field = profile.id_field
        self._paths = [directory / name for name in layout.names(profile.file_name)]
        self._writers: list[Writer] = [
            stack.enter_context(closing(open_writer(path, layout.file_format, profile))) for path in self._paths
        ]
        self._counts = [0] * layout.shards

    def write(self, record: Record) -> None:
        place = shard_of(record[self._id_field], len(self._writers))
        self._writers[place].write(record)
        self._counts[place] += 1

    def written(self, *, is_former: bool) -> list[BuiltFile]:
        counted = zip(self._paths, self._counts, strict=True)
        return [BuiltFile(path.name, path, count, is_former) for path, count in counted]


class Shelf:
    """All files that are being written: the present ones, and the former ones with the same in them.

    What is gone is written at once. What is for sale stands aside until everything that is gone is known, what is
    refused now included: whoever reads a file has to meet what is gone first.
    """

    def __init__(
        self, profile: Profile, layouts: Layouts, directory: Path, stack: ExitStack, aside: IO[bytes]
    ) -> None:
        self._profile = profile
        self._present = _Files(layouts.present, profile, directory, stack)
        self._former = [_Files(one, profile, directory, stack) for one in layouts.former]
        self._aside = aside

    def put_product(self, rows: Sequence[Row], lost: Sequence[ToldItem], seller: Seller) -> None:
        """Take a product's good rows, and its items that are gone; a nested profile has them in one record."""
        if self._profile.is_nested:
            self._put_aside(self._profile.gather(rows, lost, seller))
            return
        self._put(self._profile.gather((), lost, seller))
        self._put_aside(self._profile.gather(rows, (), seller))

    def put_gone(self, gone: Iterable[ToldItem], seller: Seller) -> int:
        """Write what is gone and return how much that is; a nested profile has it by product."""
        count = 0
        by_product: dict[str, list[ToldItem]] = {}
        for one in gone:
            count += 1
            if self._profile.is_nested:
                by_product.setdefault(one.product_id, []).append(one)
            else:
                self._put(self._profile.gather((), [one], seller))
        for product_id in sorted(by_product):
            self._put(self._profile.gather((), by_product[product_id], seller))
        return count

    def finish(self, on_page: Callable[[], None]) -> None:
        """Write what stands aside. `on_page` is called now and then."""
        self._aside.seek(0)
        for number, line in enumerate(self._aside):
            self._put([orjson.loads(line)])
            if number % COPIED_AT_ONCE == 0:
                on_page()

    def _put_aside(self, records: Iterable[Record]) -> None:
        self._aside.writelines(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in records)

    def _put(self, records: Iterable[Record]) -> None:
        for record in records:
            for files in (self._present, *self._former):
                files.write(record)

    def files(self) -> list[BuiltFile]:
        former = [file for files in self._former for file in files.written(is_former=True)]
        return [*self._present.written(is_former=False), *former]


def shard_of(record_id: str, shards: int) -> int:
    """Return in which file a record is, whatever else is in the feed."""
    return crc32(record_id.encode()) % shards
