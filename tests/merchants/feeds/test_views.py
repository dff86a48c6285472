"""Feeds as platforms fetch them: with the token and nothing else, and only what has changed."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.http import http_date

from commerce.catalog.models import Variant
from merchants.feeds import views
from merchants.feeds.models import Feed
from merchants.feeds.services import build_feed, create_feed, rotate_token
from tests.merchants.feeds.shelves import NOW, shop, tote, variant

pytestmark = pytest.mark.django_db

NAME = "products.jsonl.gz"


@pytest.fixture
def token() -> str:
    merchant = shop()
    variant(tote(merchant), "Navy", "L")
    feed, token = create_feed(merchant, profile="openai", file_format="jsonl.gz", now=NOW)
    build_feed(feed.pk, now=NOW)
    return token


def test_a_file_is_sent_as_it_was_built(token: str, client: Client) -> None:
    response = client.get(f"/feeds/{token}/{NAME}")

    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert b'"title":"Canvas Tote - Navy / L"' in gzip.decompress(body)
    assert (response.status_code, response["Content-Type"]) == (200, "application/gzip")
    assert (
        response["Content-Length"],
        response.get("Content-Encoding"),
    ) == (
        str(len(body)),
        None,
    )
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("private, no-cache", "noindex")


def test_a_former_name_answers_and_is_not_listed(token: str, client: Client) -> None:
    Feed.objects.update(shards=2)
    build_feed(Feed.objects.get().pk, now=NOW + timedelta(days=1))

    listed = [file["name"] for file in client.get(f"/feeds/{token}/").json()["files"]]

    assert listed == ["products-01-of-02.jsonl.gz", "products-02-of-02.jsonl.gz"]
    assert all(client.get(f"/feeds/{token}/{name}").status_code == 200 for name in (*listed, NAME))


def test_what_has_not_changed_is_not_sent(token: str, client: Client) -> None:
    path = f"/feeds/{token}/{NAME}"
    first = client.get(path)

    by_tag = client.get(path, headers={"If-None-Match": first["ETag"]})
    by_time = client.get(path, headers={"If-Modified-Since": first["Last-Modified"]})
    build_feed(Feed.objects.get().pk, now=NOW + timedelta(days=1))
    after_the_same_again = client.get(path, headers={"If-None-Match": first["ETag"]})

    for response in (by_tag, by_time, after_the_same_again):
        assert (response.status_code, response.content) == (304, b"")
        assert (response["ETag"], response["Last-Modified"]) == (first["ETag"], first["Last-Modified"])


def test_what_has_changed_is_sent(token: str, client: Client) -> None:
    path = f"/feeds/{token}/{NAME}"
    first = client.get(path)
    Variant.objects.update(price_minor=1)
    Feed.objects.get().build.files.update(changed_at=NOW - timedelta(days=1))  # type: ignore[union-attr]
    build_feed(Feed.objects.get().pk, now=NOW)

    tags = {"If-None-Match": first["ETag"], "If-Modified-Since": http_date((NOW - timedelta(days=1)).timestamp())}
    again = client.get(path, headers=tags)

    assert again.status_code == 200
    assert again["ETag"] != first["ETag"]


def test_head_has_the_headers_and_reads_nothing(
    token: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "read", None)

    response = client.head(f"/feeds/{token}/{NAME}")

    assert (response.status_code, response.content) == (200, b"")
    assert int(response["Content-Length"]) > 100
    assert response["ETag"]


def test_the_index_lists_what_there_is(token: str, client: Client) -> None:
    response = client.get(f"/feeds/{token}/")

    (file,) = response.json()["files"]
    assert (file["name"], file["rows"], len(file["sha256"])) == (NAME, 1, 64)
    assert file["bytes"] > 100


@pytest.mark.parametrize("path", ["", NAME])
def test_strangers_find_nothing(token: str, client: Client, path: str) -> None:
    feed = Feed.objects.get()
    for wrong in ("x" * 40, feed.token_hash, feed.token_prefix, feed.pk):
        assert client.get(f"/feeds/{wrong}/{path}").status_code == 404


@pytest.mark.parametrize("name", ["other.csv", "..%2Fproducts.jsonl.gz", ".report.csv", "products.jsonl.gz%00"])
def test_other_files_are_not_found(token: str, client: Client, name: str) -> None:
    assert client.get(f"/feeds/{token}/{name}").status_code == 404


def test_an_old_address_leads_nowhere(token: str, client: Client) -> None:
    fresh = rotate_token(Feed.objects.get())

    assert client.get(f"/feeds/{token}/{NAME}").status_code == 404
    assert client.get(f"/feeds/{fresh}/{NAME}").status_code == 200


def test_a_feed_that_is_switched_off_is_not_found(token: str, client: Client) -> None:
    Feed.objects.update(is_active=False)

    assert client.get(f"/feeds/{token}/{NAME}").status_code == 404


def test_nothing_can_be_written(token: str, client: Client) -> None:
    assert client.post(f"/feeds/{token}/{NAME}", b"x", content_type="text/plain").status_code == 405
