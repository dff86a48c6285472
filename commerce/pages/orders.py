"""An order as its page shows it: every value a text, in the merchant's time zone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from commerce.accounts.models import Merchant
from commerce.buyers import Recipient
from commerce.fulfillment.models import PickupLocation
from commerce.fulfillment.records import OrderDetails, ShipmentRecord
from commerce.orders.records import AdjustmentRecord, ChosenOption, OrderLineRecord, OrderRecord
from commerce.pages import wording
from commerce.pages.wording import amount_text, day_text, hour_text, moment_text, words
from commerce.text import web_address


@dataclass(frozen=True, slots=True)
class LineView:
    """`amount` is before the discount, so that the lines sum to the first row of the totals."""

    title: str
    sku: str
    quantity: str
    status: str
    unit_price: str
    discount: str
    amount: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class TotalView:
    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """How some lines get to the buyer, and when."""

    title: str
    when: str
    place: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """Something that happened. `at` is the instant for machines."""

    text: str
    detail: str
    when: str
    at: str


@dataclass(frozen=True, slots=True)
class ShipmentView:
    title: str
    status: str
    carrier: str
    tracking_number: str
    tracking_url: str
    access_url: str
    items: tuple[str, ...]
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class ReturnView:
    """Something that comes back: by the buyer's wish, or because its carrier could not deliver it."""

    status: str
    detail: str
    reason: str
    items: tuple[str, ...]
    when: str
    at: str


@dataclass(frozen=True, slots=True)
class OrderView:
    number: str
    status: str
    meaning: str
    is_canceled: bool
    is_complete: bool
    placed: str
    currency: str
    lines: tuple[LineView, ...]
    totals: tuple[TotalView, ...]
    total: str
    contained: tuple[TotalView, ...]
    refunded: str
    recipient: tuple[str, ...]
    deliveries: tuple[DeliveryView, ...]
    shipments: tuple[ShipmentView, ...]
    returns: tuple[ReturnView, ...]
    return_days: int
    adjustments: tuple[StepView, ...]
    history: tuple[StepView, ...]


def order_view(
    details: OrderDetails, *, merchant: Merchant, pickup_places: Sequence[PickupLocation] = ()
) -> OrderView:
    """Put an order into words. `return_days` is 0 where nothing of it can be sent back."""
    order, zone = details.order, ZoneInfo(merchant.time_zone)
    shipments = tuple(_shipments(details, zone))
    placed = _step("Order placed", "", order.placed_at, zone)
    shipped = (step for shipment in shipments for step in shipment.steps)
    return OrderView(
        number=order.number,
        status=words(order.status, wording.ORDER_STATUS),
        meaning=wording.ORDER_MEANING.get(order.status, ""),
        is_canceled=order.status == "canceled",
        is_complete=order.status == "completed",
        placed=moment_text(order.placed_at.astimezone(zone)),
        currency=order.currency.upper(),
        lines=tuple(_line(line, order.currency) for line in order.lines),
        totals=tuple(_totals(order)),
        total=amount_text(order.total_minor, order.currency),
        contained=tuple(_taxes(order, is_inclusive=True)),
        refunded=amount_text(order.refunded_minor, order.currency) if order.refunded_minor else "",
        recipient=_recipient(order),
        deliveries=tuple(_delivery(option, zone, pickup_places) for option in order.fulfillment),
        shipments=shipments,
        returns=tuple(_return(one, order, zone) for one in order.adjustments if one.kind == "return"),
        return_days=merchant.return_days if any(one.kind != "digital" for one in details.shipments) else 0,
        adjustments=tuple(_adjustment(one, order, zone) for one in order.adjustments if one.kind != "return"),
        history=tuple(sorted((*shipped, placed), key=lambda step: step.at, reverse=True)),
    )


def _line(line: OrderLineRecord, currency: str) -> LineView:
    removed = line.ordered - line.current
    status = words(line.status, wording.LINE_STATUS)
    if removed and line.current:
        status = f"{status}, {removed} canceled or returned"
    discount = line.items_discount_minor
    return LineView(
        title=line.title,
        sku=line.sku,
        quantity=f"{line.ordered:,}",
        status=status,
        unit_price=amount_text(line.unit_price_minor, currency),
        discount=amount_text(discount, currency) if discount else "",
        amount=amount_text(line.items_minor, currency),
        is_removed=line.current == 0,
    )


def _totals(order: OrderRecord) -> Iterable[TotalView]:
    """Yield the rows whose sum is the total, in the order in which they are computed."""
    currency = order.currency
    yield TotalView("Items", amount_text(order.items_minor, currency))
    yield from _discounts(order)
    if any(option.kind != "digital" for option in order.fulfillment):
        shipping = amount_text(order.fulfillment_minor, currency) if order.fulfillment_minor else "Free"
        yield TotalView("Delivery", shipping)
    yield from _taxes(order, is_inclusive=False)


def _discounts(order: OrderRecord) -> Iterable[TotalView]:
    whole = order.items_discount_minor + order.discount_minor
    named = [(_discount_name(one), int(str(one.get("amount_minor") or 0))) for one in order.discounts]
    if sum(amount for _, amount in named) != whole:
        named = [("Discounts", whole)]
    return (TotalView(name, amount_text(-amount, order.currency)) for name, amount in named if amount)


def _discount_name(discount: dict[str, object]) -> str:
    name, code = str(discount.get("name") or "Discount"), discount.get("code")
    return f"{name} ({code})" if code else name


