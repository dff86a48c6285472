"""What is under way: sessions, carts, and the queues in the database."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from commerce import clock
from commerce.backoffice.admins import OperatorAdmin, ReadOnlyAdmin
from commerce.backoffice.columns import money, pretty
from commerce.backoffice.rights import Area
from commerce.backoffice.scope import scope_of
from commerce.carts.models import Cart
from commerce.checkout.models import CheckoutSession, Confirmation
from commerce.idempotency.models import IdempotencyRecord
from commerce.inbox.models import EventMark, InboxMessage, ProviderEvent
from commerce.orders.models import Order
from commerce.outbox.models import OutboxEvent
from commerce.outbox.services import replay_dead
from commerce.payments.models import PaymentAttempt
from merchants.home.purposes import PurposeFilter
from merchants.home.reasons import ReasonFilter


@admin.register(CheckoutSession)
class CheckoutSessionAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.ORDERS
    total = money("total_minor", "Total")
    list_display = ("id", "merchant", "agent", "status", total, "created_at", "expires_at")
    shown = (*list_display, "agent_key", "attempt_id", "order_id", "updated_at", pretty("document", "Document"))
    list_filter = (
        "status",
        PurposeFilter,
        ReasonFilter,
        "agent",
        ("created_at", admin.DateFieldListFilter),
        "merchant",
    )
    list_select_related = ("merchant", "agent")
    search_fields = ("id",)
    search_help_text = "the id of a session, its order or its payment, or the number of its order"
    is_found_everywhere = True
    ordering = ("-created_at", "pk")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find a session by what is written elsewhere of it. There are too many to look for parts of a word."""
        term = search_term.strip()
        if not term:
            return queryset, False
        orders = scope_of(request).rows(Order.objects.filter(Q(pk=term) | Q(number=term.upper())), "merchant")
        of_orders = orders.values_list("checkout_session_id", flat=True)[:10]
        of_attempts = PaymentAttempt.objects.filter(pk=term).values_list("reference", flat=True)
        return queryset.filter(pk__in=[term, *of_orders, *of_attempts]), False


@admin.register(Confirmation)
class ConfirmationAdmin(ReadOnlyAdmin):
    merchant_path = "session__merchant"
    area = Area.ORDERS
    total = money("total_minor", "Total")
    list_display = ("id", "session", "merchant", total, "confirmed_at", "expires_at", "used_at")
    shown = (*list_display, "attempt_id", "terms_hash", pretty("terms", "Terms"), pretty("evidence", "Given from"))
    list_filter = (("used_at", admin.EmptyFieldListFilter), "session__merchant")
    list_select_related = ("session__merchant",)
    search_fields = ("id", "session__id", "attempt_id")
    ordering = ("-confirmed_at", "pk")

    @admin.display(ordering="session__merchant__name")
    def merchant(self, confirmation: Confirmation) -> str:
        return confirmation.session.merchant.name


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.ORDERS
    list_display = ("id", "merchant", "agent", "status", "created_at", "expires_at")
    shown = (*list_display, "updated_at", pretty("document", "Document"))
    list_filter = ("status", "agent", "merchant")
    list_select_related = ("merchant", "agent")
    search_fields = ("id",)
    ordering = ("-created_at", "pk")


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(OperatorAdmin):
    """Keys that agents used. The stored answers stay where they are: they are replies to somebody else."""

    list_display = ("key", "path", "caller", "status", "leased_until", "created_at")
    shown = list_display
    list_filter = ("status",)
    search_fields = ("key", "caller", "path")
    ordering = ("-created_at", "-pk")


@admin.register(OutboxEvent)
class OutboxEventAdmin(OperatorAdmin):
    list_display = ("id", "topic", "key", "subscriber", "status", "tries", "due_at", "created_at")
    shown = (*list_display, "last_error", pretty("payload", "Payload"))
    list_filter = ("status", "topic", "subscriber")
    search_fields = ("key", "last_error")
    ordering = ("-created_at", "-pk")
    actions = ("replay",)

    @admin.action(description="Try the selected dead events again", permissions=["handle"])
    def replay(self, request: HttpRequest, events: QuerySet[OutboxEvent]) -> None:
        for event in events:
            self.note(request, event, "tried again")
        revived = replay_dead(now=clock.now(), only=list(events.values_list("pk", flat=True)))
        self.message_user(request, f"{revived} due again; others were not dead.", messages.SUCCESS)


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.ORDERS
    list_display = ("external_id", "merchant", "source", "kind", "status", "received_at", "handled_at")
    shown = (*list_display, "error", pretty("payload", "Payload"))
    list_filter = ("status", "source", "kind", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("external_id", "kind", "error")
    ordering = ("-received_at", "-pk")


@admin.register(ProviderEvent)
class ProviderEventAdmin(OperatorAdmin):
    list_display = ("id", "kind", "subject", "received_at", "handled_at")
    shown = (*list_display, pretty("payload", "Payload"))
    list_filter = ("kind",)
    search_fields = ("id", "subject")
    ordering = ("-received_at", "pk")


@admin.register(EventMark)
class EventMarkAdmin(OperatorAdmin):
    """How far each account was looked through for events that had not arrived."""

    list_display = ("__str__", "looked_until")
    shown = list_display
    list_select_related = ("account",)
    search_fields = ("account__name", "account__reference")
    ordering = ("looked_until", "pk")
