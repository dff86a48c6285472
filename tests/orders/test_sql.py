"""What is written and read in one statement is what the ORM sees."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from commerce.fulfillment.selectors import order_details
from commerce.orders.models import Order, OrderEvent, OrderLine
from commerce.orders.services import place_order_writes
from commerce.statements import write
from tests.factories import AgentFactory, VariantFactory
from tests.orders.building import order_record, place, placed_order

pytestmark = pytest.mark.django_db


def test_an_order_written_in_one_statement_is_what_the_orm_reads() -> None:
    agent = AgentFactory.create()
    record = order_record(agent, *((VariantFactory.create(merchant=agent.merchant), 2) for _ in range(3)))

    with CaptureQueriesContext(connection) as queries:
        write(*place_order_writes(record))

    order = Order.objects.get(pk=record.id)
    assert sum(query["sql"].startswith("WITH ") for query in queries) == 1
    plain = set(record.__slots__) - {"lines", "adjustments", "buyer", "destination", "fulfillment"}
    for name in plain - {"tax_breakdown", "discounts"}:
        assert getattr(order, name) == getattr(record, name), name
    assert order.buyer["email"] == record.buyer.email
    assert (order.destination or {})["address"]["city"] == "San Francisco"
    for line, written in zip(record.lines, order.lines.order_by("position"), strict=True):
        for name in line.__slots__:
            assert getattr(written, name) == getattr(line, name), name


@pytest.mark.parametrize("lines", [1, 20])
def test_an_order_is_read_in_one_statement(lines: int) -> None:
    agent = AgentFactory.create()
    record = order_record(agent, *((VariantFactory.create(merchant=agent.merchant), 1) for _ in range(lines)))
    place(record)

    with CaptureQueriesContext(connection) as queries:
        details = order_details(record.id)

    assert len(queries) == 1
    assert details.order == record
    assert details.shipments == ()


def test_the_log_can_neither_be_changed_nor_deleted() -> None:
    placed_order(1)
    entry = OrderEvent.objects.get()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        OrderEvent.objects.update(kind="forged")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        OrderEvent.objects.filter(pk=entry.pk).delete()

    assert OrderEvent.objects.get().kind == "placed"


def test_a_total_that_is_not_the_sum_of_its_parts_is_refused() -> None:
    agent = AgentFactory.create()
    record = order_record(agent, (VariantFactory.create(merchant=agent.merchant), 1), total_minor=1)

    with pytest.raises(IntegrityError, match="order_total_is_the_sum_of_its_parts"), transaction.atomic():
        write(*place_order_writes(record))

    assert OrderLine.objects.count() == 0


def test_a_session_has_one_order() -> None:
    order = placed_order(1)
    agent = order.agent
    twin = order_record(
        agent, (VariantFactory.create(merchant=agent.merchant), 1), checkout_session_id=order.checkout_session_id
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        write(*place_order_writes(twin))
