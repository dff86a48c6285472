"""Feeds in the back office: made, looked at, built, compared, sent, and given new addresses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from commerce.accounts.models import Merchant, StaffAction
from commerce.catalog.models import Product, Variant
from merchants.feeds import admin_forms, tasks
from merchants.feeds.models import DriftCheck, Feed, FeedBuild, FeedFile, FeedProblem, PushProduct, PushTry
from merchants.feeds.services import build_feed
from tests.factories import MerchantFactory
from tests.merchants.feeds.shelves import NOW, feed_of, selling_agent, shop, tote, variant
from tests.merchants.staff import logged_in, member
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db

PAGES = ("feed", "feedbuild", "feedfile", "feedproblem", "publisheditem", "driftfinding", "pushtry")


@pytest.fixture
def merchant() -> Merchant:
    merchant = shop()
    variant(tote(merchant), "Navy", "L", sku="TOTE-NVY")
    variant(tote(merchant, handle="cap", title="Cap", brand=""), "Navy", "L", sku="CAP-NVY")
    return merchant


@pytest.fixture
def feed(merchant: Merchant) -> Feed:
    feed = feed_of(merchant, agent=selling_agent(merchant))
    build_feed(feed.pk, now=timezone.now())  # the pages go by the clock, too
    feed.refresh_from_db()
    return feed


def page(feed: Feed, action: str = "change") -> str:
    return f"/admin/feeds/feed/{quote(feed.pk)}/{action}/"


def test_a_feed_is_made_and_its_address_shown_once(chief: Client, merchant: Merchant) -> None:
    agent = selling_agent(merchant)
    data = {
        "merchant": merchant.pk,
        "name": "For ChatGPT",
        "profile": "openai",
        "file_format": "jsonl.gz",
        "agent": agent.pk,
        "default_brand": "Harbor Supply",
        "target_country": "US",
    }

    html = chief.post("/admin/feeds/feed/add/", data).content.decode()

    feed = Feed.objects.get()
    assert (feed.name, feed.agent, feed.default_brand, feed.target_country) == (
        "For ChatGPT",
        agent,
        "Harbor Supply",
        "US",
    )
    assert feed.due_at is not None
    address = html.partition("https://shop.example/feeds/")[2].partition("<")[0]
    token, _, name = address.partition("/")
    assert (len(token), name) == (40, "products.jsonl.gz")
    build_feed(feed.pk, now=timezone.now())
    assert chief.get(f"/feeds/{token}/{name}").status_code == 200
    assert token not in chief.get(page(feed)).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"profile": "google", "file_format": "parquet"}, "Google-compatible feed is read as tsv.gz"),
        ({"target_country": "usa"}, "at most 2 characters"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_made_is_refused(
    chief: Client, merchant: Merchant, changes: dict[str, str], words: str
) -> None:
    data = {"merchant": merchant.pk, "name": "F", "profile": "openai", "file_format": "jsonl.gz", **changes}

    response = chief.post("/admin/feeds/feed/add/", data)

    assert words in response.content.decode()
    assert not Feed.objects.exists()


def test_the_page_warns_of_names_that_will_not_answer_for_long(chief: Client, feed: Feed) -> None:
    Feed.objects.update(shards=2)
    build_feed(feed.pk, now=timezone.now())

    html = chief.get(page(feed)).content.decode()

    feed.refresh_from_db()
    assert feed.former_until is not None
    until = f"{feed.former_until:%Y-%m-%d %H:%M}"
    assert f"Until {until} UTC the former answer, too: products.jsonl.gz." in html
    assert "products-02-of-02.jsonl.gz</a>" in html


def test_another_shops_agent_cannot_sell_from_it(chief: Client, merchant: Merchant) -> None:
    stranger = selling_agent(MerchantFactory.create())
    data = {"merchant": merchant.pk, "name": "F", "profile": "stripe", "file_format": "csv", "agent": stranger.pk}

    assert "sells for another shop" in chief.post("/admin/feeds/feed/add/", data).content.decode()
    assert not Feed.objects.exists()


def test_the_page_says_what_to_mend(chief: Client, feed: Feed) -> None:
    html = chief.get(page(feed)).content.decode()
    assert ">1</a> not listed: brand. Some facts every row must have." in html
    assert "products.jsonl.gz</a>: 1 row, " in html
    assert "nowhere: the platform fetches the files" in html
    problem = FeedProblem.objects.get()
    listed = chief.get("/admin/feeds/feedproblem/", {"build__id__exact": str(feed.build_id), "field": "brand"})
    assert "CAP-NVY" in listed.content.decode()
    assert escape(problem.advice) in listed.content.decode()


def test_files_and_reports_are_downloaded(chief: Client, feed: Feed) -> None:
    file = FeedFile.objects.get()

    data = chief.get(f"/admin/feeds/feedfile/{file.pk}/download/")
    report = chief.get(f"/admin/feeds/feedbuild/{feed.build_id}/all_problems/")

    assert data["Content-Disposition"] == 'attachment; filename="products.jsonl.gz"'
    assert len(data.getvalue()) == file.blob.size
    assert b"CAP-NVY" in report.getvalue()


def test_a_build_is_asked_for(chief: Client, feed: Feed) -> None:
    asked = chief.get(page(feed, "build_now"))
    before = Feed.objects.get().due_at

    done = chief.post(page(feed, "build_now"), {"asked": "1"}, follow=True)

    assert "The feed is made anew" in asked.content.decode()
    assert before == FeedBuild.objects.get().started_at + timedelta(days=1)
    feed.refresh_from_db()
    assert (feed.due_cause, "It is built within a minute" in done.content.decode()) == ("asked", True)


def test_a_comparison_is_made_and_stays_on_the_page(chief: Client, feed: Feed) -> None:
    Variant.objects.filter(sku="TOTE-NVY").update(price_minor=1999)

    done = chief.post(page(feed, "compare"), {"asked": "1"}, follow=True).content.decode()

    assert "Of 2 items something differs 1 times" in done
    assert "1 difference being mended" in done
    assert DriftCheck.objects.get().cause == "asked"
    listed = chief.get("/admin/feeds/driftfinding/").content.decode()
    assert "24.00 USD" in listed
    assert "19.99 USD" in listed


def test_a_large_feed_is_compared_by_a_worker(chief: Client, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(admin_forms, "COMPARED_AT_ONCE", 0)
    monkeypatch.setattr(tasks.check_feed, "apply_async", lambda **options: asked.append(options["kwargs"]))

    chief.post(page(feed, "compare"), {"asked": "1"})

    assert asked == [{"feed_id": feed.pk}]
    assert not DriftCheck.objects.exists()


def test_a_new_address_is_shown_once(chief: Client, feed: Feed) -> None:
    before = feed.token_hash

    html = chief.post(page(feed, "new_address"), {"asked": "1"}).content.decode()

    feed.refresh_from_db()
    assert feed.token_hash != before
    assert f"https://shop.example/feeds/{feed.token_prefix}" in html
    assert StaffAction.objects.get().what == "Make a new address: There is a new address."
    assert f"/feeds/{feed.token_prefix}…/" in chief.get(page(feed)).content.decode()


def test_where_products_are_sent_is_entered(chief: Client, merchant: Merchant) -> None:
    feed = feed_of(merchant, "acp", "jsonl")

    missing = chief.post(page(feed, "push_target"), {"url": "https://platform.example/v1", "key": ""})
    private = chief.post(page(feed, "push_target"), {"url": "https://10.0.0.1/v1", "key": "sk_1"})
    assert "The platform&#x27;s key is needed." in missing.content.decode()
    assert "The host has an address that is not public." in private.content.decode()
    assert not Feed.objects.exclude(push_url="").exists()

    done = chief.post(
        page(feed, "push_target"), {"url": "https://platform.example/v1", "key": "sk_1"}, follow=True
    )

    feed.refresh_from_db()
    assert feed.push_url == "https://platform.example/v1"
    assert PushProduct.objects.filter(marked_at__isnull=False).count() == 2
    html = done.content.decode()
    assert "2 products waiting, 0 not taken" in html
    assert "sk_1" not in html

    chief.post(page(feed, "push_target"), {"url": "", "key": ""})
    feed.refresh_from_db()
    assert (feed.push_url, PushProduct.objects.count()) == ("", 0)


def test_only_the_protocols_feed_is_sent(chief: Client, feed: Feed) -> None:
    html = chief.post(
        page(feed, "push_target"), {"url": "https://platform.example/v1", "key": "sk_1"}
    ).content.decode()

    assert "Only an Agentic Commerce Protocol feed is sent" in html
    assert not Feed.objects.exclude(push_url="").exists()


def test_changed_terms_are_told(chief: Client, feed: Feed) -> None:
    data = {
        "name": "Renamed",
        "file_format": "csv.gz",
        "agent": "",
        "default_brand": "Harbor Supply",
        "target_country": "",
        "interval_minutes": 60,
        "pause_minutes": 5,
        "shards": 1,
        "is_active": "on",
        "merchant": feed.merchant_id,
    }

    response = chief.post(page(feed), data)

    feed.refresh_from_db()
    assert response.status_code == 302, response.content.decode()
    assert (feed.name, feed.file_format, feed.agent, feed.due_cause) == ("Renamed", "csv.gz", None, "asked")
    made = build_feed(feed.pk, now=timezone.now())
    assert (made.rows, made.refused) == (2, 0)


@pytest.mark.parametrize("action", ["new_address", "push_target"])
def test_the_password_is_asked_again_before_keys_and_addresses(feed: Feed, action: str) -> None:
    olive = User.objects.create_superuser("olive", password="a long password")
    browser = logged_in(Client(), olive, seconds_ago=601)
    before = feed.token_hash

    answers = [browser.get(page(feed, action)), browser.post(page(feed, action), {"asked": "1"})]

    feed.refresh_from_db()
    assert all(one["Location"].startswith("/account/reauthenticate/?next=") for one in answers)
    assert (feed.token_hash, StaffAction.objects.count()) == (before, 0)


def test_keys_and_addresses_are_for_owners(feed: Feed) -> None:
    browsers = {role: member(feed.merchant, role) for role in ("owner", "manager", "support", "reader")}
    statuses = {
        role: [
            browser.get(page(feed, action)).status_code for action in ("build_now", "new_address", "push_target")
        ]
        for role, browser in browsers.items()
    }

    assert statuses == {
        "owner": [200, 200, 200],
        "manager": [200, 403, 403],
        "support": [403, 403, 403],
        "reader": [403, 403, 403],
    }


def test_every_page_opens_and_takes_no_more_statements_for_more_rows(chief: Client, settings: Settings) -> None:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 2)

    def statements() -> dict[str, int]:
        counts = {}
        for name in PAGES:
            with CaptureQueriesContext(connection) as captured:
                assert chief.get(f"/admin/feeds/{name}/").status_code == 200
            counts[name] = len(captured)
        return counts

    few = statements()
    add_rows(merchant, 2, 6)

    assert statements() == few
    for name, key in (("feed", Feed.objects.all()[0].pk), ("feedbuild", FeedBuild.objects.all()[0].pk)):
        html = chief.get(f"/admin/feeds/{name}/{quote(key)}/change/").content.decode()
        assert Feed.objects.all()[0].token_hash not in html


@pytest.mark.parametrize("name", PAGES[1:])
def test_what_happened_cannot_be_changed(chief: Client, name: str) -> None:
    assert chief.get(f"/admin/feeds/{name}/add/").status_code == 403


def test_a_platforms_words_stay_words(chief: Client, merchant: Merchant) -> None:
    feed = feed_of(merchant, "acp", "jsonl", push_url="https://platform.example", push_error="<script>1</script>")
    PushTry.objects.create(
        feed=feed,
        request_id="r",
        method="GET",
        path="/",
        answer="<script>2</script>",
        milliseconds=1,
        tried_at=NOW,
    )
    Product.objects.update(title="<script>3</script>")
    build_feed(feed_of(merchant, "stripe", "csv").pk, now=NOW)

    for address in (
        page(feed),
        f"/admin/feeds/pushtry/{PushTry.objects.get().pk}/change/",
        "/admin/feeds/feedproblem/",
    ):
        html = chief.get(address).content.decode()
        assert "<script>1" not in html
        assert "<script>2" not in html
        assert "<script>3" not in html
