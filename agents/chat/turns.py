"""Running turns: one at a time in a conversation, each until it is done, whoever dies in between.

A turn that was cut off is taken up by the sweep: the lock on the conversation went with the process that held
it, and the graph goes on from its last checkpoint. What has an effect outside is asked again under the same
idempotency key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from agents.chat.contacts import contacts_of
from agents.chat.models import TURN_TRANSITIONS, ChatCheckout, ChatEvent, Conversation, ShopChat, Turn
from agents.chat.opening import token_of
from agents.chat.recording import record
from agents.chat.selectors import checkouts_of, orders_of
from agents.client import Agent, Exchange
from agents.shopper.checkpoints import Checkpoints, checkpoints_of
from agents.shopper.desk import Desk, Payment
from agents.shopper.faults import ToolFault
from agents.shopper.language_models import ModelUnavailableError, shopper_model
from agents.shopper.running import Conversation as Graph
from agents.shopper.running import Input, Question, Words, Yes
from commerce import clock
from commerce.checkout.models import Confirmation
from commerce.errors import CommerceError
from commerce.wallet.minting import mint
from commerce.wallet.models import Shopper

logger = logging.getLogger(__name__)

MOST_TRIES = 5
MOST_BEGINNINGS = 10
"""A turn that ends its worker each time is not begun for ever: it would take other turns with it."""
PAUSES = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30))
FLUSH_SECONDS = 0.1
WAITING = (Turn.Status.QUEUED, Turn.Status.RUNNING)

UNAVAILABLE = "The assistant cannot answer at the moment. Nothing is lost; please write again in a minute."


def run_waiting(conversation_id: str, *, connect: Callable[..., Agent] = Agent) -> int:
    """Run what waits in a conversation, in order. Returns how many turns ended; 0 where another is at it.

    Asks the shop over HTTP and the language model: not inside a transaction. `connect` makes the client.
    """
    ended = 0
    with checkpoints_of(conversation_id) as saver:
        while saver is not None and (turn := _next(conversation_id)):
            if not _attempted(turn, saver, connect):
                break
            ended += 1
    return ended


def due_conversations(*, now: datetime) -> list[str]:
    """Return the conversations in which a turn waits that is due."""
    due = Turn.objects.filter(status__in=WAITING, due_at__lte=now).order_by("due_at", "pk")
    return list(dict.fromkeys(due.values_list("conversation_id", flat=True)[:200]))


def _next(conversation_id: str) -> Turn | None:
    waiting = Turn.objects.filter(conversation_id=conversation_id, status__in=WAITING)
    turn = waiting.order_by("created_at", "pk").first()
    return turn if turn and turn.due_at <= clock.now() else None


def _attempted(turn: Turn, saver: Checkpoints, connect: Callable[..., Agent]) -> bool:
    """Run one turn. False where it has to be tried again later."""
    TURN_TRANSITIONS.check(turn.status, Turn.Status.RUNNING)
    turn.status, turn.tries = Turn.Status.RUNNING, turn.tries + 1
    turn.due_at = clock.now() + timedelta(seconds=settings.CHAT_TURN_SECONDS)
    turn.save(update_fields=["status", "tries", "due_at"])
    teller = Teller(turn)
    if turn.tries > 1:
        teller.write("again", {})
    if turn.tries > MOST_BEGINNINGS:
        logger.error("a turn was cut off too often", extra={"turn": turn.pk, "tries": turn.tries})
        return _given_up(turn, teller)
    try:
        question = _run(turn, saver, teller, connect)
    except ModelUnavailableError as problem:
        logger.error("the language model cannot be used: %s", problem)  # noqa: TRY400  # the message says it all
        return _given_up(turn, teller)
    except Exception:  # the worker's edge: a turn is put off, and given up in the end, but never lost silently
        logger.exception("a turn broke", extra={"turn": turn.pk, "tries": turn.tries})
        return _put_off(turn, teller)
    _ask(turn, question)
    _end(turn, Turn.Status.DONE, teller)
    return True


def _run(turn: Turn, saver: Checkpoints, teller: Teller, connect: Callable[..., Agent]) -> Question | None:
    conversation = Conversation.objects.select_related("merchant", "shopper").get(pk=turn.conversation_id)
    graph = Graph(conversation.pk, model=shopper_model(), saver=saver)
    desk = _desk(conversation, teller, connect)
    _answer_what_is_asked(turn, graph)
    given: Input = Words(turn.pk, turn.text) if turn.kind == Turn.Kind.WORDS else Yes(turn.confirmation_id)
    try:
        return graph.run(given, answers=turn.answers, desk=desk, tell=teller.tell)
    finally:
        desk.agent.close()


def _desk(conversation: Conversation, teller: Teller, connect: Callable[..., Agent]) -> Desk:
    """Put together what the tools of one turn may reach."""
    merchant, shopper = conversation.merchant, conversation.shopper
    chat, zone = ShopChat.objects.get(merchant=merchant), ZoneInfo(merchant.time_zone)

    def opened(session_id: str) -> None:
        try:
            values = {"conversation": conversation, "created_at": clock.now()}
            ChatCheckout.objects.get_or_create(session_id=session_id, defaults=values)
        finally:
            connection.close()  # tools run in threads of the graph's own, which nobody cleans up after

    def payment_for(confirmation_id: str) -> Payment:
        try:
            payer = Shopper.objects.get(conversations=conversation)  # who may have logged in since the turn began
            return Payment(mint(confirmation_id, shopper=payer, now=clock.now()))
        except CommerceError as problem:
            raise ToolFault(problem.code, problem.message) from problem
        finally:
            connection.close()

    return Desk(
        agent=connect(settings.SHOPPER_API_BASE, token_of(chat), note=teller.note),
        thread_id=conversation.pk,
        shop_name=merchant.name,
        currency=merchant.currency,
        today=clock.now().astimezone(zone).date(),
        zone=zone,
        shopper=shopper.pk,
        payment_for=payment_for,
        opened=opened,
        contacts=contacts_of(merchant),
        checkouts=checkouts_of(conversation),
        orders=orders_of(shopper, merchant),
    )


def _answer_what_is_asked(turn: Turn, graph: Graph) -> None:
    """Have words that were written before the question came answer it all the same."""
    if turn.answers or graph.has_heard(turn.pk):
        return
    if question := graph.question():
        turn.answers = question.id
        turn.save(update_fields=["answers"])


@transaction.atomic
def _ask(turn: Turn, question: Question | None) -> None:
    """Ask the shopper to confirm, unless something else was said meanwhile: then that is the answer."""
    if question is None:
        return
    ours = Conversation.objects.filter(pk=turn.conversation_id)
    ours.select_for_update(no_key=True).get()
    if Turn.objects.filter(conversation=turn.conversation_id, status=Turn.Status.QUEUED).exists():
        return
    ours.update(question=question.id, question_checkout=question.checkout)
    record(turn.conversation_id, "sheet", {"checkout": question.checkout}, turn=turn)


def _put_off(turn: Turn, teller: Teller) -> bool:
    """Try again later, or give up. Says whether it is over."""
    if turn.tries < MOST_TRIES:
        turn.due_at = clock.now() + PAUSES[turn.tries - 1]
        turn.save(update_fields=["due_at"])
        teller.flush()
        return False
    return _given_up(turn, teller)


def _given_up(turn: Turn, teller: Teller) -> bool:
    if turn.kind == Turn.Kind.CONFIRMED and not _is_told(turn):
        session = Confirmation.objects.values_list("session_id", flat=True).get(pk=turn.confirmation_id)
        teller.tell({"kind": "undecided", "checkout": session})
        _end(turn, Turn.Status.FAILED, teller)
    else:
        _end(turn, Turn.Status.FAILED, teller, problem=UNAVAILABLE)
    return True


def _is_told(turn: Turn) -> bool:
    """Say whether the shopper has read what came of the payment: then only the model's words are missing."""
    return turn.events.filter(kind__in=["order", "challenge", "undecided", "problem"]).exists()


