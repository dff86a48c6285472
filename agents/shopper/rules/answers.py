"""Answers to what was asked last: yes, no, a choice, a missing piece. Whatever else was said goes its own way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from agents.shopper.rules import wording
from agents.shopper.rules.acts import Act
from agents.shopper.rules.afterwards import asked_to_cancel, canceled, reason_in, returned, unnamed_reason
from agents.shopper.rules.amending import held_lines, written
from agents.shopper.rules.buying import choose, sensible, take, take_wants
from agents.shopper.rules.content import added, put
from agents.shopper.rules.memory import Memory, Talk
from agents.shopper.rules.paying import ask_to_pay, look_again
from agents.shopper.rules.picking import called, chosen, fit
from agents.shopper.rules.proceeding import choose_way, proceed
from agents.shopper.rules.results import Checkout, Failure, Line, Product
from agents.shopper.rules.saying import Said
from agents.shopper.rules.shopping import failed
from agents.shopper.rules.talk import Question, Reply
from agents.shopper.rules.wants import Want

NEXT = "What else can I do for you?"
_BUYS_IT = re.compile(
    r"\b(?:buy|order|purchase|take)\s+(?:it|this|that|them|these|those|one)\b|\blet'?s\s+(?:do|go|buy)",
    re.IGNORECASE,
)
_LEAVES = re.compile(r"\b(?:never\s?mind|(?:keep|leave)\s+(?:it|the|my))\b", re.IGNORECASE)
_DOUBTS = re.compile(r"\b(?:no|not|never|don'?t|nothing|wait|stop|hold\s+on)\b", re.IGNORECASE)
_SURELY = re.compile(r"^\W*(?:yes|yeah|yep|yup|please)\b", re.IGNORECASE)
_REFUSES = re.compile(
    r"^\W*(?:no(?!\s+(?:longer|particular|special|reason))|nope|nah|never\s?mind|nothing|wait|stop|not\s+(?:now|yet))\b",
    re.IGNORECASE,
)


def answered(memory: Memory, said: Said) -> Talk | None:
    """Return the talk that takes a message as the answer to the last question, None where it is none."""
    question = memory.question
    if question is None:
        return None
    return _ANSWERS[question.about](memory, said, question) if question.about in _ANSWERS else None


def _is_plain(said: Said) -> bool:
    """Say whether a yes or no stands by itself."""
    return not (
        said.wants
        or said.quantity
        or said.has_details
        or said.codes
        or said.wish
        or said.choice
        or said.is_question
    )


def _which(memory: Memory, said: Said, question: Question) -> Talk | None:
    """Take the product that is picked from a list."""
    products = tuple(memory.products[one] for one in question.ids if one in memory.products)
    if said.asks(Act.SEARCH, Act.COMPARE, Act.MORE, Act.CHEAPER) or said.is_question or said.limits:
        return None
    picked = chosen(said.choice, products, memory.focused)
    if not picked and said.words:
        picked = called(said.words, products)
        if picked and not _covers(said, picked[0]):
            return None
    if not picked and _means_the_order(memory, said):
        return None
    if not picked and said.asks(Act.YES, Act.TAKE, Act.PAY) and not said.wants:
        if len(products) != 1:
            return _said(Reply("Which one? Tell me its number or its name.", question))
        picked = products
    if not picked:
        return None
    if len(picked) > 1 and not (said.choice.is_all or said.choice.places):
        ids = tuple(one.id for one in picked)
        return _said(
            Reply(f"There are several:\n{wording.product_list(picked)}\nWhich one?", replace(question, ids=ids))
        )
    return _picked(memory, said, question, picked)


def _means_the_order(memory: Memory, said: Said) -> bool:
    """Say whether a wish to pay is about the order that is open, and not about a product that is talked about."""
    is_open = bool(held_lines(memory)) and said.asks(Act.PAY)
    return is_open and not said.wants and not said.quantity and not _BUYS_IT.search(said.text)


def _covers(said: Said, product: Product) -> bool:
    """Say whether the words are about this product, and not mostly about something else."""
    words = set(said.words)
    known = sum(_is_about(one, product) for one in words)
    return known * 2 >= len(words)


def _is_about(word: str, product: Product) -> bool:
    found = fit(product, word)
    return bool(found.named or found.lacking or called((word,), (product,)))


def _picked(memory: Memory, said: Said, question: Question, picked: tuple[Product, ...]) -> Talk:
    items: dict[str, int] = {}
    for product in picked:
        count = sensible(_count(said, question), product)
        want = Want((*question.words, *said.words), count)
        found = choose(product, said.rest, want, question.pending, earlier=" ".join(question.words))
        if found.variant is None:
            return found.reply or Reply("Which one would you like?")
        items[found.variant.id] = count or 1
    if question.pending:
        return (yield from _with_pending(memory, said, items, question.pending))
    return (yield from take(memory, replace(said, quantity=None), items, without=question.replaces))


def _count(said: Said, question: Question) -> int | None:
    if said.quantity:
        return said.quantity.of(1)
    named = next((one.count for one in said.wants if one.count and one.count > 1), None)
    return named or question.count


def _with_pending(memory: Memory, said: Said, items: Mapping[str, int], pending: tuple[Want, ...]) -> Talk:
    """Take what is clear now, then go on with what waited for it."""
    plain = replace(said, wants=(), quantity=None, rest="")
    memory = yield from put(memory, added(memory, items))
    if isinstance(memory.latest, Failure):
        return failed(memory)
    return (yield from take_wants(memory, plain, pending))


def _looks_elsewhere(said: Said) -> bool:
    """Say whether a message asks for something else to be found, or about what was found."""
    searches = said.asks(Act.SEARCH) and not said.choice.is_any
    return searches or said.asks(Act.COMPARE, Act.MORE) or (said.is_question and not said.choice.is_any)


def _options(memory: Memory, said: Said, question: Question) -> Talk | None:
    """Take the variant whose option was asked for."""
    product = memory.products.get(question.ids[0])
    if product is None or _looks_elsewhere(said):
        return None
    variants = fit(product, " ".join(question.words)).variants
    if said.choice.places and not said.words:
        place = said.choice.places[0]
        if not 0 < place <= len(variants):
            return None
        return take(memory, replace(said, quantity=None), {variants[place - 1].id: _count(said, question) or 1})
    found = fit(product, said.rest)
    if not (found.named or found.lacking or said.choice.is_any or (said.asks(Act.YES) and _is_plain(said))):
        return None
    if found.named and called(said.words, (product,)) == () and not _covers(said, product):
        return None
    return _swapped(memory, said, question, product) or _picked(memory, said, question, (product,))


def _is_to_go(memory: Memory, line: Line, question: Question) -> bool:
    """Say whether a line gives way to the answer: it was named so, or it is sold out."""
    is_same = memory.product_of(line.variant_id) == memory.products.get(question.ids[0])
    return line.variant_id == question.replaces or (is_same and line.availability == "out_of_stock")


def _swapped(memory: Memory, said: Said, question: Question, product: Product) -> Talk | None:
    """Where the order has a variant of the product that cannot be had, the other one takes its place."""
    gone = [one for one in held_lines(memory) if _is_to_go(memory, one, question)]
    if not gone:
        return None
    earlier = " ".join(value for _, value in gone[0].options)
    found = choose(product, said.rest, Want((), question.count), earlier=earlier)
    if found.variant is None:
        return _said(found.reply or Reply("Which one would you like?"))
    items = {one.variant_id: one.quantity for one in held_lines(memory) if one not in gone}
    items[found.variant.id] = gone[0].quantity
    return written(memory, replace(said, quantity=None, wants=()), items)


def _take(memory: Memory, said: Said, question: Question) -> Talk | None:
    """Take the product that was offered."""
    product = memory.products.get(question.ids[0])
    if product is None or _looks_elsewhere(said):
        return None
    if said.choice.places and not chosen(said.choice, (product,)):
        return _said(Reply(f"There is only one: {product.title}. Would you like to order it?", question))
    if said.asks(Act.NO) and not said.wants:
        return _said(Reply("All right. What else are you looking for?"))
    if _means_the_order(memory, said):
        return None
    details = said.has_details and memory.checkout is None
    is_yes = said.asks(Act.YES, Act.TAKE, Act.PAY) or said.quantity or details or said.choice
    names_it = bool(said.words) and _covers(said, product)
    if (is_yes and not said.words) or names_it or (details and not any(want.count for want in said.wants)):
        return _picked(memory, said, question, (product,))
    return None


def _shipping(memory: Memory, said: Said, question: Question) -> Talk | None:
    """Choose among the ways that were listed; a yes takes the one that is chosen already."""
    if memory.checkout is None:
        return None
    if said.choice.places and said.choice.places[0] <= len(question.ids):
        return _chosen_way(memory, said, question.ids[said.choice.places[0] - 1])
    if said.asks(Act.YES) and _is_plain(said):
        return ask_to_pay(memory) if memory.checkout.is_ready else proceed(memory, said)
    return proceed(memory, said) if said.wish else None


def _late(memory: Memory, said: Said, question: Question) -> Talk | None:
    if said.asks(Act.YES, Act.TAKE) and _is_plain(said):
        return _chosen_way(memory, said, question.ids[0])
    if said.asks(Act.NO) and _is_plain(said) and memory.checkout:
        text = (
            f"Then I leave it. These are the ways there are:\n{wording.way_list(memory.checkout.ways)}\nWhich "
            f"one, or shall I cancel the order?"
        )
        return _said(Reply(text, Question("shipping", tuple(one.id for one in memory.checkout.ways))))
    return _shipping(memory, said, question)


def _chosen_way(memory: Memory, said: Said, way_id: str) -> Talk:
    memory = yield from choose_way(memory, way_id)
    if not isinstance(memory.latest, Checkout):
        return failed(memory)
    return (yield from proceed(memory, replace(said, wish=None)))


def _quantity(memory: Memory, said: Said, question: Question) -> Talk | None:
    """Take as many as there are."""
    if not (said.asks(Act.YES, Act.TAKE) and _is_plain(said)):
        return None
    items = {one.variant_id: one.quantity for one in held_lines(memory)}
    items[question.ids[0]] = question.count or 1
    return written(memory, said, items)


def _remove(memory: Memory, said: Said, question: Question) -> Talk | None:
    if not (said.asks(Act.YES, Act.REMOVE) and _is_plain(said)):
        return None
    return written(
        memory,
        said,
        {one.variant_id: one.quantity for one in held_lines(memory) if one.variant_id not in question.ids},
    )


def _pay(memory: Memory, said: Said, question: Question) -> Talk | None:
    """Show the order where that was offered."""
    if said.asks(Act.NO) and _is_plain(said) and not said.asks(Act.PAY):
        return _said(
            Reply(
                "All right, nothing was charged. Tell me what to change, or say “pay” when you are ready.",
                question,
            )
        )
    if not (said.asks(Act.YES, Act.PAY) and _is_plain(said)):
        return None
    if memory.checkout is None:
        return None
    lead = ""
    if memory.asked_to_pay:
        lead = "Only the button on the order confirms it; I cannot press it for you."
    return proceed(memory, replace(said, acts=said.acts | {Act.PAY}), lead=lead)


def _bank(memory: Memory, said: Said, question: Question) -> Talk | None:
    return look_again(memory) if said.asks(Act.DONE, Act.YES, Act.PAY) and not said.wants else None


def _after(memory: Memory, said: Said, question: Question) -> Talk | None:
    if said.asks(Act.NO) and _is_plain(said) and not said.is_gift:
        return _said(Reply("All right. Have a good day!"))
    return _said(Reply(NEXT)) if said.asks(Act.YES) and _is_plain(said) else None


def _cancel(memory: Memory, said: Said, question: Question) -> Talk | None:
    """Cancel the order that was placed on nothing but a yes."""
    named = [one for one in memory.orders if one.number and one.number in said.text]
    ids = [one.id for one in named] or list(question.ids)
    if len(ids) > 1 or (named and ids != list(question.ids)):
        return _said(asked_to_cancel(named[0])) if len(named) == 1 else None
    is_yes = said.asks(Act.CANCEL, Act.YES)
    is_no = said.asks(Act.NO) or bool(_LEAVES.search(said.text))
    if is_no or (_DOUBTS.search(said.text) and not is_yes and not said.wants and "?" not in said.text):
        return _said(Reply("All right, it stays as it is.", Question("after")))
    if not is_yes or "?" in said.text:
        return None
    if _DOUBTS.search(said.text):
        return _said(Reply("I am not sure what you mean. Shall I cancel the order? Say only yes or no.", question))
    is_sure = _is_plain(said) and (not said.asks(Act.THANK) or bool(_SURELY.match(said.text)))
    return canceled(memory, ids[0]) if said.asks(Act.CANCEL) or is_sure else None


def _return(memory: Memory, said: Said, question: Question) -> Talk | None:
    """File a return for a reason that was given, or on a yes to a question for it."""
    if "?" in said.text or said.asks(Act.ABOUT_RETURN, Act.CANCEL, Act.SEARCH, Act.STATUS, Act.HELP):
        return None
    reason = reason_in(said.text)
    if _REFUSES.match(said.text) and reason in ("", "no_longer_needed"):
        return _said(Reply("All right, nothing is sent back.", Question("after")))
    if reason:
        return returned(memory, said, question, reason)
    if said.asks(Act.THANK, Act.BYE) or not said.text.strip():
        return None
    if said.asks(Act.YES) and question.reason:
        return returned(memory, said, question, question.reason)
    return None if said.asks(Act.RETURN) else _said(unnamed_reason(question))


def _said(reply: Reply) -> Talk:
    """Answer without a tool."""
    yield from ()
    return reply


_ANSWERS: Mapping[str, Callable[[Memory, Said, Question], Talk | None]] = {
    "which": _which,
    "options": _options,
    "take": _take,
    "shipping": _shipping,
    "late": _late,
    "quantity": _quantity,
    "remove": _remove,
    "pay": _pay,
    "bank": _bank,
    "cancel": _cancel,
    "return": _return,
    "after": _after,
}
