"""A checkout session and a cart as ACP 2026-04-17 shows them. Runs no query."""

from __future__ import annotations

from agents.acp.v2026_04_17 import VERSION, bodies
from agents.acp.v2026_04_17.authentication import add_challenge
from agents.acp.v2026_04_17.common import (
    buyer,
    fulfillment_details,
    line_totals,
    message,
    moment,
    tax_total,
    total,
)
from agents.acp.v2026_04_17.discounts import DISCOUNT_EXTENSION, discount_details, discounts
from agents.acp.v2026_04_17.handlers import card_handler
from agents.acp.v2026_04_17.next_steps import next_step
from agents.acp.v2026_04_17.orders import order
from commerce.accounts.services import Caller
from commerce.checkout.challenges import page_url
from commerce.checkout.document import Document, Line, Session
from commerce.checkout.shop import Shop
from commerce.checkout.states import OPEN, Status
from commerce.fulfillment.quotes import Option
from commerce.fulfillment.records import OrderDetails

STATUSES = {
    Status.INCOMPLETE: "incomplete",
    Status.BLOCKED: "not_ready_for_payment",
    Status.READY: "ready_for_payment",
    Status.COMPLETING: "complete_in_progress",
    Status.CHALLENGED: "authentication_required",
    Status.COMPLETED: "completed",
    Status.CANCELED: "canceled",
    Status.EXPIRED: "expired",
}

# Interventions this side can take part in; what an agent supports beyond them is not echoed.
INTERVENTIONS = frozenset({"3ds"})


def checkout_session(
    session: Session, *, shop: Shop, caller: Caller, details: OrderDetails | None = None
) -> bodies.CheckoutSession:
    """Write a session with everything an agent may show; with its order where it is completed."""
    document = session.document
    body: bodies.CheckoutSession = {
        "id": session.id,
        "protocol": {"version": VERSION},
        "capabilities": _capabilities(document, shop, caller),
        "status": STATUSES[session.status],
        "currency": session.currency,
        "line_items": [_line_item(line, document, index) for index, line in enumerate(document.lines)],
        "fulfillment_options": [_option(option) for option in document.options],
        "selected_fulfillment_options": _selected(document),
        "totals": session_totals(document, session.currency),
        "messages": [*(message(issue) for issue in document.issues), next_step(session, caller)],
        "links": [{"type": kind, "url": url} for kind, url in shop.links],
        "created_at": moment(session.created_at),
        "updated_at": moment(session.updated_at),
        "expires_at": moment(session.expires_at),
    }
    if session.status is Status.CHALLENGED:
        add_challenge(body, session, shop)
    elif caller.requires_confirmation and session.status in OPEN:
        body["continue_url"] = page_url(session.id)
    _add_what_is_known(body, document)
    if document.codes or document.discounts or "discount" in document.extensions:
        body["discounts"] = discounts(document, session.currency)
    if details is not None:
        body["order"] = order(details, shop=shop)
    return body


def _add_what_is_known(body: bodies.CheckoutSession, document: Document) -> None:
    if known := buyer(document.buyer):
        body["buyer"] = known
    if document.recipient:
        body["fulfillment_details"] = fulfillment_details(document.recipient)
    if document.locale:
        body["locale"] = document.locale
    if document.time_zone:
        body["timezone"] = document.time_zone
    if document.metadata:
        body["metadata"] = document.metadata


def _capabilities(document: Document, shop: Shop, caller: Caller) -> bodies.Capabilities:
    return {
        "payment": {"handlers": [card_handler(shop, caller)]},
        "interventions": _interventions(document),
        "extensions": [DISCOUNT_EXTENSION],
    }


def _interventions(document: Document) -> bodies.Interventions:
    supported = sorted(INTERVENTIONS.intersection(document.interventions))
    if document.challenge is None:
        return {"supported": supported}
    return {"supported": supported, "required": ["3ds"], "enforcement": "always"}


