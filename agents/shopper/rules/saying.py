"""What one message of a shopper says: all that can be read out of it, before it is decided what counts. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from agents.shopper.rules.acts import QUESTIONS, SERIOUS, Act, acts_in, without_acts
from agents.shopper.rules.addresses import AddressParts, find_address
from agents.shopper.rules.choices import Choice, find_choice
from agents.shopper.rules.codes import Codes, find_codes
from agents.shopper.rules.contacts import (
    bare_name,
    find_buyer,
    find_email,
    find_phone,
    find_recipient,
    has_broken_email,
    has_card_number,
)
from agents.shopper.rules.corrections import find_correction, read_answer
from agents.shopper.rules.countries import Destination, find_destination
from agents.shopper.rules.deadlines import find_deadline
from agents.shopper.rules.exclusions import find_excluded
from agents.shopper.rules.limits import Limits, find_limits
from agents.shopper.rules.numbers import Quantity, find_quantity
from agents.shopper.rules.shipping import Speed, Wish, find_wish, is_about_sending
from agents.shopper.rules.wants import Want, is_for_somebody_else, wants_in
from agents.shopper.rules.words import plain

AT_MOST_WORDS = 6  # of an answer at the order such as "no, the cheapest one"


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one must know to understand a message: the day, what was asked, and what words mean at the moment."""

    today: date
    missing: tuple[str, ...] = ()  # the parts that were asked for last
    is_asked_which: bool = False
    is_asked_shipping: bool = False
    is_at_order: bool = False  # the order is before the shopper, with its way of sending
    shipping_titles: tuple[str, ...] = ()
    address: AddressParts = field(default_factory=AddressParts)


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    acts: frozenset[Act] = frozenset()
    wants: tuple[Want, ...] = ()
    quantity: Quantity | None = None
    limits: Limits = field(default_factory=Limits)
    wish: Wish | None = None
    codes: Codes = field(default_factory=Codes)
    choice: Choice = field(default_factory=Choice)
    email: str = ""
    phone: str = ""
    buyer: str = ""
    address: AddressParts = field(default_factory=AddressParts)
    destination: Destination | None = None
    excluded: tuple[tuple[str, ...], ...] = ()  # what it is not to be
    is_gift: bool = False
    has_broken_email: bool = False
    has_card_number: bool = False
    rest: str = field(default="", compare=False)

    def asks(self, *acts: Act) -> bool:
        return not self.acts.isdisjoint(acts)

    @property
    def has_details(self) -> bool:
        """Whether something for the form was said: who, where, how to reach them."""
        return bool(self.email or self.phone or self.buyer or self.address)

    @property
    def is_question(self) -> bool:
        return self.asks(*QUESTIONS)

    @property
    def wants_something_else(self) -> bool:
        """Whether "cancel" comes with something wanted instead, or taken out only."""
        return self.asks(Act.ADD, Act.CHANGE, Act.REMOVE) and bool(self.wants)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for want in self.wants for word in want.words)


def read(text: str, hearing: Hearing) -> Said:
    """Read a message, the surest parts first; what each takes out is not read by the next."""
    text = plain(text)
    if has_card_number(text):
        return Said("", has_card_number=True)
    said = Said(text, rest=text, acts=acts_in(text), has_broken_email=has_broken_email(text))
    for step in _STEPS:
        said = step(said, hearing)
    acts = acts_in(said.rest) - SERIOUS
    kept = said.acts & (
        SERIOUS | {Act.YES, Act.NO, Act.TAKE, Act.PAY, Act.UNASKED, Act.SHIPS, Act.DONE, Act.REOPEN, Act.SIMILAR}
    )
    return replace(said, acts=acts | kept, wants=wants_in(without_acts(said.rest)))


def _who(said: Said, hearing: Hearing) -> Said:
    email = find_email(said.rest)
    phone = find_phone(email.rest)
    buyer = find_buyer(phone.rest)
    return replace(said, email=email.value, phone=phone.value, buyer=buyer.value, rest=buyer.rest)


