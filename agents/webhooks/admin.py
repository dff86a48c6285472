"""Where agents hear of their orders, and what became of each delivery. Secrets and bodies are not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agents.webhooks.models import Delivery, DeliveryAttempt, Endpoint
from agents.webhooks.services import replay

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin, _TabularInline = admin.ModelAdmin, admin.TabularInline


@admin.register(Endpoint)
class EndpointAdmin(_ModelAdmin):
    """Endpoints are registered by a service, which makes their secret; here they are switched on and off."""

    show_full_result_count = False
    list_per_page = 50
    list_display = ("url", "agent", "merchant", "is_active", "created_at")
    list_filter = ("is_active", "agent__merchant")
    list_select_related = ("agent__merchant",)
    search_fields = ("url", "agent__name", "id")
    ordering = ("-created_at", "pk")
    fields = ("url", "agent", "is_active", "created_at")
    readonly_fields = ("url", "agent", "created_at")

    @admin.display(ordering="agent__merchant__name")
    def merchant(self, endpoint: Endpoint) -> str:
        return endpoint.agent.merchant.name

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        obj.save(update_fields=["is_active"])


class DeliveryAttemptInline(_TabularInline):
    model = DeliveryAttempt
    extra = 0
    can_delete = False
    fields = ("number", "status", "error", "milliseconds", "attempted_at")
    readonly_fields = fields
    ordering = ("number",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Delivery)
class DeliveryAdmin(_ModelAdmin):
    show_full_result_count = False
    list_per_page = 50
    list_display = ("id", "order", "sequence", "kind", "endpoint", "status", "tries", "due_at", "delivered_at")
    list_filter = ("status", "kind")
    list_select_related = ("order", "endpoint")
    search_fields = ("id", "order__number", "order__id", "endpoint__url")
    ordering = ("-created_at", "pk")
    fields = (*list_display, "created_at")
    readonly_fields = fields
    inlines = (DeliveryAttemptInline,)
    actions = ("replay_deliveries",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_delivery")

    @admin.action(description="Send the selected deliveries again", permissions=["replay"])
    def replay_deliveries(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        count = replay(list(deliveries.values_list("pk", flat=True)), now=timezone.now())
        self.message_user(request, f"{count} will be sent again.", messages.SUCCESS)
