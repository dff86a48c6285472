"""Changes of mind about what is in the order: how many, which variant, without it, something else instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agents.shopper.rules import wording
from agents.shopper.rules.acts import Act
from agents.shopper.rules.buying import Chosen, choose
from agents.shopper.rules.content import put
from agents.shopper.rules.memory import Memory, Talk, use
from agents.shopper.rules.numbers import NUMBER, Quantity, Way
from agents.shopper.rules.picking import fit, score, spoken
from agents.shopper.rules.proceeding import proceed
from agents.shopper.rules.results import Cart, Checkout, Failure, Line
from agents.shopper.rules.saying import Said
from agents.shopper.rules.shopping import failed
from agents.shopper.rules.talk import Question, Reply
from agents.shopper.rules.wants import Want

_ASKS_FOR_DETAILS = re.compile(
    r"\b(?:is|are)\s+(?:the|my)\s+(?:\w+\s+)?(?:address|e-?mail|name)\s+(?:right|correct|ok|okay)\b|\bwhere\s+(?:does|will|is)\s+it\s+"
    r"(?:go|be\s+sent|going)\b|\b(?:which|what)\s+(?:address|e-?mail|name)\b"
)
_ONLY = re.compile(rf"\b(?:only|just)\b.*\b{NUMBER}\b", re.IGNORECASE)
_NOT_SO_MANY = re.compile(rf"\b(?:want|need)\s+(?:so\s+many|{NUMBER}\b)", re.IGNORECASE)
_RENEWS_DETAILS = re.compile(
    r"\b(?:different|another|other|new|wrong)\s+(?:\w+\s+)?(?:address|e-?mail)\b"
    r"|\b(?:change|correct|update|edit)\s+(?:the|my)\s+(?:\w+\s+)?(?:address|e-?mail)\b|\b(?:address|e-?mail)\s+is\s+wrong\b"
    r"|\bto\s+(?:my|his|her|their|the)\s+(?:office|work(?:place)?|home|house|place|parents|mother|mom|mum|father|dad|sister"
    r"|brother|friend|neighbou?r)\b(?=.*\binstead\b)|\b(?:send|ship|deliver)\s+(?:it|them)\s+(?:to\s+my\s+(?:office|work|home))\b"
    r"|\b(?:don'?t|do\s+not)\s+(?:send|ship|deliver)\s+(?:it|them)\s+to\b|\bnot\s+to\s+\w+\s+but\s+to\b"
)


def held_lines(memory: Memory) -> tuple[Line, ...]:
    held = memory.checkout or memory.cart
    return held.lines if held else ()


def lines_meant(memory: Memory, said: Said) -> tuple[Line, ...]:
    """Return the lines that a message speaks of: those it names, else the only one, else the last one."""
    lines = held_lines(memory)
    named = [one for one in lines if _is_named(memory, one, said)]
    if named:
        return tuple(named)
    if said.choice.places and lines:
        return tuple(lines[place - 1 if place > 0 else -1] for place in said.choice.places if place <= len(lines))
    if said.choice.is_all:
        return lines
    return lines[-1:]


def _is_named(memory: Memory, line: Line, said: Said) -> bool:
    wanted = set(said.words) - {"item"}
    if not wanted:
        return False
    title = spoken(line.title)
    product = memory.product_of(line.variant_id)
    values = spoken(" ".join(value for _, value in line.options))
    words = {one for word in wanted for one in spoken(word)}
    in_title = bool(words & title) or bool(product and score(said.words, product)[1])
    return in_title or bool(words & values and not words - values)


def names_a_line(memory: Memory, said: Said) -> bool:
    """Say whether a message names something that is in the order."""
    return any(_is_named(memory, one, said) for one in held_lines(memory))


def change(memory: Memory, said: Said) -> Talk:
    """Change the lines a message speaks of, and go on with the order."""
    lines = lines_meant(memory, said)
    if not lines:
        return Reply("There is nothing in your order yet. What are you looking for?")
    if said.quantity:
        return (yield from _count(memory, said, lines))
    product = memory.product_of(lines[0].variant_id)
    if (
        product
        and set(fit(product, said.rest).named)
        and set(fit(product, said.rest).named) <= {value for _, value in lines[0].options}
    ):
        return (
            yield from proceed(
                memory, replace(said, wants=()), lead=f"That is what you have: {wording.line_name(lines[0])}."
            )
        )
    return (yield from _variant(memory, said, lines[0]))


def _count(memory: Memory, said: Said, lines: Sequence[Line]) -> Talk:
    quantity = said.quantity or Quantity(1, Way.MORE)
    items = {one.variant_id: one.quantity for one in held_lines(memory)}
    for line in lines:
        items[line.variant_id] = quantity.of(line.quantity)
    return (yield from written(memory, said, items))


def _variant(memory: Memory, said: Said, line: Line) -> Talk:
    """Exchange a line for another variant of the same product."""
    product = memory.product_of(line.variant_id)
    if product is None:
        return Reply("Tell me what you would like instead.")
    picked = _other_variant(memory, said, line)
    if picked.variant is None:
        return picked.reply or Reply("Which one would you like instead?")
    items = {
        (picked.variant.id if one.variant_id == line.variant_id else one.variant_id): one.quantity
        for one in held_lines(memory)
    }
    return (yield from written(memory, said, items))


def _other_variant(memory: Memory, said: Said, line: Line) -> Chosen:
    """Choose the variant that differs in what was said and in nothing else."""
    product = memory.product_of(line.variant_id)
    if product is None:
        return Chosen()
    found = fit(product, said.rest)
    kept = " ".join(value for _, value in line.options)
    same = dict(line.options)
    near = [
        one
        for one in found.variants
        if all(same.get(name) == value or value in found.named for name, value in one.options)
    ]
    if found.named and len(near) == 1 and near[0].is_purchasable and not found.lacking:
        return Chosen(near[0])
    text = f"{said.rest} {kept}" if len(found.variants) > 1 and found.named else said.rest
    return choose(product, text, Want((), line.quantity))


def written(memory: Memory, said: Said, items: Mapping[str, int]) -> Talk:
    """Write new content into the order or the cart. Nothing left of it ends it."""
    left = {variant_id: count for variant_id, count in items.items() if count > 0}
    if not left:
        return (yield from emptied(memory, "That was all there was in your order, so I have closed it."))
    if memory.checkout is None and memory.cart:
        listed = [{"variant_id": variant_id, "quantity": count} for variant_id, count in left.items()]
        memory = yield from use(memory, "update_cart", items=listed, cart_id=memory.cart.id)
        if not isinstance(memory.latest, Cart):
            return failed(memory)
        return Reply(f"In your cart:\n{wording.content_of(memory.latest)}", Question("pay"))
    memory = yield from put(memory, left)
    if isinstance(memory.latest, Failure):
        return failed(memory)
    lines = memory.checkout.lines if memory.checkout else ()
    plain = replace(said, wants=())
    return (yield from proceed(memory, plain, lead=f"Your order: {wording.lines_of(lines)}."))


def remove(memory: Memory, said: Said) -> Talk:
    """Take the lines a message names out of the order."""
    lines = held_lines(memory)
    if not lines:
        return Reply("There is nothing in your order to remove.")
    gone = lines_meant(memory, said)
    if said.words and not any(_is_named(memory, one, said) for one in lines):
        return Reply(f"That is not in your order. There is: {wording.lines_of(lines)}.")
    if not said.words and _NOT_SO_MANY.search(said.text):
        return Reply(f"How many would you like? There is {wording.lines_of(lines)}.", memory.question)
    if not said.words and not said.choice and len(lines) > 1:
        return Reply(f"Which one shall I remove: {wording.joined((one.title for one in lines), 'or')}?")
    ids = {one.variant_id for one in gone}
    fewer = said.quantity.count if said.quantity else 0
    items = {
        one.variant_id: one.quantity - (fewer or one.quantity) if one.variant_id in ids else one.quantity
        for one in lines
    }
    return (yield from written(memory, replace(said, quantity=None), items))


def emptied(memory: Memory, text: str) -> Talk:
    """Give the open order up. Nothing was charged for it."""
    if memory.checkout:
        memory = yield from use(memory, "cancel_checkout", checkout_id=memory.checkout.id)
        if isinstance(memory.latest, Failure):
            return failed(memory)
    return Reply(f"{text} Nothing was charged. What are you looking for?", Question("fresh"))


def shown_to_change(memory: Memory, said: Said) -> Reply:
    """Show what is in the order to somebody who says that it is not right."""
    held = memory.checkout or memory.cart
    text = wording.content_of(held) if held else ""
    return Reply(f"Sorry. This is in your order:\n{text}\nWhat should I change? Nothing was charged.")


def shown(memory: Memory, said: Said) -> Talk:
    """Tell what is in the order, and what is still to be done."""
    held: Checkout | Cart | None = memory.checkout or memory.cart
    if held is None:
        return Reply("Your cart is empty. What are you looking for?")
    if memory.checkout:
        memory = yield from use(memory, "get_checkout", checkout_id=memory.checkout.id)
        if not isinstance(memory.latest, Checkout) or memory.checkout is None:
            return Reply("This order is over. What are you looking for?")
        held = memory.checkout
        if held.missing:
            text = f"{wording.content_of(held)}\n{wording.request_for(held.missing)}"
            return Reply(text, Question("details", words=held.missing))
        where = f"It goes to {wording.address_line(held.address)}." if held.address else ""
        where = f"{where} The receipt goes to {held.email}.".strip() if held.email else where
        text = "\n".join(filter(None, [wording.content_of(held), where]))
        return Reply(f"{text}\nShall I show you the order to pay?", Question("pay"))
    return Reply(f"{wording.content_of(held)}\nSay “check out” when you are ready.", Question("pay"))


def sets_count(memory: Memory, said: Said) -> bool:
    """Say whether a message says how many of a thing in the order there are to be: "I only need one lamp"."""
    is_told = len(said.wants) == 1 and said.wants[0].count is not None and bool(_ONLY.search(said.text))
    return is_told and not said.quantity and names_a_line(memory, said)


def set_count(memory: Memory, said: Said) -> Talk:
    quantity = Quantity(said.wants[0].count or 1)
    return (yield from change(memory, replace(said, quantity=quantity)))


def asks_for_details(memory: Memory, said: Said) -> bool:
    """Say whether somebody wants to know where the order goes as it stands."""
    return bool(memory.checkout and not said.has_details and _ASKS_FOR_DETAILS.search(said.text.lower()))


def renews_details(memory: Memory, said: Said) -> bool:
    """Say whether another address is announced without being told."""
    return bool(memory.checkout and not said.has_details and _RENEWS_DETAILS.search(said.text.lower()))


def asked_for_details(memory: Memory, said: Said) -> Reply:
    part = "email" if re.search(r"\be-?mail\b", said.text.lower()) else "address"
    name = "e-mail address" if part == "email" else "whole postal address, with the name of who receives it"
    return Reply(f"Tell me the {name}, and I write it into the order.", Question("details", words=(part,)))


def is_change(memory: Memory, said: Said) -> bool:
    """Say whether a message changes what is in the order, rather than asking for another thing."""
    if not held_lines(memory):
        return False
    if said.quantity:
        return not said.words or any(_is_named(memory, one, said) for one in held_lines(memory))
    if not said.asks(Act.CHANGE, Act.NO, Act.TAKE) and not said.wants:
        return False
    return _names_another_variant(memory, said)


def _names_another_variant(memory: Memory, said: Said) -> bool:
    """Say whether the words are values of an option of what is in the order, and name nothing else."""
    for line in lines_meant(memory, said):
        product = memory.product_of(line.variant_id)
        if product is None or len(product.variants) < 2:
            continue
        found = fit(product, said.rest)
        said_of_it = score(said.words, product)[0] + len(found.lacking)
        if (found.named or found.lacking) and said_of_it >= len(set(said.words)):
            return not said.asks(Act.ADD)
    return False
