"""Asking the shopper to pay, and paying once there is a yes.

The question is an interrupt of the graph: the turn ends there, and the answer comes with a later one. A yes is the
id of a confirmation that the shopper's click has written on the server, bound to the hash of the terms; it is
not in the model's power. Everything before the interrupt runs again with the answer, so it only reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langgraph.types import interrupt

from agents.shopper import views
from agents.shopper.desk import Desk
from agents.shopper.faults import ToolFault

Json = dict[str, Any]
Show = Callable[[Json], None]

CONFIRMED = "confirmed"
SAID = "said"

UNDECIDED = "The payment is being looked into. Nothing more has to be done, and paying again would be wrong."
AUTHENTICATION = "The bank wants the shopper to confirm the payment on its own page. The order follows by itself."
NOT_YET = "Nothing was charged; this checkout cannot be paid yet."
ENDED = {
    "expired": "It stood open for too long. Nothing was charged; the same order can be started again.",
    "canceled": "It was given up before. Nothing was charged; the same order can be started again.",
}


def asked_to_pay(desk: Desk, path: str, *, show: Show) -> Json:
    """Show the order, wait for the shopper's decision, and do what it says. Returns what came of it."""
    session = desk.get(path)
    if session["status"] != "ready_for_payment":
        return _outcome_of(session, desk, show, otherwise="not_ready")
    answer = interrupt({"checkout": session["id"]})
    if answer["kind"] != CONFIRMED:
        return {
            "outcome": "not_confirmed",
            "shopper_said": answer["words"],
            "checkout": views.checkout(session, desk.zone),
        }
    return _paid(desk, path, session, str(answer["confirmation"]), show)


def _paid(desk: Desk, path: str, session: Json, confirmation: str, show: Show) -> Json:
    """Complete the checkout by a confirmation: under one key, so that it is one payment however often asked."""
    show({"kind": "doing", "text": "Paying…"})
    handler = session["capabilities"]["payment"]["handlers"][0]["id"]
    try:
        credential = {"type": "spt", "token": desk.payment_for(confirmation).token}
        body = {"payment_data": {"handler_id": handler, "instrument": {"type": "card", "credential": credential}}}
        told = desk.send(f"{path}/complete", body, key=desk.key("complete", confirmation))
    except ToolFault as problem:
        if problem.code == "unavailable":
            show({"kind": "undecided", "checkout": session["id"]})
            return {"outcome": "undecided", "message": UNDECIDED}
        code = _REFUSALS.get(problem.code, "refused")
        return _outcome_of(desk.get(path), desk, show, otherwise=code, message=problem.message)
    return _outcome_of(told, desk, show, otherwise="refused")


_REFUSALS = {"mandate_exceeded": "limit_reached", "card_refused": "card_refused"}

_OUTCOMES = {
    "payment_declined": "declined",
    "conflict": "terms_changed",
    "out_of_stock": "out_of_stock",
    "insufficient_stock": "out_of_stock",
    "region_restricted": "address_not_served",
    "approval_required": "not_confirmed",
    "maximum_exceeded": "limit_reached",
}


def _outcome_of(told: Json, desk: Desk, show: Show, *, otherwise: str, message: str = "") -> Json:
    """Say what a session's state means for the shopper who wanted to pay."""
    match told["status"]:
        case "completed":
            desk.note_order(told["order"]["id"])
            show({"kind": "order", "order": told["order"]["id"], "checkout": told["id"], "is_new": True})
            return {"outcome": "paid", "order": views.order(told["order"], desk.currency)}
        case "authentication_required" | "requires_escalation":
            show({"kind": "challenge", "checkout": told["id"], "url": told["continue_url"]})
            return {"outcome": "authentication", "message": AUTHENTICATION}
        case "complete_in_progress":
            show({"kind": "undecided", "checkout": told["id"]})
            return {"outcome": "undecided", "message": UNDECIDED}
        case "expired" | "canceled":
            otherwise, message = str(told["status"]), ENDED[told["status"]]
    errors = [one for one in told["messages"] if one["type"] == "error"]
    code = next((_OUTCOMES[one.get("code", "")] for one in errors if one.get("code") in _OUTCOMES), otherwise)
    words = message or " ".join(one["content"] for one in errors) or NOT_YET
    show({"kind": "problem", "code": code, "text": words, "checkout": told["id"]})
    return {"outcome": code, "message": words, "checkout": views.checkout(told, desk.zone)}
