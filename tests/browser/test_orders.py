"""What staff do with an order, by clicking; and what the shop, the bank and the agent then know of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.contrib.admin.utils import quote

from agents.webhooks.models import Delivery
from agents.webhooks.services import register_endpoint
from commerce.accounts.models import StaffAction
from commerce.fulfillment.models import Shipment
from tests.browser.conftest import PHONE, Window
from tests.factories import MerchantFactory
from tests.merchants.staff import member
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def told_to_agent() -> list[tuple[str, Any]]:
    rows = Delivery.objects.order_by("sequence").values_list("kind", "body")
    return [(kind, orjson.loads(bytes(body))) for kind, body in rows]


def open_order(window: Window, paid: Purchase) -> None:
    """Find the order as people do: by its list."""
    window.open("/admin/orders/order/")
    window.page.get_by_role("link", name=paid.order.number).click()
    window.page.get_by_role("heading", name="What was ordered").wait_for()


def press(window: Window, button: str, *, says: str) -> None:
    window.page.get_by_role("button", name=button).click()
    window.page.get_by_text(says, exact=True).wait_for()


def test_an_order_is_shipped_and_refunded_in_part(window: Window, paid: Purchase) -> None:
    register_endpoint(paid.order.agent, "https://agent.example/orders")
    window.log_in(member(paid.order.merchant, "support", name="kim"))
    page, total = window.page, paid.order.total_minor

    open_order(window, paid)
    page.locator(".tasks").get_by_role("link", name="Ship").click()
    page.locator(f"[name={paid.line(paid.tote)}]").fill("2")
    page.locator(f"[name={paid.line(paid.cap)}]").fill("0")
    page.locator("[name=carrier]").fill("UPS")
    page.locator("[name=tracking_number]").fill("1Z999AA10123456784")
    over = [window.overflow(PHONE)]
    press(window, "Make the parcel", says="2 units wait to be sent.")
    page.locator("a[href$='/refund/']:visible").first.click()
    page.locator("[name=amount]").fill("12.34")
    page.locator("[name=note]").fill("A scratch on one of them")
    over.append(window.overflow(PHONE))
    press(window, "Refund", says="12.34 USD is on its way back.")
    paid.settle()

    parcel = Shipment.objects.get()
    assert (parcel.status, parcel.carrier, parcel.tracking_number) == ("shipped", "UPS", "1Z999AA10123456784")
    assert [(one.order_line.variant_id, one.quantity) for one in parcel.lines.all()] == [(paid.tote.pk, 2)]
    assert (paid.given_back(), paid.adjustments()) == (1234, [("refund", "completed", 1234)])
    assert (paid.attempt().captured_minor, paid.attempt().refunded_minor) == (total, 1234)
    assert [entry.what.partition(":")[0] for entry in StaffAction.objects.order_by("pk")] == [
        "Send units of this order",
        "Give money back",
    ]
    told = told_to_agent()
    assert {kind for kind, _ in told[1:]} == {"order_update"}
    order = told[-1][1]["data"]
    assert [(one["status"], one.get("tracking_number")) for one in order["fulfillments"]] == [
        ("shipped", "1Z999AA10123456784"),
        ("pending", None),
    ]
    assert [(one["type"], one["amount"]) for one in order["adjustments"]] == [("refund", 1234)]
    assert (over, window.complaints) == ([0, 0], [])


def test_another_shops_support_finds_no_such_order(window: Window, paid: Purchase) -> None:
    window.log_in(member(MerchantFactory.create(), "support"))
    page = f"{window.address}/admin/orders/order/{quote(paid.order.pk)}"

    answers = [window.page.goto(f"{page}/{name}/") for name in ("change", "ship", "refund", "cancel", "history")]

    assert [answer and answer.status for answer in answers] == [404] * 5
    assert paid.order.number not in window.page.content()
    window.page.goto(f"{window.address}/admin/orders/order/?q={paid.order.number}")
    assert window.page.get_by_role("link", name=paid.order.number).count() == 0
