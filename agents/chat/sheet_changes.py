"""What the shopper changes on an order sheet by hand: through the domain, with the chat's own key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from rest_framework.exceptions import Throttled

from agents.chat.models import Conversation, ShopChat
from agents.chat.opening import caller_of
from agents.chat.recording import record
from agents.chat.selectors import session_of
from agents.chat.services import require_idle
from agents.guessing import by_address, by_shopper, with_guesses_counted
from commerce.buyers import Address, Buyer, Recipient
from commerce.checkout.commands import UpdateSession, WantedLine, WantedOption
from commerce.checkout.document import Document, Session
from commerce.checkout.services import update_session
from commerce.checkout.shop import shop_at
from commerce.errors import CommerceError
from commerce.fulfillment.quotes import DIGITAL_OPTION_ID

MOST_CODES = 10
LONGEST = 200
_PARTS = ("name", "company", "line_one", "line_two", "city", "region", "postal_code", "country")


class UnreadableChangeError(CommerceError):
    """What was sent is no change of a sheet."""

    code = "invalid"


class TooManyGuessesError(CommerceError):
    """More codes were tried that there are not than anybody mistypes."""

    code = "too_many_guesses"


@dataclass(frozen=True, slots=True)
class Change:
    """What to ask of the session, and what of it is kept as the shopper's own choice."""

    command: UpdateSession
    chosen: dict[str, Any] = field(default_factory=dict)


Form = Mapping[str, str]


def change_sheet(conversation: Conversation, session_id: str, form: Form, *, address: str, now: datetime) -> None:
    """Do what a form of a sheet says that came from an IP address, and have every open page show it.

    Raises BusyError while the assistant is at work, TooManyGuessesError, and what changing the session raises.
    """
    require_idle(conversation)
    session = session_of(conversation, session_id)
    change = _read(session.document, form)
    caller = caller_of(ShopChat.objects.get(merchant=conversation.merchant), now=now)
    shop = shop_at(caller.merchant_id, caller.merchant_revision)

    def update() -> Session:
        return update_session(shop=shop, caller=caller, session_id=session_id, command=change.command, now=now)

    if form.get("action") == "add_code":
        _slowed_down(update, by_shopper(conversation.shopper_id) | by_address(address))
    else:
        update()
    record(conversation.pk, "changed", {"checkout": session_id, **change.chosen})


def _slowed_down(update: Callable[[], Session], limits: Mapping[str, int]) -> None:
    try:
        with_guesses_counted(update, limits)
    except Throttled as problem:
        raise TooManyGuessesError("Too many codes were tried that there are not. Wait a minute.") from problem


def _read(document: Document, form: Form) -> Change:
    action = _ACTIONS.get(form.get("action", ""))
    if action is None:
        raise UnreadableChangeError("There is no such change.")
    return action(document, form)


def _quantity(document: Document, form: Form) -> Change:
    try:
        quantity = int(form.get("quantity", ""))
    except ValueError as problem:
        raise UnreadableChangeError("The quantity must be a whole number.") from problem
    line = next((one for one in document.lines if one.id == form.get("line")), None)
    if line is None or not 0 <= quantity <= 999:
        raise UnreadableChangeError("This item is not on the order any more.")
    quantities = {one.variant_id: one.quantity for one in document.lines} | {line.variant_id: quantity}
    kept = {variant: count for variant, count in quantities.items() if count}
    if not kept:
        raise UnreadableChangeError("This is the only item. To give the order up, tell the assistant.")
    lines = tuple(WantedLine(variant, count) for variant, count in kept.items())
    return Change(UpdateSession(lines=lines), {"quantities": {line.variant_id: quantity}})


def _shipping(document: Document, form: Form) -> Change:
    option = form.get("option", "")
    wanted = [WantedOption(option)]
    if any(line.is_digital for line in document.lines):
        wanted.append(WantedOption(DIGITAL_OPTION_ID))
    return Change(UpdateSession(options=tuple(wanted)), {"option": option})


def _add_code(document: Document, form: Form) -> Change:
    code = _text(form, "code")
    if not code:
        raise UnreadableChangeError("Write the code first.")
    if len(document.codes) >= MOST_CODES:
        raise UnreadableChangeError("These are all the codes that one order takes.")
    return Change(UpdateSession(codes=tuple(dict.fromkeys((*document.codes, code)))))


def _remove_code(document: Document, form: Form) -> Change:
    gone = _text(form, "code").casefold()
    return Change(UpdateSession(codes=tuple(one for one in document.codes if one.casefold() != gone)))


def _email(document: Document, form: Form) -> Change:
    email = _text(form, "email")
    try:
        validate_email(email)
    except ValidationError as problem:
        raise UnreadableChangeError("This is no e-mail address.") from problem
    return Change(UpdateSession(buyer=replace(document.buyer or Buyer(), email=email)))


def _address(document: Document, form: Form) -> Change:
    parts = {name: _text(form, name) for name in _PARTS}
    parts["country"] = parts["country"].upper()
    before = document.recipient or Recipient()
    return Change(UpdateSession(recipient=replace(before, name=parts["name"], address=Address(**parts))))


def _text(form: Form, name: str) -> str:
    return " ".join(form.get(name, "").replace("\x00", "").split())[:LONGEST]


_ACTIONS: dict[str, Callable[[Document, Form], Change]] = {
    "quantity": _quantity,
    "shipping": _shipping,
    "add_code": _add_code,
    "remove_code": _remove_code,
    "email": _email,
    "address": _address,
}
