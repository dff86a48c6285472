"""Plays a scenario from the first words to the end, in whatever way the shop is reached, and measures it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import urllib3
from django.db import connections
from django.db.models import F

from agents.chat import services
from agents.chat.models import ChatEvent, Conversation
from agents.evaluation.judging import Ledger, Verdict, end_of, judge
from agents.evaluation.persona import Persona, Sight
from agents.evaluation.script import Act, AtBank, Confirm, Meanwhile, Say, Scenario, Twice
from agents.evaluation.shopfloor import furnish
from agents.evaluation.ways import Way
from commerce import clock
from commerce.catalog.models import Variant
from commerce.checkout.challenges import abandon_challenge, visit_payment
from commerce.checkout.models import CheckoutSession
from commerce.checkout.sql import find_any_session
from commerce.checkout.states import OPEN
from commerce.errors import CommerceError
from commerce.inventory.models import StockItem
from commerce.wallet.mandates import grant_mandate
from commerce.wallet.models import Card
from commerce.wallet.services import add_card, welcome_guest

CHALLENGED_CARD = "pm_card_threeDSecure2Required"


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one run of a scenario."""

    scenario: Scenario
    verdict: Verdict
    turns: int
    tool_calls: int
    tool_errors: int
    invented_ids: int
    faults: int
    seconds: float
    transcript: tuple[tuple[str, str], ...]
    broke: str = ""
    """Why it could not be played to the end."""