def _taxes(order: OrderRecord, *, is_inclusive: bool) -> list[TotalView]:
    """Return the tax by jurisdiction, or in one sum where the parts are not known."""
    shares = [share for share in order.tax_breakdown if share.is_inclusive == is_inclusive]
    whole = order.included_tax_minor if is_inclusive else order.tax_minor
    if sum(share.amount_minor for share in shares) != whole:
        return [TotalView("Tax", amount_text(whole, order.currency))]
    return [
        TotalView(
            f"{share.jurisdiction} {share.percentage.normalize():f} %",
            amount_text(share.amount_minor, order.currency),
        )
        for share in shares
    ]


def _recipient(order: OrderRecord) -> tuple[str, ...]:
    """Return the lines of the address; none where nothing is sent anywhere."""
    kinds = {option.kind for option in order.fulfillment}
    if order.destination is None or not kinds - {"digital", "pickup"}:
        return ()
    return _address_lines(order.destination)


def _address_lines(recipient: Recipient) -> tuple[str, ...]:
    address = recipient.address
    if address is None:
        return (recipient.name,) if recipient.name else ()
    region = " ".join(part for part in (address.region, address.postal_code) if part)
    city = ", ".join(part for part in (address.city, region) if part)
    lines = (
        address.name or recipient.name,
        address.company,
        address.line_one,
        address.line_two,
        city,
        address.country,
    )
    return tuple(line for line in lines if line.strip())


def _delivery(option: ChosenOption, zone: ZoneInfo, places: Sequence[PickupLocation]) -> DeliveryView:
    title = f"{option.title} with {option.carrier}" if option.carrier else option.title
    found: tuple[str, ...] = ()
    if option.kind == "pickup" and len(places) == 1:
        place = places[0]
        town = f"{place.city}, {place.region} {place.postal_code}".replace(",  ", ", ")
        found = tuple(line for line in (place.name, place.line_one, town, place.instructions) if line)
    return DeliveryView(title, _when(option, zone), found)


def _when(option: ChosenOption, zone: ZoneInfo) -> str:
    if option.kind == "digital":
        return "Available right after the purchase."
    if option.earliest is None or option.latest is None:
        return ""
    first, last = option.earliest.astimezone(zone), option.latest.astimezone(zone)
    if option.kind == "pickup":
        return f"Ready from {day_text(first)}."
    if option.kind == "local_delivery":
        return f"Expected on {day_text(first)}, between {hour_text(first)} and {hour_text(last)}."
    if first.date() == last.date():
        return f"Expected on {day_text(first)}."
    start = day_text(first).removesuffix(f", {last.year}")
    return f"Expected between {start} and {day_text(last)}."


def _shipments(details: OrderDetails, zone: ZoneInfo) -> Iterable[ShipmentView]:
    titles = {line.id: line.title for line in details.order.lines}
    page = f"/orders/{details.order.permalink_token}"
    parcels = [one.id for one in details.shipments if one.kind == "shipping"]
    for shipment in details.shipments:
        title = _shipment_title(shipment, parcels)
        yield ShipmentView(
            title=title,
            status=words(shipment.status, wording.SHIPMENT_STATUS),
            carrier=shipment.carrier,
            tracking_number=shipment.tracking_number,
            tracking_url=web_address(shipment.tracking_url),
            access_url="" if shipment.access_url.endswith(page) else web_address(shipment.access_url),
            items=tuple(f"{line.quantity} × {titles.get(line.line_id, 'item')}" for line in shipment.lines),  # noqa: RUF001
            steps=tuple(
                _step(
                    f"{title}: {words(event.kind, wording.SHIPMENT_STATUS)}",
                    ", ".join(part for part in (event.description, event.location) if part),
                    event.occurred_at,
                    zone,
                )
                for event in shipment.events
            ),
        )


def _shipment_title(shipment: ShipmentRecord, parcels: Sequence[str]) -> str:
    if shipment.kind == "digital":
        return "Download"
    if shipment.kind == "pickup":
        return "Pick-up"
    return "Parcel" if len(parcels) == 1 else f"Parcel {parcels.index(shipment.id) + 1}"


def _adjustment(adjustment: AdjustmentRecord, order: OrderRecord, zone: ZoneInfo) -> StepView:
    text = words(adjustment.kind, wording.ADJUSTMENT_KIND)
    if adjustment.amount_minor is not None:
        text = f"{text} of {amount_text(adjustment.amount_minor, order.currency)}"
    if adjustment.status != "completed":
        text = f"{text}, {words(adjustment.status, wording.ADJUSTMENT_STATUS)}"
    reason = wording.RETURN_REASON.get(adjustment.reason) or adjustment.reason.replace("_", " ")
    detail = [adjustment.description or reason, ", ".join(_items(adjustment, order))]
    return _step(text, "; ".join(part for part in detail if part), adjustment.occurred_at, zone)


def _items(adjustment: AdjustmentRecord, order: OrderRecord) -> list[str]:
    titles = {line.id: line.title for line in order.lines}
    return [
        f"{line.get('quantity', 1)} × {titles[str(line.get('id'))]}"  # noqa: RUF001
        for line in adjustment.lines
        if str(line.get("id")) in titles
    ]


def _return(adjustment: AdjustmentRecord, order: OrderRecord, zone: ZoneInfo) -> ReturnView:
    at = adjustment.occurred_at
    return ReturnView(
        status=words(adjustment.status, wording.RETURN_STATUS),
        detail=adjustment.description,
        reason=words(adjustment.reason, wording.RETURN_REASON) if adjustment.reason else "",
        items=tuple(_items(adjustment, order)),
        when=moment_text(at.astimezone(zone)),
        at=at.astimezone(ZoneInfo("UTC")).isoformat(),
    )


def _step(text: str, detail: str, at: datetime, zone: ZoneInfo) -> StepView:
    return StepView(text, detail, moment_text(at.astimezone(zone)), at.astimezone(ZoneInfo("UTC")).isoformat())
