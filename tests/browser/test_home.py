from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from commerce.accounts.models import Membership
from commerce.orders.models import Order
from tests.browser.conftest import PHONE, Window
from tests.factories import MerchantFactory, VariantFactory
from tests.merchants.staff import logged_in
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(window: Window) -> Window:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 2)
    VariantFactory.create(merchant=merchant, product__title="Roll-Top Daypack", sku="QB-DAY")
    Order.objects.update(placed_at=timezone.now())
    olive = User.objects.create_user("olive", password="a long password", is_staff=True)
    Membership.objects.create(user=olive, merchant=merchant, role="owner")
    window.log_in(logged_in(Client(), olive))
    return window


def test_charts_are_drawn_and_the_page_fits_a_phone(owner: Window) -> None:
    owner.open("/admin/")

    drawn = "[...document.querySelectorAll('canvas')].map(one => Chart.getChart(one).data.datasets.length)"
    assert owner.page.evaluate(drawn) == [1, 2]
    assert owner.overflow(PHONE) == 0


def test_what_is_searched_for_is_one_key_away(owner: Window) -> None:
    owner.open("/admin/orders/order/")

    owner.page.keyboard.press("Control+k")
    owner.page.locator("#search-input-command").press_sequentially("qb-day")
    owner.page.get_by_text("Roll-Top Daypack").wait_for()
    owner.page.keyboard.press("ArrowDown")
    with owner.page.expect_navigation():
        owner.page.keyboard.press("Enter")

    assert "/admin/catalog/variant/" in owner.page.url
    assert owner.complaints == []
