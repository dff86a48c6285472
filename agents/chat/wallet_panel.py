"""The wallet beside a conversation: cards, and what the shopper lets the agent spend."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agents.chat.models import Conversation
from commerce import clock
from commerce.accounts.models import Merchant
from commerce.errors import CommerceError
from commerce.money import exponent, parse_decimal
from commerce.pages.wording import amount_text
from commerce.wallet.mandates import grant_mandate, revoke_mandate, standing_mandates
from commerce.wallet.models import Card, Mandate, Shopper
from commerce.wallet.services import add_card, cards_of, prefer_card, remove_card
from commerce.wallet.test_cards import TEST_CARDS, TestCard

_AMOUNT = re.compile(r"-?\d{1,12}(\.\d{1,4})?", re.ASCII)
MOST_LIMITS = 10
HIGHEST_MINOR = 10**12


class UnreadableWishError(CommerceError):
    """What was sent is nothing that a wallet can do."""

    code = "invalid"


@dataclass(frozen=True, slots=True)
class LimitView:
    id: str
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class WalletView:
    cards: tuple[Card, ...]
    others: tuple[TestCard, ...]
    limits: tuple[LimitView, ...]
    periods: tuple[tuple[str, str], ...]
    currency: str
    step: str


def wallet_panel(conversation: Conversation) -> WalletView:
    """Return what a wallet has, as it is shown in a shop."""
    cards = tuple(cards_of(conversation.shopper))
    names = {card.name for card in cards}
    currency = conversation.merchant.currency
    digits = exponent(currency)
    mandates = standing_mandates(conversation.shopper, now=clock.now())
    return WalletView(
        cards=cards,
        others=tuple(one for one in TEST_CARDS if one.method not in names),
        limits=tuple(_limit(one) for one in mandates),
        periods=tuple((str(value), str(label)) for value, label in Mandate.Period.choices),
        currency=currency.upper(),
        step="1" if digits == 0 else f"0.{'0' * (digits - 1)}1",
    )


Form = Mapping[str, str]


def change_wallet(shopper: Shopper, merchant: Merchant, form: Form, *, now: datetime) -> None:
    """Do what a form of the wallet says. Raises CommerceError."""
    action = _ACTIONS.get(form.get("action", ""))
    if action is None:
        raise UnreadableWishError("There is no such change.")
    action(shopper, merchant, form, now)


def _limit(mandate: Mandate) -> LimitView:
    parts = []
    if mandate.limit_per_order_minor is not None:
        parts.append(f"{amount_text(mandate.limit_per_order_minor, mandate.currency)} for one order")
    if mandate.limit_per_period_minor is not None:
        parts.append(f"{amount_text(mandate.limit_per_period_minor, mandate.currency)} a {mandate.period}")
    names = sorted(one.name for one in mandate.merchants.all())
    return LimitView(mandate.pk, " and ".join(parts), f"at {', '.join(names)}" if names else "at every shop")


def _add(shopper: Shopper, merchant: Merchant, form: Form, now: datetime) -> None:  # noqa: ARG001
    add_card(shopper, form.get("method", ""), now=now)


def _prefer(shopper: Shopper, merchant: Merchant, form: Form, now: datetime) -> None:  # noqa: ARG001
    prefer_card(shopper, form.get("card", ""))


def _remove(shopper: Shopper, merchant: Merchant, form: Form, now: datetime) -> None:  # noqa: ARG001
    remove_card(shopper, form.get("card", ""), now=now)


def _add_limit(shopper: Shopper, merchant: Merchant, form: Form, now: datetime) -> None:
    per_order = _amount(form.get("per_order", ""), merchant.currency)
    per_period = _amount(form.get("per_period", ""), merchant.currency)
    if per_order is None and per_period is None:
        raise UnreadableWishError("Write an amount: for one order, for a time, or both.")
    period = form.get("period", Mandate.Period.MONTH)
    if period not in Mandate.Period.values:
        raise UnreadableWishError("There is no such time.")
    if len(standing_mandates(shopper, now=now)) >= MOST_LIMITS:
        raise UnreadableWishError(f"More than {MOST_LIMITS} limits are too many. Remove one first.")
    grant_mandate(
        shopper,
        currency=merchant.currency,
        limit_per_order_minor=per_order,
        limit_per_period_minor=per_period,
        period=period,
        merchants=(merchant,) if form.get("where") == "here" else (),
    )


def _revoke_limit(shopper: Shopper, merchant: Merchant, form: Form, now: datetime) -> None:  # noqa: ARG001
    revoke_mandate(shopper, form.get("limit", ""), now=now)


def _amount(text: str, currency: str) -> int | None:
    if not text.strip():
        return None
    try:
        minor = parse_decimal(text if _AMOUNT.fullmatch(text.strip()) else "none", currency)
    except ValueError as problem:
        raise UnreadableWishError("An amount must be a number such as 50.") from problem
    if not 0 < minor <= HIGHEST_MINOR:
        raise UnreadableWishError("An amount must be above zero.")
    return minor


_ACTIONS: dict[str, Callable[[Shopper, Merchant, Form, datetime], None]] = {
    "add": _add,
    "prefer": _prefer,
    "remove": _remove,
    "add_limit": _add_limit,
    "revoke_limit": _revoke_limit,
}
