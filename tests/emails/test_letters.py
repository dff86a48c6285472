"""What buyers read."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.aftersales.returns import approve_return, request_return
from commerce.aftersales.services import cancel_order
from commerce.buyers import Address, Recipient
from commerce.emails.letters import harmless
from commerce.fulfillment.selectors import order_details
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Adjustment, Order, OrderLine
from commerce.orders.records import ChosenOption
from commerce.orders.services import lock_order, log_change
from commerce.pages.orders import order_view
from tests.emails.post import html_of, send_all, words_of
from tests.factories import (
    AgentFactory,
    FulfillmentMethodFactory,
    MerchantFactory,
    PickupLocationFactory,
    VariantFactory,
)
from tests.orders.building import order_record, place

pytestmark = pytest.mark.django_db

TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture(autouse=True)
def _from_the_shop(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "orders@shop.example"
    settings.PUBLIC_BASE_URL = "https://shop.example"


def buy(
    quantity: int = 2, *, title: str = "Canvas Tote", merchant: Merchant | None = None, **changes: Any
) -> Order:
    agent = AgentFactory.create(merchant=merchant or MerchantFactory.create())
    tote = VariantFactory.create(merchant=agent.merchant, product__title=title)
    return place(order_record(agent, (tote, quantity), **{"placed_at": timezone.now(), **changes}))


def ship(order: Order, status: str = "shipped", *, kind: str = "", **told: Any) -> None:
    record_step(order.pk, Parcel("P1", **told), Step(status, timezone.now()), kind=kind, now=timezone.now())


def test_receipt() -> None:
    order = buy()

    (message,) = send_all(order)

    view = order_view(order_details(order.pk), merchant=order.merchant)
    assert message.subject == f"Your order {order.number}"
    assert (
        message.body
        == f"""Your order {order.number}

Thank you. Harbor Supply has your order, placed on {view.placed}.

  2 {TIMES} Canvas Tote: $48.00 ($24.00 each)

  Items: $48.00
  Delivery: $5.00
  Total in USD: $53.00

Standard
To:
  Ada Park
  1234 Chat Road
  San Francisco, CA 94131
  US

See your order and what becomes of it:
https://shop.example/orders/{order.permalink_token}

Questions? Harbor Supply helps.
help@harborsupply.example

