"""Taking things, changing what was taken, and bringing a checkout to its end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.shopper.rules import wording
from agents.shopper.rules.acts import Act
from agents.shopper.rules.content import Items, added, put, put_in_cart
from agents.shopper.rules.memory import Memory, Talk
from agents.shopper.rules.numbers import Way
from agents.shopper.rules.picking import fit, open_options
from agents.shopper.rules.proceeding import proceed
from agents.shopper.rules.results import Cart, Failure, Product, Variant
from agents.shopper.rules.saying import Said
from agents.shopper.rules.shopping import TAKE_HINT, failed, locate
from agents.shopper.rules.talk import Question, Reply
from agents.shopper.rules.wants import Want
from agents.shopper.rules.words import words_of

_MAKE_IT = re.compile(r"\bmake\s+(?:it|that|them)\b", re.IGNORECASE)  # "a lamp. No, make that two"
_ANOTHER = re.compile(r"\b(?:another|more|extra|second)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A variant, or what has to be asked before there is one."""

    variant: Variant | None = None
    reply: Reply | None = None
    lead: str = ""


def take_wants(memory: Memory, said: Said, wants: Sequence[Want], *, replaces: str = "") -> Talk:
    """Find each thing that is wanted and put all of it into the order; ask where a want leaves a choice."""
    items: dict[str, int] = {}
    leads: list[str] = []
    for index, want in enumerate(wants):
        located = yield from locate(memory, want, said)
        memory = located.memory
        rest = tuple(wants[index + 1 :])
        if isinstance(memory.latest, Failure):
            return failed(memory)
        if not located.products and rest and not items:
            leads.append(f"I found nothing called “{want.text}”.")
            continue
        reply = _unclear(located.products, want, rest, lead=located.lead, is_exact=located.is_exact)
        picked = (
            Chosen(reply=reply)
            if reply
            else choose(
                located.products[0], f"{want.text} {said.rest}" if len(wants) == 1 else want.text, want, rest
            )
        )
        if picked.variant is None:
            return (yield from _taken_so_far(memory, items, _replacing(picked.reply, replaces)))
        count = _count(want, located.products[0], said)
        items[picked.variant.id] = items.get(picked.variant.id, 0) + count
        leads += [located.lead, picked.lead]
    return (yield from take(memory, said, items, lead=" ".join(filter(None, leads)), without=replaces))


def _replacing(reply: Reply | None, variant_id: str) -> Reply | None:
    """Keep with a question what the answer to it takes the place of."""
    if reply is None or reply.question is None:
        return reply
    return replace(reply, question=replace(reply.question, replaces=variant_id))


def _unclear(
    products: Sequence[Product], want: Want, rest: tuple[Want, ...], *, lead: str, is_exact: bool
) -> Reply | None:
    """Return what to ask where a want is not one product."""
    if not products:
        return Reply(f"{lead or 'I found nothing like that.'} Tell me in other words what you are looking for.")
    ids = tuple(one.id for one in products)
    question = Question("which", ids, want.count, want.words, rest)
    if not is_exact:
        head = lead or "I did not find exactly that."
        return Reply(f"{head}\n{wording.product_list(products)}\n{TAKE_HINT}", question)
    if len(products) > 1:
        return Reply(f"There are several:\n{wording.product_list(products)}\n{TAKE_HINT}", question)
    return None


def choose(product: Product, text: str, want: Want, rest: tuple[Want, ...] = (), *, earlier: str = "") -> Chosen:
    """Choose the variant of a product that words mean, or ask for the option that is open."""
    found = fit(product, text, earlier)
    buyable = [one for one in found.variants if one.is_purchasable]
    question = Question("options", (product.id,), want.count, found.named, rest)
    if found.lacking:
        choices = wording.values_of(product)
        text = f"{product.title} does not come in {wording.joined(found.lacking, 'or')}."
        return Chosen(reply=Reply(f"{text} There is {choices}." if choices else text, question))
    if not buyable:
        return Chosen(reply=_sold_out(product, found.variants, question))
    if len(buyable) == 1:
        only = len(found.variants) > 1
        lead = f"Of {product.title}, only {wording.variant_name(product, buyable[0])} can be had." if only else ""
        return Chosen(buyable[0], lead=lead)
    if _is_any(text):
        return Chosen(buyable[0])
    asked = open_options(buyable)
    if not asked:
        return Chosen(buyable[0])
    text = " ".join(
        f"Which {name.lower()} would you like: {wording.joined(values, 'or')}?" for name, values in asked
    )
    return Chosen(reply=Reply(f"{product.title}, {wording.price_of(buyable)}. {text}", question))


