"""After the purchase: where an order is, canceling it, sending things back."""

from __future__ import annotations

import re
from dataclasses import replace

from agents.shopper.rules import wording
from agents.shopper.rules.acts import Act
from agents.shopper.rules.amending import emptied
from agents.shopper.rules.memory import Memory, Step, Talk, use
from agents.shopper.rules.picking import spoken
from agents.shopper.rules.results import Failure, Order, OrderLine, Orders
from agents.shopper.rules.saying import Said
from agents.shopper.rules.shopping import failed
from agents.shopper.rules.stance import is_denied
from agents.shopper.rules.talk import Question, Reply
from agents.shopper.rules.words import fold

CANCELED = ("canceled", "cancelled")
NO_ORDERS = "Nothing has been ordered in this conversation yet."

_REASONS = tuple(
    (code, re.compile(rf"\b(?:{pattern})"))
    for code, pattern in (
        ("damaged", r"damage|broke|defect|crack|torn|faulty|shatter|doesn'?t work|(?:does|is) not work"),
        ("wrong_item", r"wrong (?:item|product|thing|one|colou?r)|not what i ordered"),
        ("too_small", r"too (?:small|tight|short)"),
        ("too_large", r"too (?:large|big|long|loose|wide)|wrong size|(?:doesn'?t|does not) fit"),
        ("not_as_described", r"not as described|different (?:from|than)|looks different"),
        (
            "no_longer_needed",
            r"changed? my mind|no longer|don'?t (?:want|need|like)|do not (?:want|need|like)|regret",
        ),
        ("other", r"(?:an)?other reason|other\W*$|no (?:particular |special )?reason|just because"),
    )
)


def status(memory: Memory, said: Said) -> Talk:
    """Tell how the orders of this conversation stand."""
    memory = yield from looked_up(memory)
    if not memory.orders:
        return _no_orders(memory)
    meant = _orders_meant(memory, said)
    return Reply("\n\n".join(wording.order_text(one) for one in meant), Question("after"))


def looked_up(memory: Memory) -> Step:
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
    """Close the order being filled in; ask about one that was placed, for its money goes back."""
    is_about_placed = bool(re.search(r"\b(?:placed|paid|bought|last|previous)\b", fold(said.text)))
    if (memory.checkout or memory.cart) and not (is_about_placed and memory.orders):
        return (yield from emptied(memory, "I have canceled it."))
    memory = yield from looked_up(memory)
    if not memory.orders:
        return Reply("There is nothing to cancel: nothing has been ordered here.")
    meant = _orders_meant(memory, said)
    meant = tuple(one for one in meant if one.status not in CANCELED) or meant[:1]
    if len(meant) > 1:
        numbers = wording.joined((f"{one.number} ({one.total})" for one in meant), "or")
        question = Question("cancel", tuple(one.id for one in meant))
        return Reply(f"Which order shall I cancel: {numbers}? Say its number.", question)
    return asked_to_cancel(meant[0])


def asked_to_cancel(order: Order) -> Reply:
    """Ask before an order that was paid is given up."""
    if order.status in CANCELED:
        return Reply(f"Order {order.number} is canceled already.")
    if not order.may_cancel:
        return Reply(_why_not(order), Question("return", (order.id,)) if order.may_return else None)
    is_whole = not order.shipments and not order.adjustments
    text = (
        f"Shall I cancel order {order.number} ({_what(order)}) and have {order.total} paid back to you?"
        if is_whole
        else f"Shall I cancel what was not sent yet of order {order.number} ({_what(order)})?"
    )
    return Reply(f"{text} Say yes or no.", Question("cancel", (order.id,)))


def _what(order: Order) -> str:
    return wording.joined(f"{one.quantity} x {one.title}" for one in order.lines)


def canceled(memory: Memory, order_id: str) -> Talk:
    """Cancel an order that was placed, as the shopper has said yes to."""
    order = next((one for one in memory.orders if one.id == order_id), None)
    if order is None:
        return Reply(NO_ORDERS)
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
    memory = yield from looked_up(memory)
    if not memory.orders:
        return Reply("There is nothing to return: nothing has been ordered here.")
    meant = [one for one in _orders_meant(memory, said) if one.may_return]
    if not meant:
        return _not_returnable(memory.orders[0])
    order, reason = meant[0], reason_in(said.text)
    question = Question("return", (order.id,), words=_named(order, said) or _named_before(memory))
    if reason and said.asks(Act.RETURN):
        return (yield from returned(memory, said, question, reason))
    if reason:
        text = f"I am sorry. Shall I ask the shop to take order {order.number} ({_what(order)}) back?"
        return Reply(text, replace(question, reason=reason))
    text = f"Why do you want to return order {order.number}? For instance damaged, too small, or no longer needed."
    return Reply(text, question)


def unnamed_reason(question: Question) -> Reply:
    """Ask for a yes where the reason is none that the shop has a name for."""
    text = "Shall I ask the shop to take it back, for a reason of your own? Say yes or no."
    return Reply(text, replace(question, reason="other"))


def _not_returnable(order: Order) -> Reply:
    text = f"Order {order.number} cannot be returned now; it is {order.status.replace('_', ' ')}."
    if not order.may_cancel:
        return Reply(text)
    asked = asked_to_cancel(order)
    return Reply(f"{text} But it can still be canceled. {asked.text}", asked.question)


def returned(memory: Memory, said: Said, question: Question, reason: str) -> Talk:
    """File the return of an order, or of the lines that were named."""
    order = next((one for one in memory.orders if one.id == question.ids[0]), None)
    if order is None:
        return Reply(NO_ORDERS)
    named = _named(order, said) or question.words
    items = [
        {"line_id": one.line_id, "quantity": _quantity(one, said)} for one in order.lines if one.line_id in named
    ]
    comment = "" if question.reason else said.text[:200]
    memory = yield from use(
        memory, "request_return", order_id=order.id, items=items, reason=reason, comment=comment
    )
    if not isinstance(memory.latest, Orders):
        message = memory.latest.message if isinstance(memory.latest, Failure) else ""
        return Reply(f"The return could not be asked for: {message}")
    text = memory.latest.message or "The shop was asked, and will answer."
    return Reply(f"{text}\n{wording.order_text(memory.orders[0])}")


def _named_before(memory: Memory) -> tuple[str, ...]:
    question = memory.question
    return question.words if question and question.about == "return" else ()


def _named(order: Order, said: Said) -> tuple[str, ...]:
    """Return the lines that a message names; none means all of them."""
    words = {one for word in said.words for one in spoken(word)}
    return tuple(one.line_id for one in order.lines if words & spoken(one.title))


def _quantity(line: OrderLine, said: Said) -> int:
    count = said.quantity.count if said.quantity else next((one.count for one in said.wants if one.count), None)
    return min(line.quantity, count) if count and count > 1 else line.quantity


def reason_in(text: str) -> str:
    """Return the reason that a text gives and does not deny, as the shop calls it; "" where there is none."""
    folded = fold(text)
    for code, pattern in _REASONS:
        if any(not is_denied(folded[: match.start()]) for match in pattern.finditer(folded)):
            return code
    return ""
