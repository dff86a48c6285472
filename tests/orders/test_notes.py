"""What the staff tell one another about an order."""

from __future__ import annotations

import pytest
from django.utils import timezone

from commerce.errors import NotFoundError
from commerce.fulfillment.selectors import order_details
from commerce.orders.models import OrderNote
from commerce.orders.services import LONGEST_NOTE, EmptyNoteError, add_note
from commerce.outbox.models import OutboxEvent
from tests.orders.building import placed_order

pytestmark = pytest.mark.django_db


def test_a_note_is_kept_and_told_to_nobody() -> None:
    order = placed_order()
    now = timezone.now()
    events = OutboxEvent.objects.count()

    add_note(order.pk, author="Kim", text="  Gift: no invoice  ", now=now)

    note = OrderNote.objects.get()
    order.refresh_from_db()
    assert (note.author, note.text, note.written_at) == ("Kim", "Gift: no invoice", now)
    assert (order.sequence, OutboxEvent.objects.count()) == (1, events)
    assert "no invoice" not in str(order_details(order.pk))


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST_NOTE + 1)])
def test_nothing_and_too_much_is_not_kept(text: str) -> None:
    order = placed_order()

    with pytest.raises(EmptyNoteError):
        add_note(order.pk, author="Kim", text=text, now=timezone.now())
    with pytest.raises(NotFoundError):
        add_note("ord_nothing", author="Kim", text="x", now=timezone.now())

    assert not OrderNote.objects.exists()
