"""The way over HTTP, to a shop whose processes may end at any moment: what got no answer is sent again.

Turns are run by the shop's own worker. What the shopper would see on the page is read from the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

import urllib3
from django.conf import settings

from agents.chat.models import ChatCheckout, ChatEvent, Conversation, Turn
from agents.chat.turns import WAITING
from commerce.checkout.sql import find_any_session
from commerce.checkout.states import Status
from commerce.errors import CommerceError
from commerce.wallet.services import NewGuest

PATIENCE_SECONDS = 300.0
AGAIN_AFTER_SECONDS = 0.5
LOOK_EVERY_SECONDS = 0.1
TOKEN = "c" * 32
_pause = threading.Event()


class SilentError(RuntimeError):
    """What was waited for did not happen."""


class OverHttp:
    """Sends the forms of the page, as a browser does that knows its shopper by a cookie."""

    def __init__(self) -> None:
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=3, read=20), maxsize=16)

    def say(self, guest: NewGuest, conversation: Conversation, words: str) -> None:
        self._send(guest, conversation, "words", {"text": words, "from": "composer"})

    def press(
        self, guest: NewGuest, conversation: Conversation, *, session_id: str, card_id: str, terms: str
    ) -> None:
        before = conversation.turns.count()
        self._send(guest, conversation, "pay", {"checkout": session_id, "card": card_id, "terms": terms})
        if conversation.turns.count() == before:
            raise CommerceError("The page shows the order again.")

    def finish(self, conversation: Conversation) -> None:
        waiting = Turn.objects.filter(conversation=conversation, status__in=WAITING)
        await_that(lambda: not waiting.exists(), f"a turn of {conversation.pk} did not end")

    def settle(self, conversation: Conversation) -> None:
        followed = ChatCheckout.objects.filter(conversation=conversation).exclude(awaits="")
        await_that(
            lambda: all(_waits_for_shopper(row) for row in followed.all()),
            f"nobody told what became of a payment in {conversation.pk}",
        )

    def faults(self, conversation: Conversation) -> int:
        return ChatEvent.objects.filter(conversation=conversation, kind="again").count()

    def _send(self, guest: NewGuest, conversation: Conversation, where: str, form: dict[str, str]) -> None:
        """Send a form until it is answered, or until it shows that it had its effect."""
        turns = conversation.turns.count()
        url = f"{settings.PUBLIC_BASE_URL}/chat/{conversation.merchant.slug}/{conversation.pk}/{where}"
        cookies = f"{settings.SHOPPER_COOKIE_NAME}={guest.key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        headers = {"Cookie": cookies, "X-CSRFToken": TOKEN, "HX-Request": "true"}
        await_that(
            lambda: (
                self._is_answered(url, form, headers)
                or _pause.wait(AGAIN_AFTER_SECONDS)
                or conversation.turns.count() > turns
            ),
            f"{where} was not answered in {conversation.pk}",
        )

    def _is_answered(self, url: str, form: dict[str, str], headers: dict[str, str]) -> bool:
        try:
            answer = self._http.request("POST", url, fields=form, encode_multipart=False, headers=headers)
        except urllib3.exceptions.HTTPError:
            return False
        if answer.status >= 500:
            return False
        if answer.status != 200:
            raise SilentError(f"{url} answered {answer.status}")
        return True


def await_that(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition. Raises SilentError which says what did not happen."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not condition():
        if monotonic() > deadline:
            raise SilentError(what)
        _pause.wait(LOOK_EVERY_SECONDS)


def _waits_for_shopper(row: ChatCheckout) -> bool:
    session = find_any_session(row.pk)
    is_at_bank = session is not None and session.status is Status.CHALLENGED
    return is_at_bank and row.awaits == ChatCheckout.Awaits.BANK
