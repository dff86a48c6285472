"""What the model may do: each tool a request of the API, with ids and never a price.

What a tool returns is text for the model (see `views.py`); what the page shows beside it is written to the
stream as events: {"kind": ..., ...}. Names and arguments are what a model sees, so they say what they mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field

from agents.shopper import views
from agents.shopper.desk import Desk
from agents.shopper.faults import ToolFault
from agents.shopper.paying import asked_to_pay
from commerce.money import parse_decimal

Runtime = ToolRuntime[Desk, Any]
Json = dict[str, Any]

SUPPORTED = {"interventions": {"supported": ["3ds"]}}
MOST_COMPARED = 6
MOST_ORDERS = 5
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Item(BaseModel):
    """A variant and how many of it."""

    variant_id: str = Field(description="id of a variant from a search, such as var_…")
    quantity: int = Field(1, ge=1, le=999)


class Part(BaseModel):
    """A line of an order and how many of it."""

    line_id: str
    quantity: int = Field(1, ge=1, le=999)


class Buyer(BaseModel):
    """Who pays, as far as the shopper has said it."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""


class Address(BaseModel):
    """Where it goes, as far as the shopper has said it."""

    name: str = Field("", description="who receives it")
    line_one: str = Field("", description="street and number")
    line_two: str = ""
    city: str = ""
    region: str = Field("", description="state or province, such as CA, where addresses have one")
    postal_code: str = ""
    country: str = Field("", description="ISO 3166 code of two letters, such as FR")


@tool
def search_products(
    runtime: Runtime,
    words: str = "",
    price_min: str = "",
    price_max: Annotated[str, Field(description='highest price in the shop\'s currency, such as "60"')] = "",
    options: Annotated[list[str] | None, Field(description='such as ["Color:Red", "Size:M"]')] = None,
    category: list[str] | None = None,
    brand: list[str] | None = None,
    in_stock_only: bool = False,
    sort: Literal["relevance", "price", "-price", "newest"] = "relevance",
    ship_to: Annotated[str, Field(description="country, or country and region, such as FR or US-CA")] = "",
    cursor: Annotated[str, Field(description="`more` of the search before, all else the same")] = "",
) -> str:
    """Find products by words and filters, with live prices and stock. An empty search shows what there is."""
    desk = runtime.context
    query: list[tuple[str, str]] = [("q", words), ("limit", str(views.MOST_PRODUCTS)), ("sort", sort)]
    for name, text in (("price_min", price_min), ("price_max", price_max)):
        if text:
            query.append((name, str(_minor(text, desk.currency, name))))
    query += [("option", one) for one in options or ()]
    query += [("category", one) for one in category or ()]
    query += [("brand", one) for one in brand or ()]
    query += [(name, text) for name, text in (("ship_to", ship_to), ("cursor", cursor)) if text]
    if in_stock_only:
        query.append(("availability", "in_stock"))
    _doing(runtime, f"Looking for {words}…" if words else "Looking through the shop…")
    page = desk.get(f"/catalog/search?{urlencode(query)}")
    nothing = page.get("nothing_found")
    shown = (page["products"] or (nothing["nearest"] if nothing else []))[: views.MOST_PRODUCTS]
    _show(runtime, "products", products=shown)
    return _text(views.found(page))


@tool
def look_at_product(runtime: Runtime, product_id: str, ship_to: str = "") -> str:
    """Read all about one product: its whole description and every variant."""
    _doing(runtime, "Reading about it…")
    query = f"?{urlencode({'ship_to': ship_to})}" if ship_to else ""
    (product,) = runtime.context.get(f"/catalog/products/{_id(product_id)}{query}")["products"]
    _show(runtime, "products", products=[product])
    return _text({"product": views.product(product, words=views.LONG)})


@tool
def compare_products(runtime: Runtime, product_ids: list[str]) -> str:
    """Put two or more products beside each other."""
    if not 2 <= len(product_ids) <= MOST_COMPARED:
        raise ToolFault("invalid", f"Compare from 2 to {MOST_COMPARED} products.", param="product_ids")
    _doing(runtime, "Comparing…")
    desk = runtime.context
    found = desk.send(
        "/catalog/lookup",
        {"items": [{"id": one} for one in product_ids]},
        key=desk.key("compare", *product_ids),
    )["products"]
    _show(runtime, "comparison", products=found)
    return _text({"products": [views.product(one) for one in found]})


