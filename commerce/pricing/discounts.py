"""Which discounts apply, and how much each takes off which line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from commerce.money import allocate, round_half_even


@dataclass(frozen=True, slots=True)
class Promotion:
    """A discount's terms. Exactly one of `percent`, `amount_minor` and `is_free_shipping` is meant."""

    id: str
    name: str
    code: str | None = None
    percent: Decimal | None = None
    amount_minor: int | None = None
    is_free_shipping: bool = False
    minimum_subtotal_minor: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    usage_limit: int | None = None
    usage_limit_per_buyer: int | None = None
    used: int = 0
    used_by_buyer: int = 0
    priority: int = 10
    is_combinable: bool = True
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """What one promotion took off: `per_line` has one amount a line, `shipping_minor` the rest."""

    promotion: Promotion
    per_line: tuple[int, ...]
    shipping_minor: int = 0

    @property
    def amount_minor(self) -> int:
        return sum(self.per_line) + self.shipping_minor


@dataclass(frozen=True, slots=True)
class RejectedCode:
    """A code that took nothing off, the reason as a word of ours, and a sentence for people."""

    code: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class DiscountResult:
    applied: tuple[AppliedDiscount, ...] = ()
    rejected: tuple[RejectedCode, ...] = ()


def apply_discounts(
    *,
    codes: Sequence[str],
    promotions: Sequence[Promotion],
    line_amounts: Sequence[int],
    shipping_minor: int,
    now: datetime,
) -> DiscountResult:
    """Apply the automatic promotions and those whose code was submitted, in order of priority.

    `promotions` may hold any the merchant has; codes match case-insensitively. No line and no shipping
    cost ever falls below zero. A promotion that cannot be combined applies alone: the first by priority
    keeps its place and whatever meets it later is rejected. Each submitted code is applied or rejected.
    """
    chosen, rejected = _chosen(codes, promotions, sum(line_amounts), now)
    applied: list[AppliedDiscount] = []
    left, shipping_left = list(line_amounts), shipping_minor
    for promotion in sorted(chosen, key=lambda one: (one.priority, one.id)):
        if applied and not (promotion.is_combinable and applied[0].promotion.is_combinable):
            if promotion.code:
                rejected.append(_rejection(promotion.code, "combination_disallowed"))
            continue
        discount = _taken_off(promotion, left, shipping_left)
        if discount.amount_minor == 0 and not promotion.code:
            continue
        left = [amount - part for amount, part in zip(left, discount.per_line, strict=True)]
        shipping_left -= discount.shipping_minor
        applied.append(discount)
    return DiscountResult(tuple(applied), tuple(rejected))


def _chosen(
    codes: Sequence[str], promotions: Sequence[Promotion], subtotal: int, now: datetime
) -> tuple[list[Promotion], list[RejectedCode]]:
    by_code = {promotion.code.upper(): promotion for promotion in promotions if promotion.code}
    chosen = [one for one in promotions if not one.code and _obstacle(one, subtotal, now) is None]
    rejected: list[RejectedCode] = []
    seen: set[str] = set()
    for code in codes:
        promotion = by_code.get(code.strip().upper())
        if promotion is None:
            rejected.append(_rejection(code, "invalid"))
        elif code.strip().upper() in seen:
            rejected.append(_rejection(code, "already_applied"))
        elif reason := _obstacle(promotion, subtotal, now):
            rejected.append(_rejection(code, reason))
        else:
            chosen.append(promotion)
        seen.add(code.strip().upper())
    return chosen, rejected


def _obstacle(promotion: Promotion, subtotal: int, now: datetime) -> str | None:
    """Return why a promotion does not apply, None where it does."""
    checks = (
        (not promotion.is_active, "invalid"),
        (promotion.starts_at is not None and now < promotion.starts_at, "invalid"),
        (promotion.ends_at is not None and now >= promotion.ends_at, "expired"),
        (
            promotion.usage_limit is not None and promotion.used >= promotion.usage_limit,
            "usage_limit_reached",
        ),
        (
            promotion.usage_limit_per_buyer is not None
            and promotion.used_by_buyer >= promotion.usage_limit_per_buyer,
            "usage_limit_reached",
        ),
        (subtotal < promotion.minimum_subtotal_minor, "minimum_not_met"),
    )
    return next((reason for fails, reason in checks if fails), None)


def _taken_off(promotion: Promotion, line_amounts: Sequence[int], shipping_minor: int) -> AppliedDiscount:
    none = (0,) * len(line_amounts)
    if promotion.is_free_shipping:
        return AppliedDiscount(promotion, none, shipping_minor)
    if promotion.percent is not None:
        share = promotion.percent / 100
        return AppliedDiscount(promotion, tuple(round_half_even(amount * share) for amount in line_amounts))
    amount = min(promotion.amount_minor or 0, sum(line_amounts))
    return AppliedDiscount(promotion, tuple(allocate(amount, line_amounts)))


_SENTENCES = {
    "invalid": "The code '{code}' is not known or not active. Check how it is written; totals are without it.",
    "expired": "The code '{code}' has expired; totals are without it.",
    "already_applied": "The code '{code}' was given twice; it counts once.",
    "combination_disallowed": "The code '{code}' cannot be combined with another discount; totals are without it.",
    "minimum_not_met": "The items do not reach the minimum amount of the code '{code}'; totals are without it.",
    "usage_limit_reached": "The code '{code}' has been used as often as it may be; totals are without it.",
}


def _rejection(code: str, reason: str) -> RejectedCode:
    return RejectedCode(code, reason, _SENTENCES[reason].format(code=code))
