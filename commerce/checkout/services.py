"""Creating, changing, reading and ending sessions. Completing is in `complete.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F

from commerce.accounts.services import Caller
from commerce.checkout.alternatives import with_alternatives
from commerce.checkout.commands import UNSET, CreateSession, UpdateSession, WantedLine, WantedOption
from commerce.checkout.confirmations import void_write
from commerce.checkout.document import Document, Line, Selection, Session
from commerce.checkout.evaluation import Evaluation, evaluate
from commerce.checkout.facts import Facts, load_facts
from commerce.checkout.giving_back import ending_challenge
from commerce.checkout.hints import unknown_option_text
from commerce.checkout.models import CheckoutSession
from commerce.checkout.shop import Shop
from commerce.checkout.sql import SESSION, find_session, insert_write, lock_session, take_session, update_write
from commerce.checkout.states import OPEN, SESSION_TRANSITIONS, Status
from commerce.errors import BusyError, CommerceError, NotFoundError
from commerce.fulfillment.records import OrderDetails
from commerce.idempotency.services import Receipt, no_receipt
from commerce.ids import new_id
from commerce.inventory.alternatives import unknown_item_text
from commerce.statements import LostUpdateError, refuse_transaction, write

T = TypeVar("T")


class UnknownItemError(CommerceError):
    """A line names no variant that this merchant sells."""

    code = "unknown_item"


class UnsupportedCurrencyError(CommerceError):
    """The session was asked for in a currency the merchant does not sell in."""

    code = "unsupported_currency"


class UnknownOptionError(CommerceError):
    """The chosen way of fulfillment is none of those on offer, or not for these lines."""

    code = "unknown_option"


class SessionClosedError(CommerceError):
    """The session is over: completed, canceled or expired."""

    code = "session_closed"

    def __init__(self, status: Status) -> None:
        instead = (
            "Read it for its order." if status is Status.COMPLETED else "Create a new one with the same items."
        )
        super().__init__(f"The checkout session is {status} and can no longer be changed. {instead}")
        self.status = status


def create_session(
    *,
    shop: Shop,
    caller: Caller,
    command: CreateSession,
    now: datetime,
    receipt: Receipt[Session] = no_receipt,
) -> Session:
    """Open a session with prices, stock, options and totals of this moment.

    Raises UnsupportedCurrencyError and UnknownItemError; anything else that stands between the session
    and its payment is one of its issues.
    """
    if command.currency.lower() != shop.currency:
        text = f"This shop sells in {shop.currency.upper()} only: ask for '{shop.currency}'."
        raise UnsupportedCurrencyError(text, target=("currency",))
    document = Document(
        lines=_lines(command.lines, ()),
        buyer=command.buyer,
        recipient=command.recipient,
        codes=command.codes,
        interventions=command.interventions,
        extensions=command.extensions,
        locale=command.locale,
        time_zone=command.time_zone,
        notes=command.notes,
        metadata=command.metadata,
        attribution=(command.attribution,) if command.attribution else (),
        is_test=caller.is_test,
    )
    facts = load_facts(shop.id, document, now=now)
    _require_known(command.lines, facts, shop, now)
    evaluation = evaluate(document, shop=shop, facts=facts, now=now)
    evaluation = with_alternatives(evaluation, shop=shop, now=now)
    session = Session(
        id=new_id("cs"),
        merchant_id=shop.id,
        agent_id=caller.agent_id,
        agent_key_id=caller.key_id,
        status=evaluation.status,
        currency=shop.currency,
        document=evaluation.document,
        created_at=now,
        updated_at=now,
        expires_at=_expiry(now),
        guesses=_guesses(evaluation.document, before=()),
    )
    write(insert_write(session), *receipt(session))
    return session


def update_session(
    *,
    shop: Shop,
    caller: Caller,
    session_id: str,
    command: UpdateSession,
    now: datetime,
    receipt: Receipt[Session] = no_receipt,
) -> Session:
    """Change what is mentioned, leave the rest, and judge the session anew.

    Lines, codes and options replace what was there. A payment that waits for the buyer's authentication is given
    up: it was for other terms. Raises NotFoundError, SessionClosedError, BusyError
    while it is being completed, UnknownItemError, UnknownOptionError; on any of them nothing has changed.
    """

    voided = [void_write(session_id, now=now)] if caller.requires_confirmation else []

    def update(session: Session) -> Session:
        _require_changeable(session, now)
        with ending_challenge(session, code="terms_changed", now=now) as ended:
            evaluation = _updated(session.document, command, shop, now)
            session = replace(
                session,
                status=evaluation.status,
                document=evaluation.document,
                updated_at=now,
                expires_at=_expiry(now),
                guesses=_guesses(evaluation.document, before=session.document.codes),
            )
            write(update_write(session), *ended, *voided, *receipt(session))
        return session

    return change_session(session_id, update, shop=shop, caller=caller)


def read_session(
    *, shop: Shop, caller: Caller, session_id: str, now: datetime
) -> tuple[Session, OrderDetails | None]:
    """Return a session as it stands, and its order where it has one. Changes nothing.

    A session whose time has run out reads as expired. Raises NotFoundError.
    """
    found = find_session(session_id, merchant_id=shop.id, agent_id=caller.agent_id)
    session, order = found or (None, None)
    session = require_session(session)
    if session.status in OPEN and session.expires_at <= now:
        return replace(session, status=Status.EXPIRED), None
    return session, order


def cancel_session(
    *,
    shop: Shop,
    caller: Caller,
    session_id: str,
    intent_trace: dict[str, Any] | None,
    now: datetime,
    receipt: Receipt[Session] = no_receipt,
) -> Session:
    """End an open session, and a payment of it that waits for the buyer's authentication.

    What the agent says of the reason is kept and never shown again.

    Raises NotFoundError, SessionClosedError, BusyError while it is being completed.
    """

    def cancel(session: Session) -> Session:
        _require_changeable(session, now)
        SESSION_TRANSITIONS.check(session.status, Status.CANCELED)
        document = replace(session.document, issues=(), challenge=None, intent_trace=intent_trace)
        canceled = replace(session, status=Status.CANCELED, document=document, updated_at=now)
        with ending_challenge(session, code="session_canceled", now=now) as ended:
            write(update_write(canceled), *ended, *receipt(canceled))
        return canceled

    return change_session(session_id, cancel, shop=shop, caller=caller)


def change_session(session_id: str, change: Callable[[Session], T], *, shop: Shop, caller: Caller) -> T:
    """Read an agent's session and have it changed, mostly in a single statement and without holding its row.

    Where another was faster meanwhile, the change is made once more, on what is there then and with the row
    held. Raises NotFoundError; opens transactions of its own.
    """
    refuse_transaction()
    try:
        return change(require_session(take_session(session_id, merchant_id=shop.id, agent_id=caller.agent_id)))
    except LostUpdateError as problem:
        if problem.part != SESSION:
            raise
    with transaction.atomic(durable=True):
        return change(require_session(lock_session(session_id, merchant_id=shop.id, agent_id=caller.agent_id)))


def expire_sessions(*, now: datetime) -> int:
    """Mark open sessions whose time has run out. They read as expired before that already."""
    old_enough = now - timedelta(hours=settings.CHECKOUT_SESSION_HOURS)
    overdue = CheckoutSession.objects.filter(
        status__in=sorted(OPEN), created_at__lte=old_enough, expires_at__lte=now
    )
    return overdue.update(status=Status.EXPIRED, updated_at=now, version=F("version") + 1)


def require_session(session: Session | None) -> Session:
    """Return the session, or raise NotFoundError where there is none the caller may know of."""
    if session is None:
        raise NotFoundError(
            "This agent has no such checkout session. Use the id that was answered when it was created (cs_…), "
            "or create another."
        )
    return session


def require_open(session: Session, now: datetime) -> None:
    """Raise unless a session may still be changed: SessionClosedError, BusyError while it is being paid for."""
    if session.status in (Status.COMPLETING, Status.CHALLENGED):
        raise BusyError("The session is being completed.")
    if session.status not in OPEN:
        raise SessionClosedError(session.status)
    if session.expires_at <= now:
        raise SessionClosedError(Status.EXPIRED)


def _require_changeable(session: Session, now: datetime) -> None:
    if session.status is not Status.CHALLENGED:
        require_open(session, now)


def _expiry(now: datetime) -> datetime:
    return now + timedelta(hours=settings.CHECKOUT_SESSION_HOURS)


def _guesses(document: Document, *, before: Iterable[str]) -> int:
    """Count the codes that there are not, those apart that were named before."""
    known = {code.strip().upper() for code in before}
    wrong = {one.code.strip().upper() for one in document.rejected_codes if one.reason == "invalid"}
    return len(wrong - known)


def _lines(wanted: Iterable[WantedLine], before: Iterable[Line]) -> tuple[Line, ...]:
    """Merge lines of one variant, and keep the ids of lines that were there before."""
    known = {line.variant_id: line for line in before}
    quantities: dict[str, int] = {}
    for line in wanted:
        quantities[line.variant_id] = quantities.get(line.variant_id, 0) + line.quantity
    return tuple(
        replace(known[variant_id], quantity=quantity)
        if variant_id in known
        else Line(id=new_id("li"), variant_id=variant_id, quantity=quantity)
        for variant_id, quantity in quantities.items()
    )


def _require_known(
    wanted: Iterable[WantedLine], facts: Facts, shop: Shop, now: datetime, *, before: Iterable[Line] = ()
) -> None:
    """Raise UnknownItemError for the first line that is not sold. `before` is what the session has already."""
    for index, line in enumerate(wanted):
        offer = facts.offers.get(line.variant_id)
        if offer is None or not offer.is_sellable:
            named = next((one.variant_id for one in before if one.id == line.variant_id), line.variant_id)
            text = unknown_item_text(shop.id, named, now=now)
            if named != line.variant_id:
                text = f"'{line.variant_id}' is a line; name its item '{named}'. Nothing was changed."
            raise UnknownItemError(text, target=("lines", index, "id"))


def _changed(document: Document, command: UpdateSession) -> Document:
    changes: dict[str, Any] = {"challenge": None}
    if command.lines is not UNSET:
        changes["lines"] = _lines(command.lines, document.lines)
    if command.buyer is not UNSET:
        changes["buyer"] = command.buyer
    if command.recipient is not UNSET:
        changes["recipient"] = command.recipient
    if command.codes is not UNSET:
        changes["codes"] = command.codes or ()
    if command.notes is not UNSET:
        changes["notes"] = command.notes or ""
    if command.options is not UNSET:
        changes["refused_option"] = ""
    if command.options is None:
        changes["selections"] = ()
    return replace(document, **changes)


def _with_selections(document: Document, wanted: tuple[WantedOption, ...], currency: str) -> Document:
    """Replace what is chosen. Lines are named by their own or their variants' ids; none named means all."""
    options = {option.id: option for option in document.options}
    selections = []
    for index, choice in enumerate(wanted):
        if choice.option_id not in options:
            text = unknown_option_text(choice.option_id, document.options, currency)
            raise UnknownOptionError(f"{text} Nothing was changed.", target=("options", index, "option_id"))
        is_digital = options[choice.option_id].kind == "digital"
        lines = [line for line in document.lines if line.is_digital == is_digital]
        named = [line.id for line in lines if not choice.ids or {line.id, line.variant_id} & set(choice.ids)]
        unknown = set(choice.ids) - {name for line in document.lines for name in (line.id, line.variant_id)}
        if unknown:
            known = ", ".join(f"'{line.variant_id}'" for line in lines)
            text = f"An item of the choice is not part of the session; this option is for {known}."
            raise UnknownOptionError(f"{text} Nothing was changed.", target=("options", index, "ids"))
        selections.append(Selection(choice.option_id, tuple(named)))
    return replace(document, selections=tuple(selections))


