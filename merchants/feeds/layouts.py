"""In which files a feed is written: those of its terms, and for a while those that it had before.

A platform is given the names of a feed's files once. Where the feed gets another kind of file, or more files
because its catalog has grown, the platform goes on asking for the old ones until somebody tells it. So these are
written, too, with the same in them, and the feed's page says until when.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from merchants.feeds.models import Feed
from merchants.feeds.writers import FormatUnavailableError, require_format

KEPT = timedelta(days=30)
MAX_FORMER = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """Files that have the whole catalog between them."""

    file_format: str
    shards: int

    def names(self, stem: str) -> list[str]:
        """Return what the files are called: the same every time."""
        if self.shards == 1:
            return [f"{stem}.{self.file_format}"]
        numbers = range(1, self.shards + 1)
        return [f"{stem}-{number:02}-of-{self.shards:02}.{self.file_format}" for number in numbers]


@dataclass(frozen=True, slots=True)
class Layouts:
    """The files that a platform is to be given, and the former ones, which answer until a time."""

    present: Layout
    former: tuple[Layout, ...] = ()
    former_until: datetime | None = None


def layouts_of(feed: Feed, *, shards: int, now: datetime) -> Layouts:
    """Return how a feed is to be written now that it has so many files."""
    present, until = Layout(feed.file_format, shards), feed.former_until
    known = [Layout(*one) for one in feed.former_layouts or ()] if until and until > now else []
    if feed.built_layout and (before := Layout(*feed.built_layout)) != present:
        known, until = [*known, before], now + KEPT
    others = dict.fromkeys(one for one in known if one != present and _is_writable(one))
    former = tuple(others)[-MAX_FORMER:]
    return Layouts(present, former, until if former else None)


def remembered(layouts: Layouts) -> dict[str, object]:
    """Return what a feed keeps of how it was written, by the names of its fields."""
    return {
        "built_layout": astuple(layouts.present),
        "former_layouts": [astuple(one) for one in layouts.former],
        "former_until": layouts.former_until,
    }


def _is_writable(layout: Layout) -> bool:
    with suppress(FormatUnavailableError):
        require_format(layout.file_format)
        return True
    return False
