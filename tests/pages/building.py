"""Orders and carts of the demo's shops, priced and placed as the checkout does it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from django.db import transaction

from commerce.accounts.models import Merchant
from commerce.accounts.services import find_or_create_agent
from commerce.buyers import Address, Buyer, Recipient
from commerce.carts.services import Owner, WantedCart, create_cart
from commerce.catalog.models import Variant
from commerce.checkout.document import Document, Line, Selection, Session
from commerce.checkout.evaluation import evaluate
from commerce.checkout.facts import load_facts
from commerce.checkout.placing import order_of
from commerce.checkout.shop import Shop, load_shop
from commerce.checkout.states import Status
from commerce.ids import new_id
from commerce.orders.models import Order
from commerce.orders.services import place_order_writes
from commerce.statements import write

NOW = datetime(2026, 4, 20, 18, 0, tzinfo=UTC)

SAN_FRANCISCO = Address("Ada Park", "", "1234 Chat Road", "Apt 5", "San Francisco", "CA", "94131", "US")
LYON = Address("Ada Park", "", "5 rue du Lac", "", "Lyon", "", "69001", "FR")


def variant(sku: str) -> Variant:
    return Variant.objects.select_related("product").get(sku=sku)


def place_order(
    slug: str,
    *items: tuple[str, int],
    codes: tuple[str, ...] = (),
    address: Address = SAN_FRANCISCO,
    option: str = "",
    now: datetime = NOW,
) -> Order:
    """Place an order for SKUs and quantities, sent the cheapest way or by the option of that title."""
    merchant = Merchant.objects.get(slug=slug)
    shop = load_shop(merchant)
    document = Document(
        lines=tuple(Line(new_id("li"), variant(sku).pk, quantity) for sku, quantity in items),
        buyer=Buyer(email="ada@example.com", first_name="Ada"),
        recipient=Recipient("Ada Park", address=address),
        codes=codes,
    )
    priced = _priced(document, shop, now)
    if option:
        chosen = next(one for one in priced.options if one.title == option)
        lines = tuple(line.id for line in priced.lines if not line.is_digital)
        priced = _priced(replace(document, selections=(Selection(chosen.id, lines),)), shop, now)
    agent = find_or_create_agent(merchant, "Test agent")
    session = Session(
        new_id("cs"), merchant.pk, agent.pk, "key_1", Status.COMPLETING, merchant.currency, priced, now, now, now
    )
    record = order_of(session, payment_id=None, now=now)
    with transaction.atomic():
        write(*place_order_writes(record))
    return Order.objects.get(pk=record.id)


def _priced(document: Document, shop: Shop, now: datetime) -> Document:
    return evaluate(document, shop=shop, facts=load_facts(shop.id, document, now=now), now=now).document


def share_cart(slug: str, *items: tuple[str, int], now: datetime) -> str:
    """Collect a cart and return its id."""
    merchant = Merchant.objects.get(slug=slug)
    owner = Owner(merchant.pk, find_or_create_agent(merchant, "Test agent").pk, merchant.currency)
    lines = tuple((variant(sku).pk, quantity) for sku, quantity in items)
    return create_cart(owner=owner, wanted=WantedCart(lines), now=now).id
