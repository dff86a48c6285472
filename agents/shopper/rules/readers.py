"""Reading what tools return from their JSON. What is not as agreed is a failure that says so. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from agents.shopper.rules.addresses import AddressParts
from agents.shopper.rules.results import (
    Asked,
    Cart,
    Checkout,
    Compared,
    Failure,
    Found,
    Json,
    Line,
    Looked,
    Note,
    Order,
    OrderLine,
    Orders,
    Product,
    Result,
    Variant,
    Way,
)


def read_result(tool: str, content: str, *, is_error: bool) -> Result:
    """Read what a tool returned. What is not its JSON is a failure that says so."""
    try:
        told = json.loads(content)
    except ValueError:
        return Failure("unreadable", content[:300])
    if not isinstance(told, dict):
        return Failure("unreadable", "")
    if is_error or "error" in told:
        return _failure(told)
    try:
        return _READERS[tool](told)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Failure("unreadable", f"The answer of {tool} could not be read.")


def _failure(told: Json) -> Failure:
    error = told.get("error", {})
    error = error if isinstance(error, dict) else {"message": str(error)}
    return Failure(
        str(error.get("code", "error")),
        str(error.get("message", "")),
        tuple(_label(one) for one in told.get("valid", ())),
        str(told.get("next_step", "")),
    )


def _label(one: Any) -> str:
    return str(one.get("id", "")) if isinstance(one, dict) else str(one)


def _found(told: Json) -> Found:
    nothing = told.get("nothing_found") or {}
    choices = nothing.get("choices") or {}
    return Found(
        products=_products(told.get("products", ())),
        more=str(told.get("more") or ""),
        corrections=tuple(
            (str(one["written"]), " or ".join(map(str, one["instead"]))) for one in told.get("corrections") or ()
        ),
        miss=str(nothing.get("code", "")),
        message=str(nothing.get("message", "")),
        nearest=_products(nothing.get("nearest", ())),
        price_min=str(choices.get("price_min", "")),
        price_max=str(choices.get("price_max", "")),
    )


def _products(bodies: Sequence[Json]) -> tuple[Product, ...]:
    return tuple(_product(one) for one in bodies if one.get("variants"))


def _product(body: Json) -> Product:
    return Product(
        id=str(body["id"]),
        title=str(body["title"]),
        brand=str(body.get("brand") or ""),
        description=str(body.get("description") or ""),
        tags=tuple(map(str, body.get("tags") or ())),
        variants=tuple(_variant(one) for one in body["variants"]),
    )


def _variant(body: Json) -> Variant:
    return Variant(
        id=str(body["id"]),
        title=str(body.get("title") or ""),
        options=_options(body.get("options") or ()),
        price=str(body["price"]),
        list_price=str(body.get("list_price") or ""),
        availability=str(body.get("availability") or ""),
        available=body.get("available_quantity"),
        most=body.get("max_quantity"),
        is_purchasable=bool(body.get("is_purchasable", True)),
        is_digital=bool(body.get("is_digital", False)),
        obstacles=tuple(
            (str(one.get("code", "")), str(one.get("message", ""))) for one in body.get("obstacles") or ()
        ),
    )


def _options(bodies: Any) -> tuple[tuple[str, str], ...]:
    """Read the options of a variant or a line; the one that stands for none is none."""
    if isinstance(bodies, dict):
        bodies = [{"name": name, "value": value} for name, value in bodies.items()]
    pairs = ((str(one.get("name", "")), str(one.get("value", ""))) for one in bodies if isinstance(one, dict))
    return tuple((name, value) for name, value in pairs if value and value != "Default Title")


def _lines(bodies: Sequence[Json]) -> tuple[Line, ...]:
    return tuple(
        Line(
            line_id=str(one.get("line_id", "")),
            variant_id=str(one["variant_id"]),
            title=str(one.get("title", "")),
            options=_options(one.get("options") or ()),
            quantity=int(one["quantity"]),
            unit_price=str(one.get("unit_price", "")),
            total=str(one.get("total", "")),
            availability=str(one.get("availability", "")),
        )
        for one in bodies
    )


def _notes(told: Json) -> tuple[Note, ...]:
    return tuple(
        Note(str(one.get("type", "")), str(one.get("code", "")), str(one.get("text", "")))
        for one in told.get("messages") or ()
    )


def _cart(told: Json) -> Cart:
    return Cart(str(told["cart_id"]), _lines(told["items"]), str(told.get("total", "")), _notes(told))


def _checkout(told: Json) -> Checkout:
    buyer, address = told.get("buyer") or {}, told.get("address") or {}
    discounts = told.get("discounts") or {}
    return Checkout(
        id=str(told["checkout_id"]),
        status=str(told["status"]),
        lines=_lines(told["items"]),
        email=str(buyer.get("email") or ""),
        first_name=str(buyer.get("first_name") or ""),
        last_name=str(buyer.get("last_name") or ""),
        address=AddressParts(**{name: str(address.get(name) or "") for name in AddressParts.__dataclass_fields__}),
        ways=tuple(_way(one) for one in told.get("shipping_options") or ()),
        applied=tuple((str(one["code"]), str(one.get("amount", ""))) for one in discounts.get("applied") or ()),
        rejected=tuple((str(one["code"]), str(one.get("message", ""))) for one in discounts.get("rejected") or ()),
        totals=tuple((str(one["label"]), str(one["amount"])) for one in told.get("totals") or ()),
        total=str(told.get("total", "")),
        missing=tuple(map(str, told.get("missing") or ())),
        notes=_notes(told),
    )


def _way(body: Json) -> Way:
    return Way(
        id=str(body["id"]),
        title=str(body.get("title", "")),
        price=str(body.get("price", "")),
        kind=str(body.get("type") or "shipping"),
        earliest=_date(body.get("earliest")),
        latest=_date(body.get("latest")),
        is_chosen=bool(body.get("is_chosen")),
    )


def _date(text: Any) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None


def _order(body: Json) -> Order:
    return Order(
        id=str(body["order_id"]),
        number=str(body.get("number", "")),
        status=str(body.get("status", "")),
        lines=tuple(
            OrderLine(
                str(one.get("line_id", "")),
                str(one.get("title", "")),
                int(one.get("quantity", 1)),
                str(one.get("status", "")),
            )
            for one in body.get("items") or ()
        ),
        total=str(body.get("total", "")),
        shipments=tuple(body.get("shipments") or ()),
        adjustments=tuple(body.get("adjustments") or ()),
        page=str(body.get("page", "")),
        may_cancel=bool(body.get("may_cancel", True)),
        may_return=bool(body.get("may_return", True)),
    )


def _asked(told: Json) -> Asked:
    return Asked(
        outcome=str(told["outcome"]),
        message=str(told.get("message") or ""),
        said=str(told.get("shopper_said") or ""),
        checkout=_checkout(told["checkout"]) if told.get("checkout") else None,
        order=_order(told["order"]) if told.get("order") else None,
    )


def _one_order(told: Json) -> Orders:
    return Orders((_order(told["order"]),), str(told.get("message") or ""))


_READERS: Mapping[str, Callable[[Json], Result]] = {
    "search_products": _found,
    "look_at_product": lambda told: Looked(_product(told["product"])),
    "compare_products": lambda told: Compared(_products(told["products"])),
    "update_cart": _cart,
    "start_checkout": _checkout,
    "update_checkout": _checkout,
    "get_checkout": _checkout,
    "cancel_checkout": _checkout,
    "ask_to_pay": _asked,
    "order_status": lambda told: Orders(tuple(_order(one) for one in told["orders"])),
    "cancel_order": _one_order,
    "request_return": _one_order,
}
