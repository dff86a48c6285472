"""Finding things: searching, showing, more of it, comparing, picking. Ends in a reply, or in something to take."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.shopper.rules import wording
from agents.shopper.rules.acts import Act
from agents.shopper.rules.choices import Extreme
from agents.shopper.rules.limits import Limits
from agents.shopper.rules.memory import Memory, Step, Talk, use
from agents.shopper.rules.picking import called, chosen, fit, is_excluded, score
from agents.shopper.rules.results import Failure, Found, Product, amount
from agents.shopper.rules.saying import Said
from agents.shopper.rules.talk import Answer, Call, Question, Reply
from agents.shopper.rules.wants import Want
from agents.shopper.rules.words import COLORS, SIZES, words_of

ABLE = (
    "I can find products by words and price, tell about them and compare them, fill an order with your address, "
    "shipping and discount codes, show it to you to be paid, and look after orders: where they are, "
    "canceling, returns."
)
MOST_COMPARED = 3
TAKE_HINT = "Which one would you like? You can say its number, ask about it, or narrow it down."


_OFF_TOPIC = re.compile(
    r"\s*(?:what|who|why|when|where|how|tell|write|sing|explain|calculate|translate|is|are|can)\b", re.IGNORECASE
)


_ABOUT_GOODS = re.compile(
    r"\b(?:what|how)\s+about\b|\b(?:need|want|like|looking|after|prefer|get|see|wish|which|good\s+for|gift)\b",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"^\W*(?:(?:i|you|we|it|this|that|they|he|she|there|my|your)(?:'\w+)?|what(?:'?s)?|who(?:'?s)?|why|when|where|how"
    r"|is|are|am|was|were|can|could|should|would|will|did|does|do|tell|write|sing|explain|calculate|translate)\s",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Located:
    """What was found for a want: one product, several to choose from, or none with the reason."""

    memory: Memory
    products: tuple[Product, ...] = ()
    lead: str = ""
    is_exact: bool = True


Location = Generator[Call, Answer, Located]


def is_search(memory: Memory, said: Said) -> bool:
    """Say whether words are looked for in the shop: they name a thing, and are no sentence about other things."""
    if said.limits or said.asks(Act.SEARCH, Act.TAKE, Act.ADD, Act.KEEP, Act.CHANGE, Act.NEWEST):
        return bool(said.wants or said.limits)
    is_named = any(want.count for want in said.wants) or bool(_ABOUT_GOODS.search(said.text))
    return bool(said.wants) and (is_named or not _STATEMENT.match(said.text))


def search(memory: Memory, said: Said) -> Talk:
    """Look for what was asked for and show it."""
    texts: list[str] = []
    shown: tuple[Product, ...] = ()
    for want in said.wants or (Want(()),):
        memory = yield from _searched(memory, said, want.text)
        if isinstance(memory.latest, Failure):
            return failed(memory)
        located = _located(memory)
        if not located.is_exact and (easier := _without_options(want)):
            memory = yield from _searched(memory, said, easier)
            located = _near(want, _located(memory))
        located = _without(memory, located)
        if not located.is_exact and not located.lead:
            located = replace(located, lead="I did not find exactly that.")
        shown = (*shown, *located.products)
        texts.append(_shown(located, memory, offset=len(shown) - len(located.products)))
    memory = replace(memory, shown=tuple(one.id for one in shown))
    return _offered(memory, shown, texts, said)


def _offered(memory: Memory, shown: Sequence[Product], texts: Sequence[str], said: Said) -> Reply:
    lead = _currency_note(memory, said)
    text = "\n".join(filter(None, [lead, *texts]))
    count = said.wants[0].count if len(said.wants) == 1 else None
    words = said.wants[0].words if len(said.wants) == 1 else ()
    if not shown and _OFF_TOPIC.match(said.text):
        return Reply(f"{text}\nIf it is not about shopping, I cannot help with it. {ABLE}")
    if not shown:
        return Reply(f"{text}\nTell me in other words what you are looking for.")
    if len(shown) == 1 and not shown[0].is_purchasable:
        return Reply(f"{text}\nShall I look for something else?")
    if len(shown) == 1:
        return Reply(f"{text}\nWould you like to order it?", Question("take", (shown[0].id,), count, words))
    return Reply(f"{text}\n{TAKE_HINT}", Question("which", tuple(one.id for one in shown), count, words))


def _currency_note(memory: Memory, said: Said) -> str:
    asked = said.limits.currency
    if asked and memory.currency and asked != memory.currency:
        return f"Prices here are in {memory.currency}, so I took your limit as {memory.currency}."
    return ""


def _searched(memory: Memory, said: Said, words: str) -> Step:
    sort = "relevance"
    if said.choice.extreme is Extreme.CHEAPEST or said.asks(Act.CHEAPER):
        sort = "price"
    elif said.choice.extreme is Extreme.DEAREST:
        sort = "-price"
    elif said.asks(Act.NEWEST):
        sort = "newest"
    arguments: dict[str, Any] = {
        "words": words,
        "price_min": said.limits.least,
        "price_max": said.limits.highest,
        "in_stock_only": (said.asks(Act.STOCK) and said.asks(Act.SEARCH)) or None,
        "sort": sort if sort != "relevance" else "",
        "ship_to": memory.destination.ship_to if memory.destination else "",
    }
    return (yield from use(memory, "search_products", **arguments))


def _located(memory: Memory) -> Located:
    found = memory.latest
    if not isinstance(found, Found):
        return Located(memory)
    if found.products:
        corrected = "; ".join(f"I took “{written}” as “{instead}”" for written, instead in found.corrections)
        return Located(memory, found.products, f"{corrected}." if corrected else "")
    lead = found.message
    if found.price_min:
        lead = f"{lead} Prices are from {found.price_min} to {found.price_max}."
    return Located(memory, found.nearest, lead, is_exact=False)


def _without(memory: Memory, located: Located) -> Located:
    """Leave out what it was said not to be."""
    left = tuple(one for one in located.products if not is_excluded(one, memory.excluded))
    if left or not located.products:
        return replace(located, products=left)
    return replace(located, products=(), lead="I found nothing else like that.")


def _near(want: Want, located: Located) -> Located:
    """Say that something comes near, unless it comes in just the color or size that was left out."""
    if located.products and all(fits(want, one) for one in located.products):
        return located
    return replace(located, is_exact=False, lead=f"I found nothing called “{want.text}”.")


def fits(want: Want, product: Product) -> bool:
    found = fit(product, want.text)
    return bool(found.named) and not found.lacking


def _shown(located: Located, memory: Memory, *, offset: int) -> str:
    if not located.products:
        return located.lead or "I found nothing like that."
    rows = [
        f"{number}. {wording.product_line(one)}" for number, one in enumerate(located.products, start=offset + 1)
    ]
    head = located.lead if not located.is_exact else ""
    if located.is_exact:
        head = located.lead or ("I found this:" if len(rows) == 1 else "Here is what I found:")
    elif not head:
        head = "This comes near:"
    more = "There is more: say “more”." if memory.more else ""
    return "\n".join(filter(None, [head, *rows, more]))


def _without_options(want: Want) -> str:
    """Return a want without colors and sizes: a shop may know them as options only, or not at all."""
    left = [one for one in want.words if one not in COLORS and one not in SIZES]
    return " ".join(left) if left and len(left) < len(want.words) else ""


def more(memory: Memory, said: Said) -> Talk:
    """Show the next page of the last search."""
    if not memory.seen:
        return Reply("What are you looking for?")
    if not memory.more:
        return Reply("That was all there is for it. I can look for something else.")
    memory = yield from use(memory, "search_products", **memory.search, cursor=memory.more)
    if isinstance(memory.latest, Failure):
        return failed(memory)
    located = _without(memory, _located(memory))
    return _offered(memory, located.products, [_shown(located, memory, offset=0)], said)


def similar(memory: Memory, said: Said) -> Talk:
    """Show other things of the kind that is talked about, or that is in the order."""
    held = memory.checkout or memory.cart or memory.closed
    product = memory.focused or (memory.product_of(held.lines[-1].variant_id) if held and held.lines else None)
    if product is None:
        return (yield from search(memory, said))
    for words in (words_of(product.title)[-1], " ".join(product.tags[:1])):
        memory = yield from _searched(memory, replace(said, limits=Limits()), words)
        if isinstance(memory.latest, Failure):
            return failed(memory)
        located = _located(memory)
        others = tuple(one for one in located.products if one.id != product.id)
        if located.is_exact and others:
            text = _shown(Located(memory, others, f"Like {product.title} there is:"), memory, offset=0)
            return _offered(memory, others, [text], replace(said, wants=()))
    return Reply(f"There is nothing else like {product.title} here. What else are you looking for?")


def refine(memory: Memory, said: Said) -> Talk:
    """Repeat the last search with other limits."""
    before = memory.search
    arguments = dict(before)
    if said.limits.least:
        arguments["price_min"] = said.limits.least
    if said.limits.highest:
        arguments["price_max"] = said.limits.highest
    if said.asks(Act.CHEAPER) and not said.limits:
        arguments["sort"] = "price"
        if memory.seen and memory.question and memory.question.about in ("take", "options"):
            lowest = min(amount(one.lowest.price) for one in memory.seen)
            arguments["price_max"] = str(lowest)
    if said.asks(Act.STOCK):
        arguments["in_stock_only"] = True
    if said.words:
        arguments["words"] = " ".join(dict.fromkeys([*str(before.get("words", "")).split(), *said.words]))
    memory = yield from use(memory, "search_products", **arguments)
    if isinstance(memory.latest, Failure):
        return failed(memory)
    located = _without(memory, _located(memory))
    text = _shown(located, memory, offset=0)
    return _offered(memory, located.products, [text], replace(said, wants=()))


def compare(memory: Memory, said: Said) -> Talk:
    """Put products beside each other: those named, or those shown."""
    products = list(chosen(said.choice, memory.seen, memory.focused))
    for want in said.wants if len(products) < 2 else ():
        products += [one for one in called(want.words, tuple(memory.products.values()))[:1] if one not in products]
    if len(products) < 2 and said.wants:
        products = []
        for want in said.wants[:MOST_COMPARED]:
            memory = yield from _searched(memory, said, want.text)
            found = _located(memory).products[: 1 if len(said.wants) > 1 else 3]
            products += [one for one in found if one not in products]
    if len(products) < 2:
        products = list(memory.seen[:3])
    if len(products) < 2:
        return Reply("Tell me which two products to compare, or let me search first.")
    memory = yield from use(memory, "compare_products", product_ids=[one.id for one in products[:6]])
    if isinstance(memory.latest, Failure):
        return failed(memory)
    rows = [_compared(number, one) for number, one in enumerate(memory.seen, start=1)]
    ids = tuple(one.id for one in memory.seen)
    return Reply("\n".join([*rows, _cheaper(memory.seen), "Which one would you like?"]), Question("which", ids))


def _compared(number: int, product: Product) -> str:
    stock = wording.stock_of(product.lowest) if product.is_purchasable else wording.obstacle_of(product.variants)
    return f"{number}. {wording.product_line(product)}; {stock}. {product.description}".strip()


def _cheaper(products: Sequence[Product]) -> str:
    cheapest = min(products, key=lambda one: amount(one.lowest.price))
    if all(amount(one.lowest.price) == amount(cheapest.lowest.price) for one in products):
        return "They cost the same."
    return f"The cheapest is {cheapest.title}."


def locate(memory: Memory, want: Want, said: Said) -> Location:
    """Find the product that a want means: among those shown, else in the shop."""
    known = called(want.words, memory.seen)
    if known and score(want.words, known[0])[0] == len(want.words) and not said.limits:
        return Located(memory, known)
    memory = yield from _searched(memory, said, want.text)
    located = _located(memory)
    if not located.is_exact and (easier := _without_options(want)):
        memory = yield from _searched(memory, said, easier)
        located = _located(memory)
    located = _without(memory, located)
    if located.is_exact and len(located.products) > 1:
        located = replace(located, products=_narrowed(want, said, located.products))
    return replace(located, memory=memory)


def _narrowed(want: Want, said: Said, products: tuple[Product, ...]) -> tuple[Product, ...]:
    if said.choice.extreme:
        return chosen(said.choice, products)
    titled = [one for one in products if score(want.words, one)[0] == len(want.words)]
    best = max((score(want.words, one)[1] for one in titled), default=0)
    narrowed = tuple(one for one in titled if score(want.words, one)[1] == best and best)
    return narrowed or products


def failed(memory: Memory) -> Reply:
    """Say what went wrong, in the words of the tool."""
    failure = memory.latest
    message = failure.message if isinstance(failure, Failure) and failure.message else "Something went wrong."
    return Reply(f"That did not work: {message} Nothing was charged. Shall I try it again, or do something else?")
