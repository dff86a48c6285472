"""A payment that the card's issuer asks about, as its page shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commerce.checkout.challenges import Visit
from commerce.checkout.document import Document, Line
from commerce.checkout.states import OPEN, Status
from commerce.pages.wording import amount_text, day_text


@dataclass(frozen=True, slots=True)
class PaymentLineView:
    title: str
    options: str
    quantity: str
    amount: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    """`stage` is asking, confirmed, waiting, undecided, paid or over; `minutes` for how long all is still held."""

    session_id: str
    stage: str
    lines: tuple[PaymentLineView, ...]
    totals: tuple[tuple[str, str], ...]
    total: str
    currency: str
    minutes: int
    issuer_url: str
    order_token: str
    reason: str
    terms: str
    ways: tuple[tuple[str, str, str], ...]
    recipient: tuple[str, ...]


def payment_view(visit: Visit, *, order_token: str, now: datetime) -> PaymentView:
    """Put a payment into words."""
    session, document = visit.session, visit.session.document
    left = document.challenge.until - now if document.challenge else timedelta()
    return PaymentView(
        session_id=session.id,
        stage=_stage(visit),
        lines=tuple(_line(line, session.currency) for line in document.lines),
        totals=tuple(_totals(document, session.currency)),
        total=amount_text(document.totals.total_minor, session.currency),
        currency=session.currency.upper(),
        minutes=max(int(left / timedelta(minutes=1)), 0),
        issuer_url=visit.issuer_url,
        order_token=order_token,
        reason=document.issues[-1].text if document.issues and session.status in OPEN else "",
        terms=visit.terms,
        ways=tuple(_ways(document, session.currency)),
        recipient=tuple(_recipient(document)),
    )


def _stage(visit: Visit) -> str:
    if visit.session.status is Status.COMPLETED:
        return "paid"
    if visit.is_undecided or (visit.session.status is Status.CHALLENGED and not visit.issuer_url):
        return "undecided"
    if visit.terms:
        return "confirmed" if visit.is_confirmed else "asking"
    return "waiting" if visit.session.status is Status.CHALLENGED else "over"


def _line(line: Line, currency: str) -> PaymentLineView:
    return PaymentLineView(
        title=line.title,
        options=", ".join(f"{name}: {value}" for name, value in line.options),
        quantity=f"{line.quantity:,}",
        amount=amount_text(line.items_minor, currency),
    )


def _totals(document: Document, currency: str) -> list[tuple[str, str]]:
    """Return what stands between the lines and the total."""
    totals = document.totals
    taken_off = _taken_off(document)
    rows = [("Discount", amount_text(-taken_off, currency))] if taken_off else []
    if document.selections:
        rows.append(("Delivery", amount_text(totals.fulfillment_minor, currency)))
    if totals.tax_minor:
        rows.append(("Tax", amount_text(totals.tax_minor, currency)))
    return rows


def _taken_off(document: Document) -> int:
    return document.totals.items_discount_minor + document.totals.discount_minor


def _ways(document: Document, currency: str) -> Iterator[tuple[str, str, str]]:
    """Return how it is delivered, each way with its price and the last day on which it arrives."""
    options = {option.id: option for option in document.options}
    for selection in document.selections:
        option = options[selection.option_id]
        day = day_text(option.latest) if option.latest else ""
        yield option.title, amount_text(option.amount_minor, currency), day


def _recipient(document: Document) -> Iterator[str]:
    """Return to whom and where, a line each."""
    recipient = document.recipient
    if recipient is None:
        return
    place = recipient.address
    if recipient.name:
        yield recipient.name
    if place is not None:
        city = " ".join(part for part in (place.city, place.region, place.postal_code) if part)
        yield from (line for line in (place.company, place.line_one, place.line_two, city, place.country) if line)
