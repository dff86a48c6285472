from __future__ import annotations

from django.db.models import QuerySet

from merchants.feeds.layouts import Layout
from merchants.feeds.models import Feed, FeedFile
from merchants.feeds.profiles import PROFILES
from merchants.feeds.services import feed_url, token_hash


def feed_of_token(token: str) -> Feed | None:
    """Return the feed that a token gives access to, with its build; None for an old or wrong one."""
    feeds = Feed.objects.select_related("build").filter(token_hash=token_hash(token), is_active=True)
    return feeds.first()


def published_files(feed: Feed) -> QuerySet[FeedFile]:
    """Return the files that readers get now, by name; former names are among them."""
    return FeedFile.objects.filter(build=feed.build_id).select_related("blob").order_by("name")


def listed_files(feed: Feed) -> QuerySet[FeedFile]:
    """Return the files that have all that the feed says, each item once."""
    return published_files(feed).filter(is_former=False)


def addresses_of(feed: Feed, token: str) -> list[str]:
    """Return where each of a feed's files is fetched, also before the first build."""
    names = list(listed_files(feed).values_list("name", flat=True))
    first = Layout(feed.file_format, 1).names(PROFILES[feed.profile].file_name)
    return [feed_url(token, name) for name in names or first]
