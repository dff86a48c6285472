"""How what a shopper does reaches the shop, and how what follows from it is awaited."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Protocol

from django.db.models import F

from agents.chat import services, turns
from agents.chat.following import look_after
from agents.chat.models import Conversation, Turn
from agents.client import Agent
from commerce import clock
from commerce.outbox.relay import drain
from commerce.wallet.services import NewGuest

MOST_REPEATS = 40


class Way(Protocol):
    """The way between a shopper and a shop."""

    def say(self, guest: NewGuest, conversation: Conversation, words: str) -> None:
        """Write something."""

    def press(
        self, guest: NewGuest, conversation: Conversation, *, session_id: str, card_id: str, terms: str
    ) -> None:
        """Press the button. Raises CommerceError where the page refuses."""

    def finish(self, conversation: Conversation) -> None:
        """Wait until everything that was said and pressed is answered."""

    def settle(self, conversation: Conversation) -> None:
        """Wait for what the shop does by itself after that."""

    def faults(self, conversation: Conversation) -> int:
        """Return how often a turn of the conversation was cut off."""


class Killed(RuntimeError):  # what is simulated, not what went wrong
    """The worker was killed here, before or after a request had its effect."""


class InOneProcess:
    """Calls the services and runs the turns itself. At a rate it dies at a tool's request, as the seed says."""

    def __init__(self, rate: float, seed: int) -> None:
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311  # a dice, not a secret
        self._count = 0

    def say(self, guest: NewGuest, conversation: Conversation, words: str) -> None:  # noqa: ARG002
        services.say(conversation.pk, words, now=clock.now())

    def press(
        self,
        guest: NewGuest,  # noqa: ARG002  # nobody asks here who it is
        conversation: Conversation,
        *,
        session_id: str,
        card_id: str,
        terms: str,
    ) -> None:
        services.confirm_order(
            conversation.pk,
            session_id=session_id,
            terms=terms,
            card_id=card_id,
            evidence={"address": "127.0.0.1", "user_agent": "evaluation"},
            now=clock.now(),
        )

    def finish(self, conversation: Conversation) -> None:
        """Run what waits until it is over, taking it up again as often as the worker is killed."""
        waiting = Turn.objects.filter(conversation=conversation, status__in=turns.WAITING)
        for _ in range(MOST_REPEATS):
            turns.run_waiting(conversation.pk, connect=self._agent)
            if not waiting.update(due_at=clock.now(), tries=F("tries") % 3):
                return

    def settle(self, conversation: Conversation) -> None:  # noqa: ARG002  # of all there are
        for _ in range(3):
            if not drain():
                break
        look_after()

    def faults(self, conversation: Conversation) -> int:  # noqa: ARG002  # this way is one run's
        return self._count

    def strike(self) -> None:
        """Die now, perhaps."""
        if self._random.random() < self._rate:
            self._count += 1
            raise Killed

    def _agent(self, *arguments: Any, **options: Any) -> Agent:
        return _Mortal(self.strike, *arguments, **options)


class _Mortal(Agent):
    """An agent whose process may end at any request."""

    def __init__(self, strike: Callable[[], None], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._strike = strike

    def get(self, path: str) -> Any:
        return self._struck(lambda: super(_Mortal, self).get(path))

    def post(self, path: str, body: dict[str, Any], key: str = "") -> Any:
        return self._struck(lambda: super(_Mortal, self).post(path, body, key))

    def put(self, path: str, body: dict[str, Any], key: str = "") -> Any:
        return self._struck(lambda: super(_Mortal, self).put(path, body, key))

    def _struck(self, ask: Callable[[], Any]) -> Any:
        self._strike()
        answer = ask()
        self._strike()
        return answer