def _updated(document: Document, command: UpdateSession, shop: Shop, now: datetime) -> Evaluation:
    """Apply a command and judge the result, choosing among the options that the changes leave on offer.

    Where a choice is none of them and the command asks for more than that, the rest is done and the session
    waits for another choice: an agent that guessed an option does not have to say everything again.
    """
    changed = _changed(document, command)
    wanted = command.options if command.options is not UNSET else None
    shown = {option.id for option in document.options}
    is_offered = changed.lines == document.lines and changed.recipient == document.recipient
    if wanted and is_offered and all(choice.option_id in shown for choice in wanted):
        changed, wanted = _with_selections(changed, wanted, shop.currency), None
    facts = load_facts(shop.id, changed, now=now)
    if command.lines is not UNSET:
        _require_known(command.lines, facts, shop, now, before=document.lines)
    evaluation = evaluate(changed, shop=shop, facts=facts, now=now)
    if wanted:
        chosen = _chosen(evaluation.document, wanted, command, shop.currency)
        again = evaluate(chosen, shop=shop, facts=facts, now=now)
        evaluation = replace(again, document=_keeping_passing(evaluation.document, again.document))
    return with_alternatives(evaluation, shop=shop, now=now)


def _chosen(
    document: Document, wanted: tuple[WantedOption, ...], command: UpdateSession, currency: str
) -> Document:
    """Return the document with what is chosen, or with the choice that could not be made where more was asked."""
    offered = {option.id for option in document.options}
    unknown = next((choice.option_id for choice in wanted if choice.option_id not in offered), "")
    if unknown and command != UpdateSession(options=command.options):
        return replace(document, refused_option=unknown[:60])
    return _with_selections(document, wanted, currency)


def _keeping_passing(before: Document, after: Document) -> Document:
    """Carry over what the first evaluation had to say once, such as a changed price."""
    once = tuple(issue for issue in before.issues if issue.is_passing and issue not in after.issues)
    return replace(after, issues=(*after.issues, *once))
