"""A small shop in memory behind the contract of the tools."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from langchain_core.tools import StructuredTool
from langgraph.types import interrupt

from agents.shopper.rules.words import stems
from commerce.places import NEEDS_REGION
from tests.shopper.rules.stock import catalog

Json = dict[str, Any]


CODES = {"WELCOME10": Decimal("0.10")}


@dataclass
class FakeShop:
    """What the tools do. `outcomes` are what comes of the next clicks on pay; `faults` of the next calls of a tool."""

    products: list[Json] = field(default_factory=catalog)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    checkouts: dict[str, Json] = field(default_factory=dict)
    carts: dict[str, Json] = field(default_factory=dict)
    orders: list[Json] = field(default_factory=list)
    outcomes: list[Json] = field(default_factory=list)
    faults: dict[str, list[Json]] = field(default_factory=dict)
    page: int = 3
    served: frozenset[str] = frozenset({"US", "FR", "GB", "DE", "CA"})

    # -- catalog --------------------------------------------------------------------------------------------

    def search_products(
        self,
        words: str = "",
        price_min: str = "",
        price_max: str = "",
        options: list[str] | None = None,
        category: list[str] | None = None,
        brand: list[str] | None = None,
        in_stock_only: bool = False,
        sort: str = "relevance",
        ship_to: str = "",
        cursor: str = "",
    ) -> Json:
        wanted = words.split()
        matching = [one for one in self.products if self._has(one, wanted)]
        within = [one for one in matching if self._is_within(one, price_min, price_max, in_stock_only)]
        if sort in ("price", "-price"):
            within.sort(key=_lowest, reverse=sort == "-price")
        start = int(cursor or 0)
        page: Json = {"products": [self.shown(one, ship_to) for one in within[start : start + self.page]]}
        if len(within) > start + self.page:
            page["more"] = str(start + self.page)
        if not within:
            page["nothing_found"] = self._nothing(wanted, matching)
        return page

    def _has(self, one: Json, wanted: Sequence[str]) -> bool:
        values = " ".join(option["value"] for variant in one["variants"] for option in variant["options"])
        known = stems(f"{one['title']} {one['brand']} {' '.join(one['tags'])} {one['description']} {values}")
        return all(stems(word) <= known for word in wanted)

    def _is_within(self, one: Json, low: str, high: str, in_stock_only: bool) -> bool:
        price = _lowest(one)
        in_stock = not in_stock_only or any(variant["stock"] for variant in one["variants"])
        return (not low or price >= Decimal(low)) and (not high or price <= Decimal(high)) and in_stock

    def _nothing(self, wanted: Sequence[str], matching: list[Json]) -> Json:
        if matching:
            prices = sorted(map(_lowest, matching))
            return {
                "code": "outside_filters",
                "message": "Fogline has this, but not within these filters.",
                "unknown_words": [],
                "nearest": [self.shown(one) for one in matching[:3]],
                "choices": {"price_min": f"{prices[0]} USD", "price_max": f"{prices[-1]} USD"},
            }
        some = [one for one in self.products if any(self._has(one, [word]) for word in wanted)]
        return {
            "code": "not_carried",
            "message": "Fogline does not carry this.",
            "unknown_words": list(wanted),
            "nearest": [self.shown(one) for one in some[:3]],
        }

    def shown(self, one: Json, ship_to: str = "") -> Json:
        return {**one, "variants": [self._variant(variant, ship_to) for variant in one["variants"]]}

    def _variant(self, one: Json, ship_to: str) -> Json:
        obstacles = (
            []
            if one["stock"] or one["is_digital"]
            else [{"code": "out_of_stock", "message": "It is out of stock."}]
        )
        if ship_to and ship_to[:2] not in self.served and not one["is_digital"]:
            obstacles.append({"code": "no_shipping_to", "message": f"It is not sent to {ship_to}."})
        shown = {name: value for name, value in one.items() if name != "stock"}
        state = "out_of_stock" if not one["stock"] else "low_stock" if one["stock"] <= 5 else "in_stock"
        if state == "low_stock":
            shown["available_quantity"] = one["stock"]
        return {
            **shown,
            "availability": state,
            "is_purchasable": not obstacles,
            **({"obstacles": obstacles} if obstacles else {}),
        }

    def look_at_product(self, product_id: str, ship_to: str = "") -> Json:
        return {"product": self.shown(self._product(product_id), ship_to)}

    def compare_products(self, product_ids: list[str]) -> Json:
        return {"products": [self.shown(self._product(one)) for one in product_ids]}

    def _product(self, product_id: str) -> Json:
        return next(one for one in self.products if one["id"] == product_id)

    def variant(self, variant_id: str) -> tuple[Json, Json]:
        return next(
            (one, variant) for one in self.products for variant in one["variants"] if variant["id"] == variant_id
        )

    # -- cart and checkout ------------------------------------------------------------------------------------

    def update_cart(self, items: list[Json], cart_id: str = "") -> Json:
        cart_id = cart_id or f"cart_{len(self.carts) + 1}"
        self.carts[cart_id] = {"items": items}
        lines = self._lines(items)
        return {
            "cart_id": cart_id,
            "items": lines,
            "totals": [],
            "total": _sum(lines),
            "messages": [],
            "next_step": "",
        }

    def start_checkout(self, items: list[Json] | None = None, cart_id: str = "") -> Json:
        checkout_id = f"cs_{len(self.checkouts) + 1}"
        items = items or self.carts[cart_id]["items"]
        self.checkouts[checkout_id] = {
            "items": items,
            "buyer": {},
            "address": {},
            "way": "",
            "codes": [],
            "state": "",
        }
        return self.checkout(checkout_id)

    def update_checkout(
        self,
        checkout_id: str,
        items: list[Json] | None = None,
        buyer: Json | None = None,
        address: Json | None = None,
        shipping_option_id: str = "",
        discount_codes: list[str] | None = None,
    ) -> Json:
        state = self.checkouts[checkout_id]
        if items is not None:
            state["items"] = items
        state["buyer"] |= {name: text for name, text in (buyer or {}).items() if text}
        if address and address.get("line_one") and (address.get("city") or address.get("postal_code")):
            state["address"] = {name: state["address"].get(name, "") for name in ("name", "country")}
        state["address"] |= {name: text for name, text in (address or {}).items() if text}
        state["address"] = {name: text for name, text in state["address"].items() if text}
        if discount_codes is not None:
            state["codes"] = discount_codes
        if shipping_option_id:
            ways = {one["id"] for one in self._ways(state)}
            if shipping_option_id not in ways:
                raise Fault("unknown_option", f"There is no option {shipping_option_id}.", sorted(ways))
            state["way"] = shipping_option_id
        return self.checkout(checkout_id)

    def get_checkout(self, checkout_id: str) -> Json:
        return self.checkout(checkout_id)

    def cancel_checkout(self, checkout_id: str) -> Json:
        self.checkouts[checkout_id]["state"] = "canceled"
        return self.checkout(checkout_id)

    def checkout(self, checkout_id: str) -> Json:
        state = self.checkouts[checkout_id]
        lines, ways = self._lines(state["items"]), self._ways(state)
        chosen = next((one for one in ways if one["is_chosen"]), None)
        missing, problems = self._missing(state, lines), self._problems(state, lines, ways)
        status = "not_ready_for_payment" if problems else "incomplete" if missing else "ready_for_payment"
        off = [(code, CODES[code]) for code in state["codes"] if code in CODES]
        goods = sum((_money(one["total"]) for one in lines), Decimal(0))
        less = sum((goods * share for _, share in off), Decimal(0))
        total = goods - less + (_money(chosen["price"]) if chosen else Decimal(0))
        return {
            "checkout_id": checkout_id,
            "status": state["state"] or status,
            "items": lines,
            "buyer": state["buyer"],
            "address": state["address"],
            "shipping_options": ways,
            "discounts": {
                "applied": [{"code": code, "amount": f"{goods * share:.2f} USD"} for code, share in off],
                "rejected": [
                    {"code": code, "message": "There is no such code."}
                    for code in state["codes"]
                    if code not in CODES
                ],
            },
            "totals": [
                {"label": "Items", "amount": f"{goods:.2f} USD"},
                {"label": "Total", "amount": f"{total:.2f} USD"},
            ],
            "total": f"{total:.2f} USD",
            "missing": missing,
            "messages": [{"type": "error", "code": code, "text": text} for code, text in problems],
            "next_step": "",
        }

    def _lines(self, items: Sequence[Json]) -> list[Json]:
        lines = []
        for index, item in enumerate(items):
            one, variant = self.variant(item["variant_id"])
            price = _money(variant["price"])
            lines.append(
                {
                    "line_id": f"li_{index}",
                    "variant_id": variant["id"],
                    "title": one["title"],
                    "options": variant["options"],
                    "quantity": item["quantity"],
                    "unit_price": variant["price"],
                    "total": f"{price * item['quantity']:.2f} USD",
                    "availability": "in_stock" if variant["stock"] else "out_of_stock",
                }
            )
        return lines

    def _is_physical(self, items: Sequence[Json]) -> bool:
        return any(not self.variant(one["variant_id"])[1]["is_digital"] for one in items)

    def _missing(self, state: Json, lines: Sequence[Json]) -> list[str]:
        missing = [] if state["buyer"].get("email") else ["email"]
        address = state["address"]
        if not self._is_physical(state["items"]) or state["way"] == "ship_pickup":
            return missing
        if not address:
            return [*missing, "address"]
        parts = [
            "line_one",
            "city",
            "country",
            "postal_code",
            *(["region"] if address.get("country") in NEEDS_REGION else []),
        ]
        return [*missing, *(f"address.{one}" for one in parts if not address.get(one))]

    def _problems(self, state: Json, lines: Sequence[Json], ways: Sequence[Json]) -> list[tuple[str, str]]:
        problems = []
        for line in lines:
            stock = self.variant(line["variant_id"])[1]["stock"]
            if not stock and not self.variant(line["variant_id"])[1]["is_digital"]:
                problems.append(("out_of_stock", f"{line['title']} is out of stock."))
            elif stock < line["quantity"]:
                problems.append(
                    (
                        "insufficient_stock",
                        f"Only {stock} of {line['title']} can be had; {line['quantity']} were asked for.",
                    )
                )
        if state["address"].get("country") and not ways and self._is_physical(state["items"]):
            problems.append(("address_not_served", "Nothing can be delivered to this address."))
        return problems

    def _ways(self, state: Json) -> list[Json]:
        address = state["address"]
        ways = [
            ("ship_std", "Standard", "5.95", "2026-11-27", "2026-12-02", "shipping"),
            ("ship_exp", "Express", "14.95", "2026-11-25", "2026-11-26", "shipping"),
        ]
        if address.get("country") not in ("US", None):
            ways = [("ship_int", "International", "24.95", "2026-12-01", "2026-12-08", "shipping")]
        if (
            not address.get("country")
            or address["country"] not in self.served
            or not self._is_physical(state["items"])
        ):
            ways = []
        if self._is_physical(state["items"]) and address.get("country", "US") == "US":
            ways.append(("ship_pickup", "Pick up at the store", "0.00", "2026-11-23", "2026-11-23", "pickup"))
        chosen = (
            state["way"]
            if state["way"] in [one[0] for one in ways]
            else ways[0][0]
            if ways and address.get("country")
            else ""
        )
        return [
            {
                "id": key,
                "title": title,
                "price": f"{price} USD",
                "earliest": first,
                "latest": last,
                "type": kind,
                "is_chosen": key == chosen,
            }
            for key, title, price, first, last, kind in ways
        ]

    # -- paying and after --------------------------------------------------------------------------------------

    def ask_to_pay(self, checkout_id: str) -> Json:
        told = self.checkout(checkout_id)
        if told["status"] != "ready_for_payment":
            return {
                "outcome": told["status"] if told["status"] in ("expired", "canceled") else "not_ready",
                "message": "This checkout cannot be paid yet.",
                "checkout": told,
            }
        answer = interrupt({"checkout": checkout_id})
        if answer["kind"] != "confirmed":
            return {"outcome": "not_confirmed", "shopper_said": answer["words"], "checkout": told}
        if self.outcomes:
            outcome = self.outcomes.pop(0)
            self.checkouts[checkout_id]["state"] = outcome.pop("state", "")
            return {**outcome, "checkout": self.checkout(checkout_id)}
        return {"outcome": "paid", "order": self.place(checkout_id)}

    def place(self, checkout_id: str) -> Json:
        told = self.checkout(checkout_id)
        self.checkouts[checkout_id]["state"] = "completed"
        number = 1000 + len(self.orders) + 1
        order = {
            "order_id": f"ord_{number}",
            "number": str(number),
            "status": "confirmed",
            "items": [
                {
                    "line_id": one["line_id"],
                    "title": one["title"],
                    "quantity": one["quantity"],
                    "status": "processing",
                }
                for one in told["items"]
            ],
            "total": told["total"],
            "shipments": [],
            "adjustments": [],
            "page": f"https://shop.example/orders/{number}",
            "may_cancel": True,
            "may_return": False,
        }
        self.orders.append(order)
        return order

    def order_status(self, order_id: str = "") -> Json:
        if not self.orders:
            raise Fault("not_found", "Nothing has been ordered in this conversation yet.")
        return {"orders": [one for one in self.orders if not order_id or one["order_id"] == order_id]}

    def cancel_order(self, order_id: str, reason: str = "") -> Json:
        order = next(one for one in self.orders if one["order_id"] == order_id)
        order["status"], order["may_cancel"] = "canceled", False
        return {"order": order}

    def request_return(
        self, order_id: str, reason: str, items: list[Json] | None = None, comment: str = ""
    ) -> Json:
        order = next(one for one in self.orders if one["order_id"] == order_id)
        order["adjustments"].append({"type": "return", "status": "pending", "reason": reason})
        return {"order": order, "message": "The shop was asked, and will answer."}

    def tools(self) -> list[StructuredTool]:
        names = "search_products look_at_product compare_products update_cart start_checkout update_checkout get_checkout ask_to_pay cancel_checkout order_status cancel_order request_return"
        return [self._tool(name, getattr(self, name)) for name in names.split()]

    def _tool(self, name: str, work: Callable[..., Json]) -> StructuredTool:
        def run(**given: Any) -> str:
            pending = self.faults.get(name)
            if pending:
                self.calls.append((name, given))
                return json.dumps(pending.pop(0))
            try:
                told = work(**given)
            except Fault as fault:
                told = {"error": {"code": fault.code, "message": fault.message}, "valid": fault.valid}
            self.calls.append((name, given))
            return json.dumps(told)

        schema = {"type": "object", "properties": {key: {} for key in work.__annotations__ if key != "return"}}
        return StructuredTool(name=name, description=name, args_schema=schema, func=run)


class Fault(Exception):
    def __init__(self, code: str, message: str, valid: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.valid = code, message, list(valid)


def _money(text: str) -> Decimal:
    return Decimal(text.split()[0])


def _lowest(one: Mapping[str, Any]) -> Decimal:
    return min(_money(variant["price"]) for variant in one["variants"])


def _sum(lines: Sequence[Json]) -> str:
    return f"{sum((_money(one['total']) for one in lines), Decimal(0)):.2f} USD"
