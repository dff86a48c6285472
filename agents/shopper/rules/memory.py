"""What is known of a conversation: all of it follows from its messages. Pure."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from agents.shopper.rules.acts import Act
from agents.shopper.rules.addresses import AddressParts
from agents.shopper.rules.countries import Destination
from agents.shopper.rules.picking import is_excluded
from agents.shopper.rules.readers import read_result
from agents.shopper.rules.results import (
    Asked,
    Cart,
    Checkout,
    Compared,
    Failure,
    Found,
    Line,
    Looked,
    Order,
    Orders,
    Product,
    Result,
    Variant,
)
from agents.shopper.rules.saying import Hearing, Said
from agents.shopper.rules.shipping import Wish
from agents.shopper.rules.talk import Answer, Call, Heard, Question, Reply


@dataclass(frozen=True, slots=True)
class Contact:
    """Who buys, who gets it and where, as far as it was said."""

    email: str = ""
    phone: str = ""
    buyer: str = ""
    address: AddressParts = field(default_factory=AddressParts)
    is_gift: bool = False

    @property
    def recipient(self) -> str:
        return self.address.name or ("" if self.is_gift else self.buyer)


@dataclass(frozen=True, slots=True)
class Memory:
    today: date
    shop: str = ""
    currency: str = ""
    contacts: Mapping[str, str] = field(default_factory=dict)  # what the shop says of itself, by name
    products: Mapping[str, Product] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    focus: str = ""
    search: Mapping[str, Any] = field(default_factory=dict)
    more: str = ""
    excluded: tuple[tuple[str, ...], ...] = ()  # what is looked for is not to be
    cart: Cart | None = None
    checkout: Checkout | None = None
    orders: tuple[Order, ...] = ()
    bought: tuple[Line, ...] = ()  # what was in the order that was paid last
    closed: Checkout | None = None  # the checkout that ended last without being paid
    contact: Contact = field(default_factory=Contact)
    destination: Destination | None = None
    codes: tuple[str, ...] = ()
    wish: Wish | None = None
    has_way: bool = False  # the shopper knows and accepts how it is sent
    question: Question | None = None
    payment: str = ""  # undecided or authentication, while a payment is under way
    latest: Result | None = None
    failures: int = 0
    asked_to_pay: int = 0  # times in this turn

    @property
    def seen(self) -> tuple[Product, ...]:
        """Return the products shown last, in their order."""
        return tuple(self.products[one] for one in self.shown if one in self.products)

    @property
    def focused(self) -> Product | None:
        """Return the product that is talked about."""
        if self.focus:
            return self.products.get(self.focus)
        return self.seen[0] if len(self.seen) == 1 else None

    @property
    def idle_question(self) -> Question | None:
        """Return what was asked, unless a later yes to it would cancel an order or send it back."""
        return None if self.question and self.question.about in ("cancel", "return") else self.question

    def variant(self, variant_id: str) -> Variant | None:
        return next(
            (one for product in self.products.values() for one in product.variants if one.id == variant_id), None
        )

    def product_of(self, variant_id: str) -> Product | None:
        having = (
            one for one in self.products.values() if any(variant.id == variant_id for variant in one.variants)
        )
        return next(having, None)

    def hearing(self) -> Hearing:
        """Return what one must know to understand the next message."""
        about = self.question.about if self.question else ""
        return Hearing(
            today=self.today,
            missing=self.question.words if self.question and about == "details" else (),
            is_asked_which=about in ("which", "options"),
            is_asked_shipping=about in ("shipping", "late"),
            is_at_order=about == "pay" and self.checkout is not None and len(self.checkout.ways) > 1,
            shipping_titles=tuple(one.title for one in self.checkout.ways) if self.checkout else (),
            address=self.checkout.address if self.checkout and self.checkout.address else self.contact.address,
        )

    def heard(self, said: Said) -> Memory:
        """Keep what a message says for good: who, where, how, and with which codes."""
        contact = Contact(
            email=said.email or self.contact.email,
            phone=said.phone or self.contact.phone,
            buyer=said.buyer or self.contact.buyer,
            address=said.address.over(self.contact.address),
            is_gift=self.contact.is_gift or said.is_gift,
        )
        return replace(
            self,
            contact=contact,
            destination=(None if said.asks(Act.SHIPS) else said.destination) or self.destination,
            codes=said.codes.over(self.codes) if said.codes else self.codes,
            excluded=said.excluded or (self.excluded if said.asks(Act.MORE) else ()),
            wish=said.wish.over(self.wish) if said.wish else self.wish,
            failures=0,
            asked_to_pay=0,
            latest=None,
        )

    def after(self, tool: str, arguments: Mapping[str, Any], answer: Answer) -> Memory:
        """Keep what a tool returned."""
        result = read_result(tool, answer.content, is_error=answer.is_error)
        memory = replace(self, latest=result, asked_to_pay=self.asked_to_pay + (tool == "ask_to_pay"))
        match result:
            case Failure():
                return replace(memory, failures=memory.failures + 1)
            case Found():
                return memory._after_search(result, arguments)
            case Looked(product):
                # What hinders sending it to a place that was only asked about hinders nothing else.
                is_asked_about = bool(arguments.get("ship_to")) and product.id in memory.products
                known = memory.products[product.id] if is_asked_about else product
                return replace(memory, products={**memory.products, product.id: known}, focus=product.id)
            case Compared(products):
                compared = {**memory.products, **{one.id: one for one in products}}
                return replace(memory, products=compared, shown=tuple(one.id for one in products), focus="")
            case Cart():
                return replace(memory, cart=result)
            case Checkout():
                return memory._after_checkout(result, tool, arguments)
            case Orders(orders):
                return memory._after_orders(orders)
            case Asked():
                return memory._after_asking(result)

    def _after_search(self, found: Found, arguments: Mapping[str, Any]) -> Memory:
        products = found.products or found.nearest
        return replace(
            self,
            products={**self.products, **{one.id: one for one in products}},
            shown=tuple(one.id for one in products if not is_excluded(one, self.excluded)),
            focus="",
            search={name: value for name, value in arguments.items() if name != "cursor"},
            more=found.more,
        )

    def _after_checkout(self, checkout: Checkout, tool: str, arguments: Mapping[str, Any]) -> Memory:
        is_new = tool == "start_checkout"
        has_way = bool(arguments.get("shipping_option_id")) or (self.has_way and not is_new)
        payment = "" if checkout.is_ready or is_new or checkout.is_over else self.payment
        if checkout.is_over:
            return replace(self, checkout=None, closed=_unpaid(checkout), has_way=False, payment=payment)
        return replace(
            self, checkout=checkout, cart=None if is_new else self.cart, has_way=has_way, payment=payment
        )

    def _after_orders(self, orders: tuple[Order, ...]) -> Memory:
        fresh = {one.id for one in orders}
        return replace(self, orders=(*orders, *(one for one in self.orders if one.id not in fresh)))

    def _after_asking(self, asked: Asked) -> Memory:
        memory = replace(self, has_way=True)
        if asked.checkout and asked.checkout.is_over:
            memory = replace(memory, checkout=None, closed=_unpaid(asked.checkout))
        elif asked.checkout:
            memory = replace(memory, checkout=asked.checkout)
        if asked.outcome == "paid":
            orders = (asked.order, *memory.orders) if asked.order else memory.orders
            bought = self.checkout.lines if self.checkout else ()
            return replace(
                memory,
                orders=orders,
                bought=bought,
                checkout=None,
                closed=None,
                cart=None,
                wish=None,
                codes=(),
                has_way=False,
                payment="",
                question=None,
            )
        is_under_way = asked.outcome in ("undecided", "authentication")
        question = Question("pay") if asked.outcome == "not_confirmed" else memory.question
        return replace(memory, payment=asked.outcome if is_under_way else "", question=question)

    def asking(self, question: Question | None) -> Memory:
        """Keep what was asked at the end of a turn."""
        memory = replace(self, question=question)
        if question and question.about == "fresh":
            return replace(
                memory, cart=None, checkout=None, wish=None, codes=(), has_way=False, shown=(), focus="", search={}
            )
        if question and question.about == "which" and question.ids:
            return replace(memory, shown=question.ids)
        if question and question.about in ("take", "options") and question.ids:
            return replace(memory, focus=question.ids[0])
        return memory


def _unpaid(checkout: Checkout) -> Checkout | None:
    """Return a checkout that is over, unless it became an order."""
    return checkout if checkout.status != "completed" else None


Talk = Generator[Call, Answer, Reply | Heard]
Step = Generator[Call, Answer, Memory]


def use(memory: Memory, tool: str, text: str = "", **arguments: Any) -> Step:
    """Call a tool, and return the memory with what it returned."""
    given = {name: value for name, value in arguments.items() if value not in (None, "", [])}
    answer = yield Call(tool, given, text)
    return memory.after(tool, given, answer)