def _is_any(text: str) -> bool:
    return bool({"any", "whichever", "whatever", "either"} & set(words_of(text)))


def _sold_out(product: Product, variants: Sequence[Variant], question: Question) -> Reply:
    others = [one for one in product.variants if one.is_purchasable]
    name = wording.variant_name(product, variants[0]) if len(variants) == 1 else product.title
    text = f"{name} cannot be ordered: {wording.obstacle_of(variants)}."
    if not others:
        return Reply(f"{text} Shall I look for something else?")
    return Reply(f"{text} I could offer {wording.nearest_names(product, variants[0], others)}.", question)


def _count(want: Want, product: Product, said: Said) -> int:
    """Return how many are wanted. A number of the product's title, as in 40 Walks, is none."""
    count = sensible(want.count, product) or 1
    is_said_later = len(said.wants) == 1 and want.count == 1 and bool(_MAKE_IT.search(said.text))
    if said.quantity and said.quantity.way is Way.EXACTLY and is_said_later:
        return said.quantity.count
    if want.count is None and said.quantity:
        return said.quantity.of(1) if said.quantity.way is Way.EXACTLY else max(1, said.quantity.count)
    return count


def sensible(count: int | None, product: Product) -> int | None:
    """Return a count, unless it is a number of the product's own title, as in 40 Walks."""
    return None if count and count > 1 and str(count) in words_of(product.title) else count


def _taken_so_far(memory: Memory, items: Items, reply: Reply | None) -> Talk:
    """Keep what was clear before asking about what was not."""
    if items:
        memory = yield from put(memory, added(memory, items))
        if isinstance(memory.latest, Failure):
            return failed(memory)
        held = memory.checkout or memory.cart
        if reply and held:
            return Reply(
                f"I have put {wording.lines_of(held.lines)} into your order.\n{reply.text}", reply.question
            )
    return reply or Reply("What would you like?")


def take(memory: Memory, said: Said, items: Items, *, lead: str = "", without: str = "") -> Talk:
    """Put variants into the order, or the cart where that was asked for, and go on to the checkout."""
    if said.asks(Act.KEEP) and memory.checkout is None:
        return (yield from _keep(memory, items, lead))
    if repeated := _there_already(memory, said, items):
        return repeated
    is_new = memory.checkout is None
    whole = {variant_id: count for variant_id, count in added(memory, items).items() if variant_id != without}
    memory = yield from put(memory, whole)
    if isinstance(memory.latest, Failure):
        return failed(memory)
    if memory.checkout is None:
        return Reply("The order could not be opened. Shall I try it again?", Question("pay"))
    told = lead or ("" if said.has_details else f"Your order: {wording.lines_of(memory.checkout.lines)}.")
    return (yield from proceed(memory, said, lead=told, is_new=is_new))


def _there_already(memory: Memory, said: Said, items: Items) -> Reply | None:
    """Ask before doubling: "add a mug" where there is one may mean that one."""
    held = memory.checkout or memory.cart
    line = next((one for one in held.lines if one.variant_id in items), None) if held else None
    is_clear = said.quantity is not None or any(want.count and want.count > 1 for want in said.wants)
    if line is None or len(items) > 1 or is_clear or _ANOTHER.search(said.text):
        return None
    count = line.quantity + items[line.variant_id]
    text = f"There is {wording.line_name(line)} in your order already. Shall I make it {count}?"
    return Reply(text, Question("quantity", (line.variant_id,), count))


def _keep(memory: Memory, items: Items, lead: str) -> Talk:
    memory = yield from put_in_cart(memory, added(memory, items))
    if not isinstance(memory.latest, Cart):
        return failed(memory)
    text = (
        f"{lead} In your cart:\n{wording.content_of(memory.latest)}\nSay “check out” when you are ready.".strip()
    )
    return Reply(text, Question("pay"))
