"""Prices and judges a session anew from what is true now. Pure: facts go in, a document comes out.

Creating, updating and completing all pass here, so there is one answer to "what does it cost" and one to
"may it be paid".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from commerce.checkout import delivery
from commerce.checkout.document import Discounted, Document, Line, RejectedCode, Totals
from commerce.checkout.facts import Facts
from commerce.checkout.hints import unknown_option_text
from commerce.checkout.messages import Issue, Kind, blocking, missing, warning
from commerce.checkout.shop import Shop
from commerce.checkout.states import Status
from commerce.inventory.offers import Offer
from commerce.pricing.discounts import AppliedDiscount, DiscountResult, apply_discounts
from commerce.pricing.taxes import AmountTax
from commerce.pricing.totals import PriceBreakdown, break_down, line_discounts
from commerce.tax.calculator import TaxableLine, TaxRequest, TaxResult, tax_calculator
from commerce.text import shorten

MAX_NAME = 80
"""So much of a title stands in a message."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    document: Document
    status: Status


def evaluate(document: Document, *, shop: Shop, facts: Facts, now: datetime) -> Evaluation:
    """Return the document with live prices, stock, options, discounts, tax, totals and issues."""
    lines, line_issues = _priced_lines(document.lines, shop, facts)
    plan = delivery.plan(lines, document, shop=shop, now=now)
    discounts = apply_discounts(
        codes=document.codes,
        promotions=facts.promotions,
        line_amounts=[line.items_minor for line in lines],
        shipping_minor=plan.amount_minor,
        now=now,
    )
    taxes, is_taxed = _taxes(lines, discounts, plan, shop)
    breakdown = break_down(
        line_amounts=[line.items_minor for line in lines],
        discounts=discounts,
        fulfillment_minor=plan.amount_minor,
        line_taxes=taxes.lines,
        fulfillment_tax=taxes.shipping,
    )
    issues = (
        *line_issues,
        *plan.issues,
        *_choice_issues(document, plan, shop.currency),
        *_buyer_issues(document),
        *_code_issues(document, discounts),
    )
    return Evaluation(
        replace(
            document,
            lines=_with_totals(lines, breakdown),
            options=plan.options,
            selections=plan.selections,
            discounts=tuple(_discounted(applied) for applied in discounts.applied),
            rejected_codes=tuple(RejectedCode(one.code, one.reason, one.message) for one in discounts.rejected),
            totals=_totals(breakdown, is_taxed=is_taxed),
            issues=issues,
        ),
        judge(issues),
    )


def judge(issues: Iterable[Issue]) -> Status:
    """Say from its issues whether a session is blocked, incomplete or ready."""
    lasting = [issue for issue in issues if issue.kind is Kind.ERROR and not issue.is_passing]
    if any(not issue.is_missing for issue in lasting):
        return Status.BLOCKED
    return Status.INCOMPLETE if lasting else Status.READY


def _priced_lines(lines: tuple[Line, ...], shop: Shop, facts: Facts) -> tuple[tuple[Line, ...], list[Issue]]:
    priced: list[Line] = []
    issues: list[Issue] = []
    for index, line in enumerate(lines):
        offer = facts.offers.get(line.variant_id)
        if offer is None or not offer.is_sellable or offer.currency != shop.currency:
            priced.append(replace(line, availability="out_of_stock", available=0))
            name = shorten(line.title, MAX_NAME) or "This item"
            issues.append(blocking("unavailable", f"{name} is no longer sold.", "lines", index))
            continue
        fresh = _line_of(line, offer, shop.low_stock_threshold)
        priced.append(fresh)
        issues.extend(_line_issues(fresh, line, offer, index))
    return tuple(priced), issues


def _line_of(line: Line, offer: Offer, low_stock_threshold: int) -> Line:
    return Line(
        id=line.id,
        variant_id=line.variant_id,
        quantity=line.quantity,
        product_id=offer.product_id,
        title=offer.title,
        variant_title=offer.variant_title,
        options=offer.options,
        sku=offer.sku,
        category=offer.category,
        url=offer.url,
        image_url=offer.image_url,
        tax_code=offer.tax_code,
        is_digital=offer.is_digital,
        weight_grams=offer.weight_grams,
        availability=availability(offer, low_stock_threshold),
        available=None if offer.allow_backorder else offer.available,
        max_quantity=offer.max_quantity,
        unit_price_minor=offer.price_minor,
        regular_price_minor=offer.regular_price_minor,
        items_minor=offer.price_minor * line.quantity,
    )


def availability(offer: Offer, low_stock_threshold: int) -> str:
    """Return in_stock, low_stock, out_of_stock or backorder."""
    if offer.available is None:
        return "in_stock"
    if offer.available == 0:
        return "backorder" if offer.allow_backorder else "out_of_stock"
    return "low_stock" if offer.available <= low_stock_threshold else "in_stock"


