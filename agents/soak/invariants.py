"""What must hold once everything has come to rest, whatever broke meanwhile. One function, over four witnesses."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.soak.witnesses import Heard, Row, Story, Testimony

Finding = tuple[str, str]
"""The id of what it is about, and what is wrong."""

NOTHING: Row = {"authorized": 0, "captured": 0, "voided": 0, "refunded": 0, "held": 0}


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that does not hold."""

    invariant: str
    subject: str
    what: str


def broken(told: Testimony) -> list[Broken]:
    """Check all invariants and return what does not hold; nothing where all is well."""
    return [Broken(name, *found) for name, (_, check) in INVARIANTS.items() for found in check(told)]


def _charged_once(told: Testimony) -> Iterator[Finding]:
    """At most one payment of a session holds or has taken money, and just what the order says."""
    payments = _payments_by_session(told)
    for session_id, sums in payments.items():
        live = [one for one in sums if one["held"] or one["captured"] > one["refunded"]]
        if len(live) > 1:
            yield session_id, f"{len(live)} payments hold or have taken money"
        if (taken := sum(1 for one in sums if one["captured"])) > 1:
            yield session_id, f"{taken} payments have taken money, whatever was given back since"
    for order in told.database.orders.values():
        sums = payments.get(order["checkout_session_id"], [])
        left = sum(one["held"] + one["captured"] - one["refunded"] for one in sums)
        if left != (due := _due(order)):
            yield order["id"], f"{left} are paid, {due} are due"


def _due(order: Row) -> int:
    """Return what an order is to have been paid in the end; of one that was canceled nothing is kept."""
    return 0 if order["status"] == "canceled" else order["total_minor"] - order["refunded_minor"]


def _paid_has_order(told: Testimony) -> Iterator[Finding]:
    """No money is held or taken for which there is no order."""
    with_order = {one["checkout_session_id"] for one in told.database.orders.values()}
    for session_id, sums in _payments_by_session(told).items():
        left = sum(one["held"] + one["captured"] - one["refunded"] for one in sums)
        if left and session_id not in with_order:
            yield session_id, f"{left} are held or taken, and there is no order"


def _order_has_payment(told: Testimony) -> Iterator[Finding]:
    """An order names a payment, that is its session's, and the provider has authorized it."""
    attempts = {one["id"]: one for one in told.database.attempts}
    for order in told.database.orders.values():
        if not order["total_minor"]:
            continue
        attempt = attempts.get(order["payment_id"])
        if attempt is None or attempt["reference"] != order["checkout_session_id"]:
            yield order["id"], "no payment of its session is its own"
        elif told.ledger.get(attempt["provider_reference"], NOTHING)["authorized"] != order["total_minor"]:
            yield order["id"], f"the provider did not authorize {order['total_minor']}"


def _told_the_truth(told: Testimony) -> Iterator[Finding]:
    """What the agent sees is what is so: completed with its order, or neither; never declined and charged."""
    by_session = {one["checkout_session_id"]: one for one in told.database.orders.values()}
    for session_id, shown in told.shown.items():
        order = by_session.get(session_id)
        seen = (shown.get("order") or {}).get("id")
        if (shown["status"] == "completed") != (order is not None) or seen != (order and order["id"]):
            yield session_id, f"shown as {shown['status']} with the order {seen}, has {order and order['id']}"
        if order and (total := _total(shown)) != order["total_minor"]:
            yield session_id, f"a total of {total} is shown, and {order['total_minor']} is the order's"
    for story in told.stories:
        if lost := story.orders - told.database.orders.keys():
            yield story.session_id, f"was told of orders that do not exist: {sorted(lost)}"
        if len(story.orders) > 1:
            yield story.session_id, f"was told of {len(story.orders)} orders"
        yield from _declined_and_paid(told, story)
        last = _last_completion(story.answers)
        if "payment_declined" in last and story.session_id in by_session:
            yield story.session_id, "was told last that the payment is declined, and there is an order"


def _declined_and_paid(told: Testimony, story: Story) -> Iterator[Finding]:
    """No payment holds or has taken money of which the request that asked for it was told that it is declined."""
    session = told.database.sessions.get(story.session_id, {})
    attempts = {one["request_key"]: one for one in told.database.attempts}
    for answer in story.answers:
        if not (200 <= answer.status < 300 and "payment_declined" in answer.body):
            continue
        named = f"{session.get('agent_id')}\n{answer.call}\n{answer.key}"
        attempt = attempts.get(hashlib.sha256(named.encode()).hexdigest())
        sums = told.ledger.get(attempt["provider_reference"], NOTHING) if attempt else NOTHING
        if attempt and (sums["held"] or sums["captured"] > sums["refunded"]):
            yield attempt["id"], "holds or has taken money, and was told to be declined"


def _given_back_once(told: Testimony) -> Iterator[Finding]:
    """What the provider has given back is what we say we gave back, and never more than was taken."""
    attempts = told.database.attempts
    refunds: Counter[str] = Counter()
    for refund in told.database.refunds:
        if refund["status"] == "succeeded" and refund["provider_reference"]:
            refunds[refund["attempt_id"]] += refund["amount_minor"]
    for attempt in attempts:
        sums = told.ledger.get(attempt["provider_reference"], NOTHING)
        if sums["refunded"] != refunds[attempt["id"]]:
            yield attempt["id"], f"{sums['refunded']} were refunded, {refunds[attempt['id']]} as we say"
        if sums["captured"] != attempt["captured_minor"]:
            yield attempt["id"], f"{sums['captured']} were captured, {attempt['captured_minor']} as we say"
        if sums["refunded"] > sums["captured"]:
            yield attempt["id"], "more was refunded than captured"


