"""Questions about products, about delivery, and about this assistant itself."""

from __future__ import annotations

from agents.shopper.rules import wording
from agents.shopper.rules.acts import Act
from agents.shopper.rules.countries import Destination, country_name
from agents.shopper.rules.memory import Memory, Talk, use
from agents.shopper.rules.picking import called, chosen, fit
from agents.shopper.rules.results import Checkout, Failure, Looked, Product, Variant
from agents.shopper.rules.saying import Said
from agents.shopper.rules.shopping import ABLE, failed, locate
from agents.shopper.rules.talk import Question, Reply
from agents.shopper.rules.words import COLORS, SIZES

SELF = f"I am a demo assistant that works by fixed rules; there is no language model behind me. {ABLE}"
HELLO = "Hello! Tell me what you are looking for, such as “a gray dry bag under 40”."
OFF_TOPIC = f"I am not sure what you mean. If it is not about shopping, I cannot help with it. {ABLE}"
LOST = f"I did not understand that. {ABLE}"


def who(memory: Memory, said: Said) -> Reply:
    return Reply(SELF, memory.idle_question)


def about_product(memory: Memory, said: Said) -> Talk:
    """Answer what is asked about a product: one that is named, chosen, or talked about."""
    picked = _product_meant(memory, said)
    if picked is None and said.wants:
        located = yield from locate(memory, said.wants[0], said)
        memory = located.memory
        if isinstance(memory.latest, Failure):
            return failed(memory)
        if not located.is_exact or not located.products:
            near = f"\n{wording.product_list(located.products)}" if located.products else ""
            ids = tuple(one.id for one in located.products)
            return Reply(
                f"{located.lead or 'I found nothing like that.'}{near}", Question("which", ids) if ids else None
            )
        if len(located.products) > 1:
            text = f"There are several:\n{wording.product_list(located.products)}\nWhich one do you mean?"
            return Reply(text, Question("which", tuple(one.id for one in located.products)))
        picked = located.products[0]
    if picked is None:
        return _which_product(memory, said)
    ship_to = _place(said) if said.asks(Act.SHIPS) else ""
    memory = yield from use(memory, "look_at_product", product_id=picked.id, ship_to=ship_to)
    if isinstance(memory.latest, Failure):
        return failed(memory)
    product = memory.latest.product if isinstance(memory.latest, Looked) else picked
    offer = "Would you like to order it?" if product.is_purchasable else "Shall I look for something else?"
    return Reply("\n".join([*_answers(product, said), offer]), _offer(product, said))


def _offer(product: Product, said: Said) -> Question | None:
    """Offer what was asked about, in the color or size it was asked about in."""
    return Question("take", (product.id,), words=fit(product, said.rest).named) if product.is_purchasable else None


def _place(said: Said) -> str:
    """Return where something would go, as a search takes it: by a name of a place, or by an address."""
    if said.destination:
        return said.destination.ship_to
    return Destination(said.address.country, said.address.region).ship_to


def _which_product(memory: Memory, said: Said) -> Reply:
    if memory.seen:
        names = wording.joined((one.title for one in memory.seen), "or")
        return Reply(f"Which one do you mean: {names}?", Question("which", memory.shown))
    if said.asks(Act.SHIPS):
        where = f"to {country_name(_place(said)[:2])}" if _place(said) else "there"
        return Reply(f"That depends on the thing: tell me which, and I see whether it is sent {where}.")
    return Reply("Which product do you mean? Tell me what you are looking for.")


def _product_meant(memory: Memory, said: Said) -> Product | None:
    if picked := chosen(said.choice, memory.seen, memory.focused):
        return picked[0]
    if said.words:
        named = called(said.words, memory.seen) or called(said.words, tuple(memory.products.values()))
        if len(named) == 1:
            return named[0]
        focus = memory.focused
        if said.choice.points and set(said.words) <= COLORS | SIZES:
            return focus or _ordered(memory)
        if focus and fit(focus, said.rest).named:
            return focus
        return None
    if memory.focused:
        return memory.focused
    return _ordered(memory)


def _ordered(memory: Memory) -> Product | None:
    """Return the product that was put into the order last."""
    held = memory.checkout or memory.cart
    return memory.product_of(held.lines[-1].variant_id) if held and held.lines else None