def _line_issues(line: Line, before: Line, offer: Offer, index: int) -> Iterable[Issue]:
    name = shorten(line.title, MAX_NAME)
    if not offer.is_checkout_enabled:
        where = f"its own page: {offer.url}" if offer.url else "the shop's own pages"
        yield blocking("discovery_only", f"{name} cannot be bought here, only on {where}.", "lines", index)
    if line.available == 0:
        yield blocking("out_of_stock", f"{name} is out of stock.", "lines", index)
    elif line.available is not None and line.available < line.quantity:
        text = f"Only {line.available} of {name} can be had; {line.quantity} were asked for."
        yield blocking("insufficient_stock", text, "lines", index, "quantity")
    elif line.availability == "low_stock":
        yield warning("low_stock", f"Only {line.available} of {name} are left.", "lines", index)
    if offer.max_quantity is not None and line.quantity > offer.max_quantity:
        most = f"At most {offer.max_quantity} of {name} can be bought in one order"
        text = f"{most}; {line.quantity} were asked for."
        yield blocking("quantity_limit", text, "lines", index, "quantity")
    if before.title and before.unit_price_minor != line.unit_price_minor:
        text = f"The price of {name} has changed since it was last shown."
        yield warning("price_changed", text, "lines", index, is_passing=True)


def _choice_issues(document: Document, plan: delivery.Plan, currency: str) -> Iterable[Issue]:
    if document.refused_option:
        text = unknown_option_text(document.refused_option, plan.options, currency)
        yield blocking("unknown_option", f"{text} Everything else was saved: choose one of them.", "options")


def _buyer_issues(document: Document) -> Iterable[Issue]:
    if not document.email:
        yield missing("An e-mail address is needed for the receipt.", "buyer", "email")


def _code_issues(document: Document, discounts: DiscountResult) -> Iterable[Issue]:
    left = list(enumerate(document.codes))
    for rejected in discounts.rejected:
        # The last place with that code: of a code given twice, the second is the one that does nothing.
        index = next((index for index, code in reversed(left) if code == rejected.code), 0)
        left = [(other, code) for other, code in left if other != index]
        yield warning(f"discount_code_{rejected.reason}", rejected.message, "codes", index)


def _taxes(
    lines: tuple[Line, ...], discounts: DiscountResult, plan: delivery.Plan, shop: Shop
) -> tuple[TaxResult, bool]:
    """Tax the session where its place is known; else nothing is taxed, and nothing invented."""
    if plan.tax_place is None:
        return TaxResult(tuple(AmountTax() for _ in lines), AmountTax()), False
    off = line_discounts(discounts, len(lines))
    shipping_off = sum(applied.shipping_minor for applied in discounts.applied)
    request = TaxRequest(
        merchant_id=shop.id,
        currency=shop.currency,
        place=plan.tax_place,
        lines=tuple(
            TaxableLine(line.items_minor - discount, line.tax_code)
            for line, discount in zip(lines, off, strict=True)
        ),
        shipping_minor=plan.amount_minor - shipping_off,
        table=shop.tax_table,
    )
    return tax_calculator().calculate(request), True


def _with_totals(lines: tuple[Line, ...], breakdown: PriceBreakdown) -> tuple[Line, ...]:
    return tuple(
        replace(
            line,
            items_discount_minor=totals.items_discount_minor,
            tax_minor=totals.tax_minor,
            included_tax_minor=totals.included_tax_minor,
        )
        for line, totals in zip(lines, breakdown.lines, strict=True)
    )


def _totals(breakdown: PriceBreakdown, *, is_taxed: bool) -> Totals:
    return Totals(
        items_minor=breakdown.items_minor,
        items_discount_minor=breakdown.items_discount_minor,
        discount_minor=breakdown.discount_minor,
        fulfillment_minor=breakdown.fulfillment_minor,
        tax_minor=breakdown.tax_minor,
        included_tax_minor=breakdown.included_tax_minor,
        total_minor=breakdown.total_minor,
        is_taxed=is_taxed,
        tax_shares=breakdown.tax_shares,
    )


def _discounted(applied: AppliedDiscount) -> Discounted:
    promotion = applied.promotion
    return Discounted(
        id=f"di_{promotion.id.removeprefix('disc_')}",
        discount_id=promotion.id,
        name=promotion.name,
        amount_minor=applied.amount_minor,
        per_line=applied.per_line,
        shipping_minor=applied.shipping_minor,
        code=promotion.code,
        percent=str(promotion.percent.normalize()) if promotion.percent is not None else None,
        amount_off_minor=promotion.amount_minor,
        is_free_shipping=promotion.is_free_shipping,
        is_limited=promotion.usage_limit is not None or promotion.usage_limit_per_buyer is not None,
        is_limited_per_buyer=promotion.usage_limit_per_buyer is not None,
        priority=promotion.priority,
        starts_at=promotion.starts_at,
        ends_at=promotion.ends_at,
    )
