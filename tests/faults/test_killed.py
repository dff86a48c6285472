"""SIGKILL at each step of complete: afterwards one charge and one order, or none of both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Agent, Merchant
from commerce.accounts.services import issue_key
from commerce.catalog.models import Variant
from commerce.checkout.sweeps import resume_interrupted
from commerce.inventory.models import Reservation, StockItem
from commerce.orders.models import Order
from commerce.payments.models import PaymentAttempt
from tests.api import AcpClient, Answer
from tests.factories import VariantFactory
from tests.stripe_account import StripeAccount
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# Each with whether money is held when the process dies.
POINTS = {
    "request.before_claim": False,
    "request.after_claim": False,
    "complete.before_reserve": False,
    "complete.after_reserve with limits, before the commit": False,
    "complete.before_ask": False,
    "provider.before_send": False,
    "provider.after_send": True,
    "complete.after_ask": True,
    "settle.before_write": True,
    "settle.after_write": True,
    "complete.after_settle": True,
    "request.before_answer": True,
}

ROOT = Path(__file__).parents[2]


LEASE = timedelta(seconds=2)
"""Longer than the leases of what was killed."""


@pytest.fixture(autouse=True)
def _short_leases(settings: Settings) -> None:
    settings.IDEMPOTENCY_LEASE_SECONDS = 1
    settings.PAYMENT_LEASE_SECONDS = 1


@pytest.fixture
def acp(agent: Agent, point: str) -> AcpClient:
    """A key with limits reserves in a transaction of several statements, any other in one."""
    limit = 1_000_000 if "with limits" in point else None
    return AcpClient(issue_key(agent, limit_per_day_minor=limit)[1])


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=2400, stock__on_hand=5)


def kill_at(point: str, acp: AcpClient, session: Answer, token: str, settings: Settings) -> None:
    """Complete in another process, which dies at the point."""
    request = {"agent_key": acp.token, "session_id": session.body["id"], "token": token, "key": "k"}
    database = connection.settings_dict
    socket = quote(database["HOST"], safe="")
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={socket}",
        "REDIS_URL": settings.CELERY_BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "testserver",
        "STRIPE_SECRET_KEY": settings.STRIPE_SECRET_KEY,
        "STRIPE_API_BASE": settings.STRIPE_API_BASE,
        "IDEMPOTENCY_LEASE_SECONDS": "1",
        "PAYMENT_LEASE_SECONDS": "1",
        "FAILPOINTS": f"{point.partition(' ')[0]}=kill",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.completing"],
        input=json.dumps(request),
        text=True,
        capture_output=True,
        cwd=ROOT,
        env=environment,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -9, ended.stderr[-2000:]


def retried(acp: AcpClient, session: Answer, token: str) -> Answer:
    """Complete as an agent does after a lost answer: the same call with the same key, until it is told."""
    answers: list[Answer] = []

    def is_told() -> bool:
        answers.append(acp.complete(session.body["id"], token, key="k"))
        return answers[-1].status != 409

    wait_until(is_told, "the agent is told what became of its call")
    return answers[-1]


def world(tote: Variant, stripe_account: StripeAccount) -> dict[str, Any]:
    stock = StockItem.objects.get(pk=tote.pk)
    return {
        "orders": Order.objects.count(),
        "ledger": [entry for entry, _ in stripe_account.ledger()],
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "held": Reservation.objects.filter(status="held").count(),
        "live": PaymentAttempt.objects.filter(status="submitting").count(),
    }


ONE_SALE = {"orders": 1, "ledger": ["authorization"], "on_hand": 4, "reserved": 0, "held": 0, "live": 0}
NO_SALE = {"orders": 0, "ledger": [], "on_hand": 5, "reserved": 0, "held": 0, "live": 0}


@pytest.mark.parametrize("point", POINTS)
def test_the_agents_retry_gets_the_order(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, settings: Settings, point: str
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())

    kill_at(point, acp, session, token, settings)
    assert bool(stripe_account.ledger()) is POINTS[point]
    answer = retried(acp, session, token)
    again = acp.complete(session.body["id"], token, key="k")

    assert (answer.status, answer.body["status"]) == (200, "completed")
    assert answer.body["order"]["id"] == Order.objects.get().pk
    assert again.raw == answer.raw
    assert world(tote, stripe_account) == ONE_SALE


@pytest.mark.parametrize("point", POINTS)
def test_without_a_retry_it_ends_by_itself(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, settings: Settings, point: str
) -> None:
    session = acp.create(tote.pk)

    kill_at(point, acp, session, stripe_account.mint(session.total()), settings)
    resume_interrupted(now=timezone.now() + LEASE)

    was_begun = POINTS[point] or point in ("complete.before_ask", "provider.before_send")
    assert world(tote, stripe_account) == (ONE_SALE if was_begun else NO_SALE)
    status = "completed" if was_begun else "ready_for_payment"
    assert acp.read(session.body["id"]).body["status"] == status