@tool
def update_cart(runtime: Runtime, items: list[Item], cart_id: str = "") -> str:
    """Keep things the shopper may want, before there is a checkout. `items` is the whole new content."""
    desk = runtime.context
    _doing(runtime, "Putting it into the cart…")
    body: Json = {"line_items": _lines(items)}
    if cart_id:
        path = f"/acp/carts/{_id(cart_id)}"
        return _text(views.cart(desk.put(path, body, key=_key(runtime, "cart"))))
    return _text(views.cart(desk.send("/acp/carts", body, key=_key(runtime, "cart"))))


@tool
def start_checkout(runtime: Runtime, items: list[Item] | None = None, cart_id: str = "") -> str:
    """Open a checkout, from items or from a cart. Tells what it costs and what is still missing."""
    if not items and not cart_id:
        raise ToolFault("invalid", "A checkout needs items or a cart_id.", param="items")
    desk = runtime.context
    body: Json = {"currency": desk.currency, "capabilities": SUPPORTED}
    if items:
        body["line_items"] = _lines(items)
    if cart_id:
        body["cart_id"] = cart_id
    _doing(runtime, "Checking stock and prices…")
    told = desk.send("/acp/checkout_sessions", body, key=_key(runtime, "start"))
    desk.open_checkout(told["id"])
    return _checkout(runtime, told)


@tool
def update_checkout(
    runtime: Runtime,
    checkout_id: str,
    items: Annotated[list[Item] | None, Field(description="the whole new list of items")] = None,
    buyer: Buyer | None = None,
    address: Address | None = None,
    shipping_option_id: str = "",
    discount_codes: Annotated[list[str] | None, Field(description="all codes; [] takes them off")] = None,
) -> str:
    """Change a checkout: items, buyer, address, shipping, discount codes. What is left out stays as it is."""
    desk = runtime.context
    path = desk.checkout_path(checkout_id)
    known = desk.get(path)
    body: Json = {}
    if items is not None:
        body["line_items"] = _lines(items)
    if buyer is not None:
        body |= _bought_by(known, buyer)
    if address is not None:
        body["fulfillment_details"] = _recipient(known, address, buyer)
    if discount_codes is not None:
        body["discounts"] = {"codes": discount_codes}
    _doing(runtime, "Working out delivery, tax and total…")
    told = desk.send(path, body, key=_key(runtime, "update")) if body else known
    if shipping_option_id:
        choice = {"selected_fulfillment_options": [_choice(told, shipping_option_id, desk.zone)]}
        told = desk.send(path, choice, key=_key(runtime, "shipping"))
    return _checkout(runtime, told)


@tool
def get_checkout(runtime: Runtime, checkout_id: str) -> str:
    """Read a checkout as it is now."""
    desk = runtime.context
    return _checkout(runtime, desk.get(desk.checkout_path(checkout_id)))


@tool
def ask_to_pay(runtime: Runtime, checkout_id: str) -> str:
    """Show the shopper the order with its total, and wait for the decision. Nothing is charged without it."""
    path = runtime.context.checkout_path(checkout_id)
    return _text(asked_to_pay(runtime.context, path, show=runtime.stream_writer))


@tool
def cancel_checkout(runtime: Runtime, checkout_id: str) -> str:
    """Give a checkout up. Nothing was charged for it."""
    desk = runtime.context
    path = f"{desk.checkout_path(checkout_id)}/cancel"
    return _checkout(runtime, desk.send(path, {}, key=_key(runtime, "cancel")))


@tool
def order_status(runtime: Runtime, order_id: str = "") -> str:
    """Say what became of an order; without an id, of the shopper's latest orders in this shop, newest first."""
    desk = runtime.context
    _doing(runtime, "Looking up the order…")
    told = [desk.get(desk.order_path(one)) for one in ([order_id] if order_id else _bought(desk))]
    return _text({"orders": [_order(runtime, one) for one in told]})


@tool
def cancel_order(runtime: Runtime, order_id: str, reason: str = "") -> str:
    """Cancel what was not sent yet of an order, and have it refunded. Only when the shopper asks for it."""
    desk = runtime.context
    _doing(runtime, "Canceling the order…")
    body = {"reason": reason} if reason else {}
    told = desk.send(f"{desk.order_path(order_id)}/cancel", body, key=_key(runtime, "cancel"))
    return _text({"order": _order(runtime, told), "message": told.get("message", "")})


@tool
def request_return(
    runtime: Runtime,
    order_id: str,
    reason: Annotated[str, Field(description="one of the return_reasons of order_status")],
    items: Annotated[list[Part] | None, Field(description="lines to send back; without, all of them")] = None,
    comment: str = "",
) -> str:
    """Ask the merchant to take things back that have arrived."""
    desk = runtime.context
    _doing(runtime, "Asking the shop to take it back…")
    body: Json = {"reason": reason, "comment": comment}
    if items:
        body["line_items"] = [{"id": one.line_id, "quantity": one.quantity} for one in items]
    told = desk.send(f"{desk.order_path(order_id)}/returns", body, key=_key(runtime, "return"))
    return _text({"order": _order(runtime, told), "message": told.get("message", "")})


