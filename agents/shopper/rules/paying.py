"""Showing the order to be paid, and what comes of it. Each outcome has a next step of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from agents.shopper.rules import wording
from agents.shopper.rules.memory import Memory, Talk, use
from agents.shopper.rules.results import Asked, Checkout, Failure, Order
from agents.shopper.rules.talk import Heard, Question, Reply

MOST_TIMES = 3  # in one turn

ONLY_YOU = "Only the button on the order can confirm it; I cannot press it for you."
UNDER_WAY = (
    "The payment is still being looked into, so please do not pay again. As soon as it is decided, the "
    "order shows "
    "up here; you can ask me “where is my order?” in a while."
)


def ask_to_pay(memory: Memory, lead: str = "") -> Talk:
    """Show the order, wait for the shopper, and tell what came of it."""
    checkout = memory.checkout
    if checkout is None:
        return Reply("There is nothing to pay for yet. What are you looking for?")
    if memory.payment:
        return (yield from look_again(memory))
    if memory.asked_to_pay >= MOST_TIMES:
        return Reply(f"{lead}\nSay “pay” when you want to see the order again.".strip(), Question("pay"))
    text = "\n".join(filter(None, [lead, _shown(checkout)]))
    memory = yield from use(memory, "ask_to_pay", text, checkout_id=checkout.id)
    asked = memory.latest
    if not isinstance(asked, Asked):
        message = asked.message if isinstance(asked, Failure) else ""
        return Reply(f"The order could not be shown: {message} Nothing was charged.", Question("pay"))
    if asked.outcome == "not_confirmed":
        return _not_confirmed(memory, asked)
    if asked.outcome == "expired" and checkout.lines:
        return (yield from opened_anew(memory, checkout))
    if _is_sold_out(asked):
        return (yield from _sold_out(memory, asked))
    return _OUTCOMES.get(asked.outcome, _refused)(memory, asked)


def _is_sold_out(asked: Asked) -> bool:
    lines = asked.checkout.lines if asked.checkout else ()
    is_gone = any(one.availability == "out_of_stock" for one in lines)
    return asked.outcome == "out_of_stock" or (asked.outcome == "not_ready" and is_gone)


def _shown(checkout: Checkout) -> str:
    way = checkout.chosen
    sent = f", {way.title} {way.price}" if way else ""
    order = f"{wording.lines_of(checkout.lines)}{sent}, {checkout.total} in all"
    return f"Here is your order: {order}. Nothing is charged until you press the button."


def _not_confirmed(memory: Memory, asked: Asked) -> Reply | Heard:
    if not asked.said.strip():
        return Reply(
            "All right, nothing was charged. Tell me what to change, or say “pay” to see the order again.",
            Question("pay"),
        )
    return Heard(memory, asked.said)


def opened_anew(memory: Memory, before: Checkout) -> Talk:
    """Open the lapsed order anew with all that was in it, and show that."""
    items = [{"variant_id": one.variant_id, "quantity": one.quantity} for one in before.lines]
    memory = yield from use(replace(memory, checkout=None), "start_checkout", items=items)
    if isinstance(memory.latest, Checkout):
        buyer = {"email": before.email, "first_name": before.first_name, "last_name": before.last_name}
        memory = yield from use(
            memory,
            "update_checkout",
            checkout_id=memory.latest.id,
            buyer={name: text for name, text in buyer.items() if text},
            address=before.address.given(),
            discount_codes=list(before.codes),
        )
    fresh = memory.latest
    if not isinstance(fresh, Checkout):
        return Reply("The order had lapsed and could not be opened again. Shall I try once more?", Question("pay"))
    same = next((one for one in fresh.ways if before.chosen and one.title == before.chosen.title), None)
    if same and not same.is_chosen:
        memory = yield from use(memory, "update_checkout", checkout_id=fresh.id, shipping_option_id=same.id)
        fresh = memory.latest if isinstance(memory.latest, Checkout) else fresh
    text = (
        f"The order had lapsed before it was paid; nothing was charged. I have opened it anew: "
        f"{wording.lines_of(fresh.lines)}, {fresh.total}."
    )
    return Reply(f"{text} Shall I show it to you?", Question("pay"))


def _paid(memory: Memory, asked: Asked) -> Reply:
    return Reply(receipt(asked.order) if asked.order else "Thank you, it is paid.", Question("after"))


def receipt(order: Order) -> str:
    what = wording.joined(f"{one.quantity} x {one.title}" for one in order.lines)
    page = f" Everything about it is at {order.page}" if order.page else ""
    return f"Thank you. Order {order.number} is placed: {what}, {order.total}.{page}".rstrip()


def _declined(memory: Memory, asked: Asked) -> Reply:
    return Reply(
        f"{_sentence(asked.message, 'The card was declined.')} Nothing was charged. "
        "You can choose another card on the order; shall I show it again?",
        Question("pay"),
    )


def _terms_changed(memory: Memory, asked: Asked) -> Reply:
    total = f" The total is now {asked.checkout.total}." if asked.checkout else ""
    text = _sentence(asked.message, "Something about the order has changed since you saw it.")
    return Reply(f"{text} Nothing was charged.{total} Shall I show you the order as it is now?", Question("pay"))


def _sold_out(memory: Memory, asked: Asked) -> Talk:
    """Offer what is left of the same product, by what is there now."""
    text = f"{_sentence(asked.message, 'Something in the order is sold out.')} Nothing was charged."
    line = (
        next((one for one in asked.checkout.lines if one.availability == "out_of_stock"), None)
        if asked.checkout
        else None
    )
    known = memory.product_of(line.variant_id) if line else None
    if line is None or known is None:
        return Reply(f"{text} Tell me what to change, such as the quantity.")
    memory = yield from use(memory, "look_at_product", product_id=known.id)
    product = memory.products[known.id]
    gone = memory.variant(line.variant_id)
    others = [one for one in product.variants if one.is_purchasable and one.id != line.variant_id]
    if gone is None or not others:
        return Reply(f"{text} Shall I remove {line.title} from the order?", Question("remove", (line.variant_id,)))
    names = wording.nearest_names(product, gone, others)
    question = Question("options", (product.id,), line.quantity, replaces=line.variant_id)
    return Reply(f"{text} Instead there is {names}. Which one would you like?", question)


def _authentication(memory: Memory, asked: Asked) -> Reply:
    text = _sentence(asked.message, "Your bank wants you to confirm the payment.")
    return Reply(f"{text} Tell me when you have done it.", Question("bank"))


def _undecided(memory: Memory, asked: Asked) -> Reply:
    return Reply(UNDER_WAY)


def _not_ready(memory: Memory, asked: Asked) -> Reply:
    missing = asked.checkout.missing if asked.checkout else ()
    text = _sentence(asked.message, "The order cannot be paid yet.")
    if missing:
        return Reply(f"{text} {wording.request_for(missing)}", Question("details", words=missing))
    return Reply(f"{text} What should I change?")


def _not_served(memory: Memory, asked: Asked) -> Reply:
    text = _sentence(asked.message, "Nothing can be delivered to this address.")
    return Reply(f"{text} Is there another address?", Question("details", words=("address",)))


def _canceled(memory: Memory, asked: Asked) -> Reply:
    return Reply("This order was canceled; nothing was charged. What are you looking for?")


def _refused(memory: Memory, asked: Asked) -> Reply:
    text = _sentence(asked.message, "The payment did not go through.")
    return Reply(f"{text} Nothing was charged. Shall I show you the order again?", Question("pay"))


def _sentence(text: str, otherwise: str) -> str:
    said = text.strip() or otherwise
    return said if not said or said[-1] in ".!?" else f"{said}."


_OUTCOMES: Mapping[str, Callable[[Memory, Asked], Reply]] = {
    "paid": _paid,
    "declined": _declined,
    "terms_changed": _terms_changed,
    "authentication": _authentication,
    "undecided": _undecided,
    "not_ready": _not_ready,
    "address_not_served": _not_served,
    "canceled": _canceled,
}


def look_again(memory: Memory) -> Talk:
    """Ask the shop how a payment under way stands. It is never asked to pay meanwhile."""
    checkout = memory.checkout
    if checkout is None:
        return Reply(UNDER_WAY)
    memory = yield from use(memory, "get_checkout", checkout_id=checkout.id)
    told = memory.latest
    if isinstance(told, Checkout) and told.status == "completed":
        memory = yield from use(memory, "order_status")
        text = wording.order_text(memory.orders[0]) if memory.orders else ""
        return Reply(f"It is paid. {text}".strip(), Question("after"))
    if isinstance(told, Checkout) and told.is_ready:
        return Reply(
            "That payment did not go through; nothing was charged. Shall I show you the order again?",
            Question("pay"),
        )
    if isinstance(told, Checkout) and told.status == "authentication_required":
        return Reply("Your bank has not confirmed it yet. The link to it is in the order above.", Question("bank"))
    return Reply(UNDER_WAY)
