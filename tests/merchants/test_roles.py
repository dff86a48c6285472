"""What each role may open and change in its shop, written out."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from commerce.accounts.models import Agent, Membership, Merchant
from commerce.backoffice.admins import Scoped
from commerce.backoffice.rights import Area, Right, right_of
from commerce.backoffice.scope import OPERATOR_ONLY
from commerce.backoffice.site import BackOffice
from commerce.orders.models import Order
from merchants.admin.navigation import MENU
from tests.factories import MerchantFactory
from tests.merchants.staff import ROLES, member, staff_of
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db

# For owner, manager, support and reader: "c" may change, "v" may look, "-" does not get in.
MAY = {
    "catalog/product": "ccvv",
    "catalog/variant": "ccvv",
    "inventory/stockitem": "ccvv",
    "imports/importjob": "vvvv",
    "discounts/discount": "cc-v",
    "tax/taxrate": "cc-v",
    "fulfillment/shippingzone": "cc-v",
    "fulfillment/pickuplocation": "cc-v",
    "fulfillment/fulfillmentmethod": "cc-v",
    "accounts/agent": "cc-v",
    "accounts/agentkey": "cv-v",
    "webhooks/endpoint": "cv-v",
    "accounts/merchant": "cv-v",
    "accounts/membership": "cv--",
    "orders/order": "vvvv",
    "fulfillment/shipment": "vvvv",
    "aftersales/return": "vvvv",
    "emails/email": "vvvv",
    "checkout/checkoutsession": "vvvv",
    "payments/paymentattempt": "vvvv",
    "payments/dispute": "vvvv",
    "webhooks/delivery": "vv-v",
    "feeds/feed": "cc-v",
    "feeds/feedproblem": "vv-v",
    "feeds/driftfinding": "vv-v",
    "feeds/publisheditem": "vv-v",
    "feeds/feedbuild": "vv-v",
    "feeds/feedfile": "vv-v",
    "feeds/pushtry": "vv-v",
    "outbox/outboxevent": "----",
    "idempotency/idempotencyrecord": "----",
    "inbox/providerevent": "----",
    "auth/user": "----",
}


@pytest.mark.parametrize(("position", "role"), [*enumerate(ROLES)], ids=ROLES)
def test_what_a_role_may(position: int, role: str) -> None:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 1)
    browser = member(merchant, role)
    pages: dict[str, Any] = {
        page.model._meta.label_lower.replace(".", "/"): page for page in admin.site._registry.values()
    }

    found = {}
    for name in MAY:
        way = {} if pages[name].merchant_path == OPERATOR_ONLY else {pages[name].merchant_path: merchant.pk}
        row = pages[name].model._default_manager.filter(**way)[0]
        answer = browser.get(f"/admin/{name}/{quote(str(row.pk))}/change/")
        opens = is_open(browser, name)
        assert opens == (answer.status_code == 200), name
        found[name] = ("c" if 'name="_save"' in answer.content.decode() else "v") if opens else "-"

    assert found == {name: letters[position] for name, letters in MAY.items()}


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_leads_only_where_one_may_go(role: str) -> None:
    browser = member(MerchantFactory.create(), role)
    html = browser.get("/admin/").content.decode()

    for name in MAY:
        assert (f'href="/admin/{name}/"' in html) == is_open(browser, name), name


def is_open(browser: Client, name: str) -> bool:
    """Say whether a list opens; that of the shops leads who has one straight to it."""
    return browser.get(f"/admin/{name}/", follow=True).status_code == 200


HANDLED = {
    "orders/order": ("ship", "take_back", "refund", "cancel", "write_note"),
    "fulfillment/shipment": ("step", "tracking", "unpack"),
    "aftersales/return": ("approve", "decline", "receive", "refund", "close", "cancel"),
}


def test_an_orders_life_is_for_support_and_above() -> None:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 1)
    browsers = {role: member(merchant, role) for role in ROLES}

    for page, actions in HANDLED.items():
        row = quote(apps.get_model(page.replace("/", "."))._default_manager.get().pk)
        for action in actions:
            address = f"/admin/{page}/{row}/{action}/"
            statuses = {role: one.get(address).status_code for role, one in browsers.items()}
            assert statuses == {"owner": 200, "manager": 200, "support": 200, "reader": 403}, address
            assert browsers["reader"].post(address, {"text": "x"}).status_code == 403


def test_who_may_look_sees_what_is_to_be_done_and_no_button() -> None:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 1)
    address = f"/admin/orders/order/{quote(Order.objects.get().pk)}/change/"
    pages = {role: member(merchant, role).get(address).content.decode() for role in ("support", "reader")}

    for words in (
        "A parcel is packed",
        "The buyer asks to send something back.",
        "did not reach the buyer",
        "Gift",
    ):
        assert words in pages["support"]
        assert words in pages["reader"]
    for link in ("/ship/", "/step/", "/approve/", "/refund/", "/write_note/"):
        assert (link in pages["support"], link in pages["reader"]) == (True, False)
    assert "/packing_list/" in pages["reader"]


def test_every_right_is_written_down() -> None:
    table = {(role, area): right_of(role, area) for role in ROLES for area in Area}

    assert all(table["owner", area] == Right.CHANGE for area in Area if area != Area.OPERATIONS)
    assert {right for (role, area), right in table.items() if area == Area.OPERATIONS} == {Right.NONE}
    assert Right.CHANGE not in {right for (role, _), right in table.items() if role == "reader"}
    assert all(right_of(None, area) == Right.NONE for area in Area)


def test_every_page_says_whose_rows_it_shows() -> None:
    for model, page in admin.site._registry.items():
        assert isinstance(page, Scoped), model
        for part in [page, *(kind(model, admin.site) for kind in page.inlines)]:
            assert isinstance(part, Scoped), part
            assert part.check() == []


def test_a_page_and_a_part_of_one_tell_the_same_way() -> None:
    ways: dict[object, set[str]] = {}
    for page in admin.site._registry.values():
        for part in [page, *page.inlines]:
            ways.setdefault(part.model, set()).add(part.merchant_path)

    assert {model: found for model, found in ways.items() if len(found) > 1} == {}


def test_a_page_that_does_not_say_so_is_refused() -> None:
    class Careless(admin.ModelAdmin):  # type: ignore[type-arg]
        __module__ = "merchants.admin.careless"

    class Silent(Scoped, admin.ModelAdmin):  # type: ignore[type-arg]
        pass

    with pytest.raises(ImproperlyConfigured, match="does not say whose rows it shows"):
        BackOffice().register(Agent, Careless)
    assert "merchant_path, area is missing" in str(Silent(Agent, admin.site).check())


def test_every_page_is_in_the_menu() -> None:
    named = [entry.model for group in MENU for entry in group.entries]

    assert sorted(named) == sorted(model._meta.label_lower for model in admin.site._registry)


def test_who_belongs_to_no_shop_is_told_kindly() -> None:
    browser = staff_of()

    html = browser.get("/admin/").content.decode()

    assert "nothing here for you yet" in html
    assert browser.get("/admin/orders/order/").status_code == 403


def test_django_permissions_and_mere_accounts_open_nothing(client: Client) -> None:
    add_rows(MerchantFactory.create(), 0, 1)
    person = User.objects.create_user("buyer", password="a long password")
    Membership.objects.create(user=person, merchant=Merchant.objects.order_by("pk")[0], role="owner")
    client.force_login(person)

    assert client.get("/admin/orders/order/").status_code == 302


def test_one_shop_is_at_hand_and_another_one_click_away() -> None:
    first, second = MerchantFactory.create(name="Alder"), MerchantFactory.create(name="Birch")
    Agent.objects.create(merchant=first, name="Alder's agent")
    Agent.objects.create(merchant=second, name="Birch's agent")
    browser = staff_of((first, "reader"), (second, "owner"))

    before = browser.get("/admin/accounts/agent/").content.decode()
    moved = browser.post("/admin/shop/", {"shop": second.pk, "next": "/admin/accounts/agent/"})
    after = browser.get("/admin/accounts/agent/").content.decode()

    assert "Alder&#x27;s agent" in before
    assert "Birch&#x27;s agent" not in before
    assert moved["Location"] == "/admin/accounts/agent/"
    assert "Birch&#x27;s agent" in after
    assert "Alder&#x27;s agent" not in after
    assert browser.get("/admin/accounts/agent/add/").status_code == 200


def test_a_switch_leads_nowhere_else() -> None:
    merchant = MerchantFactory.create()
    browser = member(merchant, "reader")

    for elsewhere in ("https://evil.example/", "//evil.example", "/admin/logout/", ""):
        moved = browser.post("/admin/shop/", {"shop": merchant.pk, "next": elsewhere})
        assert moved["Location"] == "/admin/"
    assert browser.get("/admin/shop/").status_code == 405


def test_the_operator_sees_all_shops_or_one(chief: Client) -> None:
    first, second = MerchantFactory.create(name="Alder"), MerchantFactory.create(name="Birch")
    Agent.objects.create(merchant=first, name="Alder's agent")
    Agent.objects.create(merchant=second, name="Birch's agent")

    everything = chief.get("/admin/accounts/agent/").content.decode()
    chief.post("/admin/shop/", {"shop": second.pk})
    one = chief.get("/admin/accounts/agent/").content.decode()
    chief.post("/admin/shop/", {"shop": ""})

    assert "Alder&#x27;s agent" in everything
    assert "Alder&#x27;s agent" not in one
    assert "Birch&#x27;s agent" in one
    assert chief.get("/admin/accounts/agent/").content.decode().count("&#x27;s agent") == 2


def test_a_role_that_was_taken_away_is_gone_at_once() -> None:
    merchant = MerchantFactory.create()
    browser = member(merchant, "owner")
    assert browser.get("/admin/orders/order/").status_code == 200

    Membership.objects.all().delete()

    assert browser.get("/admin/orders/order/").status_code == 403
