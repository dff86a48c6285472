"""After the purchase: where an order is, canceling it, sending things back."""

from __future__ import annotations

import re

from agents.shopper.rules import wording
from agents.shopper.rules.amending import emptied
from agents.shopper.rules.memory import Memory, Step, Talk, use
from agents.shopper.rules.picking import spoken
from agents.shopper.rules.results import Failure, Order, OrderLine, Orders
from agents.shopper.rules.saying import Said
from agents.shopper.rules.shopping import failed
from agents.shopper.rules.talk import Question, Reply
from agents.shopper.rules.words import fold

NO_ORDERS = "Nothing has been ordered in this conversation yet."

_REASONS = (
    ("damaged", r"damage|broken|defect|crack|torn|faulty|doesn'?t work|not work"),
    ("wrong_item", r"wrong (?:item|product|thing|one|colou?r)|not what i ordered"),
    ("too_small", r"too (?:small|tight|short)"),
    ("too_large", r"too (?:large|big|long|loose)|wrong size"),
    ("not_as_described", r"not as described|different (?:from|than)|looks different"),
    ("no_longer_needed", r"changed? my mind|no longer|don'?t (?:want|need|like)|not need|regret"),
)
_SENT = re.compile(r"ship|sent|transit|deliver|arriv")


def status(memory: Memory, said: Said) -> Talk:
    """Tell how the orders of this conversation stand."""
    memory = yield from _looked_up(memory)
    if not memory.orders:
        return _no_orders(memory)
    meant = _orders_meant(memory, said)
    return Reply("\n\n".join(wording.order_text(one) for one in meant), Question("after"))


def _looked_up(memory: Memory) -> Step:
    """Read the orders of the conversation. What was bought in it is known, whatever comes of that."""
    memory = yield from use(memory, "order_status")
    if isinstance(memory.latest, Failure) and memory.orders:
        memory = yield from use(memory, "order_status", order_id=memory.orders[0].id)
    return memory


def _no_orders(memory: Memory) -> Reply:
    if isinstance(memory.latest, Failure) and memory.latest.code != "not_found":
        return failed(memory)
    if memory.checkout:
        return Reply(
            f"{NO_ORDERS} There is one being filled in: {wording.lines_of(memory.checkout.lines)}.",
            memory.question,
        )
    return Reply(NO_ORDERS)


def _orders_meant(memory: Memory, said: Said) -> tuple[Order, ...]:
    named = [one for one in memory.orders if one.number and one.number.lower() in said.text.lower()]
    words = {one for word in said.words for one in spoken(word)}
    titled = [one for one in memory.orders if words & spoken(" ".join(line.title for line in one.lines))]
    return tuple(named or titled or memory.orders)


def cancel(memory: Memory, said: Said) -> Talk:
    """Cancel what is open: the order being filled in, else the order that was placed."""
    is_about_placed = bool(re.search(r"\b(?:placed|paid|bought|last|previous)\b", fold(said.text)))
    if (memory.checkout or memory.cart) and not (is_about_placed and memory.orders):
        return (yield from emptied(memory, "I have canceled it."))
    memory = yield from _looked_up(memory)
    if not memory.orders:
        return Reply("There is nothing to cancel: nothing has been ordered here.")
    meant = _orders_meant(memory, said)
    if len(meant) > 1:
        numbers = wording.joined((f"{one.number} ({one.total})" for one in meant), "or")
        return Reply(f"Which order shall I cancel: {numbers}? Say “cancel” and its number.")
    return (yield from _cancel_order(memory, meant[0]))


def _cancel_order(memory: Memory, order: Order) -> Talk:
    if order.status in ("canceled", "cancelled"):
        return Reply(f"Order {order.number} is canceled already.")
    if not order.may_cancel:
        return Reply(_why_not(order), Question("return", (order.id,)) if order.may_return else None)
    memory = yield from use(memory, "cancel_order", order_id=order.id)
    if isinstance(memory.latest, Failure):
        hint = " If it has arrived, I can ask for a return." if order.may_return else ""
        return Reply(f"Order {order.number} could not be canceled: {memory.latest.message}{hint}")
    return Reply(f"I have asked for it.\n{wording.order_text(memory.orders[0])}")


def _why_not(order: Order) -> str:
    text = f"Order {order.number} cannot be canceled any more; it is {order.status.replace('_', ' ')}."
    return f"{text} Shall I ask for a return instead? Then tell me why." if order.may_return else text


def send_back(memory: Memory, said: Said) -> Talk:
    """Ask the shop to take things back; the reason is asked for where it was not said."""
    memory = yield from _looked_up(memory)
    if not memory.orders:
        return Reply("There is nothing to return: nothing has been ordered here.")
    meant = [one for one in _orders_meant(memory, said) if one.may_return]
    if not meant:
        order = memory.orders[0]
        text = f"Order {order.number} cannot be returned now; it is {order.status.replace('_', ' ')}."
        return Reply(f"{text} I can cancel it if you like." if order.may_cancel else text)
    order = meant[0]
    reason = _reason(said.text)
    if not reason and not (memory.question and memory.question.about == "return"):
        return Reply(
            f"Why do you want to return order {order.number}? For instance damaged, too small, or no "
            f"longer needed.",
            Question("return", (order.id,), words=_named(order, said)),
        )
    return (yield from _returned(memory, said, order, reason or "other"))


def _returned(memory: Memory, said: Said, order: Order, reason: str) -> Talk:
    named = _named(order, said) or (
        memory.question.words if memory.question and memory.question.about == "return" else ()
    )
    items = [
        {"line_id": one.line_id, "quantity": _quantity(one, said)} for one in order.lines if one.line_id in named
    ]
    memory = yield from use(
        memory, "request_return", order_id=order.id, items=items, reason=reason, comment=said.text[:200]
    )
    if not isinstance(memory.latest, Orders):
        message = memory.latest.message if isinstance(memory.latest, Failure) else ""
        return Reply(f"The return could not be asked for: {message}")
    text = memory.latest.message or "The shop was asked, and will answer."
    return Reply(f"{text}\n{wording.order_text(memory.orders[0])}")


def _named(order: Order, said: Said) -> tuple[str, ...]:
    """Return the lines that a message names; none means all of them."""
    words = {one for word in said.words for one in spoken(word)}
    return tuple(one.line_id for one in order.lines if words & spoken(one.title))


def _quantity(line: OrderLine, said: Said) -> int:
    count = said.quantity.count if said.quantity else next((one.count for one in said.wants if one.count), None)
    return min(line.quantity, count) if count and count > 1 else line.quantity


def _reason(text: str) -> str:
    folded = fold(text)
    return next((code for code, pattern in _REASONS if re.search(pattern, folded)), "")
