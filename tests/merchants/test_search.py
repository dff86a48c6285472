"""One search over the whole back office: pages by name, rows by what people have at hand."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.utils import quote
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.webhooks.models import Endpoint
from commerce.accounts.models import Merchant
from commerce.aftersales.models import Return
from commerce.checkout.models import CheckoutSession
from commerce.discounts.models import Discount
from commerce.orders.models import Order
from commerce.payments.models import Dispute, PaymentAttempt
from tests.factories import MerchantFactory, VariantFactory
from tests.merchants.staff import member
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Merchant:
    return MerchantFactory.create()


def found(browser: Client, term: str) -> set[str]:
    html = browser.get("/admin/search/", {"s": term, "extended": "1"}).content.decode()
    return set(re.findall(r'href="([^"]+)"', html))


def test_rows_are_found_by_what_is_at_hand(shop: Merchant) -> None:
    add_rows(shop, 0, 1)
    variant = VariantFactory.create(merchant=shop, product__title="Roll-Top Daypack", sku="QB-DAY-SLT")
    order, session = Order.objects.get(), CheckoutSession.objects.get()
    Order.objects.update(checkout_session_id=session.pk)
    PaymentAttempt.objects.update(provider_reference="pi_3fkYjzimv")
    browser = member(shop, "support")
    pages = {
        "order": f"/admin/orders/order/{quote(order.pk)}/change/",
        "session": f"/admin/checkout/checkoutsession/{quote(session.pk)}/change/",
        "variant": f"/admin/catalog/variant/{quote(variant.pk)}/change/",
        "product": f"/admin/catalog/product/{quote(variant.product_id)}/change/",
    }

    attempt, endpoint, discount = PaymentAttempt.objects.get(), Endpoint.objects.get(), Discount.objects.get()
    returned, dispute = Return.objects.get(), Dispute.objects.get()
    parts = {page_of(one) for one in (order.shipments.get(), returned, dispute)}

    assert found(browser, order.number) == {pages["order"], pages["session"]} | parts
    assert found(browser, "ada@example.com") == {pages["order"], page_of(returned)}
    assert found(browser, "pi_3fkYjz") == {page_of(attempt)}
    assert found(browser, discount.name) == set()
    manager = member(shop, "manager")
    assert found(manager, discount.name) == {page_of(discount)}
    assert found(manager, endpoint.url) == {page_of(endpoint)}
    assert found(browser, "qb-day-slt") == {pages["variant"]}
    assert found(browser, "daypack") == {pages["product"], pages["variant"]}
    assert found(browser, session.pk) == {pages["session"], pages["order"]}


def page_of(row: Model) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{quote(row.pk)}/change/"


def test_pages_are_found_by_their_name(shop: Merchant) -> None:
    assert "/admin/tax/taxrate/" in found(member(shop, "manager"), "tax")
    assert "/admin/tax/taxrate/" not in found(member(shop, "support"), "tax")


def test_what_is_found_in_one_shop_is_not_kept_for_the_next(shop: Merchant, chief: Client) -> None:
    other = MerchantFactory.create()
    VariantFactory.create(merchant=shop, sku="ONLY-HERE")
    chief.post("/admin/shop/", {"shop": shop.pk})
    here = found(chief, "only-here")
    chief.post("/admin/shop/", {"shop": other.pk})

    assert len(here) == 1
    assert found(chief, "only-here") == set()


def test_only_the_first_of_many_are_shown(shop: Merchant) -> None:
    for _ in range(9):
        VariantFactory.create(merchant=shop, product__title="Mug")
    browser = member(shop, "reader")

    with CaptureQueriesContext(connection) as captured:
        assert len(found(browser, "mug")) == 12

    assert len(captured) <= 20


@pytest.mark.parametrize("term", ["", "   ", "%", "_", "'; DROP TABLE", "\x00", "x" * 3000])
def test_any_words_may_be_searched_for(shop: Merchant, term: str) -> None:
    add_rows(shop, 0, 1)

    assert member(shop, "owner").get("/admin/search/", {"s": term, "extended": "1"}).status_code == 200
