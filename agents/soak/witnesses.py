"""Who can say what came of it all: the provider, the database, the receiver of the webhooks, and the agents."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg.rows import dict_row

from agents.client import Http
from agents.demo.agent import STRIPE_PREVIEW
from agents.soak.world import World

Row = dict[str, Any]

UNANSWERED = 0
"""The status of a request that got no answer."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer an agent got to a request that it named by a key, or that it got none."""

    call: str
    key: str
    status: int
    body: str


@dataclass(slots=True)
class Story:
    """What one agent did and was told. `orders` are the ids of orders it was told of."""

    number: int
    session_id: str = ""
    answers: list[Heard] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)
    ended: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Database:
    """The rows that say what was sold, paid and told, and what is still to do."""

    sessions: Mapping[str, Row]
    orders: Mapping[str, Row]
    attempts: Sequence[Row]
    refunds: Sequence[Row]
    stock: Sequence[Row]
    planned: Mapping[str, list[Row]]
    pending: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Testimony:
    """What all four have said. `intents` has each payment's metadata; `stock` what there was at the start."""

    ledger: Mapping[str, Row]
    intents: Mapping[str, Row]
    database: Database
    received: Sequence[Row]
    shown: Mapping[str, Row]
    stories: Sequence[Story]
    stock: Mapping[str, int]


def hear(world: World, *, stories: Sequence[Story], stock: Mapping[str, int]) -> Testimony:
    """Hear all witnesses. Nothing may be under way any more."""
    stack = world.stack
    provider = Http(
        stack.stripe_api_base,
        {"Authorization": f"Bearer {stack.stripe_secret_key}", "Stripe-Version": STRIPE_PREVIEW},
    )
    told = Http(stack.stripe_api_base).get(f"/_sandbox/ledger?{urlencode({'key': stack.stripe_secret_key})}")
    lines = world.places.events.read_text().splitlines() if world.places.events.exists() else []
    with psycopg.connect(stack.database_url, autocommit=True, row_factory=dict_row) as connection:
        database = _database(connection)
    return Testimony(
        ledger=told["payment_intents"],
        intents=_intents(provider),
        database=database,
        received=[json.loads(line) for line in lines],
        shown=_shown(world, [story.session_id for story in stories if story.session_id]),
        stories=stories,
        stock=stock,
    )


def stock_of(world: World) -> dict[str, int]:
    """Return how many units there are of each variant that is counted."""
    with psycopg.connect(world.stack.database_url, autocommit=True) as connection:
        return dict(
            connection.execute("SELECT variant_id, on_hand FROM inventory_stockitem WHERE is_tracked").fetchall()
        )


def undone(database_url: str) -> dict[str, int]:
    """Return how much is still to be done, by kind; nothing where all has come to rest."""
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        return _undone(connection)


def _intents(provider: Http) -> dict[str, Row]:
    """Return every payment intent, oldest last, however many pages it takes."""
    found: dict[str, Row] = {}
    after: dict[str, Any] = {}
    while True:
        page = provider.get(f"/v1/payment_intents?{urlencode({'limit': 100, **after})}")
        found |= {one["id"]: one for one in page["data"]}
        if not page["has_more"]:
            return found
        after = {"starting_after": page["data"][-1]["id"]}


def _shown(world: World, sessions: Iterable[str]) -> dict[str, Row]:
    """Return each session as its agent sees it now."""
    headers = {"Authorization": f"Bearer {world.facts.agent_key}", "API-Version": "2026-04-17"}
    shop = Http(world.stack.base_url, headers)
    return {one: shop.get(f"/acp/checkout_sessions/{one}") for one in sessions}


def _database(connection: psycopg.Connection[Row]) -> Database:
    def rows(statement: str) -> list[Row]:
        return connection.execute(statement).fetchall()

    planned: dict[str, list[Row]] = defaultdict(list)
    for row in rows(_PLANNED):
        planned[row["order_id"]].append(row)
    return Database(
        sessions={row["id"]: row for row in rows(_SESSIONS)},
        orders={row["id"]: row for row in rows(_ORDERS)},
        attempts=rows(_ATTEMPTS),
        refunds=rows(_REFUNDS),
        stock=rows(_STOCK),
        planned=planned,
        pending=_undone(connection),
    )


def _undone(connection: psycopg.Connection[Row]) -> dict[str, int]:
    row = connection.execute(_UNDONE).fetchone() or {}
    return {name: int(count) for name, count in row.items() if count}


_SESSIONS = "SELECT id, agent_id, status, total_minor, attempt_id, order_id FROM checkout_checkoutsession"
_ORDERS = """
    SELECT id, checkout_session_id, payment_id, status, total_minor, sequence,
           (SELECT coalesce(sum(amount_minor), 0) FROM orders_adjustment a
            WHERE a.order_id = o.id AND a.kind = 'refund' AND a.status = 'completed') AS refunded_minor
    FROM orders_order o WHERE agent_id IS NOT NULL
"""
_ATTEMPTS = """
    SELECT id, reference, request_key, status, amount_minor, captured_minor, refunded_minor, provider_reference
    FROM payments_paymentattempt
"""
_REFUNDS = "SELECT id, attempt_id, status, amount_minor, provider_reference FROM payments_refund"
_STOCK = """
    SELECT s.variant_id, s.on_hand, s.reserved, s.allow_backorder,
           (SELECT coalesce(sum(r.quantity), 0) FROM inventory_reservation r
            WHERE r.stock_id = s.variant_id AND r.status = 'held') AS held,
           coalesce((SELECT sum(l.current) FROM orders_orderline l WHERE l.variant_id = s.variant_id), 0) AS sold
    FROM inventory_stockitem s WHERE s.is_tracked
"""
_PLANNED = """
    SELECT e.order_id, e.sequence, d.id AS request_id, d.status
    FROM orders_orderevent e LEFT JOIN webhooks_delivery d ON d.order_id = e.order_id AND d.sequence = e.sequence
    ORDER BY e.order_id, e.sequence
"""
_UNDONE = """
    SELECT (SELECT count(*) FROM outbox_outboxevent WHERE status = 'pending') AS "events in the outbox",
           (SELECT count(*) FROM outbox_outboxevent WHERE status = 'dead') AS "events given up",
           (SELECT count(*) FROM webhooks_delivery WHERE status = 'pending') AS "webhooks to send",
           (SELECT count(*) FROM webhooks_delivery WHERE status = 'dead') AS "webhooks given up",
           (SELECT count(*) FROM inbox_providerevent WHERE handled_at IS NULL) AS "provider events",
           (SELECT count(*) FROM inbox_inboxmessage WHERE handled_at IS NULL) AS "messages of carriers",
           (SELECT count(*) FROM payments_paymentattempt WHERE status IN ('submitting', 'challenged'))
               AS "payments undecided",
           (SELECT count(*) FROM payments_paymentattempt WHERE status = 'authorized') AS "holds to capture",
           (SELECT count(*) FROM payments_refund WHERE status IN ('requested', 'pending')) AS "refunds to do",
           (SELECT count(*) FROM payments_refund WHERE status = 'failed') AS "refunds that failed",
           (SELECT count(*) FROM inventory_reservation WHERE status = 'held') AS "units held",
           (SELECT count(*) FROM discounts_redemption WHERE status = 'reserved') AS "discounts held",
           (SELECT count(*) FROM checkout_checkoutsession WHERE status IN ('completing', 'challenged'))
               AS "sessions being completed",
           (SELECT count(*) FROM emails_email WHERE status = 'pending') AS "e-mails to send",
           (SELECT count(*) FROM emails_email WHERE status = 'failed') AS "e-mails given up"
"""
