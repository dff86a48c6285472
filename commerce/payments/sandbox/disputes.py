"""Disputes: a cardholder's bank takes captured money back, or asks about it first.

Three published cards are disputed as soon as their money is captured. The bank decides on evidence whose
`uncategorized_text` is one of the published phrases, a minute later on the account's clock; on any other it
never decides. Evidence that does not come in time loses a chargeback. An inquiry moves no money unless it is
escalated, and is over after 120 days. Source: Stripe's testing page and dispute guides; error and event order as
test mode was seen to answer.
"""

from datetime import UTC, datetime
from typing import Literal

from commerce.payments.sandbox import balance_transactions, ledger, timers
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.dispute_documents import is_open, new_dispute
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.errors import InvalidRequest, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata
from commerce.payments.sandbox.payment_methods import card_behind
from commerce.payments.sandbox.refunds import fail as fail_refund

DAY = 24 * 60 * 60
DECIDED_AFTER = 60
INQUIRY_LASTS = 120 * DAY
FEE = 1500
DECIDE = "decide_dispute"
MISS_DEADLINE = "miss_dispute_deadline"
CLOSE_INQUIRY = "close_inquiry"
WINNING, LOSING, ESCALATING = "winning_evidence", "losing_evidence", "escalate_inquiry_evidence"
UNDER_REVIEW = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}


def open_if_disputed(account: Account, charge: Document) -> None:
    """Dispute a charge, if its card does that, in the transaction that captures it."""
    kind = card_behind(charge).dispute
    if kind is None:
        return
    dispute = account.insert(new_dispute(account, charge, kind, due_by=_deadline(account)))
    charge["disputed"] = True
    account.save(charge)
    if kind == "inquiry":
        timers.schedule(account, CLOSE_INQUIRY, dispute["id"], due=account.now + INQUIRY_LASTS)
        emit(account, "charge.dispute.created", dispute)
        return
    _move_funds(account, dispute, "dispute")
    timers.schedule(account, MISS_DEADLINE, dispute["id"], due=dispute["evidence_details"]["due_by"])
    account.save(dispute)
    emit(account, "charge.dispute.created", dispute)
    emit(account, "charge.dispute.funds_withdrawn", dispute)


def _deadline(account: Account) -> int:
    """Return the end of the day eight days from now, as test mode sets it."""
    today = datetime.fromtimestamp(account.now, tz=UTC).replace(hour=0, minute=0, second=0)
    return int(today.timestamp()) + 9 * DAY - 1


def _move_funds(account: Account, dispute: Document, entry: Literal["dispute", "dispute_reversal"]) -> None:
    """Withdraw the disputed money from the account, or reinstate it. The caller stores the dispute."""
    charge = account.retrieve("charge", dispute["charge"])
    is_withdrawn = entry == "dispute"
    ledger.record(account, entry, charge=charge, amount=dispute["amount"], dispute=dispute["id"])
    moved = balance_transactions.create(
        account,
        "adjustment",
        category=entry,
        amount=-dispute["amount"] if is_withdrawn else dispute["amount"],
        currency=dispute["currency"],
        source=dispute["id"],
        description=f"Chargeback {'withdrawal' if is_withdrawn else 'reversal'} for {charge['id']}",
        fee=FEE if is_withdrawn else 0,
    )
    dispute["balance_transactions"].append(moved)
    dispute["is_charge_refundable"] = not is_withdrawn


def retrieve(account: Account, dispute_id: str) -> Document:
    """Return one dispute."""
    return account.retrieve("dispute", dispute_id)


def list_disputes(account: Account, params: Params) -> Document:
    """Return disputes, newest first."""
    return list_objects(account, "dispute", params, url="/v1/disputes")


def update(account: Account, dispute_id: str, params: Params) -> Document:
    """Stage evidence, or submit all of it; without `submit` evidence that is given is submitted."""
    dispute = _still_open(account, dispute_id)
    for name in sorted(params.keys() - {"evidence", "expand", "metadata", "submit"}):
        raise unsupported(name)
    given = params.get("evidence") or {}
    _add_evidence(dispute, given)
    dispute["metadata"] = merge_metadata(dispute["metadata"], params.get("metadata"))
    if params.get("submit", bool(given)):
        _submit(account, dispute)
    account.save(dispute)
    emit(account, "charge.dispute.updated", dispute)
    return dispute


