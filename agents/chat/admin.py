"""Whether a shop has a chat, and whether it can be looked into; what was said there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from agents.chat.models import ChatCheckout, ChatEvent, Conversation, ShopChat, Turn
from agents.chat.opening import RealCardsError, open_chat
from commerce.backoffice.admins import EditableAdmin, Form, ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.rights import Area
from commerce.payments.connections import takes_real_cards

SWITCHES = ("is_open", "has_inspector")


class ShopChatForm(Form):
    def clean(self) -> dict[str, Any] | None:
        """Open no chat in which nobody could pay. One that is open can be closed all the same."""
        told = super().clean() or {}
        merchant = told.get("merchant") or (self.instance.merchant if self.instance.pk else None)
        is_opened = not self.instance.pk or told.get("is_open")
        if merchant is not None and is_opened and takes_real_cards(merchant):
            self.add_error("is_open", RealCardsError().message)
        return told


@admin.register(ShopChat)
class ShopChatAdmin(EditableAdmin):
    """A chat is opened once, with a key of its own, and is closed and opened again after that."""

    merchant_path = "merchant"
    area = Area.KEYS
    asks_again = True
    form = ShopChatForm
    fixed_fields = ()
    list_display = ("__str__", "merchant", *SWITCHES)
    list_filter = SWITCHES
    list_select_related = ("merchant",)
    search_fields = ("merchant__name",)
    ordering = ("merchant__name", "pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("merchant", *SWITCHES)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("merchant",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        """Issue the key of a new chat; of one that is there, turn the switches."""
        if not change:
            obj.pk = open_chat(obj.merchant).pk
        ShopChat.objects.filter(pk=obj.pk).update(**{name: getattr(obj, name) for name in SWITCHES})


class _OfConversation(ReadOnlyInline):
    merchant_path = "conversation__merchant"
    area = Area.AGENTS


class TurnInline(_OfConversation):
    model = Turn
    shown = ("kind", "text", "confirmation_id", "status", "tries", "created_at", "ended_at")
    ordering = ("created_at", "pk")


class CheckoutInline(_OfConversation):
    model = ChatCheckout
    shown = ("session_id", "order_id", "awaits", "created_at")
    ordering = ("created_at", "pk")


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.AGENTS
    list_display = ("id", "merchant", "shopper", "created_at", "last_at")
    shown = (*list_display, "question_checkout")
    list_filter = ("merchant",)
    list_select_related = ("merchant", "shopper")
    search_fields = ("id", "shopper__id", "shopper__email", "turns__text")
    ordering = ("-last_at", "pk")
    inlines = (TurnInline, CheckoutInline)


@admin.register(ChatEvent)
class ChatEventAdmin(ReadOnlyAdmin):
    merchant_path = "conversation__merchant"
    area = Area.AGENTS
    list_display = ("id", "conversation", "kind", "at")
    shown = (*list_display, "turn", "data")
    list_filter = ("kind", "conversation__merchant")
    list_select_related = ("conversation",)
    search_fields = ("conversation__id",)
    ordering = ("-pk",)
