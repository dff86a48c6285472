"""An order sheet: what the shopper is asked to confirm, word for word what will be charged. Pure.

Every number on it comes from the checkout session, none from the conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agents.chat.flags import ITEM, QUANTITY, Flag
from commerce.accounts.models import Merchant
from commerce.buyers import Address
from commerce.checkout.document import Document, Line, Session
from commerce.checkout.messages import Issue, Kind
from commerce.checkout.states import OPEN, Status
from commerce.checkout.terms import canonical_terms, terms_hash
from commerce.fulfillment.quotes import Option
from commerce.pages.wording import amount_text, hour_text
from commerce.places import NEEDS_REGION
from commerce.text import web_address
from commerce.wallet.models import Card

DIGITAL = "digital"
MOST_OF_ONE = 999


@dataclass(frozen=True, slots=True)
class Situation:
    """What a session itself does not know: who asks, what is under way, and what the shopper has."""

    merchant: Merchant
    cards: Sequence[Card]
    flags: Sequence[Flag]
    now: datetime
    is_asked: bool = False
    is_paying: bool = False
    is_undecided: bool = False
    is_latest: bool = True
    is_told_over: bool = False
    takes_real_cards: bool = False
    confirmed_minor: int | None = None
    note: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """`less` and `more` are the quantities that the buttons set; 0 takes the line away, None is not offered."""

    id: str
    title: str
    options: str
    image: str
    quantity: int
    unit_price: str
    regular_price: str
    amount: str
    stock: str
    less: int
    more: int | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    id: str
    title: str
    price: str
    when: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class SheetView:
    """`stage` is asking, unasked, incomplete, unpayable, processing, undecided, bank, paid, expired, over or
    earlier.
    """

    session_id: str
    stage: str
    lines: tuple[SheetLine, ...]
    ways: tuple[Way, ...]
    is_digital_only: bool
    delivery_flags: tuple[str, ...]
    totals: tuple[tuple[str, str], ...]
    total: str
    total_minor: int
    total_before: str
    currency: str
    contained: str
    email: str
    recipient: tuple[str, ...]
    address: Address
    needs_region: bool
    missing: tuple[str, ...]
    has_wrong_address: bool
    codes: tuple[tuple[str, str], ...]
    rejected: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    still_needed: tuple[str, ...]
    cards: tuple[Card, ...]
    links: tuple[tuple[str, str], ...]
    terms: str
    note: str
    error: str
    is_test: bool

    @property
    def is_open(self) -> bool:
        """Say whether the shopper may still change something."""
        return self.stage in ("asking", "unasked", "incomplete", "unpayable")

    @property
    def next_label(self) -> str:
        """Name the button that leads to the question."""
        return "Go to payment" if self.total_minor else "Go on to the order"

    @property
    def wants_address(self) -> bool:
        """Say whether the form for the address stands open."""
        is_missing = any(one != "email" for one in self.missing)
        return not self.is_digital_only and (is_missing or self.has_wrong_address)


def sheet_view(session: Session, situation: Situation) -> SheetView:
    """Put a session into words."""
    document, currency = session.document, session.currency
    zone = ZoneInfo(situation.merchant.time_zone)
    before = situation.confirmed_minor
    total = document.totals.total_minor
    address = document.recipient.address if document.recipient and document.recipient.address else Address()
    stage = _stage(session, situation)
    return SheetView(
        session_id=session.id,
        stage=stage,
        lines=tuple(_line(line, currency, situation.flags) for line in document.lines),
        ways=tuple(_ways(document, currency, zone)),
        is_digital_only=bool(document.lines) and all(line.is_digital for line in document.lines),
        delivery_flags=tuple(one.text for one in situation.flags if not one.line),
        totals=tuple(_totals(document, currency)),
        total=amount_text(total, currency),
        total_minor=total,
        total_before=amount_text(before, currency) if before is not None and before != total else "",
        currency=currency.upper(),
        contained=_contained(document, currency),
        email=document.email,
        recipient=tuple(_recipient(document)),
        address=address,
        needs_region=not address.country or address.country.strip().upper() in NEEDS_REGION,
        missing=tuple(_missing(document.issues)),
        has_wrong_address=any(_is_about_address(issue) for issue in document.issues),
        codes=tuple(_codes(document, currency)),
        rejected=tuple((one.code, one.message) for one in document.rejected_codes),
        problems=tuple(dict.fromkeys(_problems(document.issues))),
        still_needed=tuple(issue.text for issue in document.issues if issue.is_missing),
        warnings=tuple(dict.fromkeys(_warnings(document.issues))),
        cards=tuple(situation.cards),
        links=tuple(_links(situation.merchant)),
        terms=terms_hash(canonical_terms(session)) if session.status is Status.READY else "",
        note=situation.note,
        error=situation.error,
        is_test=document.is_test,
    )


def _stage(session: Session, situation: Situation) -> str:
    match session.status:
        case Status.COMPLETED:
            return "paid"
        case Status.CHALLENGED:
            return "bank"
        case Status.CANCELED:
            return "over"
    if session.status is Status.EXPIRED or (session.status in OPEN and session.expires_at <= situation.now):
        return "expired" if situation.is_latest and not situation.is_told_over else "over"
    if situation.is_undecided:
        return "undecided"
    if situation.is_paying or session.status is Status.COMPLETING:
        return "processing"
    if not situation.is_latest:
        return "earlier"
    if session.status is not Status.READY:
        return "incomplete"
    if situation.takes_real_cards and session.document.totals.total_minor:
        return "unpayable"  # a wallet holds test cards only
    return "asking" if situation.is_asked else "unasked"


def _line(line: Line, currency: str, flags: Iterable[Flag]) -> SheetLine:
    most = min(one for one in (line.available, line.max_quantity, MOST_OF_ONE) if one is not None)
    is_on_sale = line.regular_price_minor > line.unit_price_minor
    return SheetLine(
        id=line.id,
        title=line.title or "Item",
        options=", ".join(f"{name}: {value}" for name, value in line.options),
        image=web_address(line.image_url),
        quantity=line.quantity,
        unit_price=amount_text(line.unit_price_minor, currency),
        regular_price=amount_text(line.regular_price_minor, currency) if is_on_sale else "",
        amount=amount_text(line.items_minor, currency),
        stock=_stock(line),
        less=min(line.quantity - 1, max(most, 0)),
        more=line.quantity + 1 if line.quantity < most else None,
        flags=tuple(one.text for one in flags if one.line == line.id and one.kind in (QUANTITY, ITEM)),
    )


def _stock(line: Line) -> str:
    if line.available is not None and line.available < line.quantity:
        return f"Only {line.available} left" if line.available else "Out of stock"
    if line.availability == "low_stock":
        return f"Only {line.available} left"
    return "Can be ordered ahead" if line.availability == "backorder" else ""


def _ways(document: Document, currency: str, zone: ZoneInfo) -> Iterator[Way]:
    chosen = {one.option_id for one in document.selections}
    for option in document.options:
        if option.kind != DIGITAL:
            price = amount_text(option.amount_minor, currency) if option.amount_minor else "Free"
            yield Way(option.id, option.title, price, when_text(option, zone), option.id in chosen)


def when_text(option: Option, zone: ZoneInfo) -> str:
    """Say when a way of delivery arrives: "Fri, Nov 27 to Mon, Nov 30"."""
    if option.earliest is None or option.latest is None:
        return option.description
    first, last = option.earliest.astimezone(zone), option.latest.astimezone(zone)
    if option.kind == "pickup":
        place = f" at {option.location.name}" if option.location else ""
        return f"Ready from {_day(first)}{place}"
    if option.kind == "local_delivery":
        return f"{_day(first)}, {hour_text(first)} to {hour_text(last)}"
    return _day(first) if last - first < timedelta(days=1) else f"{_day(first)} to {_day(last)}"


def _day(at: datetime) -> str:
    return f"{at:%a}, {at:%b} {at.day}"


def _totals(document: Document, currency: str) -> Iterator[tuple[str, str]]:
    totals = document.totals
    yield "Items", amount_text(totals.items_minor, currency)
    taken_off = totals.items_discount_minor + totals.discount_minor
    if taken_off:
        yield "Discount", amount_text(-taken_off, currency)
    if any(option.kind != DIGITAL for option in document.options) and document.selections:
        yield "Delivery", amount_text(totals.fulfillment_minor, currency) if totals.fulfillment_minor else "Free"
    if totals.tax_minor or (totals.is_taxed and not totals.included_tax_minor):
        yield "Tax", amount_text(totals.tax_minor, currency)


def _contained(document: Document, currency: str) -> str:
    included = document.totals.included_tax_minor
    return amount_text(included, currency) if included else ""


def _recipient(document: Document) -> Iterator[str]:
    recipient = document.recipient
    if recipient is None:
        return
    place = recipient.address or Address()
    region = " ".join(part for part in (place.region, place.postal_code) if part)
    city = ", ".join(part for part in (place.city, region) if part)
    name = place.name or recipient.name
    lines = (name, place.company, place.line_one, place.line_two, city, place.country)
    yield from (line for line in lines if line.strip())


def _missing(issues: Iterable[Issue]) -> Iterator[str]:
    """Name what is missing: email, address, or the part of it."""
    return (str(issue.target[-1]) for issue in issues if issue.is_missing and issue.target)


def _is_about_address(issue: Issue) -> bool:
    """Say whether an address is there, and is the wrong one."""
    return issue.kind is Kind.ERROR and not issue.is_missing and issue.target[:2] == ("recipient", "address")


def _codes(document: Document, currency: str) -> Iterator[tuple[str, str]]:
    for one in document.discounts:
        yield one.code or one.name, amount_text(-one.amount_minor, currency)


def _problems(issues: Iterable[Issue]) -> Iterator[str]:
    """Return what stands in the way. What came of one try to pay is told in the conversation."""
    lasting = (issue for issue in issues if not issue.is_missing and not issue.is_passing)
    return (issue.text for issue in lasting if issue.kind is Kind.ERROR)


def _warnings(issues: Iterable[Issue]) -> Iterator[str]:
    about_codes = "discount_code_"
    return (
        issue.text for issue in issues if issue.kind is Kind.WARNING and not issue.code.startswith(about_codes)
    )


def _links(merchant: Merchant) -> Iterator[tuple[str, str]]:
    pages = (
        ("Terms", merchant.terms_url),
        ("Privacy", merchant.privacy_url),
        ("Returns", merchant.return_policy_url),
        ("Shipping", merchant.shipping_policy_url),
    )
    return ((label, url) for label, url in pages if web_address(url))
