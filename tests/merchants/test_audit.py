"""What staff do is written down: who, when, which values before and after, and never a secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client

from agents.webhooks.services import register_endpoint
from commerce.accounts.models import AgentKey, Membership, Merchant, StaffAction
from commerce.accounts.services import issue_key
from commerce.catalog.models import Product
from commerce.outbox.models import OutboxEvent
from tests.factories import AgentFactory, DiscountFactory, MerchantFactory, ProductFactory, VariantFactory
from tests.merchants.staff import member
from tests.merchants.test_admin_products import product_data, variant_data
from tests.merchants.world import add_rows
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Merchant:
    return MerchantFactory.create(currency="usd")


@pytest.fixture
def olive(shop: Merchant) -> Client:
    return member(shop, "owner", "olive")


def written() -> list[tuple[str, str, str, str]]:
    rows = StaffAction.objects.order_by("pk")
    return [(row.user_name, row.kind, row.model, row.subject) for row in rows]


def changes() -> dict[str, tuple[str, str]]:
    row = StaffAction.objects.order_by("pk").last()
    return {one["field"]: (one["before"], one["after"]) for one in row.changes} if row else {}


def discount_data(shop: Merchant, **told: Any) -> dict[str, Any]:
    data = {"merchant": shop.pk, "name": "Ten", "code": "TEN", "kind": "percent", "percent": "10", "priority": 10}
    return {**data, "minimum_subtotal_minor": "0.00", "is_combinable": "on", "is_active": "on", **told}


def test_values_before_and_after_are_kept_in_the_words_of_the_form(olive: Client, shop: Merchant) -> None:
    row = DiscountFactory.create(merchant=shop, name="Ten", code="TEN", percent="10.00")
    url = f"/admin/discounts/discount/{quote(row.pk)}/change/"

    fixed = {"kind": "fixed", "percent": "", "amount_minor": "5.00", "minimum_subtotal_minor": "50"}
    assert olive.post(url, discount_data(shop, **fixed, is_active="")).status_code == 302

    assert written() == [("olive", "changed", "discounts.discount", "Ten (TEN)")]
    assert changes() == {
        "Kind": ("percent off the items", "an amount off the items"),
        "Percent": ("10.00", ""),
        "Amount": ("", "5.00"),
        "Minimum subtotal": ("0.00", "50"),
        "Is active": ("yes", "no"),
    }


def test_a_save_that_changes_nothing_is_not_written_down(olive: Client, shop: Merchant) -> None:
    row = DiscountFactory.create(merchant=shop, name="Ten", code="TEN", percent="10.00")

    assert olive.post(f"/admin/discounts/discount/{quote(row.pk)}/change/", discount_data(shop)).status_code == 302

    assert written() == []


def test_additions_and_deletions_are_written_down(olive: Client, shop: Merchant) -> None:
    olive.post("/admin/discounts/discount/add/", discount_data(shop))
    row = shop.discounts.get()
    added = changes()
    olive.post(f"/admin/discounts/discount/{quote(row.pk)}/delete/", {"post": "yes"})

    assert [kind for _, kind, _, _ in written()] == ["added", "deleted"]
    assert (added["Code"], added["Percent"]) == (("", "TEN"), ("", "10"))
    assert set(StaffAction.objects.values_list("row", "merchant")) == {(row.pk, shop.pk)}


def test_parts_of_a_product_are_named(olive: Client, shop: Merchant) -> None:
    variant = VariantFactory.create(
        merchant=shop,
        product__option_names=["Color"],
        product__handle="canvas-tote",
        option_values=["Navy"],
        price_minor=3400,
        sku="FOG-NVY",
        weight_grams=420,
        stock__on_hand=7,
    )
    row = variant_data(id=variant.pk, product=variant.product_id, price_minor="36.00", on_hand=9)
    data = product_data(shop, row, initial=1, tags="", description=variant.product.description)

    assert olive.post(f"/admin/catalog/product/{quote(variant.product_id)}/change/", data).status_code == 302

    assert changes() == {
        "variant Canvas Tote: Price": ("34.00", "36.00"),
        "variant Canvas Tote: On hand": ("7", "9"),
    }


def test_no_secret_is_ever_written_down(olive: Client, shop: Merchant, chief: Client) -> None:
    agent = AgentFactory.create(merchant=shop)
    shown = [
        olive.post("/admin/accounts/agentkey/add/", {"agent": agent.pk, "scopes": ["catalog"]}),
        olive.post("/admin/webhooks/endpoint/add/", {"agent": agent.pk, "url": "https://agent.example/hooks"}),
        olive.post(f"/admin/accounts/merchant/{quote(shop.pk)}/fulfillment_secret/"),
    ]
    secrets = [re.findall(r"<code>(.+?)</code>", answer.content.decode())[0] for answer in shown]
    passwords = {"password1": "first long password", "password2": "first long password"}
    chief.post("/admin/auth/user/add/", {"username": "sam", **passwords, "usable_password": "true"})
    sam = User.objects.get(username="sam")
    passwords = {"password1": "other long password", "password2": "other long password"}
    chief.post(f"/admin/auth/user/{sam.pk}/password/", {**passwords, "usable_password": "true"})

    kept = str([*StaffAction.objects.values()])
    assert len(written()) == 5
    assert changes() == {"Password": ("", "(not written down)")}
    assert "first long" not in kept
    assert "other long" not in kept
    assert sam.password not in kept
    assert not any(secret in kept for secret in secrets)
    assert AgentKey.objects.get().secret_hash not in kept


def test_what_was_asked_for_is_written_down(olive: Client, shop: Merchant) -> None:
    key, _ = issue_key(AgentFactory.create(merchant=shop))
    endpoint, _ = register_endpoint(key.agent, "https://agent.example/hooks")

    olive.post("/admin/accounts/agentkey/", {"action": "revoke", "_selected_action": [key.pk]})
    olive.post(f"/admin/webhooks/endpoint/{quote(endpoint.pk)}/renew_secret/")

    asked = StaffAction.objects.order_by("pk").values_list("kind", "row", "what")
    assert list(asked) == [
        ("did", key.pk, "revoked the key"),
        ("did", endpoint.pk, "Make a new secret, valid at once"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_refund_stands_with_the_order(paid: Purchase) -> None:
    browser = member(paid.order.merchant, "support", "sam")
    page = f"/admin/orders/order/{quote(paid.order.pk)}/"

    browser.post(f"{page}refund/", {"amount": "15.00", "reason": "duplicate", "key": "k"})
    browser.post(f"{page}refund/", {"amount": "9999", "key": "other"})

    entry = StaffAction.objects.get()
    assert (entry.user_name, entry.row, entry.what) == (
        "sam",
        paid.order.pk,
        "Give money back: 15.00 USD is on its way back.",
    )
    for shown in ("change/", "history/"):
        html = browser.get(f"{page}{shown}").content.decode()
        assert "15.00 USD is on its way back." in html
        assert "sam" in html


def test_it_can_be_read_but_not_changed(olive: Client, shop: Merchant) -> None:
    olive.post("/admin/discounts/discount/add/", discount_data(shop))
    entry = StaffAction.objects.get()

    shown = olive.get("/admin/accounts/staffaction/").content.decode()

    assert "Ten (TEN)" in shown
    assert olive.post(f"/admin/accounts/staffaction/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    for change in (lambda: entry.delete(), lambda: StaffAction.objects.update(user_name="nobody")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_entries_stay_when_somebody_leaves(olive: Client, shop: Merchant) -> None:
    olive.post("/admin/discounts/discount/add/", discount_data(shop))

    User.objects.get(username="olive").delete()

    assert StaffAction.objects.get().user_name == "olive"


def test_the_operators_own_entries_belong_to_no_shop(chief: Client, olive: Client, shop: Merchant) -> None:
    add_rows(shop, 0, 1)
    event = OutboxEvent.objects.get()

    chief.post("/admin/outbox/outboxevent/", {"action": "replay", "_selected_action": [event.pk]})

    assert StaffAction.objects.get(kind="did").merchant is None
    assert "tried again" not in olive.get("/admin/accounts/staffaction/").content.decode()
    assert "tried again" in chief.get("/admin/accounts/staffaction/").content.decode()


def test_a_change_that_fails_leaves_no_entry(olive: Client, shop: Merchant) -> None:
    ProductFactory.create(merchant=shop, handle="canvas-tote")

    olive.post("/admin/catalog/product/add/", product_data(shop))

    assert (Product.objects.count(), written()) == (1, [])


def test_changing_a_member_is_written_down(olive: Client, shop: Merchant) -> None:
    sam = User.objects.create_user("sam", password="a long password")
    row = Membership.objects.create(user=sam, merchant=shop, role="reader")

    olive.post(f"/admin/accounts/membership/{row.pk}/change/", {"role": "support"})

    assert changes() == {
        "Role": (
            "read-only: looks at everything, changes nothing",
            "support: orders, cancellations, refunds",
        )
    }


def test_what_somebody_changes_of_their_own_account_is_written_down(olive: Client, shop: Merchant) -> None:
    passwords = {
        "oldpassword": "a long password",
        "password1": "another long one",
        "password2": "another long one",
    }

    olive.post("/account/password/change/", passwords)

    entry = StaffAction.objects.get()
    assert (entry.merchant, entry.user_name, entry.model, entry.what) == (
        shop,
        "olive",
        "auth.user",
        "changed their password",
    )


def test_who_may_not_look_at_members_reads_nothing_of_them(olive: Client, shop: Merchant) -> None:
    log = "/admin/accounts/staffaction/"
    invited = {"merchant": shop.pk, "email": "ada@harborsupply.example", "role": "support"}
    olive.post("/admin/accounts/invitation/add/", invited)
    olive.post("/admin/discounts/discount/add/", discount_data(shop))
    entry = StaffAction.objects.get(model="discounts.discount")
    about_ada = StaffAction.objects.get(model="accounts.invitation")

    def read(browser: Client) -> tuple[bool, bool, int]:
        page = browser.get(f"{log}{entry.pk}/change/").content.decode()
        is_named = "ada@harborsupply.example" in browser.get(log).content.decode()
        return is_named, "127.0.0.1" in page, browser.get(f"{log}{about_ada.pk}/change/").status_code

    assert read(member(shop, "manager")) == (True, True, 200)
    assert read(member(shop, "reader")) == (False, False, 404)
