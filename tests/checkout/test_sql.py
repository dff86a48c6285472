"""A session's row, written and read by hand, is what the ORM sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Agent
from commerce.buyers import Buyer
from commerce.checkout.document import Document, Line, Session, decode
from commerce.checkout.models import CheckoutSession
from commerce.checkout.sql import find_session, insert_write, lock_session, update_write
from commerce.checkout.states import Status
from commerce.fulfillment.selectors import order_details
from commerce.ids import new_id
from commerce.statements import LostUpdateError, write
from tests.factories import AgentFactory
from tests.orders.building import placed_order

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def agent() -> Agent:
    return AgentFactory.create()


@pytest.fixture
def session(agent: Agent) -> Session:
    line = Line(id="li_1", variant_id="var_1", quantity=2, title="Señor's “tote” 👜", options=(("Size", "L"),))
    buyer = Buyer(first_name="Grace", last_name="Hopper", email="grace@example.com")
    made = Session(
        id=new_id("cs"),
        merchant_id=agent.merchant_id,
        agent_id=agent.pk,
        agent_key_id="key_1",
        status=Status.READY,
        currency="usd",
        attempt_id="",
        order_id="",
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + timedelta(hours=6),
        document=Document(lines=(line,), buyer=buyer),
    )
    write(insert_write(made))
    return made


def test_the_orm_reads_what_was_written(session: Session) -> None:
    row = CheckoutSession.objects.get(pk=session.id)

    for name in ("merchant_id", "agent_id", "agent_key_id", "status", "currency", "created_at", "expires_at"):
        assert getattr(row, name) == getattr(session, name), name
    assert decode(row.document) == session.document


def test_a_session_comes_back_as_it_was(session: Session, agent: Agent) -> None:
    found = find_session(session.id, merchant_id=agent.merchant_id, agent_id=agent.pk)

    assert found == (session, None)


def test_a_session_comes_with_its_order_in_one_statement(session: Session, agent: Agent) -> None:
    order = placed_order(2, 1, agent=agent)
    with transaction.atomic():
        write(update_write(replace(session, order_id=order.pk)))

    with CaptureQueriesContext(connection) as queries:
        found = find_session(session.id, merchant_id=agent.merchant_id, agent_id=agent.pk)

    assert len(queries) == 1
    assert found is not None
    assert found[1] == order_details(order.pk)


@pytest.mark.parametrize("stranger", ["merchant", "agent", "id"])
def test_strangers_find_nothing(session: Session, agent: Agent, stranger: str) -> None:
    names = {"id": session.id, "merchant": agent.merchant_id, "agent": agent.pk, stranger: "other_1"}

    assert find_session(names["id"], merchant_id=names["merchant"], agent_id=names["agent"]) is None
    with transaction.atomic():
        assert lock_session(names["id"], merchant_id=names["merchant"], agent_id=names["agent"]) is None


def test_an_update_of_a_session_that_is_gone_is_noticed(session: Session) -> None:
    CheckoutSession.objects.all().delete()

    with pytest.raises(LostUpdateError), transaction.atomic():
        write(update_write(session))
