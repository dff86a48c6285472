"""From a purchase to the buyer's mailbox, the way events go."""

from __future__ import annotations

import pytest
from django.core import mail
from django.utils import timezone

from commerce.aftersales.services import cancel_order
from commerce.emails.sending import send_due
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def test_bought_and_canceled(paid: Purchase) -> None:
    cancel_order(paid.order.pk, now=timezone.now())
    paid.settle()
    for _ in range(2):
        send_due()
        paid.settle()

    number, total = paid.order.number, paid.order.total_minor
    assert [one.subject for one in mail.outbox] == [
        f"Your order {number}",
        f"Your order {number} was canceled",
        f"A refund for your order {number}",
    ]
    assert "What you paid for it is given back." in str(mail.outbox[1].body)
    assert f"has given back ${total // 100}.{total % 100:02}." in str(mail.outbox[2].body)
    assert {one.to[0] for one in mail.outbox} == {paid.order.email}