def _answers(product: Product, said: Said) -> list[str]:
    """Answer each thing that was asked; where nothing special was, tell all there is to tell."""
    found = fit(product, said.rest)
    texts: list[str] = []
    if found.lacking:
        texts.append(f"{product.title} does not come in {wording.joined(found.lacking, 'or')}.")
    if said.asks(Act.SHIPS):
        texts.append(_ships(product, said))
    if said.asks(Act.STOCK):
        texts += [_stock(product, one) for one in found.variants]
    if said.asks(Act.PRICE):
        texts.append(f"{product.title} costs {wording.price_of(found.variants)}.")
    is_about_option = bool(said.words) and set(said.words) <= COLORS | SIZES and not found.named
    if said.asks(Act.CHOICES) or found.lacking or is_about_option:
        choices = wording.values_of(product)
        texts.append(
            f"{product.title} comes in {choices}." if choices else f"{product.title} comes in one version only."
        )
    if said.asks(Act.DESCRIBE) or not texts:
        texts.append(f"{wording.product_line(product)}.\n{product.description}".strip())
    return texts


def _stock(product: Product, variant: Variant) -> str:
    is_plain = variant.is_purchasable or variant.availability == "out_of_stock"
    hindered = "" if is_plain else f" ({wording.obstacle_of([variant])})"
    stock = wording.stock_of(variant)
    return f"{wording.variant_name(product, variant)}: {stock}{hindered}."


def _ships(product: Product, said: Said) -> str:
    if not _place(said):
        return "Tell me the country, and I will see whether it is sent there."
    name = country_name(_place(said)[:2])
    refused = [text for one in product.variants for code, text in one.obstacles if code == "no_shipping_to"]
    if refused and not product.is_purchasable:
        return f"{product.title} is not sent to {name}."
    return f"Yes, {product.title} can be sent to {name}."


def about_delivery(memory: Memory, said: Said) -> Talk:
    """Tell how and when an order could be sent."""
    checkout = memory.checkout
    if checkout is None:
        return Reply(
            "What shipping costs and when it arrives depends on the address. Choose something first, then tell me "
            "where it goes, and I will list the ways there are."
        )
    memory = yield from use(memory, "get_checkout", checkout_id=checkout.id)
    fresh = memory.checkout
    if fresh is None or isinstance(memory.latest, Failure):
        return failed(memory)
    if not [one for one in fresh.ways if one.kind != "pickup"] and _needs_address(fresh):
        return Reply(
            "I need the postal address first, then I can list the ways of sending.",
            Question("details", words=fresh.missing),
        )
    text = f"{wording.way_list(fresh.ways)}\nWhich one would you like?"
    return Reply(text, Question("shipping", tuple(one.id for one in fresh.ways)))


def _needs_address(checkout: Checkout) -> bool:
    return any(one.startswith("address") for one in checkout.missing)


def about_codes(memory: Memory, said: Said) -> Reply:
    return Reply(
        "I do not know any codes myself. If you have one, tell me, such as “code ABC10”.", memory.question
    )


def small_talk(memory: Memory, said: Said) -> Reply:
    """Answer a greeting, thanks, a good-bye, a call for help."""
    if said.asks(Act.HELP):
        return Reply(ABLE, memory.idle_question)
    if said.asks(Act.THANK, Act.BYE):
        return Reply(
            "You are welcome." if said.asks(Act.THANK) else "Good-bye! Come back whenever you like.",
            memory.idle_question,
        )
    return Reply(HELLO)


def card_number(memory: Memory, said: Said) -> Reply:
    """Use nothing of a message that has the number of a card in it."""
    text = "Please never write a card number here. I have not used it. You pay on the order itself, by its button."
    return Reply(text, memory.idle_question)


def here(memory: Memory, said: Said) -> Reply:
    """Answer somebody who asks whether anybody is there, and say how the order stands."""
    held = memory.checkout or memory.cart
    order = f" In your order: {wording.lines_of(held.lines)}. Say “pay” when you want to see it." if held else ""
    return Reply(f"Yes, I am here.{order} What can I do for you?", memory.idle_question)


def lost(memory: Memory, said: Said) -> Reply:
    return Reply(OFF_TOPIC if said.wants else LOST, memory.idle_question)


def unasked(memory: Memory, said: Said) -> Reply:
    """Refuse to confirm in the shopper's place."""
    text = "Only the button on the order can confirm it; nobody, and so neither can I, can press it for you."
    ready = memory.checkout is not None and memory.checkout.is_ready and not memory.payment
    if ready:
        return Reply(f"{text} Shall I show you the order?", Question("pay"))
    return Reply(f"{text} I can fill in the order until only that is left.", memory.idle_question)