def _not_oversold(told: Testimony) -> Iterator[Finding]:
    """Nothing is sold that was not there, and each unit is on the shelf, or in an order that stands."""
    for row in told.database.stock:
        is_short = row["on_hand"] < 0 or row["reserved"] > row["on_hand"]
        if row["reserved"] < 0 or (is_short and not row["allow_backorder"]):
            yield row["variant_id"], f"{row['on_hand']} on hand, {row['reserved']} of them reserved"
        if row["reserved"] != row["held"]:
            yield row["variant_id"], f"{row['reserved']} are reserved, {row['held']} of them for somebody"
        initial = told.stock.get(row["variant_id"])
        if initial is not None and row["on_hand"] + row["sold"] != initial:
            yield row["variant_id"], f"of {initial} units {row['on_hand']} are left and {row['sold']} are sold"


def _all_is_told(told: Testimony) -> Iterator[Finding]:
    """The receiver has heard each entry of each order's log once, the first as order_create, in their sequence."""
    heard: dict[str, list[Row]] = defaultdict(list)
    for event in told.received:
        heard[event["order_id"]].append(event)
    shown = {order["id"]: order for one in told.shown.values() if (order := one.get("order"))}
    for order_id in told.database.orders:
        planned = told.database.planned.get(order_id, [])
        if not planned:
            yield order_id, "nothing is in its log"
        if heard[order_id] and order_id in shown and heard[order_id][-1]["order"] != shown[order_id]:
            yield order_id, "is not what was heard of it last"
        ids = [event["request_id"] for event in heard[order_id]]
        if ids != [row["request_id"] for row in planned]:
            yield order_id, f"{len(planned)} webhooks were due, heard were {len(ids)}, or in another sequence"
        kinds = [event["type"] for event in heard[order_id]]
        if kinds and kinds != ["order_create", *["order_update"] * (len(kinds) - 1)]:
            yield order_id, f"heard {kinds}"
    for event in told.received:
        if event.get("differs"):
            yield event["order_id"], f"{event['request_id']} was sent again with another content"


def _answers_are_kept(told: Testimony) -> Iterator[Finding]:
    """The same key got the same answer each time, but for what says to ask again."""
    for story in told.stories:
        answers: dict[tuple[str, str], set[tuple[int, str]]] = defaultdict(set)
        for one in story.answers:
            if 200 <= one.status < 500 and one.status not in (409, 429):
                answers[one.call, one.key].add((one.status, one.body))
        for (call, key), given in answers.items():
            if len(given) > 1:
                yield f"{call} {key}", f"{len(given)} different answers"


def _ledger_is_known(told: Testimony) -> Iterator[Finding]:
    """Each payment at the provider belongs to one attempt, and each attempt that was decided to one payment."""
    attempts = {one["id"]: one for one in told.database.attempts}
    for intent_id, intent in told.intents.items():
        attempt = attempts.get((intent.get("metadata") or {}).get("payment_attempt", ""))
        if attempt is None:
            yield intent_id, "no attempt of ours has made it"
        elif told.ledger.get(intent_id, NOTHING)["authorized"] and attempt["provider_reference"] != intent_id:
            yield intent_id, f"{attempt['id']} knows {attempt['provider_reference'] or 'no payment'} instead"
    for attempt in attempts.values():
        if attempt["provider_reference"] and attempt["provider_reference"] not in told.intents:
            yield attempt["id"], f"{attempt['provider_reference']} is not known to the provider"


def _nothing_is_pending(told: Testimony) -> Iterator[Finding]:
    """Nothing waits, and nothing was given up."""
    yield from ((name, f"{count} are left") for name, count in told.database.pending.items())


INVARIANTS: Mapping[str, tuple[str, Callable[[Testimony], Iterator[Finding]]]] = {
    "I1": ("charged at most once, and what the order says", _charged_once),
    "I2": ("agents are told what is so", _told_the_truth),
    "I3": ("nothing is held or taken without an order", _paid_has_order),
    "I3b": ("no order without a payment", _order_has_payment),
    "I4": ("given back once, and as much as we say", _given_back_once),
    "I5": ("nothing is oversold, no unit is lost", _not_oversold),
    "I6": ("each webhook is heard once, in sequence", _all_is_told),
    "I7": ("the same key gets the same answer", _answers_are_kept),
    "I8": ("provider and database know the same payments", _ledger_is_known),
    "I9": ("nothing is pending at the end", _nothing_is_pending),
}
"""By name: what it says, and what checks it. I10, that no secret is written down, is looked for in `leaks.py`."""


def _payments_by_session(told: Testimony) -> dict[str, list[Row]]:
    """Return what the ledger says of each payment of a session, ours by the metadata that we sent."""
    references = {one["id"]: one["reference"] for one in told.database.attempts}
    found: dict[str, list[Row]] = defaultdict(list)
    for intent_id, sums in told.ledger.items():
        metadata = told.intents.get(intent_id, {}).get("metadata") or {}
        session_id = metadata.get("checkout_session") or references.get(
            metadata.get("payment_attempt", ""), intent_id
        )
        found[session_id].append(sums)
    return found


def _total(shown: Row) -> int:
    return next((int(one["amount"]) for one in shown.get("totals", ()) if one["type"] == "total"), -1)


def _last_completion(answers: Sequence[Heard]) -> str:
    """Return what the last request to complete was answered; nothing where that said to ask again, or nothing."""
    completions = [one for one in answers if one.call.endswith("/complete")]
    return completions[-1].body if completions and 200 <= completions[-1].status < 300 else ""
