"""Blocks of a conversation as HTML: once for a page and for its stream, from what is true at that moment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from agents.chat.blocks import (
    Added,
    Block,
    Change,
    Doing,
    Finished,
    Fold,
    Moved,
    Removed,
    Replaced,
    TextAdded,
    sheet_id,
)
from agents.chat.cards import comparison, product_cards
from agents.chat.flags import flags_of
from agents.chat.models import ChatCheckout, Conversation
from agents.chat.selectors import asked_for, session_of
from agents.chat.sheets import SheetView, Situation, sheet_view
from commerce import clock
from commerce.checkout.models import Confirmation
from commerce.checkout.sql import find_any_session
from commerce.checkout.states import Status
from commerce.errors import NotFoundError
from commerce.fulfillment.selectors import order_details
from commerce.pages.orders import order_view
from commerce.payments.connections import takes_real_cards
from commerce.text import web_address
from commerce.wallet.services import cards_of
from commerce.wallet.test_cards import TEST_CARDS

ANSWERS_NO = "An order waits for your answer. Writing something declines it, with your words as the reason."


@dataclass
class Renderer:
    """Writes blocks of one conversation for one browser. Runs queries: not for an event loop."""

    request: HttpRequest
    conversation: Conversation
    fold: Fold = field(default_factory=Fold)

    def page_blocks(self) -> Iterator[SafeString]:
        """Write all blocks there are."""
        return (self.block(block) for block in self.fold.blocks.values())

    def block(self, block: Block, *, note: str = "", error: str = "", before: int | None = None) -> SafeString:
        """Write one block. `note` and `error` are said on a sheet, `before` is the total that was shown on it."""
        context = {"block": block, **self._common()}
        match block.kind:
            case "products":
                context["cards"] = product_cards(block.data["products"])
            case "comparison":
                context["comparison"] = comparison(block.data["products"])
            case "sheet":
                context["sheet"] = self.sheet(block.data["checkout"], note=note, error=error, before=before)
                context["test_cards"] = TEST_CARDS
            case "order":
                context |= self._order(block.data["order"])
            case "challenge":
                context["bank_url"] = web_address(str(block.data.get("url", "")))
                context["is_waited_for"] = self._is_at_bank(block)
            case "problem":
                context["sheet_id"] = self._sheet_of(block)
        return mark_safe(render_to_string(f"chat/blocks/{block.kind}.html", context))  # noqa: S308 - escapes

    def sheet(
        self, session_id: str, *, note: str = "", error: str = "", before: int | None = None
    ) -> SheetView | None:
        """Return the order sheet of a session as it is now; None where there is no such session any more."""
        try:
            session = session_of(self.conversation, session_id)
        except NotFoundError:
            return None
        asked = Conversation.objects.values_list("question_checkout", flat=True).get(pk=self.conversation.pk)
        awaits = ChatCheckout.objects.values_list("awaits", flat=True).get(pk=session_id)
        situation = Situation(
            merchant=self.conversation.merchant,
            cards=cards_of(self.conversation.shopper),
            flags=flags_of(session.document, asked_for(self.conversation.pk)),
            now=clock.now(),
            is_asked=asked == session_id,
            is_paying=self.fold.paying == session_id,
            is_undecided=awaits == ChatCheckout.Awaits.PROVIDER,
            is_latest=self.fold.sheet in ("", session_id),
            takes_real_cards=takes_real_cards(self.conversation.merchant),
            is_told_over=self.fold.has_problem(session_id),
            confirmed_minor=before if before is not None else _confirmed_before(session_id),
            note=note,
            error=error,
        )
        return sheet_view(session, situation)

    def fragments(self, changes: Iterable[Change]) -> Iterator[str]:
        """Write changes as partials of htmx, each with where it goes."""
        for change in changes:
            match change:
                case Added(block):
                    yield partial("#blocks", "beforeend", self.block(block))
                case Replaced(block):
                    yield partial(f"#{block.id}", "outerHTML", self.block(block))
                case Moved(block):
                    yield partial(f"#{block.id}", "delete", "")
                    yield partial("#blocks", "beforeend", self.block(block))
                case Removed(block_id):
                    yield partial(f"#{block_id}", "delete", "")
                case TextAdded(block_id, text):
                    yield partial(f"#{block_id}-text", "beforeend", escape(text))
                case Doing(text):
                    yield partial("#doing", "innerHTML", escape(text))
                case Finished(text):
                    yield partial("#spoken", "innerHTML", escape(text))
                    yield partial("#hint", "innerHTML", self.hint())

    def hint(self) -> str:
        """Say under the input what writing does now."""
        question = Conversation.objects.values_list("question_checkout", flat=True).get(pk=self.conversation.pk)
        return ANSWERS_NO if question and _is_payable(question) else ""

    def _common(self) -> dict[str, Any]:
        return {
            "merchant": self.conversation.merchant,
            "conversation": self.conversation,
            "base": address_of(self.conversation),
            "csrf_token": get_token(self.request),
        }

    def _order(self, order_id: str) -> dict[str, Any]:
        merchant = self.conversation.merchant
        details = order_details(order_id)
        return {
            "order": order_view(details, merchant=merchant),
            "order_url": reverse("order_page", args=[details.order.permalink_token]),
            "email": details.order.email,
        }

    def _is_at_bank(self, block: Block) -> bool:
        """Say whether the bank's answer is still out."""
        session = find_any_session(str(block.data.get("checkout", "")))
        return session is not None and session.status is Status.CHALLENGED

    def _sheet_of(self, block: Block) -> str:
        """Return the id of the sheet that a problem is about, where it stands on the page."""
        found = sheet_id(str(block.data.get("checkout", "")))
        return found if found in self.fold.blocks else ""


def partial(target: str, swap: str, content: str) -> str:
    """Return a piece of HTML with the place where htmx puts it."""
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{content}</hx-partial>'


def address_of(conversation: Conversation) -> str:
    return reverse("conversation", args=[conversation.merchant.slug, conversation.pk])


def message(data: str, *, event_id: int | None = None, retry: int | None = None) -> bytes:
    """Write a message of an event stream. Source: HTML Living Standard, 9.2.5."""
    lines = [f"retry: {retry}"] if retry is not None else []
    lines += [f"id: {event_id}"] if event_id is not None else []
    lines += [f"data: {line}" for line in re.split(r"\r\n|\r|\n", data)]
    return ("\n".join(lines) + "\n\n").encode()


def _is_payable(session_id: str) -> bool:
    session = find_any_session(session_id)
    return session is not None and session.status is Status.READY and session.expires_at > clock.now()


def _confirmed_before(session_id: str) -> int | None:
    """Return the total that was said yes to last, where it was not charged."""
    latest = Confirmation.objects.filter(session_id=session_id).order_by("-confirmed_at", "pk")
    totals = latest.values_list("total_minor", "used_at").first()
    return totals[0] if totals and totals[1] is None else None