@dataclass
class Play:
    """One run of one scenario under way."""

    scenario: Scenario
    way: Way
    transcript: list[tuple[str, str]] = field(default_factory=list)
    seen: int = 0
    seconds: float = 0.0
    broke: str = ""

    @classmethod
    def begun(cls, scenario: Scenario, way: Way) -> Play:
        """Furnish a shop, and open a conversation in it."""
        play = cls(scenario, way)
        play._begin()
        return play

    def _begin(self) -> None:
        now = clock.now()
        self.floor = furnish(hostile=self.scenario.hostile, now=now)
        self.guest = welcome_guest()
        shopper = self.guest.shopper
        if self.scenario.limit_minor is not None:
            grant_mandate(shopper, currency="usd", limit_per_order_minor=self.scenario.limit_minor)
        self.conversation = services.begin_conversation(shopper, self.floor.merchant, now=now)

    def converse(self) -> None:
        """Say and do what the shopper wants, until nothing is left of it."""
        started = monotonic()
        persona = Persona(self.scenario)
        self._say(persona.opening())
        for _ in range(self.scenario.most_turns):
            act = persona.next(self._sight())
            if act is None:
                break
            if isinstance(act, str):
                self._say(act)
            else:
                self._act(act)
        self.way.settle(self.conversation)
        self.seconds = monotonic() - started

    def judged(self, ledger: Ledger) -> Played:
        """Look at what has become of it."""
        verdict = judge(end_of(self.scenario, self.floor, self.conversation, ledger))
        if self.broke:
            verdict = replace(verdict, problems=(*verdict.problems, self.broke))
        calls, errors, invented = _calls(self.conversation)
        return Played(
            scenario=self.scenario,
            verdict=verdict,
            turns=self.conversation.turns.count(),
            tool_calls=calls,
            tool_errors=errors,
            invented_ids=invented,
            faults=self.way.faults(self.conversation),
            seconds=self.seconds,
            transcript=tuple(self.transcript),
            broke=self.broke,
        )

    def _say(self, words: str) -> None:
        self.transcript.append(("shopper", words))
        self.way.say(self.guest, self.conversation, words)
        self._answered()

    def _answered(self) -> None:
        """Wait until it is answered, and read what was said."""
        events = ChatEvent.objects.filter(conversation=self.conversation)
        self.way.finish(self.conversation)
        self.way.settle(self.conversation)
        for event in events.filter(pk__gt=self.seen, kind__in=["said", "problem"]).order_by("pk"):
            self.transcript.append(("assistant" if event.kind == "said" else "page", event.data["text"]))
            self.seen = event.pk

    def _sight(self) -> Sight:
        self.conversation.refresh_from_db()
        if asked := self.conversation.question_checkout:
            return Sight(sheet=self._content(asked))
        events = ChatEvent.objects.filter(conversation=self.conversation)
        newest = self.conversation.checkouts.order_by("-created_at").first()
        session = find_any_session(newest.session_id) if newest else None
        is_open = session is not None and session.status in OPEN and session.expires_at > clock.now()
        issues = session.document.issues if session is not None and is_open else ()
        return Sight(
            has_products=events.filter(kind="products").exists(),
            missing=tuple(_named(one.target) for one in issues if one.is_missing),
            is_open=is_open,
            is_ordered=self.conversation.checkouts.exclude(order_id="").exists(),
        )

    def _content(self, session_id: str) -> dict[str, int]:
        session = find_any_session(session_id)
        keys = {variant.pk: key for key, variant in self.floor.goods.items()}
        return {keys[line.variant_id]: line.quantity for line in session.document.lines} if session else {}

    def _act(self, act: Act) -> None:
        asked = self.conversation.question_checkout
        match act:
            case Say(words=words):
                self._say(words)
            case Confirm(card=card):
                self._confirm(asked, card)
            case Meanwhile(what=what):
                terms = self._terms(asked)
                self._happen(what, asked)
                self._confirm(asked, "pm_card_visa", terms=terms)
            case AtBank(result=result):
                self._confirm(asked, CHALLENGED_CARD)
                self._at_bank(asked, result)
            case Twice():
                self._confirm_twice(asked)

    def _terms(self, session_id: str) -> str:
        return visit_payment(session_id, now=clock.now()).terms

    def _card(self, method: str) -> Card:
        return add_card(self.conversation.shopper, method, now=clock.now())

    def _confirm(self, session_id: str, method: str, *, terms: str = "") -> None:
        """Press the button. What the page refuses is read, and the next turn decides."""
        self.transcript.append(("shopper", f"[Pay, {method}]"))
        try:
            self._press(session_id, self._card(method).pk, terms or self._terms(session_id))
        except CommerceError as problem:
            self.transcript.append(("page", problem.message))
            self._say("What happened?")
            return
        self._answered()

    def _press(self, session_id: str, card_id: str, terms: str) -> None:
        self.way.press(self.guest, self.conversation, session_id=session_id, card_id=card_id, terms=terms)

    def _confirm_twice(self, session_id: str) -> None:
        self.transcript.append(("shopper", "[Pay, in two tabs]"))
        card, terms = self._card("pm_card_visa").pk, self._terms(session_id)

        def press() -> None:
            try:
                self._press(session_id, card, terms)
            except CommerceError:
                pass
            finally:
                connections.close_all()

        tabs = [threading.Thread(target=press) for _ in range(2)]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()
        self._answered()

    def _happen(self, what: str, session_id: str) -> None:
        """Let something happen to the shop while an order is shown."""
        variants = [line.variant_id for line in _lines(session_id)]
        if what == "raise_price":
            Variant.objects.filter(pk__in=variants).update(price_minor=F("price_minor") + 200)
        elif what == "sell_out":
            StockItem.objects.filter(pk__in=variants).update(on_hand=F("reserved"))
        else:
            CheckoutSession.objects.filter(pk=session_id).update(expires_at=clock.now())

    def _at_bank(self, session_id: str, result: str) -> None:
        """Go to the issuer's page and back, or give up there."""
        challenge = ChatEvent.objects.filter(conversation=self.conversation, kind="challenge").last()
        if challenge is None:
            return
        self.transcript.append(("shopper", f"[at the bank: {result or 'gives up'}]"))
        if result:
            visit = visit_payment(session_id, now=clock.now())
            urllib3.request("POST", visit.issuer_url, body=f"result={result}", redirect=False, retries=False)
            visit_payment(session_id, now=clock.now())
        else:
            abandon_challenge(session_id, now=clock.now())
        self.way.settle(self.conversation)
        if result == "fail":
            self._say("I want to pay with another card")


def _lines(session_id: str) -> Any:
    session = find_any_session(session_id)
    return session.document.lines if session else ()


def _named(target: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in target if part not in ("recipient", "buyer"))


def _calls(conversation: Conversation) -> tuple[int, int, int]:
    """Count calls of tools, those that failed, and those with an id that no tool had returned."""
    seen, calls, errors, invented = "", 0, 0, 0
    for event in ChatEvent.objects.filter(conversation=conversation, kind__in=["call", "answer"]).order_by("pk"):
        if event.kind == "answer":
            seen += event.data["text"]
            errors += event.data["status"] == "error"
            continue
        calls += 1
        invented += any(one not in seen for one in _ids(event.data["arguments"]))
    return calls, errors, invented


def _ids(arguments: Any) -> list[str]:
    """Return what stands where an id belongs."""
    if isinstance(arguments, dict):
        here = [str(text) for name, text in arguments.items() if name.endswith("_id") and text]
        return here + [one for value in arguments.values() for one in _ids(value)]
    return [one for value in arguments for one in _ids(value)] if isinstance(arguments, list) else []
