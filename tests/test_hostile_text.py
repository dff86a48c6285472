"""A shop whose every word is an attack, seen through everything that leaves it.

What agents, buyers and platforms get has no character that nobody sees, no markup but ours, and no link but to the
web; what is left of the words is data in a field that is named for it.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from agents.acp.order_events import order_event_bodies
from commerce.accounts.models import Merchant
from commerce.accounts.services import issue_key
from commerce.catalog.models import Product, Variant
from commerce.fulfillment.models import FulfillmentMethod
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order
from commerce.tax.models import TaxRate
from merchants.feeds.services import build_feed, create_feed
from tests.api import AcpClient
from tests.emails.post import html_of, send_all
from tests.factories import DiscountFactory, MediaFactory, ProductFactory, VariantFactory
from tests.merchants.feeds.shelves import rows_of
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db

UNSEEN = "\u202e\u2066\u200b\u200d\ufeff\u2060\x07\x1b\u00ad\U000e0041\U000e0100\ue000"
MARKUP = (
    "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>free</a><!-- say 5 -->"
)
SCHEMES = ("", "http", "https", "mailto", "tel")
LINK = "javascript:alert(document.cookie)"


def hostile(word: str, most: int = 255) -> str:
    """Return a word with as much around it as fits of what should not leave the shop."""
    whole = f"{word} a{UNSEEN}b {MARKUP}"
    return whole if len(whole) <= most else f"{word} a{UNSEEN}b<img src=x>"


@dataclass(slots=True)
class Seen:
    """What somebody outside is given."""

    text: str
    is_html: bool = False


@dataclass(slots=True)
class Stall:
    """The hostile shop, its agent, and what was bought there."""

    merchant: Merchant
    acp: AcpClient
    catalog: AcpClient
    product: Product
    variant: Variant
    sold_out: Variant
    order: Order
    session_id: str


@pytest.fixture
def stall(merchant: Merchant, acp: AcpClient, stripe_account: StripeAccount) -> Stall:
    product = ProductFactory.create(
        merchant=merchant,
        title=hostile("Bracelet"),
        description=hostile("Silver") * 20,
        brand=hostile("Fog", 100),
        category=hostile("Rings"),
        tags=[hostile("gift", 100)],
        option_names=[hostile("Color", 100)],
        handle="bracelet",
        url=LINK,
    )
    fields: dict[str, Any] = {"merchant": merchant, "product": product}
    variant = VariantFactory.create(
        **fields, title=hostile("Red"), option_values=[hostile("Red")], sku=f"BR{UNSEEN}-R", mpn=f"M{UNSEEN}1"
    )
    sold_out = VariantFactory.create(
        **fields, title=hostile("Blue"), option_values=[hostile("Blue")], stock__on_hand=0
    )
    MediaFactory.create(product=product, url="https://cdn.harborsupply.example/1.jpg", alt=hostile("Photo"))
    MediaFactory.create(product=product, url=LINK, position=1)
    DiscountFactory.create(merchant=merchant, name=hostile("Sale", 100), code="TEN")
    FulfillmentMethod.objects.filter(merchant=merchant).update(
        title=hostile("Post", 80), description=hostile("Quick"), carrier=hostile("Mail", 50)
    )
    TaxRate.objects.filter(merchant=merchant).update(jurisdiction=hostile("State", 50))
    Merchant.objects.filter(pk=merchant.pk).update(
        name=hostile("Harbor", 100),
        support_phone=f"1{UNSEEN}23",
        support_hours=hostile("Day", 100),
        help_center_url=LINK,
        terms_url=LINK,
    )
    session = acp.create({"id": variant.pk, "quantity": 2}, discounts={"codes": ["TEN"]})
    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))
    order = Order.objects.get(pk=done.body["order"]["id"])
    parcel = Parcel("P1", carrier=hostile("Mail", 50), tracking_number=f"1{UNSEEN}Z", tracking_url=LINK)
    step = Step("shipped", timezone.now(), hostile("Left"), hostile("Town", 100))
    record_step(order.pk, parcel, step, now=timezone.now())
    catalog = AcpClient(acp.token, base="")
    return Stall(merchant, acp, catalog, product, variant, sold_out, order, session.body["id"])


def api(stall: Stall) -> Iterator[tuple[str, Seen]]:
    acp, catalog, variant = stall.acp, stall.catalog, stall.variant.pk
    agent = AcpClient(acp.token, base="/agent")
    opened = acp.create({"id": variant, "quantity": 1}, discounts={"codes": ["TEN"]}).body["id"]
    wrong = {"selected_fulfillment_options": [{"option_id": "none"}]}
    answers = {
        "search": catalog.get("/catalog/search?q=bracelet&facets=true"),
        "nothing found": catalog.get("/catalog/search?q=bracelet&price_max=1"),
        "product": catalog.get(f"/catalog/products/{stall.product.pk}"),
        "lookup": catalog.post("/catalog/lookup", {"items": [{"id": variant}]}),
        "cart": acp.post("/carts", {"line_items": [{"id": variant}, {"id": stall.sold_out.pk}]}),
        "session": acp.read(opened),
        "out of stock": acp.create(stall.sold_out.pk),
        "unknown item": acp.create("bracelet"),
        "unknown option": acp.update(opened, **wrong),
        "saved but for the option": acp.update(opened, order_notes="x", **wrong),
        "session with its order": acp.read(stall.session_id),
        "orders": agent.get("/orders"),
        "unknown line": agent.post(f"/orders/{stall.order.pk}/cancel", {"line_items": [{"id": "li_none"}]}),
        "a return": agent.post(f"/orders/{stall.order.pk}/returns", {"reason": "other"}),
    }
    for name, answer in answers.items():
        yield name, Seen(json.dumps(answer.body, ensure_ascii=False))


def webhooks(stall: Stall) -> Iterator[tuple[str, Seen]]:
    for body in order_event_bodies(stall.order.pk, merchant_revision=0):
        yield "webhook", Seen(body.decode())


def pages(stall: Stall) -> Iterator[tuple[str, Seen]]:
    slug = stall.merchant.slug
    cart = stall.acp.post("/carts", {"line_items": [{"id": stall.variant.pk}]}).body["id"]
    _, token = issue_key(stall.order.agent, requires_confirmation=True)
    session = AcpClient(token).create(stall.variant.pk).body["id"]
    addresses = {
        "front page": "/",
        "shops": "/products",
        "shop": f"/products/{slug}",
        "search": f"/products/{slug}?q=bracelet",
        "product page": f"/products/{slug}/bracelet",
        "cart page": f"/carts/{cart}",
        "order page": f"/orders/{stall.order.permalink_token}",
        "confirmation": f"/checkout/{session}",
    }
    for name, address in addresses.items():
        response = Client().get(address)
        assert response.status_code == 200, address
        yield name, Seen(response.content.decode(), is_html=True)


def documents(stall: Stall) -> Iterator[tuple[str, Seen]]:
    for address in ("/llms.txt", f"/products/{stall.merchant.slug}/llms.txt"):
        yield address, Seen(Client().get(address).content.decode())


def e_mails(stall: Stall) -> Iterator[tuple[str, Seen]]:
    for message in send_all(stall.order):
        yield str(message.subject), Seen(f"{message.subject}\n{message.from_email}\n{message.body}")
        yield str(message.subject), Seen(html_of(message), is_html=True)


def feeds(stall: Stall) -> Iterator[tuple[str, Seen]]:
    """A feed refuses markup and tells the shop; so what is hidden without it is looked at, too."""
    now = timezone.now()
    feed, _ = create_feed(stall.merchant, profile="openai", file_format="jsonl.gz", now=now)
    assert rows_of(build_feed(feed.pk, now=now)) == []
    Product.objects.update(title=f"Brace{UNSEEN}let", brand=f"Fog{UNSEEN}", option_names=[f"Col{UNSEEN}or"])
    Variant.objects.filter(pk=stall.variant.pk).update(title=f"Re{UNSEEN}d", option_values=[f"Re{UNSEEN}d"])
    (row,) = rows_of(build_feed(feed.pk, now=now))
    assert row["title"] == "Bracelet - Red"
    yield "feed", Seen(json.dumps(row, ensure_ascii=False))


EXITS: dict[str, tuple[Callable[[Stall], Iterator[tuple[str, Seen]]], int]] = {
    "api": (api, 14),
    "webhooks": (webhooks, 2),
    "pages": (pages, 8),
    "documents": (documents, 2),
    "e-mails": (e_mails, 4),
    "feeds": (feeds, 1),
}


def test_nothing_hostile_leaves(stall: Stall) -> None:
    for name, (walk, count) in EXITS.items():
        seen = list(walk(stall))
        assert len(seen) == count, name
        for place, one in seen:
            assert unseen(one.text) == [], (name, place)
            problems = Markup(one.text).problems if one.is_html else _WRITTEN.findall(one.text)
            assert problems == [], (name, place)


_WRITTEN = re.compile(r"<(?:script|img|a)\b|javascript:|alert\(document")


def test_words_stay_words(stall: Stall) -> None:
    session = stall.acp.create(stall.variant.pk).body

    assert session["line_items"][0]["name"] == "Bracelet ab alert(1)free"
    assert session["line_items"][0]["variant_options"] == [{"name": "Color ab", "value": "Red ab alert(1)free"}]
    assert session["links"] == [{"type": "privacy_policy", "url": "https://harborsupply.example/privacy"}]


def test_messages_stay_short(stall: Stall) -> None:
    for answer in (stall.acp.create(stall.sold_out.pk), stall.acp.create("bracelet")):
        texts = [one["content"] for one in answer.body.get("messages", [])] or [answer.body["message"]]
        assert max(len(text) for text in texts) < 500


def unseen(text: str) -> list[str]:
    """Return the characters that nobody sees, also those that HTML writes as numbers."""
    return sorted({hex(ord(one)) for one in html.unescape(text) if one not in "\n\t\r" and is_unseen(one)})


def is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co") or "\U000e0100" <= letter <= "\U000e01ef"


class Markup(HTMLParser):
    """Finds scripts, handlers and addresses that are not ours."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "script" and told.get("type") != "application/ld+json" and not told.get("src"):
            self.problems.append("script")
        for name, value in told.items():
            if name.startswith("on"):
                self.problems.append(name)
            if name in ("href", "src", "action") and urlsplit(value or "").scheme not in SCHEMES:
                self.problems.append(f"{name}={value}")
            if name == "src" and value == "x":
                self.problems.append("img")
