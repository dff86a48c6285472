"""Bringing an open checkout to its end: details, codes, the way of sending, and then the payment."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from agents.shopper.rules import wording
from agents.shopper.rules.acts import Act
from agents.shopper.rules.contacts import first_and_last
from agents.shopper.rules.content import MOST_TRIES, is_gone, is_passing, put
from agents.shopper.rules.memory import Memory, Step, Talk, use
from agents.shopper.rules.paying import ask_to_pay
from agents.shopper.rules.results import Checkout, Failure, Line, Way
from agents.shopper.rules.saying import Said
from agents.shopper.rules.shopping import failed
from agents.shopper.rules.talk import Answer, Call, Question, Reply
from agents.shopper.rules.ways import pick_way


def proceed(memory: Memory, said: Said, *, lead: str = "", is_new: bool = False) -> Talk:
    """Bring the open checkout as far as it goes: details, codes, shipping; then ask for the rest, or to pay."""
    if memory.checkout is None:
        return Reply(lead or "There is no open order. What are you looking for?")
    memory = yield from filled(memory, said, is_new=is_new)
    if (
        isinstance(memory.latest, Failure)
        and is_gone(memory.latest)
        and not is_new
        and memory.failures < MOST_TRIES
    ):
        return (yield from _anew(memory, said, lead))
    if isinstance(memory.latest, Failure):
        return failed(memory)
    leads = [lead, *_about_codes(memory, said, is_new=is_new)]
    memory, late = yield from _sent(memory, said, is_new=is_new)
    if isinstance(memory.latest, Failure):
        return failed(memory)
    checkout = memory.checkout
    if checkout is None:
        return Reply("This order is over. What are you looking for?")
    text = "\n".join(filter(None, leads))
    if late:
        return replace(late, text=f"{text}\n{late.text}".strip())
    return (yield from _finish(memory, said, checkout, text))


def _anew(memory: Memory, said: Said, lead: str) -> Talk:
    """Open a checkout that is over anew, with all that was in it."""
    lines = memory.checkout.lines if memory.checkout else ()
    memory = yield from put(replace(memory, checkout=None), {one.variant_id: one.quantity for one in lines})
    if isinstance(memory.latest, Failure):
        return failed(memory)
    text = f"{lead}\nThe order had lapsed, so I have opened it anew."
    return (yield from proceed(memory, said, lead=text.strip(), is_new=True))


def _finish(memory: Memory, said: Said, checkout: Checkout, lead: str) -> Talk:
    if checkout.status == "not_ready_for_payment" and checkout.problems:
        return _hindered(memory, checkout, lead)
    missing = lacking(memory, checkout)
    if missing:
        broken = "That does not look like a whole e-mail address." if said.has_broken_email else ""
        text = "\n".join(filter(None, [lead, broken, wording.request_for(missing)]))
        return Reply(text, Question("details", words=missing))
    if not checkout.is_ready:
        note = " ".join(one.text for one in checkout.notes if one.kind == "error")
        return Reply(f"{lead}\n{note or 'The order cannot be paid yet.'}".strip())
    if _has_to_choose_way(memory, checkout, said):
        text = f"How shall it be sent?\n{wording.way_list(checkout.ways)}"
        return Reply(f"{lead}\n{text}".strip(), Question("shipping", tuple(one.id for one in checkout.ways)))
    if said.codes and _rejected(checkout, said):
        return Reply(f"{lead}\nThe total is {checkout.total}. Shall I show you the order?", Question("pay"))
    return (yield from ask_to_pay(memory, lead))


def lacking(memory: Memory, checkout: Checkout) -> tuple[str, ...]:
    """Return what has to be asked for: what the checkout misses, and a name where a parcel has none."""
    missing = list(dict.fromkeys(one for one in checkout.missing if not one.startswith("address.name")))
    if "shipping_option" in missing:
        missing.remove("shipping_option")
    needs_address = any(one.startswith("address") for one in missing) or bool(checkout.address.line_one)
    buyer = f"{checkout.first_name}{checkout.last_name}"
    if needs_address and not checkout.address.name and not memory.contact.recipient and not buyer:
        missing.insert(1 if "email" in missing else 0, "name")
    return tuple(missing)


def _has_to_choose_way(memory: Memory, checkout: Checkout, said: Said) -> bool:
    sent = [one for one in checkout.ways if one.kind != "pickup"]
    is_settled = memory.has_way or memory.wish is not None or said.asks(Act.PAY)
    was_asked = memory.question is not None and memory.question.about in ("shipping", "late")
    return len(sent) > 1 and not is_settled and not (was_asked and said.asks(Act.YES, Act.PAY))


def _hindered(memory: Memory, checkout: Checkout, lead: str) -> Reply:
    """Say what stands in the way and what could be done about it."""
    text = "\n".join(filter(None, [lead, " ".join(one.text for one in checkout.problems)]))
    codes = {one.code for one in checkout.problems}
    if codes & {"address_not_served", "invalid_address", "invalid", "region_restricted"}:
        return Reply(f"{text} Is there another address?", Question("details", words=("address",)))
    for line in checkout.lines:
        most = _most(memory, line)
        if most and most < line.quantity:
            return Reply(f"{text} Shall I make it {most}?", Question("quantity", (line.variant_id,), most))
        if line.availability == "out_of_stock":
            return _instead(memory, line, text)
    return Reply(f"{text} What should I change?")


def _most(memory: Memory, line: Line) -> int | None:
    """Return how many of a line can be had, None where that is not known to end."""
    variant = memory.variant(line.variant_id)
    limits = (variant.available, variant.most) if variant else ()
    return min((one for one in limits if one is not None), default=None)


def _instead(memory: Memory, line: Line, text: str) -> Reply:
    """Offer the other variants of what is sold out."""
    product, gone = memory.product_of(line.variant_id), memory.variant(line.variant_id)
    others = (
        [one for one in product.variants if one.is_purchasable and one.id != line.variant_id] if product else []
    )
    if product and gone and others:
        names = wording.nearest_names(product, gone, others)
        question = Question("options", (product.id,), line.quantity)
        return Reply(f"{text} Instead there is {names}. Or shall I remove it?", question)
    return Reply(f"{text} Shall I remove it, or look for something else?", Question("remove", (line.variant_id,)))


def filled(memory: Memory, said: Said, *, is_new: bool) -> Step:
    """Write what was said into the checkout, all in one call. Nothing new, no call."""
    checkout = memory.checkout
    if checkout is None:
        return memory
    given: dict[str, Any] = {}
    if is_new or said.email or said.buyer or said.phone or said.address.name:
        given["buyer"] = _buyer(memory, said, checkout)
    if is_new or said.address or said.buyer:
        given["address"] = _address(memory, said, checkout)
    if said.codes or (is_new and memory.codes):
        given["discount_codes"] = list(memory.codes if is_new else said.codes.over(checkout.codes))
    given = {name: value for name, value in given.items() if value or name == "discount_codes"}
    for _ in range(2 if given else 0):
        memory = yield from _update(memory, checkout.id, given)
        if not (isinstance(memory.latest, Failure) and is_passing(memory.latest)):
            break
    return memory


def _update(memory: Memory, checkout_id: str, given: Mapping[str, Any]) -> Step:
    """Call update_checkout. An empty list of codes is kept: it takes them off."""
    arguments = {"checkout_id": checkout_id, **given}
    answer = yield Call("update_checkout", arguments)
    return memory.after("update_checkout", arguments, answer)


def _buyer(memory: Memory, said: Said, checkout: Checkout) -> dict[str, str]:
    """Return who buys as it is to be, {} where it is so already. What the form has stays unless said otherwise."""
    contact = memory.contact
    named = contact.buyer or ("" if contact.is_gift else contact.address.name)
    known = {"email": checkout.email, "first_name": checkout.first_name, "last_name": checkout.last_name}
    is_named = checkout.first_name or checkout.last_name
    first, last = first_and_last(said.buyer or ("" if is_named else named))
    email = said.email or ("" if checkout.email else contact.email)
    told = {"email": email, "first_name": first, "last_name": last, "phone": contact.phone}
    fresh = {key: text for key, text in told.items() if text}
    return fresh if any(known.get(key, "") != text for key, text in fresh.items()) else {}


def _address(memory: Memory, said: Said, checkout: Checkout) -> dict[str, str]:
    """Return the whole address as it is to be, {} where it is so already.

    What the form has may have been mended on the page: only where it has none does what was said earlier count.
    """
    told = said.address if checkout.address.line_one else memory.contact.address
    wanted = told.over(checkout.address)
    if said.buyer and not said.address.name and wanted.name == f"{checkout.first_name} {checkout.last_name}":
        wanted = replace(wanted, name=said.buyer)
    if not wanted.name and memory.contact.recipient and wanted:
        wanted = replace(wanted, name=memory.contact.recipient)
    has_place = bool(replace(wanted, name=""))
    return wanted.given() if has_place and wanted != checkout.address else {}


def _about_codes(memory: Memory, said: Said, *, is_new: bool) -> list[str]:
    checkout = memory.checkout
    if checkout is None or not (said.codes or (is_new and memory.codes)):
        return []
    texts = [f"{code} takes off {money}." for code, money in checkout.applied]
    texts += [f"{code} was not accepted: {message}" for code, message in checkout.rejected]
    if said.codes.drops_all or said.codes.dropped:
        texts.insert(0, "The code is off.")
    return texts


def _rejected(checkout: Checkout, said: Said) -> bool:
    refused = {code.upper() for code, _ in checkout.rejected}
    return any(code.upper() in refused for code in said.codes.added)


SentStep = Generator[Call, Answer, tuple[Memory, Reply | None]]


def _sent(memory: Memory, said: Said, *, is_new: bool) -> SentStep:
    """Choose the way of sending that is wished for, where there is something to choose from."""
    checkout, wish = memory.checkout, memory.wish
    if checkout is None or wish is None or not checkout.ways or not (said.wish or said.address or is_new):
        return memory, None
    picked = pick_way(checkout.ways, wish)
    if picked.way is None:
        name = wish.name or "that"
        text = (
            f"There is no way of sending called {name}. There are:\n{wording.way_list(checkout.ways)}\nWhich one?"
        )
        return memory, Reply(text, Question("shipping", tuple(one.id for one in checkout.ways)))
    if picked.is_late and wish.by:
        return memory, _too_late(memory, checkout, wish.by, picked.way.id)
    if not picked.way.is_chosen:
        memory = yield from choose_way(memory, picked.way.id)
    if isinstance(memory.latest, Failure) and memory.failures < MOST_TRIES:
        memory = yield from _chosen_again(memory, picked.way)
    return memory, None


def _chosen_again(memory: Memory, way: Way) -> Step:
    """Read the ways there are now, and choose the one of the same name."""
    memory = yield from use(memory, "get_checkout", checkout_id=memory.checkout.id if memory.checkout else "")
    ways = memory.checkout.ways if memory.checkout else ()
    same = next((one for one in ways if one.title == way.title), None)
    return (yield from choose_way(memory, same.id)) if same else memory


def _too_late(memory: Memory, checkout: Checkout, by: Any, way_id: str) -> Reply:
    way = next(one for one in checkout.ways if one.id == way_id)
    if way.latest is None:
        text = f"I cannot promise {wording.day(by)}: no dates are given for {way.title}."
    elif way.earliest and way.earliest <= by:
        text = f"Nothing is sure to arrive by {wording.day(by)}, though {way.title} may."
    else:
        text = f"Nothing arrives by {wording.day(by)}."
    return Reply(
        f"{text} The best there is: {wording.way_line(way)}. Shall I take it?", Question("late", (way.id,))
    )


def choose_way(memory: Memory, way_id: str) -> Step:
    checkout_id = memory.checkout.id if memory.checkout else ""
    return (yield from use(memory, "update_checkout", checkout_id=checkout_id, shipping_option_id=way_id))