def _still_open(account: Account, dispute_id: str) -> Document:
    dispute = account.retrieve("dispute", dispute_id)
    if not is_open(dispute):
        raise InvalidRequest("This dispute is already closed")
    return dispute


def _add_evidence(dispute: Document, given: Params) -> None:
    for name in sorted(given.keys() & {"appeal", "enhanced_evidence"}):
        raise unsupported(f"evidence[{name}]")
    if given and dispute["status"] not in UNDER_REVIEW:
        raise InvalidRequest("Evidence for this dispute has already been submitted.", param="evidence")
    dispute["evidence"].update({name: value or None for name, value in given.items()})
    has_evidence = any(dispute["evidence"].values())
    dispute["evidence_details"]["has_evidence"] = has_evidence


def _submit(account: Account, dispute: Document) -> None:
    """Hand the evidence to the bank. The caller stores the dispute."""
    if dispute["status"] not in UNDER_REVIEW:
        raise InvalidRequest("Evidence for this dispute has already been submitted.", param="submit")
    details = dispute["evidence_details"]
    details["submission_count"] += 1
    details["submission_method"] = "manual"
    details["past_due"] = account.now > details["due_by"]
    dispute["status"] = UNDER_REVIEW[dispute["status"]]
    timers.drop(account, dispute["id"])
    if dispute["evidence"]["uncategorized_text"] in (WINNING, LOSING, ESCALATING):
        timers.schedule(account, DECIDE, dispute["id"], due=account.now + DECIDED_AFTER)
    elif dispute["status"] == "warning_under_review":
        timers.schedule(account, CLOSE_INQUIRY, dispute["id"], due=dispute["created"] + INQUIRY_LASTS)


def decide(account: Account, dispute_id: str) -> None:
    """Let the bank decide as the evidence says. Evidence to escalate has no bearing on a chargeback."""
    dispute = account.retrieve("dispute", dispute_id)
    phrase = dispute["evidence"]["uncategorized_text"]
    if dispute["status"] == "warning_under_review":
        if phrase == ESCALATING:
            _escalate(account, dispute)
        else:
            _end(account, dispute, "warning_closed")
    elif phrase == WINNING:
        _move_funds(account, dispute, "dispute_reversal")
        dispute["status"] = "won"
        emit(account, "charge.dispute.funds_reinstated", dispute)
        _end(account, dispute, "won")
    elif phrase == LOSING:
        _end(account, dispute, "lost")


def _escalate(account: Account, dispute: Document) -> None:
    """Turn an inquiry into a chargeback; what was refunded meanwhile comes back, and all is withdrawn."""
    page = list_objects(account, "refund", {"charge": dispute["charge"], "limit": 100}, url="/v1/refunds")
    for refund in page["data"]:
        if refund["status"] != "failed":
            fail_refund(account, refund["id"], "charge_for_pending_refund_disputed")
    before = {"status": dispute["status"], "is_charge_refundable": dispute["is_charge_refundable"]}
    _move_funds(account, dispute, "dispute")
    dispute["status"] = "needs_response"
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute["evidence_details"]["due_by"] = _deadline(account)
    timers.schedule(account, MISS_DEADLINE, dispute["id"], due=dispute["evidence_details"]["due_by"])
    account.save(dispute)
    emit(account, "charge.dispute.updated", dispute, previous=before)
    emit(account, "charge.dispute.funds_withdrawn", dispute)


def miss_deadline(account: Account, dispute_id: str) -> None:
    """Lose a chargeback that nobody answered in time."""
    _end(account, account.retrieve("dispute", dispute_id), "lost")


def close_inquiry(account: Account, dispute_id: str) -> None:
    """End an inquiry that was never escalated."""
    _end(account, account.retrieve("dispute", dispute_id), "warning_closed")


def close(account: Account, dispute_id: str) -> Document:
    """Accept a dispute: a chargeback is lost, an inquiry is over."""
    dispute = _still_open(account, dispute_id)
    timers.drop(account, dispute_id)
    _end(account, dispute, "warning_closed" if dispute["status"].startswith("warning") else "lost")
    return dispute


def _end(account: Account, dispute: Document, status: str) -> None:
    dispute["status"] = status
    account.save(dispute)
    emit(account, "charge.dispute.closed", dispute)