Harbor Supply sends this because something was bought there with this address.
"""
    )
    assert view.placed.endswith(("PST", "PDT"))


def test_headers() -> None:
    order = buy()

    (message,) = send_all(order)

    sent = message_from_bytes(message.message().as_bytes(), policy=default)
    email = order.emails.get()
    assert (sent["From"], sent["To"], sent["Reply-To"]) == (
        "Harbor Supply <orders@shop.example>",
        "ada.park@example.com",
        "help@harborsupply.example",
    )
    assert (sent["Message-ID"], sent["References"]) == (f"<{email.pk}@shop.example>", f"<{order.pk}@shop.example>")
    assert (sent["Auto-Submitted"], sent["Content-Language"]) == ("auto-generated", "en")
    assert [part.get_content_type() for part in sent.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_shipping_notice() -> None:
    order = buy()
    ship(order, carrier="UPS", tracking_number="1Z999", quantities={order.lines.get().pk: 1})

    _, message = send_all(order)

    text = str(message.body)
    assert message.subject == f"A part of your order {order.number} is on its way"
    for words in (
        f"  1 {TIMES} Canvas Tote\n",
        "Carrier: UPS\nTracking number: 1Z999\nFollow it here: https://www.ups.com/track?tracknum=1Z999\n",
        "The rest of the order follows.",
        "It goes to:\n  Ada Park\n",
    ):
        assert words in text
    assert '<a class="button" href="https://www.ups.com/track?tracknum=1Z999">Follow the parcel</a>' in html_of(
        message
    )


def test_delivery_tells_how_long_it_can_be_sent_back() -> None:
    order = buy()
    ship(order, "delivered")

    _, message = send_all(order)

    assert message.subject == f"Your order {order.number} was delivered"
    assert "You can ask Harbor Supply to take it back for 30 days." in str(message.body)


def test_pick_up_tells_where() -> None:
    merchant = MerchantFactory.create()
    place_ = PickupLocationFactory.create(merchant=merchant, instructions="Ring twice")
    method = FulfillmentMethodFactory.create(merchant=merchant, kind="pickup", location=place_, zone=None)
    choice = ChosenOption(method.pk, "pickup", "Pick-up", 500, ())
    order = buy(merchant=merchant, fulfillment=(choice,))
    ship(order, "ready_for_pickup", kind="pickup")

    _, message = send_all(order)

    assert message.subject == f"Your order {order.number} is ready to be picked up"
    assert "Where:\n  Harbor Supply Pier 9\n  9 Embarcadero\n" in str(message.body)
    assert f"Bring the order's number: {order.number}" in str(message.body)


def test_download_leads_to_it() -> None:
    order = buy()
    OrderLine.objects.update(is_digital=True)
    ship(order, "delivered", kind="digital", access_url="https://dl.example/guide.pdf")

    _, message = send_all(order)

    assert message.subject == f"Your download for order {order.number}"
    assert "Open it here: https://dl.example/guide.pdf" in str(message.body)
    assert "take it back" not in str(message.body)


def test_cancellation_promises_nothing_that_was_not_paid() -> None:
    order = buy()
    cancel_order(order.pk, note="We are out of cotton", now=timezone.now())

    _, message = send_all(order)

    assert message.subject == f"Your order {order.number} was canceled"
    assert f"  2 {TIMES} Canvas Tote\n\nHarbor Supply says: We are out of cotton\n\nSee your order" in str(
        message.body
    )


def test_refund_names_its_amount() -> None:
    order = buy()
    Adjustment.objects.create(
        order=order,
        kind="refund",
        amount_minor=1250,
        reference="ref_1",
        description="Too late",
        occurred_at=timezone.now(),
    )
    log_change(lock_order(order.pk), kind="refund_succeeded", detail={"refund": "ref_1"}, now=timezone.now())

    _, message = send_all(order)

    text = str(message.body)
    assert "Harbor Supply has given back $12.50.\n\nHarbor Supply says: Too late\n" in text
    assert "Refunded so far: $12.50 of $53.00" in text


def test_approved_return_says_how_to_send_it() -> None:
    order = buy()
    ship(order, "delivered")
    made = request_return(order.pk, {order.lines.get().pk: 1}, reason="damaged", now=timezone.now())
    approve_return(made.pk, answer="To: 9 Pier\r\n94111 San Francisco", now=timezone.now())

    *_, message = send_all(order)

    assert message.subject == f"Your return for order {order.number} is approved"
    assert f"  1 {TIMES} Canvas Tote\n\nTo: 9 Pier\n94111 San Francisco\n\nPut the order's number" in str(
        message.body
    )


HOSTILE = [
    "Evil\r\nBcc: victim@example.com",
    "Evil\nSubject: other",
    "Evil\x00\x0b\u2028Bcc: victim@example.com",
    '"Evil" <evil@example.com>',
    "<script>alert(1)</script> & Söhne 漢字",
    "\u202egnp.exe",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_add_no_header_and_no_markup(name: str) -> None:
    # PostgreSQL keeps no NUL, so no name has one.
    name = name.replace("\x00", "")
    merchant = MerchantFactory.create(name=name, support_email="help@harborsupply.example")
    where = Recipient(name, address=Address(name, "", name, "", "San Francisco", "CA", "94131", "US"))
    order = buy(title=name, merchant=merchant, destination=where)

    (message,) = send_all(order)

    sent = message_from_bytes(message.message().as_bytes(), policy=default)
    assert (sent.get_all("To"), sent.get_all("Bcc"), sent["Subject"]) == (
        ["ada.park@example.com"],
        None,
        f"Your order {order.number}",
    )
    assert [one.addr_spec for one in sent["From"].addresses] == ["orders@shop.example"]
    assert "<script>" not in html_of(message)
    lines = str(message.body).splitlines()
    assert not [line for line in lines if line.startswith(("Bcc", "Subject"))]
    assert "\u202e" not in str(message.body) + html_of(message) + str(sent["From"])


def test_addresses_of_carriers_are_web_addresses() -> None:
    order = buy()
    ship(order, tracking_number="1", tracking_url="javascript:alert(1)")

    _, message = send_all(order)

    assert "javascript" not in str(message.body) + html_of(message)


def test_harmless_keeps_every_script_and_spaces() -> None:
    assert harmless({"a": ["München\u00a0漢字 👩\u200d👧", 5], "b": None}) == {
        "a": ["München\u00a0漢字 👩\u200d👧", 5],
        "b": None,
    }


def test_html_says_what_the_text_says_and_loads_nothing() -> None:
    order = buy()
    ship(order, carrier="UPS", tracking_number="1Z999")
    ship(order, "delivered")

    for message in send_all(order):
        html = html_of(message)
        for line in str(message.body).splitlines():
            for words in line.strip(" :").split("here: ")[:1]:
                if "http" not in words and "@" not in words and "Follow it" not in words:
                    assert words.partition(" (")[0].partition(": $")[0].strip() in words_of(html), line
        assert '<html lang="en">' in html
        assert not any(tag in html for tag in ("<img", "<script", "<link", "@import", "url(", "<iframe", "src="))
        assert html.count("<h1>") == 1


def test_time_is_the_merchants() -> None:
    at = timezone.now().replace(hour=3, minute=5)
    order = buy(placed_at=at - timedelta(days=1), merchant=MerchantFactory.create(time_zone="Asia/Tokyo"))

    (message,) = send_all(order)

    assert "12:05 pm JST" in str(message.body)
