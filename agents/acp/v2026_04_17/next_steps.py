"""What has to be done next, as the last message of a session: for programs that read nothing else of it.

The protocol shows messages to buyers, too: the words are plain, and name fields of the request where some are
missing. `resolution` says whose turn it is.
"""

from __future__ import annotations

from agents.acp.errors import param_of
from agents.acp.v2026_04_17 import bodies
from agents.acp.v2026_04_17.common import field_text
from commerce.accounts.services import Caller
from commerce.checkout.document import Session
from commerce.checkout.hints import options_text
from commerce.checkout.messages import Issue
from commerce.checkout.states import Status
from commerce.money import Money

BEGINNING = "Next step: "

_AGENT, _BUYER, _REVIEW = "recoverable", "requires_buyer_input", "requires_buyer_review"

_ELSE = {
    Status.BLOCKED: (_AGENT, "mend what the errors name, by updating the session."),
    Status.COMPLETING: (_AGENT, "wait, and read the session again. Do not pay a second time."),
    Status.CHALLENGED: (_REVIEW, "the buyer authenticates the payment with the card's bank."),
    Status.CANCELED: (_AGENT, "none. The session was canceled; nothing was charged."),
    Status.EXPIRED: (
        _AGENT,
        "create a new session with the same items: this one has run out. Nothing was charged.",
    ),
}


def next_step(session: Session, caller: Caller) -> bodies.Message:
    """Say what is missing, what has to be mended, or that the session can be paid."""
    if session.status is Status.INCOMPLETE:
        return _message(_BUYER, f"update the session with {_fields(session.document.issues)}.")
    if session.status is Status.READY:
        return _ready(session, caller)
    if session.status is Status.COMPLETED:
        return _message(_AGENT, f"none. The order '{session.order_id}' is placed.")
    return _message(*_ELSE[session.status])


def _fields(issues: tuple[Issue, ...]) -> str:
    """Name the missing fields of the request."""
    params = [param_of(issue.target) or "" for issue in issues if issue.is_missing]
    return ", ".join(field_text(param) for param in dict.fromkeys(params))


def _ready(session: Session, caller: Caller) -> bodies.Message:
    document = session.document
    chosen = [one.option_id for one in document.selections]
    others = [option for option in document.options if option.id not in chosen]
    way = options_text((option for option in document.options if option.id in chosen), session.currency)
    total = Money(document.totals.total_minor, session.currency)
    if caller.requires_confirmation:
        text = f"the buyer confirms the total of {total} at the continue_url; then complete the session."
    else:
        text = f"show the buyer the total of {total}; when the buyer agrees, complete the session with a payment."
    if way:
        text = f"{text} Chosen: {way}."
    if others:
        text = f"{text} To be had instead: {options_text(others, session.currency)}."
    return _message(_REVIEW if caller.requires_confirmation else _AGENT, text)


def _message(resolution: str, text: str) -> bodies.Message:
    return {
        "type": "info",
        "resolution": resolution,
        "content_type": "plain",
        "content": f"{BEGINNING}{text}",
    }
