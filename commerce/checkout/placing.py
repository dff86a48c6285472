"""A session turned into an order, with exactly the terms that were shown. Pure."""

from __future__ import annotations

from datetime import datetime

from commerce.buyers import Buyer
from commerce.checkout.document import Document, Line, Session
from commerce.ids import new_id, order_number, random_text
from commerce.orders.records import ChosenOption, OrderLineRecord, OrderRecord


def order_of(session: Session, *, payment_id: str | None, now: datetime) -> OrderRecord:
    """Return the order of a session that is paid for, or that costs nothing."""
    document, totals = session.document, session.document.totals
    return OrderRecord(
        id=new_id("ord"),
        merchant_id=session.merchant_id,
        agent_id=session.agent_id,
        payment_id=payment_id,
        checkout_session_id=session.id,
        number=order_number(),
        permalink_token=random_text(32),
        status="confirmed",
        sequence=1,
        currency=session.currency,
        items_minor=totals.items_minor,
        items_discount_minor=totals.items_discount_minor,
        discount_minor=totals.discount_minor,
        fulfillment_minor=totals.fulfillment_minor,
        tax_minor=totals.tax_minor,
        included_tax_minor=totals.included_tax_minor,
        total_minor=totals.total_minor,
        email=document.email,
        buyer=document.buyer or Buyer(),
        destination=document.recipient,
        fulfillment=tuple(_chosen(document)),
        tax_breakdown=totals.tax_shares,
        discounts=tuple(
            {"id": one.discount_id, "name": one.name, "code": one.code, "amount_minor": one.amount_minor}
            for one in document.discounts
        ),
        notes=document.notes,
        placed_at=now,
        updated_at=now,
        is_test=document.is_test,
        lines=tuple(_order_line(line, position) for position, line in enumerate(document.lines, start=1)),
    )


def _chosen(document: Document) -> list[ChosenOption]:
    options = {option.id: option for option in document.options}
    return [
        ChosenOption(
            id=option.id,
            kind=option.kind,
            title=option.title,
            amount_minor=option.amount_minor,
            line_ids=selection.line_ids,
            carrier=option.carrier,
            earliest=option.earliest,
            latest=option.latest,
        )
        for selection in document.selections
        if (option := options[selection.option_id])
    ]


def _order_line(line: Line, position: int) -> OrderLineRecord:
    title = f"{line.title} — {line.variant_title}" if line.variant_title else line.title
    return OrderLineRecord(
        id=line.id,
        position=position,
        variant_id=line.variant_id,
        product_id=line.product_id,
        title=title,
        sku=line.sku,
        image_url=line.image_url,
        is_digital=line.is_digital,
        unit_price_minor=line.unit_price_minor,
        ordered=line.quantity,
        current=line.quantity,
        fulfilled=0,
        items_minor=line.items_minor,
        items_discount_minor=line.items_discount_minor,
        tax_minor=line.tax_minor,
        included_tax_minor=line.included_tax_minor,
        total_minor=line.total_minor,
    )


def has_same_terms(shown: Document, fresh: Document) -> bool:
    """Say whether a buyer who agreed to one document agreed to the other.

    Terms are lines, quantities, prices, discounts, the chosen ways, the address, tax and the total. Promised
    times are left out: they follow the clock, and a later promise is not a higher price. A buyer who confirms on
    a page of ours has seen the day, too: see `terms.delay_of`.
    """
    return (
        shown.totals == fresh.totals
        and shown.selections == fresh.selections
        and shown.recipient == fresh.recipient
        and [_line_terms(line) for line in shown.lines] == [_line_terms(line) for line in fresh.lines]
    )


def _line_terms(line: Line) -> tuple[str, int, int, int, int]:
    return (
        line.variant_id,
        line.quantity,
        line.unit_price_minor,
        line.items_discount_minor,
        line.tax_minor,
    )


def quantities_of(document: Document) -> dict[str, int]:
    """Return how many units of each variant are bought."""
    return {line.variant_id: line.quantity for line in document.lines}
