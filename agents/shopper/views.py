"""What the model reads: answers of the API, shortened, with amounts as text. Pure.

Every word of a merchant stands in a field of its own name, cut to a length; nothing of it is instruction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from commerce.money import Money

MOST_PRODUCTS = 8
SHORT = 200
LONG = 1500

Json = dict[str, Any]


def money(minor: int, currency: str) -> str:
    return str(Money(minor, currency.lower()))


def product(body: Json, *, words: int = SHORT) -> Json:
    """Write a product of the catalog."""
    written: Json = {
        "id": body["id"],
        "title": body["title"],
        "description": _cut(body.get("description", ""), words),
        "tags": body.get("tags", [])[:10],
        "variants": [_variant(one) for one in body["variants"]],
    }
    for fact in ("brand", "condition", "gender", "age_group", "material"):
        if body.get(fact):
            written[fact] = body[fact]
    if body.get("other_variants"):
        written["other_variants"] = body["other_variants"]
    return written


def found(page: Json) -> Json:
    """Write a page of a search."""
    written: Json = {"products": [product(one) for one in page["products"][:MOST_PRODUCTS]]}
    if page.get("next_cursor"):
        written["more"] = page["next_cursor"]
    if page.get("corrections"):
        written["corrections"] = page["corrections"]
    if nothing := page.get("nothing_found"):
        written["nothing_found"] = {
            "code": nothing["code"],
            "message": nothing["message"],
            "unknown_words": nothing["unknown_words"],
            "nearest": [product(one) for one in nothing["nearest"][:MOST_PRODUCTS]],
        }
        if choices := nothing.get("choices"):
            written["nothing_found"]["choices"] = _choices(choices)
    return written


def cart(body: Json) -> Json:
    """Write a cart: prices without tax and delivery."""
    return {
        "cart_id": body["id"],
        "items": [_line(one, body["currency"]) for one in body["line_items"]],
        "totals": _totals(body),
        "total": _total(body),
        "messages": _messages(body),
        "next_step": "Call start_checkout with this cart_id to learn what tax and delivery come to.",
    }


def checkout(body: Json, zone: ZoneInfo) -> Json:
    """Write a checkout session: what is in it, what is missing, and what to do next."""
    written: Json = {
        "checkout_id": body["id"],
        "status": body["status"],
        "items": [_line(one, body["currency"]) for one in body["line_items"]],
        "shipping_options": _options(body, zone),
        "totals": _totals(body),
        "total": _total(body),
        "missing": _missing(body),
        "messages": _messages(body),
    }
    if body.get("buyer"):
        written["buyer"] = {name: body["buyer"][name] for name in _BUYER if body["buyer"].get(name)}
    if address := _address(body):
        written["address"] = address
    if body.get("discounts"):
        written["discounts"] = _discounts(body)
    written["next_step"] = _next_step(written)
    return written


def order(body: Json, currency: str, possible: Json | None = None) -> Json:
    """Write an order and what became of it, and what may be done with it now."""
    written: Json = {
        "order_id": body["id"],
        "number": body["order_number"],
        "status": body["status"],
        "items": [_order_line(one) for one in body["line_items"]],
        "total": money(_amount(body, "total"), currency),
        "shipments": [_shipment(one) for one in body["fulfillments"]],
        "adjustments": [_adjustment(one, currency) for one in body["adjustments"]],
        "page": body["permalink_url"],
    }
    if possible is not None:
        written |= {name: possible[name] for name in ("may_cancel", "may_return")}
        written["return_reasons"] = [one["value"] for one in possible["return_reasons"]]
    return written


_BUYER = ("email", "first_name", "last_name", "phone_number")
_PLACES = {"state": "region"}


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _variant(body: Json) -> Json:
    price = body["price"]
    written: Json = {
        "id": body["id"],
        "title": body["title"],
        "options": body["options"],
        "price": money(price["amount"], price["currency"]),
        "availability": body["availability"],
        "is_purchasable": body["is_purchasable"],
        "is_digital": body["is_digital"],
    }
    if listed := body.get("list_price"):
        written["list_price"] = money(listed["amount"], listed["currency"])
    if "available_quantity" in body:
        written["available_quantity"] = body["available_quantity"]
    if "max_quantity_per_order" in body:
        written["max_quantity"] = body["max_quantity_per_order"]
    if body.get("obstacles"):
        written["obstacles"] = body["obstacles"]
    return written


def _choices(facets: Json) -> Json:
    written: Json = {name: facets[name][:10] for name in ("brands", "categories", "tags", "conditions", "options")}
    for name in ("price_min", "price_max"):
        if name in facets:
            written[name] = money(facets[name]["amount"], facets[name]["currency"])
    return written


def _line(body: Json, currency: str) -> Json:
    return {
        "line_id": body["id"],
        "variant_id": body["item"]["id"],
        "title": body["name"],
        "options": body.get("variant_options", []),
        "quantity": body["quantity"],
        "unit_price": money(body["unit_amount"], currency),
        "total": money(_amount(body, "total"), currency),
        "availability": body.get("availability_status", ""),
    }


def _amount(body: Json, kind: str) -> int:
    return next((int(one["amount"]) for one in body["totals"] if one["type"] == kind), 0)


def _total(body: Json) -> str:
    return money(_amount(body, "total"), body["currency"])


def _totals(body: Json) -> list[Json]:
    return [
        {"label": one["display_text"], "amount": money(one["amount"], body["currency"])} for one in body["totals"]
    ]


def _messages(body: Json) -> list[Json]:
    return [
        {"type": one["type"], "code": one.get("code", ""), "text": one["content"]}
        for one in body.get("messages", [])
    ]


def _options(body: Json, zone: ZoneInfo) -> list[Json]:
    chosen = {one["option_id"] for one in body["selected_fulfillment_options"]}
    offered = body["fulfillment_options"]
    return [_option(one, body["currency"], zone, is_chosen=one["id"] in chosen) for one in offered]


def _option(one: Json, currency: str, zone: ZoneInfo, *, is_chosen: bool) -> Json:
    written: Json = {
        "id": one["id"],
        "type": one["type"],
        "title": one["title"],
        "price": money(_amount(one, "total"), currency),
        "is_chosen": is_chosen,
    }
    window = one.get("delivery_window", {})
    earliest = one.get("earliest_delivery_time") or window.get("start") or one.get("ready_by")
    latest = one.get("latest_delivery_time") or window.get("end") or one.get("ready_by")
    if earliest and latest:
        written["earliest"], written["latest"] = _day(earliest, zone), _day(latest, zone)
    return written


def _day(moment: str, zone: ZoneInfo) -> str:
    """Return the day of a moment as the shop's calendar has it."""
    return datetime.fromisoformat(moment).astimezone(zone).date().isoformat()


