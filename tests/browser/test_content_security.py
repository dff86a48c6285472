"""No page runs a script that stands in it, nothing is refused by the policy, and what moves on a page still does."""

from __future__ import annotations

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client

from agents.webhooks.models import Delivery
from commerce.accounts.models import Membership, Merchant
from commerce.catalog.models import Product
from commerce.discounts.models import Discount
from commerce.orders.models import Order
from tests.browser.conftest import PHONE, Window
from tests.factories import MerchantFactory
from tests.merchants.staff import logged_in
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long password"


@pytest.fixture
def merchant() -> Merchant:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 2)
    return merchant


@pytest.fixture
def owner(merchant: Merchant, window: Window) -> Window:
    """The owner of two shops, logged in."""
    olive = User.objects.create_user("olive", "olive@harborsupply.example", PASSWORD, is_staff=True)
    for shop in (merchant, MerchantFactory.create(name="Zephyr")):
        Membership.objects.create(user=olive, merchant=shop, role="owner")
    window.log_in(logged_in(Client(), olive))
    return window


def kinds_of_pages(merchant: Merchant) -> list[str]:
    order, product, discount = Order.objects.all()[0], Product.objects.all()[0], Discount.objects.all()[0]
    return [
        "/admin/",
        "/admin/orders/",
        "/admin/orders/order/?status__exact=confirmed",
        f"/admin/orders/order/{quote(order.pk)}/change/",
        f"/admin/orders/order/{quote(order.pk)}/history/",
        f"/admin/orders/order/{quote(order.pk)}/refund/",
        f"/admin/catalog/product/{quote(product.pk)}/change/",
        "/admin/catalog/product/add/",
        "/admin/discounts/discount/add/",
        f"/admin/discounts/discount/{quote(discount.pk)}/delete/",
        f"/admin/accounts/merchant/{quote(merchant.pk)}/change/",
        f"/admin/accounts/merchant/{quote(merchant.pk)}/stop/",
        f"/admin/webhooks/delivery/{quote(Delivery.objects.all()[0].pk)}/change/",
        "/admin/accounts/agentkey/add/",
        "/admin/accounts/agent/add/?_popup=1",
        "/admin/webhooks/endpoint/",
        "/admin/accounts/merchant/setup/",
        "/admin/accounts/merchant/setup/products/",
        "/admin/accounts/merchant/setup/payments/",
        "/admin/rehearsals/rehearsal/begin/",
        "/account/shop/",
        "/account/two-factor/",
        "/account/password/change/",
        "/account/email/",
        "/account/reauthenticate/?next=/account/two-factor/totp/activate/",
        "/docs/api",
        "/",
    ]


def test_nothing_on_any_kind_of_page_is_refused_and_all_fit_a_phone(owner: Window, merchant: Merchant) -> None:
    over = {}
    for path in kinds_of_pages(merchant):
        owner.open(path)
        over[path] = owner.overflow(PHONE)
    owner.page.goto(f"{owner.address}/account/reauthenticate/?next=/account/two-factor/totp/activate/")
    owner.page.fill("#id_password", PASSWORD)
    owner.page.click("main button[type=submit]")
    owner.page.wait_for_url("**/totp/activate/")

    assert owner.page.locator("img.qr").bounding_box()
    assert {path: pixels for path, pixels in over.items() if pixels} == {}
    assert owner.complaints == []


@pytest.mark.parametrize("path", ["/admin/orders/order/", "/account/login/", "/docs/api", "/", "/nowhere"])
def test_scripts_come_from_files_of_this_site(client: Client, path: str) -> None:
    client.force_login(User.objects.create_superuser("chief", password=PASSWORD))
    if path.startswith("/account"):
        client.logout()

    policy = client.get(path)["Content-Security-Policy"]

    sources = dict(part.split(" ", 1) for part in policy.split("; "))
    assert sources["default-src"] == "'none'"
    assert sources.get("script-src", "'none'") in ("'self'", "'self' 'unsafe-eval'", "'none'")
    assert sources["frame-ancestors"] == sources["base-uri"] == "'none'"


def test_answers_for_programs_carry_no_policy(client: Client) -> None:
    for path in ("/acp/checkout_sessions/cs_1", "/.well-known/acp.json", "/health/ready", "/docs/openapi.json"):
        assert "Content-Security-Policy" not in client.get(path)


def test_what_moves_on_a_page_still_moves(owner: Window, merchant: Merchant) -> None:
    page = owner.page
    owner.open("/admin/catalog/product/add/")
    rows = page.locator(
        "#variants-data tr.form-row:not(.empty-form), #variants-data tbody:not(.template) tr.form-row"
    )
    before = rows.count()
    page.get_by_text("Add another Variant").click()
    assert rows.count() == before + 1

    owner.open("/admin/webhooks/delivery/")
    assert not page.get_by_role("button", name="Run").is_visible()
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("replay_deliveries")
    page.get_by_role("button", name="Run").click()
    page.get_by_text("1 will be sent again.").wait_for()

    page.get_by_text("Filters").click()
    page.locator("#changelist-filter").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator("#changelist-filter").wait_for(state="hidden")

    with page.expect_navigation():
        page.locator("#shop-at-hand").select_option(label="Zephyr")
    assert page.locator("input.action-select").count() == 0
    assert owner.complaints == []


def test_the_sidebar_and_the_theme_stay_as_they_were_left(owner: Window) -> None:
    page = owner.page
    owner.open("/admin/")
    page.locator("[x-on\\:click^='sidebarDesktopOpen']").click()
    page.locator("#nav-sidebar").wait_for(state="hidden")
    owner.open("/admin/orders/order/")
    page.locator("#nav-sidebar").wait_for(state="hidden")
    page.locator("[x-on\\:click^='sidebarDesktopOpen']").click()

    page.get_by_text("olive", exact=True).click()
    page.get_by_text("Dark", exact=True).click()
    owner.open("/admin/")
    assert "dark" in (page.locator("html").get_attribute("class") or "")
    assert owner.complaints == []


def test_the_menu_opens_on_a_phone(owner: Window) -> None:
    owner.page.set_viewport_size({"width": PHONE, "height": 844})
    owner.open("/admin/")
    assert not owner.page.locator("#nav-sidebar").is_visible()

    owner.page.locator("#main [x-on\\:click^='sidebarMobileOpen']").click()

    owner.page.locator("#nav-sidebar").wait_for(state="visible")
    assert owner.complaints == []
