"""A conversation in the shop's chat, played for the demo: the shopper's part is scripted, the rest is real.

A process of its own, `python -m agents.demo.conversation`, that prints one JSON object a line, {"who", "text"}.
The turns are run by the chat's worker, and the button is pressed as the page would press it.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from commerce import clock

if TYPE_CHECKING:
    from agents.chat.models import Conversation

ADDRESS = "Ann Lee, 12 Quayside Walk, San Francisco, CA 94111, ann@example.com"
CARD = "pm_card_visa"
LONGEST_TURN_SECONDS = 60

Line = dict[str, str]


class SilentError(RuntimeError):
    """A turn did not end."""


def conversation(slug: str, variant_id: str) -> Iterator[Line]:
    """Buy one thing by what it is called, in words and one click."""
    import django

    django.setup()

    from agents.chat import services
    from commerce.accounts.models import Merchant
    from commerce.catalog.models import Variant
    from commerce.wallet.services import add_card, welcome_guest

    shopper = welcome_guest().shopper
    card = add_card(shopper, CARD, now=clock.now())
    begun = services.begin_conversation(shopper, Merchant.objects.get(slug=slug), now=clock.now())
    variant = Variant.objects.select_related("product").get(pk=variant_id, merchant__slug=slug)
    called = ", ".join((variant.product.title, *variant.option_values))
    wishes = (
        f"I would like one {called}",
        "Yes, please",
        f"Send it to {ADDRESS}",
        "The cheapest shipping, please",
    )
    for words in wishes:
        begun.refresh_from_db()
        if begun.question_checkout:
            break
        services.say(begun.pk, words, now=clock.now())
        yield {"who": "shopper", "text": words}
        yield from _answers(begun)
    yield from _pressed(begun, card.pk)


def _pressed(conversation: Conversation, card_id: str) -> Iterator[Line]:
    """Confirm the order that is shown, on the terms that it shows."""

    from agents.chat import services
    from commerce.checkout.challenges import visit_payment
    from commerce.money import Money

    conversation.refresh_from_db()
    session_id = conversation.question_checkout
    if not session_id:
        raise SilentError("The assistant has not asked to pay.")
    visit = visit_payment(session_id, now=clock.now())
    total = Money(visit.session.document.totals.total_minor, visit.session.currency)
    yield {"who": "page", "text": f"the order with its total and one button: Pay {total}"}
    services.confirm_order(
        conversation.pk,
        session_id=session_id,
        terms=visit.terms,
        card_id=card_id,
        evidence={"address": "127.0.0.1", "user_agent": "the demo"},
        now=clock.now(),
    )
    yield {"who": "shopper", "text": f"[Pay {total}]"}
    yield from _answers(conversation)


def _answers(conversation: Conversation) -> Iterator[Line]:
    """Wait until the newest turn is over, and return what was said in it."""
    from agents.chat.models import ChatEvent, Turn

    turn = conversation.turns.order_by("-created_at").first()
    pause = threading.Event()
    for _ in range(LONGEST_TURN_SECONDS * 10):
        if not Turn.objects.filter(pk=turn.pk if turn else "", status__in=["queued", "running"]).exists():
            break
        pause.wait(0.1)
    else:
        raise SilentError("The assistant did not answer.")
    said: dict[str, str] = {}
    for event in ChatEvent.objects.filter(turn=turn, kind="said").order_by("pk"):
        said[event.data["message"]] = said.get(event.data["message"], "") + event.data["text"]
    for text in said.values():
        yield {"who": "assistant", "text": text.strip()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m agents.demo.conversation", description=__doc__)
    parser.add_argument("--merchant", required=True)
    parser.add_argument("--variant", required=True, help="what to buy, by its id")
    options = parser.parse_args()
    for line in conversation(options.merchant, options.variant):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