def _line_item(line: Line, document: Document, index: int) -> bodies.LineItem:
    is_taxed = document.totals.is_taxed
    written: bodies.LineItem = {
        "id": line.id,
        "item": {"id": line.variant_id, "name": line.title, "unit_amount": line.unit_price_minor},
        "quantity": line.quantity,
        "name": line.title,
        "unit_amount": line.unit_price_minor,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "availability_status": line.availability,
        "totals": line_totals(
            items=line.items_minor,
            discount=line.items_discount_minor,
            subtotal=line.subtotal_minor,
            tax=line.tax_minor if is_taxed else None,
            whole=line.total_minor,
        ),
    }
    if line.image_url:
        written["images"] = [line.image_url]
    if line.sku:
        written["sku"] = line.sku
    if line.category:
        written["category"] = line.category
    if line.weight_grams:
        written["weight"] = {"value": line.weight_grams, "unit": "g"}
    if line.options:
        written["variant_options"] = [{"name": name, "value": value} for name, value in line.options]
    if line.available is not None and line.availability != "in_stock":
        written["available_quantity"] = line.available
    if line.max_quantity is not None:
        written["max_quantity_per_order"] = line.max_quantity
    if line.items_discount_minor:
        written["discount_details"] = discount_details(document, index)
    return written


def _option(option: Option) -> bodies.FulfillmentOption:
    written: bodies.FulfillmentOption = {
        "type": option.kind,
        "id": option.id,
        "title": option.title,
        "totals": [total("total", option.title, option.amount_minor)],
    }
    if option.description:
        written["description"] = option.description
    if option.kind == "shipping":
        if option.carrier:
            written["carrier"] = option.carrier
        if option.earliest and option.latest:
            written["earliest_delivery_time"] = moment(option.earliest)
            written["latest_delivery_time"] = moment(option.latest)
    elif option.kind == "local_delivery" and option.earliest and option.latest:
        written["delivery_window"] = {"start": moment(option.earliest), "end": moment(option.latest)}
    elif option.kind == "pickup" and option.location:
        _add_pickup(written, option)
    return written


def _add_pickup(written: bodies.FulfillmentOption, option: Option) -> None:
    place = option.location
    if place is None:
        return
    written["location"] = {
        "name": place.name,
        "address": {
            "name": place.name,
            "line_one": place.line_one,
            "city": place.city,
            "state": place.region,
            "country": place.country,
            "postal_code": place.postal_code,
        },
    }
    if place.phone:
        written["location"]["phone"] = place.phone
    if place.instructions:
        written["location"]["instructions"] = place.instructions
    written["pickup_type"] = "in_store"
    if option.earliest:
        written["ready_by"] = moment(option.earliest)


def _selected(document: Document) -> list[bodies.SelectedFulfillmentOption]:
    kinds = {option.id: option.kind for option in document.options}
    variants = {line.id: line.variant_id for line in document.lines}
    return [
        {
            "type": kinds[selection.option_id],
            "option_id": selection.option_id,
            "item_ids": [variants[line_id] for line_id in selection.line_ids],
        }
        for selection in document.selections
    ]


def session_totals(document: Document, currency: str) -> list[bodies.Total]:
    """Write the totals: items - discounts + fulfillment + tax = total, all positive."""
    totals = document.totals
    written = [total("items_base_amount", "Items", totals.items_minor)]
    if totals.items_discount_minor:
        written.append(total("items_discount", "Discounts on items", totals.items_discount_minor))
    written.append(total("subtotal", "Subtotal", totals.items_minor - totals.items_discount_minor))
    if totals.discount_minor:
        written.append(total("discount", "Shipping discount", totals.discount_minor))
    if document.selections:
        written.append(total("fulfillment", "Shipping", totals.fulfillment_minor))
    if totals.is_taxed:
        written.append(tax_total(totals.tax_minor, totals.included_tax_minor, totals.tax_shares, currency))
    written.append(total("total", "Total", totals.total_minor))
    return written
