"""Refunding and canceling in the admin, against the real provider."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone

from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Adjustment, Order
from tests.merchants.staff import member
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def url(order: Order, name: str) -> str:
    return f"/admin/orders/order/{quote(order.pk)}/{name}/"


def key_in(html: str) -> str:
    found = re.search(r'name="key" value="(\w+)"', html)
    assert found
    return found[1]


def test_a_refund_sent_twice_by_an_impatient_finger_is_one(chief: Client, paid: Purchase) -> None:
    page = chief.get(url(paid.order, "refund")).content.decode()
    data = {"amount": "15.00", "reason": "duplicate", "note": "Charged twice", "key": key_in(page)}

    answers = [chief.post(url(paid.order, "refund"), data, follow=True) for _ in range(2)]
    paid.settle()

    assert "15.00 USD is on its way back." in answers[0].content.decode()
    assert (paid.given_back(), paid.adjustments()) == (1500, [("refund", "completed", 1500)])


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("9999", "can be given back"),
        ("0", "can be given back"),
        ("ten", "is not a number"),
        ("1.005", "more digits"),
    ],
)
def test_an_amount_that_cannot_be_is_a_form_error(chief: Client, paid: Purchase, amount: str, words: str) -> None:
    answer = chief.post(url(paid.order, "refund"), {"amount": amount, "key": "k"})

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Adjustment.objects.exists()


def test_units_are_canceled_and_the_page_leads_there(chief: Client, paid: Purchase) -> None:
    tote, cap = paid.line(paid.tote), paid.line(paid.cap)
    shown = chief.get(f"/admin/orders/order/{quote(paid.order.pk)}/change/").content.decode()

    answer = chief.post(url(paid.order, "cancel"), {tote: 1, cap: 0, "note": "One too many"}, follow=True)
    paid.settle()

    assert "/refund/" in shown
    assert "/cancel/" in shown
    assert "Canceled." in answer.content.decode()
    assert paid.given_back() == paid.order.lines.get(pk=tote).total_minor // 3
    assert paid.order.lines.get(pk=tote).current == 2


def test_what_was_not_delivered_is_canceled_by_hand(chief: Client, paid: Purchase) -> None:
    tote, cap = paid.line(paid.tote), paid.line(paid.cap)
    now = timezone.now()
    for status in ("shipped", "failed"):
        record_step(paid.order.pk, Parcel("P1", quantities={tote: 1}), Step(status, now), now=now)

    page = chief.get(url(paid.order, "cancel")).content.decode()
    answer = chief.post(url(paid.order, "cancel"), {tote: 3, cap: 1}, follow=True)
    paid.settle()

    assert "of 3 not sent; 1 may yet arrive, the carrier could not deliver it" in page
    assert page.count("may yet arrive") == 1
    assert (answer.status_code, Order.objects.get().status) == (200, "canceled")
    assert paid.given_back() == sum(line.total_minor for line in paid.order.lines.all())


def test_too_many_units_is_a_form_error(chief: Client, paid: Purchase) -> None:
    tote, cap = paid.line(paid.tote), paid.line(paid.cap)

    too_many = chief.post(url(paid.order, "cancel"), {tote: 4, cap: 0})
    none = chief.post(url(paid.order, "cancel"), {tote: 0, cap: 0})

    assert "less than or equal to 3" in too_many.content.decode()
    assert "in a shipment already" in none.content.decode()
    assert not Adjustment.objects.exists()


def test_who_may_only_look_changes_nothing(paid: Purchase) -> None:
    client = member(paid.order.merchant, "reader")

    assert client.post(url(paid.order, "refund"), {"amount": "1", "key": "k"}).status_code == 403
    assert "/refund/" not in client.get(f"/admin/orders/order/{quote(paid.order.pk)}/change/").content.decode()


def test_what_a_bank_wants_to_see_is_one_archive(chief: Client, paid: Purchase) -> None:
    parcel = Parcel("P1", carrier="UPS", tracking_number="1Z999AA1")
    record_step(paid.order.pk, parcel, Step("delivered", timezone.now(), "Left at the door"), now=timezone.now())

    answer = chief.get(url(paid.order, "evidence"))

    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{paid.order.number}.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    summary = archive.read("summary.txt").decode()
    told = json.loads(archive.read("payment.json"))
    confirmed = json.loads(archive.read("confirmation.json"))
    for words in (paid.order.number, paid.order.email, "San Francisco", "1Z999AA1", "Left at the door"):
        assert words in summary
    assert told["provider_reference"] == paid.attempt().provider_reference
    assert told["captured_minor"] == confirmed["totals"]["total_minor"] == paid.order.total_minor
    assert [entry["kind"] for entry in json.loads(archive.read("order_log.json"))] == paid.log()
    assert "spt_" not in "".join(archive.read(name).decode() for name in archive.namelist())


def test_where_nothing_is_left_the_page_says_so(chief: Client, paid: Purchase) -> None:
    chief.post(url(paid.order, "cancel"), {paid.line(paid.tote): 3, paid.line(paid.cap): 1})
    paid.settle()

    assert "sent or canceled" in chief.get(url(paid.order, "cancel")).content.decode()
    assert "Nothing is left" in chief.get(url(paid.order, "refund")).content.decode()