def _end(turn: Turn, status: Turn.Status, teller: Teller, *, problem: str = "") -> None:
    """End a turn. What one has failed to answer may be answered by the next."""
    TURN_TRANSITIONS.check(turn.status, status)
    if problem:
        teller.write("problem", {"code": "unavailable", "text": problem})
    teller.write("done", {})
    turn.status, turn.ended_at = status, clock.now()
    if status == Turn.Status.FAILED:
        turn.answers = ""
    turn.save(update_fields=["status", "ended_at", "answers"])


@dataclass
class Teller:
    """Writes what happens in a turn as events: words a few times a second, anything else at once."""

    turn: Turn
    _words: list[str] = field(default_factory=list)
    _message: str = ""
    _flushed_at: float = 0.0
    _exchanges: list[Exchange] = field(default_factory=list)

    def tell(self, event: dict[str, Any]) -> None:
        """Take an event of the graph."""
        told = dict(event)
        kind = str(told.pop("kind"))
        if kind == "text":
            self._say(told["message"], told["text"])
            return
        self._note_checkout(kind, told)
        self.write(kind, told)

    def note(self, exchange: Exchange) -> None:
        """Take a request that a tool has made. Called from the tool's own thread: written with the next event."""
        self._exchanges.append(exchange)

    def write(self, kind: str, data: dict[str, Any]) -> ChatEvent:
        self.flush()
        return record(self.turn.conversation_id, kind, data, turn=self.turn)

    def flush(self) -> None:
        """Write what has been collected."""
        if self._words:
            words = {"message": self._message, "text": "".join(self._words)}
            record(self.turn.conversation_id, "said", words, turn=self.turn)
            self._words = []
        self._flushed_at = monotonic()
        while self._exchanges:
            record(self.turn.conversation_id, "exchange", _told(self._exchanges.pop(0)), turn=self.turn)

    def _say(self, message: str, text: str) -> None:
        if message != self._message:
            self.flush()
            self._message = message
        self._words.append(text)
        if monotonic() - self._flushed_at > FLUSH_SECONDS:
            self.flush()

    def _note_checkout(self, kind: str, told: dict[str, Any]) -> None:
        """Remember which orders are this conversation's, and what the payments of its sessions wait for."""
        session = told.get("checkout")
        if not session:
            return
        row = ChatCheckout.objects.filter(session_id=session, conversation=self.turn.conversation_id).first()
        changes = _CHANGES.get(kind)
        if row is not None and changes is not None:
            changes(row, told)
            row.save(update_fields=["order_id", "awaits"])


def _is_at_bank(row: ChatCheckout, _: dict[str, Any]) -> None:
    row.awaits = ChatCheckout.Awaits.BANK


def _is_undecided(row: ChatCheckout, _: dict[str, Any]) -> None:
    row.awaits = ChatCheckout.Awaits.PROVIDER


def _is_ordered(row: ChatCheckout, told: dict[str, Any]) -> None:
    row.order_id, row.awaits = told["order"], ""


_CHANGES: dict[str, Callable[[ChatCheckout, dict[str, Any]], None]] = {
    "challenge": _is_at_bank,
    "undecided": _is_undecided,
    "order": _is_ordered,
}


def _told(exchange: Exchange) -> dict[str, Any]:
    """Write a request and its answer for whoever looks over the shoulder; of a payment, not what pays."""
    is_payment = exchange.path.endswith("/complete")
    return {
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "milliseconds": exchange.milliseconds,
        "sent": "" if is_payment else exchange.sent[:20_000],
        "answer": exchange.answer[:20_000],
        "error": exchange.error,
    }