TOOLS: Sequence[BaseTool] = (
    search_products,
    look_at_product,
    compare_products,
    update_cart,
    start_checkout,
    update_checkout,
    get_checkout,
    ask_to_pay,
    cancel_checkout,
    order_status,
    cancel_order,
    request_return,
)


def _text(told: Json) -> str:
    return json.dumps(told, ensure_ascii=False)


def _doing(runtime: Runtime, text: str) -> None:
    runtime.stream_writer({"kind": "doing", "text": text})


def _show(runtime: Runtime, kind: str, **told: Any) -> None:
    runtime.stream_writer({"kind": kind, **told})


def _key(runtime: Runtime, what: str) -> str:
    return runtime.context.key(what, runtime.tool_call_id or "")


def _id(text: str) -> str:
    """Write an id of the model's into a path, where it is one: anything else might lead elsewhere."""
    if not _ID.fullmatch(text):
        raise ToolFault("invalid", f"{text!r} is no id. Use one that a tool has returned.")
    return text


def _order(runtime: Runtime, told: Json) -> Json:
    order = told["order"]
    _show(runtime, "order", order=order["id"], checkout=order["checkout_session_id"])
    return views.order(order, runtime.context.currency, told["possible"])


def _minor(text: str, currency: str, name: str) -> int:
    try:
        return parse_decimal(text.strip(), currency)
    except ValueError as problem:
        raise ToolFault("invalid", f"{name} must be a number such as 60 or 59.90.", param=name) from problem


def _lines(items: Sequence[Item]) -> list[Json]:
    return [{"id": one.variant_id, "quantity": one.quantity} for one in items]


def _buyer(buyer: Buyer) -> Json:
    written = {"email": buyer.email, "first_name": buyer.first_name, "last_name": buyer.last_name}
    if buyer.phone:
        written["phone_number"] = buyer.phone
    return {name: text for name, text in written.items() if text}


def _bought_by(known: Json, buyer: Buyer) -> Json:
    """Write who buys. Where no e-mail address is known ACP 2026-04-17 has no buyer: then it is who receives."""
    merged = {**known.get("buyer", {}), **_buyer(buyer)}
    if merged.get("email"):
        return {"buyer": merged}
    before, name = known.get("fulfillment_details", {}), _full_name(known, buyer)
    return {"fulfillment_details": {**before, "name": name}} if name else {}


def _recipient(known: Json, address: Address, buyer: Buyer | None) -> Json:
    """Put what was said now over what was known of where it goes. A new place leaves nothing of the old one."""
    before = known.get("fulfillment_details", {})
    told = {
        "line_one": address.line_one,
        "line_two": address.line_two,
        "city": address.city,
        "state": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    }
    kept = before.get("address", {})
    if address.line_one and (address.city or address.postal_code):
        kept = {name: text for name, text in kept.items() if name == "country"}
    merged = {**kept, **{name: text for name, text in told.items() if text}}
    name = address.name or before.get("name", "") or _full_name(known, buyer)
    return {**before, "name": name, "address": {**merged, "name": name}}


def _full_name(known: Json, buyer: Buyer | None) -> str:
    said = _buyer(buyer) if buyer else {}
    names = {**known.get("buyer", {}), **said}
    return " ".join(names[one] for one in ("first_name", "last_name") if names.get(one))


def _choice(told: Json, option_id: str, zone: ZoneInfo) -> Json:
    """Choose a way of delivery for everything it is offered for. Raises ToolFault that names those there are."""
    option = next((one for one in told["fulfillment_options"] if one["id"] == option_id), None)
    if option is None:
        offered = views.checkout(told, zone)["shipping_options"]
        names = "; ".join(f"{one['id']} = {one['title']} {one['price']}" for one in offered) or "none yet"
        text = f"There is no shipping option {option_id!r}. Other changes were saved. Options: {names}."
        raise ToolFault("unknown_option", text, next_step="Call update_checkout again with one of these ids.")
    return {"type": option["type"], "option_id": option_id, "item_ids": []}


def _checkout(runtime: Runtime, told: Json) -> str:
    if "order" in told:
        runtime.context.note_order(told["order"]["id"])
    _show(runtime, "checkout", checkout=told["id"])
    return _text(views.checkout(told, runtime.context.zone))


def _bought(desk: Desk) -> Sequence[str]:
    if not desk.orders:
        raise ToolFault("not_found", "Nothing has been ordered in this shop yet.")
    return desk.orders[:MOST_ORDERS]
