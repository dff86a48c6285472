"""The top of an order's page: how it is, and what is to be done next."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commerce.accounts.models import Merchant, StaffAction
from commerce.emails.models import Email
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order, OrderNote
from commerce.payments.models import Dispute, PaymentAttempt, Refund
from merchants.admin.order_page import order_page
from tests.factories import MerchantFactory
from tests.merchants.order_work import address, ask, buy, deliver, lines, text_of
from tests.merchants.staff import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant() -> Merchant:
    return MerchantFactory.create()


@pytest.fixture
def support(merchant: Merchant) -> Client:
    return member(merchant, "support", name="kim")


def tasks(order: Order) -> list[tuple[str, list[str], bool]]:
    page = order_page(Order.objects.get(pk=order.pk), may_handle=True)
    return [(task.text, [one.label for one in task.buttons], task.is_urgent) for task in page.tasks]


def test_a_new_order_waits_to_be_sent(merchant: Merchant, support: Client) -> None:
    order = buy(merchant, 2, 1)

    page = text_of(support.get(address(order, "change")))

    assert tasks(order) == [("3 units wait to be sent.", ["Ship", "Packing list"], False)]
    for words in (
        "Confirmed",
        "3 units wait to be sent.",
        "$77.00",
        "Ada",
        "1234 Chat Road",
        "Nothing comes back.",
    ):
        assert words in page


def test_the_page_is_headed_by_the_list_and_the_number(merchant: Merchant, support: Client) -> None:
    order = buy(merchant)

    html = support.get(address(order, "change")).content.decode()

    heading = html.partition("<h1")[2].partition("</h1>")[0].partition(">")[2]
    words = [part for part in re.sub(r"<[^>]+>", " ", heading).split() if part != "chevron_right"]
    assert words == ["Orders", order.number]


def test_a_finished_order_waits_for_nothing(merchant: Merchant, support: Client) -> None:
    order = buy(merchant)
    deliver(order)

    assert tasks(order) == []
    assert "Nothing is to be done at the moment." in text_of(support.get(address(order, "change")))


def test_parcels_that_stand_or_failed(merchant: Merchant) -> None:
    order = buy(merchant, 2)
    (tote,) = lines(order)
    now = timezone.now()
    later = now + timedelta(minutes=1)
    record_step(order.pk, Parcel("A", quantities={tote.pk: 1}), Step("processing", now), now=now)
    record_step(order.pk, Parcel("B"), Step("shipped", later), now=later)
    record_step(order.pk, Parcel("B"), Step("failed", later), now=later)

    assert tasks(order)[1:] == [
        ("A parcel is packed, and waits to be handed over.", ["Say how far it is"], False),
        ("A parcel could not be delivered.", ["Say how far it is"], True),
    ]


def test_a_bank_a_refund_and_an_email_that_failed(merchant: Merchant) -> None:
    order = buy(merchant)
    deliver(order)
    now = timezone.now()
    attempt = PaymentAttempt.objects.create(
        merchant=merchant, reference="cs_1", amount_minor=5300, currency="usd", status="captured",
        token_fingerprint="f", leased_until=now, submitted_at=now,
    )  # fmt: skip
    Order.objects.filter(pk=order.pk).update(payment=attempt)
    Dispute.objects.create(
        attempt=attempt, provider_reference="du_1", amount_minor=1, status="needs_response",
        respond_by=now, opened_at=now, updated_at=now,
    )  # fmt: skip
    Refund.objects.create(attempt=attempt, amount_minor=700, status="failed", requested_at=now)
    Email.objects.create(
        order=order, kind="shipped", recipient="x", status="refused", error="550 No", due_at=now, created_at=now
    )

    shown = tasks(order)

    assert [(text.partition(" until ")[0], buttons, is_urgent) for text, buttons, is_urgent in shown] == [
        ("The bank asks about the payment, and takes an answer", ["Download the evidence"], True),
        ("A refund of $7.00 did not reach the buyer.", ["Refund again"], True),
        ("An e-mail did not reach the buyer: shipping notice.", ["Look at it"], False),
    ]


def test_a_note_is_written_and_read(merchant: Merchant, support: Client) -> None:
    order = buy(merchant)

    page = ask(support, order, "write_note", text="Wants <b>gift wrap</b>")

    note = OrderNote.objects.get()
    assert (note.author, note.text) == ("kim", "Wants <b>gift wrap</b>")
    assert "Wants <b>gift wrap</b>" in page
    assert "<b>gift" not in support.get(address(order, "change")).content.decode()
    assert [(one.user_name, one.what) for one in StaffAction.objects.all()] == [
        ("kim", "Write a note: The note is kept.")
    ]
    assert "This field is required." in ask(support, order, "write_note", text="  ")


def test_an_email_is_sent_again(merchant: Merchant, support: Client) -> None:
    order = buy(merchant)
    now = timezone.now()
    email = Email.objects.create(
        order=order, kind="receipt", recipient=order.email, status="failed", due_at=now, created_at=now
    )

    chosen = {"action": "send_again", "_selected_action": [email.pk]}
    page = support.post("/admin/emails/email/", chosen, follow=True)

    email.refresh_from_db()
    assert "1 will be sent again" in text_of(page)
    assert StaffAction.objects.get().what == "Sent again"
    assert email.status == "pending"


def test_a_shop_decides_what_is_sent_and_taken_back(merchant: Merchant) -> None:
    owner = member(merchant, "owner")

    page = ask(owner, merchant, "change", return_days="14", emails_off=["delivered", "refunded"])

    merchant.refresh_from_db()
    assert "changed successfully" in page
    assert (merchant.return_days, merchant.emails_off) == (14, ["delivered", "refunded"])


def test_statements_do_not_grow_with_the_order(merchant: Merchant) -> None:
    def statements(order: Order) -> int:
        with CaptureQueriesContext(connection) as captured:
            order_page(Order.objects.select_related("merchant", "agent").get(pk=order.pk), may_handle=True)
        return len(captured)

    small, large = buy(merchant, 1), buy(merchant, *[1] * 6)
    for number, line in enumerate(lines(large)[:5]):
        now = timezone.now()
        record_step(large.pk, Parcel(f"P{number}", quantities={line.pk: 1}), Step("shipped", now), now=now)

    assert statements(large) == statements(small)
