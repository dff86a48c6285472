"""Who can say what came of an order's money: the provider, our database, the order we show, and the agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from tests.journeys.running import wait_until
from tests.journeys.shopper import Shopper, total_of


@dataclass(frozen=True, slots=True)
class Money:
    """What came of the money, in minor units: refunded or never taken is given back."""

    charged: int
    given_back: int = 0
    with_bank: int = 0


def agreed(shopper: Shopper, session: dict[str, Any]) -> Money:
    """Wait until nothing is under way, hear the four witnesses, and return what all of them say.

    The agent has heard each entry of the order's log once, in its sequence, and knows the order as it is.
    """
    try:
        wait_until(lambda: _is_quiet(shopper), "it did not come to rest")
    except AssertionError as problem:
        problem.add_note(f"not told: {_untold(shopper)}\nnot done: {ask(shopper, _LEFT)}")
        raise
    order = shopper.order(session)
    heard = shopper.events(order)
    said = {
        "ledger": _said_by_ledger(shopper, session),
        "database": _said_by_database(shopper, session),
        "order": _said_by_order(order),
        "agent": _said_by_order(heard[-1]["order"]),
    }
    assert len(set(said.values())) == 1, said
    assert heard[-1]["order"] == order
    assert [(one["request_id"], one["type"]) for one in heard] == _planned(shopper, order)
    return said["ledger"]


def ask(shopper: Shopper, statement: str, *values: str) -> list[tuple[Any, ...]]:
    """Ask the shop's database."""
    with psycopg.connect(shopper.ready["database_url"], autocommit=True) as connection:
        return connection.execute(statement, values).fetchall()


def _is_quiet(shopper: Shopper) -> bool:
    """Look where work comes from before where it goes to, so that none is overlooked on its way."""
    return all(look(shopper) for look in (_is_all_told, _is_all_done, _is_all_told, _is_all_done))


def _is_all_told(shopper: Shopper) -> bool:
    return not _untold(shopper)


def _untold(shopper: Shopper) -> list[str]:
    events = shopper.account.client().v1.events.list({"limit": 100})
    return [event.type for event in events.data if event.pending_webhooks]


def _is_all_done(shopper: Shopper) -> bool:
    return ask(shopper, _UNDONE) == [(0,)]


_UNDONE = """
    SELECT (SELECT count(*) FROM outbox_outboxevent)
         + (SELECT count(*) FROM inbox_providerevent WHERE handled_at IS NULL)
         + (SELECT count(*) FROM inbox_inboxmessage WHERE handled_at IS NULL)
         + (SELECT count(*) FROM webhooks_delivery WHERE status <> 'delivered')
"""

_LEFT = """
    SELECT topic, subscriber, tries, (due_at - now())::text, last_error FROM outbox_outboxevent
    UNION ALL SELECT 'delivery', status, tries, (due_at - now())::text, '' FROM webhooks_delivery
              WHERE status <> 'delivered'
    UNION ALL SELECT 'event of the provider', id::text, 0, '', '' FROM inbox_providerevent WHERE handled_at IS NULL
"""


def _said_by_ledger(shopper: Shopper, session: dict[str, Any]) -> Money:
    ledger = shopper.stripe.ledger()
    sums = [ledger[one["id"]] for one in shopper.stripe.payments_of(session["id"]) if one["id"] in ledger]
    return Money(
        charged=sum(one["authorized"] for one in sums),
        given_back=sum(one["voided"] + one["refunded"] for one in sums),
        with_bank=sum(one["disputed"] for one in sums),
    )


def _said_by_database(shopper: Shopper, session: dict[str, Any]) -> Money:
    ((charged, never_taken, promised),) = ask(shopper, _ATTEMPTS, session["id"])
    ((refunded, not_failed),) = ask(shopper, _REFUNDS, session["id"])
    ((with_bank,),) = ask(shopper, _DISPUTES, session["id"])
    assert promised == not_failed
    return Money(int(charged), int(never_taken + refunded), int(with_bank))


_ATTEMPTS = """
    SELECT coalesce(sum(amount_minor), 0),
           coalesce(sum(amount_minor - captured_minor) FILTER (WHERE status <> 'authorized'), 0),
           coalesce(sum(refunded_minor), 0)
    FROM payments_paymentattempt WHERE reference = %s AND status IN ('authorized', 'captured', 'voided')
"""

_REFUNDS = """
    SELECT coalesce(sum(r.amount_minor) FILTER (WHERE r.status = 'succeeded' AND r.provider_reference <> ''), 0),
           coalesce(sum(r.amount_minor) FILTER (WHERE r.status <> 'failed'), 0)
    FROM payments_refund r JOIN payments_paymentattempt a ON a.id = r.attempt_id WHERE a.reference = %s
"""

_DISPUTES = """
    SELECT coalesce(sum(d.amount_minor), 0)
    FROM payments_dispute d JOIN payments_paymentattempt a ON a.id = d.attempt_id
    WHERE a.reference = %s AND d.status IN ('needs_response', 'under_review', 'lost')
"""


def _said_by_order(order: dict[str, Any]) -> Money:
    def adjusted(kind: str, *statuses: str) -> int:
        found = [one for one in order["adjustments"] if one["type"] == kind and one["status"] in statuses]
        return sum(one["amount"] for one in found)

    refunded = sum(one["amount"] for one in order["totals"] if one["type"] == "amount_refunded")
    assert refunded == adjusted("refund", "completed")
    return Money(total_of(order), refunded, adjusted("dispute", "pending", "completed"))


def _planned(shopper: Shopper, order: dict[str, Any]) -> list[tuple[Any, ...]]:
    return ask(shopper, _DELIVERIES, order["id"])


_DELIVERIES = """
    SELECT d.id, CASE v.sequence WHEN 1 THEN 'order_create' ELSE 'order_update' END
    FROM orders_orderevent v LEFT JOIN webhooks_delivery d ON d.order_id = v.order_id AND d.sequence = v.sequence
    WHERE v.order_id = %s ORDER BY v.sequence
"""