def _codes(said: Said, hearing: Hearing) -> Said:
    found = find_codes(said.rest)
    return replace(said, codes=found.value, rest=found.rest)


def _when(said: Said, hearing: Hearing) -> Said:
    found = find_deadline(said.rest, hearing.today, is_asked=hearing.is_asked_shipping)
    wish = Wish(by=found.value) if found.value else None
    return replace(said, wish=wish, rest=found.rest)


def _address(said: Said, hearing: Hearing) -> Said:
    """Read an address, parts of one by name, or an answer that is nothing else."""
    found = find_address(said.rest, is_asked="address" in hearing.missing)
    parts, rest = found.value, found.rest
    if not parts and not hearing.is_asked_which:
        mended = find_correction(rest, hearing.address)
        parts, rest = mended.value, mended.rest
    if not parts and (answer := read_answer(rest, hearing.missing, hearing.address)):
        parts, rest = answer, ""
    return replace(said, address=parts, rest=rest)


def _recipient(said: Said, hearing: Hearing) -> Said:
    """Read who it is for: named as such, or the answer to a question for it."""
    is_gift = is_for_somebody_else(said.text)
    found = find_recipient(said.rest)
    name, rest = found.value, found.rest
    if not name and "name" in hearing.missing and not said.address.name:
        name = next((one for one in map(bare_name, rest.replace("\n", ",").split(",")) if one), "")
        rest = "" if name else rest
    if not name and said.address.line_one and not said.address.name:
        name, rest = _name_behind(rest)
    if not name or said.address.name:
        return replace(said, is_gift=is_gift)
    return replace(said, address=replace(said.address, name=name), is_gift=is_gift, rest=rest)


def _name_behind(text: str) -> tuple[str, str]:
    """Read a name that stands by itself at the end of a message with an address and something else in it."""
    segments = [one.strip() for one in text.replace("\n", ",").split(",") if one.strip(" .!")]
    name = bare_name(segments[-1]) if len(segments) > 1 else ""
    return (name, ", ".join(segments[:-1])) if name else ("", text)


def _what_not(said: Said, hearing: Hearing) -> Said:
    found = find_excluded(said.rest)
    return replace(said, excluded=found.value, rest=found.rest)


def _how(said: Said, hearing: Hearing) -> Said:
    at_order = hearing.is_at_order and len(said.rest.split()) < AT_MOST_WORDS
    found = find_wish(
        said.rest,
        hearing.shipping_titles,
        is_asked=hearing.is_asked_shipping or at_order,
        has_address=bool(said.address),
    )
    if found.value is None and is_about_sending(said.excluded, hearing.shipping_titles):
        return replace(said, wish=Wish(Speed.CHEAPEST, by=said.wish.by if said.wish else None), excluded=())
    if found.value is None:
        return said
    wish = replace(found.value, by=said.wish.by if said.wish else None)
    return replace(said, wish=wish, rest=found.rest)


def _limits(said: Said, hearing: Hearing) -> Said:
    found = find_limits(said.rest)
    return replace(said, limits=found.value, rest=found.rest)


def _where(said: Said, hearing: Hearing) -> Said:
    found = find_destination(said.rest)
    place = found.value
    if place is None or not (said.is_gift or said.asks(Act.SHIPS, Act.TAKE, Act.DELIVERY)):
        return said
    return replace(said, destination=place, rest=found.rest)


def _which(said: Said, hearing: Hearing) -> Said:
    choice = find_choice(said.rest, is_asked=hearing.is_asked_which)
    quantity = find_quantity(choice.rest)
    return replace(said, choice=choice.value, quantity=quantity.value, rest=quantity.rest)


_STEPS: tuple[Callable[[Said, Hearing], Said], ...] = (
    _who,
    _codes,
    _when,
    _address,
    _recipient,
    _what_not,
    _how,
    _limits,
    _where,
    _which,
)
