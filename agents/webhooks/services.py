from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, When

from agents.acp.order_events import order_event_bodies
from agents.webhooks.models import Endpoint
from commerce import clock, sealing
from commerce.accounts.models import Agent
from commerce.ids import new_id, random_text
from commerce.orders.models import Order
from commerce.outbox.services import record_event
from commerce.outgoing.addresses import require_allowed


@transaction.atomic
def register_endpoint(agent: Agent, url: str) -> tuple[Endpoint, str]:
    """Have an agent's order events sent to a URL. The second value is the signing secret, shown once.

    One that is there already, and was switched off, gets what it has missed. Raises ForbiddenUrlError unless the
    URL is https and public, or its host is allowed for tests.
    """
    require_allowed(url)
    secret = random_secret()
    endpoint, is_new = Endpoint.objects.update_or_create(agent=agent, url=url, defaults=_only(secret))
    if not is_new:
        enable_endpoint(endpoint, now=clock.now())
        endpoint.refresh_from_db()
    return endpoint, secret


def new_secret(endpoint: Endpoint) -> str:
    """Give an endpoint a new signing secret. Shown once; every one before it is void."""
    secret = random_secret()
    Endpoint.objects.filter(pk=endpoint.pk).update(**_only(secret))
    return secret


def plan_secret(endpoint: Endpoint, *, valid_from: datetime, now: datetime) -> str:
    """Give an endpoint a secret that takes the present one's place at a time. Shown once.

    Until then the present one signs, and for Standard Webhooks both do. A secret that was planned earlier and
    is not in its place yet is void.
    """
    secret = random_secret()
    is_in_place = When(planned_secret_at__lte=now, then=F("sealed_planned_secret"))
    Endpoint.objects.filter(pk=endpoint.pk).update(
        sealed_secret=Case(is_in_place, default=F("sealed_secret")),
        sealed_planned_secret=sealing.seal(secret),
        planned_secret_at=valid_from,
    )
    return secret


def _only(secret: str) -> dict[str, Any]:
    return {"sealed_secret": sealing.seal(secret), "sealed_planned_secret": None, "planned_secret_at": None}


def random_secret() -> str:
    """Return a secret that is also 30 bytes of base64, as Standard Webhooks wants it."""
    return f"whsec_{random_text(40)}"


TOLD_WITHIN = timedelta(days=1)
"""For so long a change may wait in the outbox; for an endpoint that goes off meanwhile it is never planned."""

_STANDING: dict[str, Any] = {
    "is_active": True,
    "disabled_at": None,
    "disabled_reason": "",
    "failures": 0,
    "failing_since": None,
    "open_until": None,
    "is_slow": False,
}


def disable_endpoint(endpoint: Endpoint, *, reason: str, now: datetime) -> None:
    """Send nothing more to an endpoint. What is pending is kept."""
    active = Endpoint.objects.filter(pk=endpoint.pk, is_active=True)
    active.update(is_active=False, disabled_at=now, disabled_reason=reason)


@transaction.atomic
def enable_endpoint(endpoint: Endpoint, *, now: datetime) -> None:
    """Send what is pending, and plan what an endpoint's agent has missed since it was switched off."""
    before = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    Endpoint.objects.filter(pk=endpoint.pk).update(**_STANDING)
    if before.disabled_at is None:
        return
    # What was planned by then is not planned twice.
    since = max(before.disabled_at - TOLD_WITHIN, before.created_at)
    changed = Order.objects.filter(agent=endpoint.agent_id, updated_at__gte=since)
    for order_id, sequence in changed.order_by("pk").values_list("pk", "sequence"):
        record_event("order.updated", key=order_id, payload={"sequence": sequence}, now=now)


def plan_deliveries(order_id: str, *, up_to: int, now: datetime) -> int:
    """Plan a delivery of each entry of an order's log to each of its agent's endpoints. May run twice.

    Each says what the order is like now, in the same words however often it is repeated. Entries before `up_to`
    are planned too, so that none is overtaken by a later one. Returns how many deliveries are new.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UNPLANNED, [up_to, order_id])
        unplanned = cursor.fetchall()
    if not unplanned:
        return 0
    endpoint_ids, sequences, revisions = zip(*unplanned, strict=True)
    create, update = order_event_bodies(order_id, merchant_revision=revisions[0])
    ids = [new_id("evt") for _ in unplanned]
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, [order_id, create, update, now, now, ids, list(endpoint_ids), list(sequences)])
    return len(unplanned)


_UNPLANNED = """
    SELECT e.id, v.sequence, m.revision
    FROM orders_order o
    JOIN accounts_merchant m ON m.id = o.merchant_id
    JOIN webhooks_endpoint e ON e.agent_id = o.agent_id AND e.is_active
    JOIN orders_orderevent v ON v.order_id = o.id AND v.sequence <= %s
    WHERE o.id = %s AND NOT EXISTS (
        SELECT 1 FROM webhooks_delivery d
        WHERE d.endpoint_id = e.id AND d.order_id = o.id AND d.sequence = v.sequence)
    ORDER BY e.id, v.sequence
"""

_PLAN = """
    INSERT INTO webhooks_delivery
        (id, endpoint_id, sequence, order_id, kind, body, status, tries, due_at, created_at)
    SELECT id, endpoint_id, sequence, %s,
           CASE sequence WHEN 1 THEN 'order_create' ELSE 'order_update' END,
           CASE sequence WHEN 1 THEN %s ELSE %s END,
           'pending', 0, %s, %s
    FROM unnest(%s::varchar[], %s::varchar[], %s::int[]) AS planned (id, endpoint_id, sequence)
    ON CONFLICT DO NOTHING
"""