def _address(body: Json) -> Json:
    details = body.get("fulfillment_details", {})
    address = details.get("address", {})
    written = {_PLACES.get(name, name): text for name, text in address.items() if text}
    if details.get("name"):
        written.setdefault("name", details["name"])
    return written


def _missing(body: Json) -> list[str]:
    params = (one.get("param", "") for one in body.get("messages", []) if one.get("code") == "missing")
    return [_field(param) for param in params]


def _field(param: str) -> str:
    """Name what a JSONPath of the protocol means as the tools call it."""
    path = param.removeprefix("$.").removeprefix("buyer.").removeprefix("fulfillment_details.")
    *parents, name = path.split(".")
    return ".".join([*parents, _PLACES.get(name, name)])


def _discounts(body: Json) -> Json:
    told = body["discounts"]
    return {
        "applied": [
            {"code": one.get("code", one["coupon"]["name"]), "amount": money(one["amount"], body["currency"])}
            for one in told["applied"]
        ],
        "rejected": [{"code": one["code"], "message": one["message"]} for one in told["rejected"]],
    }


def _next_step(written: Json) -> str:
    match written["status"]:
        case "ready_for_payment":
            return "Everything is there. Call ask_to_pay: the shopper sees the order and decides."
        case "incomplete":
            missing = ", ".join(written["missing"])
            return f"Ask the shopper for what is missing ({missing}), then call update_checkout."
        case "not_ready_for_payment":
            return "Something stands in the way: see messages. Mend it with update_checkout, or ask the shopper."
        case "authentication_required" | "requires_escalation":
            return "The shopper has to confirm at the bank first. Do not ask to pay again meanwhile."
        case "complete_in_progress":
            return "The payment is being decided. Do not ask to pay again."
        case _:
            return "This checkout is over. Start a new one where the shopper wants something else."


def _order_line(one: Json) -> Json:
    return {
        "line_id": one["id"],
        "title": one["title"],
        "quantity": one["quantity"]["current"],
        "sent": one["quantity"]["fulfilled"],
        "status": one["status"],
    }


def _shipment(one: Json) -> Json:
    written: Json = {"type": one["type"], "status": one["status"]}
    for name in ("carrier", "tracking_number", "tracking_url", "description"):
        if one.get(name):
            written[name] = one[name]
    if estimate := one.get("estimated_delivery"):
        written["arrives"] = f"{estimate['earliest'][:10]} to {estimate['latest'][:10]}"
    written["events"] = list(_events(one.get("events", [])))
    return written


def _events(events: Iterable[Json]) -> Iterable[str]:
    for one in events:
        yield " ".join(part for part in (one["occurred_at"][:10], one["type"], one.get("description", "")) if part)


def _adjustment(one: Json, currency: str) -> Json:
    written: Json = {"type": one["type"], "status": one["status"]}
    if one.get("amount"):
        written["amount"] = money(one["amount"], one.get("currency", currency))
    if one.get("reason"):
        written["reason"] = one["reason"]
    return written
