"""Where agents hear of their orders, and all that was sent and answered. Secrets are not shown.

What an endpoint answered is shown as plain text: it was written by strangers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from agents.webhooks.endpoint_tests import send_test_event
from agents.webhooks.models import Delivery, DeliveryAttempt, Endpoint, EndpointTest
from agents.webhooks.replays import replay
from agents.webhooks.services import (
    disable_endpoint,
    enable_endpoint,
    new_secret,
    plan_secret,
    register_endpoint,
)
from commerce import clock
from commerce.backoffice.actions import object_action
from commerce.backoffice.admins import EditableAdmin, Form, ReadOnlyAdmin, ReadOnlyInline, StackedReadOnlyInline
from commerce.backoffice.asking import Question, ask, show_once
from commerce.backoffice.rights import Area
from commerce.backoffice.worklists import Worklist
from commerce.outgoing.addresses import ForbiddenUrlError, require_allowed

OVERLAP = timedelta(days=1)
"""How long the present secret signs on beside a new one, unless a time is given."""


STANDING = (
    "disabled_reason",
    "disabled_at",
    "failures",
    "failing_since",
    "open_until",
    "is_slow",
    "planned_secret_at",
    "created_at",
)


OFF_BY_STAFF = "switched off by staff"


def failing(endpoints: QuerySet[Endpoint]) -> QuerySet[Endpoint]:
    """Pick endpoints that do not answer as they should, or were switched off for that."""
    is_off = Q(is_active=False) & ~Q(disabled_reason=OFF_BY_STAFF)
    return endpoints.filter(is_off | Q(is_active=True, failures__gt=0))


def given_up(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return deliveries.filter(status=Delivery.Status.DEAD)


class EndpointForm(Form):
    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            require_allowed(url)
        except ForbiddenUrlError as problem:
            raise ValidationError(problem.message) from problem
        return url


class ValidFromForm(forms.Form):
    valid_from = forms.DateTimeField(
        required=False,
        help_text="in the shop's time; a day from now if empty",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )


NEW_SECRET = Question(
    "Make a new secret, valid at once",
    "The secret before it signs nothing any more: who still checks with it refuses what is sent.",
    "Make a new secret",
    is_final=True,
)
PLANNED_SECRET = Question(
    "Make a new secret, valid from a time on",
    "Until then everything is signed with both, so that the agent can change over when it likes.",
    "Make a new secret",
)


class EndpointTestInline(ReadOnlyInline):
    model = EndpointTest
    merchant_path = "endpoint__agent__merchant"
    area = Area.KEYS
    shown = ("tested_at", "status", "error", "milliseconds")
    hide_title = False


@admin.register(Endpoint)
class EndpointAdmin(EditableAdmin):
    """An endpoint stays where it is; it can be switched off, and given a new secret."""

    merchant_path = "agent__merchant"
    area = Area.KEYS
    asks_again = True
    fixed_fields = ()
    form = EndpointForm
    list_display = ("url", "agent", "merchant", "is_active", "failures", "failing_since", "created_at")
    list_filter = ("is_active", "agent__merchant")
    worklists = {"failing": Worklist("Webhook endpoints that fail", failing, is_urgent=True)}
    list_select_related = ("agent__merchant",)
    search_fields = ("url", "agent__name", "id")
    is_found_everywhere = True
    ordering = ("-created_at", "pk")
    actions_detail = ("try_out", "renew_secret", "plan_secret")
    inlines = (EndpointTestInline,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("agent", "url", "is_active", *STANDING) if obj else ("agent", "url")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:  # noqa: ARG002
        """A new endpoint was sent nothing yet."""
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("agent", "url", *STANDING) if obj else ()

    @admin.display(ordering="agent__merchant__name")
    def merchant(self, endpoint: Endpoint) -> str:
        return endpoint.agent.merchant.name

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        """Register a new endpoint; its secret travels with the row to the one page that shows it."""
        if change:
            if "is_active" in form.changed_data:
                _switch(obj)
            return
        endpoint, obj.secret = register_endpoint(obj.agent, obj.url)
        obj.pk = endpoint.pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002
        return self._show(request, obj, obj.secret)

    @object_action(description="New secret", icon="key", permissions=["change"])
    def renew_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self.require_object(request, object_id)
        return ask(
            self, request, endpoint, NEW_SECRET, lambda _: self._show(request, endpoint, new_secret(endpoint))
        )

    @object_action(description="Plan a new secret", icon="schedule", permissions=["change"])
    def plan_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self.require_object(request, object_id)

        def plan(told: dict[str, Any]) -> HttpResponse:
            now = clock.now()
            valid_from = told["valid_from"] or now + OVERLAP
            secret = plan_secret(endpoint, valid_from=valid_from, now=now)
            until = f"one before it signs until {timezone.localtime(valid_from):%Y-%m-%d %H:%M %Z}."
            return self._show(request, endpoint, secret, until)

        return ask(self, request, endpoint, PLANNED_SECRET, plan, form_class=ValidFromForm)

    @object_action(description="Send a test event", icon="send", permissions=["change"])
    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what the endpoint said to the last test event, and send another."""
        endpoint: Endpoint = self.require_object(request, object_id)
        if request.method == "POST":
            send_test_event(endpoint, now=clock.now())
            self.note(request, endpoint, "sent a test event")
            return redirect("admin:webhooks_endpoint_try_out", quote(endpoint.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": "A test event",
            "endpoint": endpoint,
            "test": EndpointTest.objects.filter(endpoint=endpoint).first(),
        }
        return TemplateResponse(request, "admin/webhooks/endpoint/try_out.html", context)

    def _show(
        self, request: HttpRequest, endpoint: Endpoint, secret: str, until: str = "one before it is void."
    ) -> HttpResponse:
        what = f"This secret signs the order events sent to {endpoint}; {until}"
        further = ("Send a test event", reverse("admin:webhooks_endpoint_try_out", args=[quote(endpoint.pk)]))
        return show_once(self, request, title="The new secret", what=what, secret=secret, further=further)


def _switch(endpoint: Endpoint) -> None:
    if endpoint.is_active:
        enable_endpoint(endpoint, now=clock.now())
    else:
        disable_endpoint(endpoint, reason=OFF_BY_STAFF, now=clock.now())


class DeliveryAttemptInline(StackedReadOnlyInline):
    model = DeliveryAttempt
    merchant_path = "delivery__order__merchant"
    area = Area.AGENTS
    shown = (
        ("number", "attempted_at", "status", "error"),
        ("milliseconds", "address"),
        "sent_headers",
        "answer_headers",
        "answer",
    )
    ordering = ("number",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    merchant_path = "order__merchant"
    area = Area.AGENTS
    list_display = ("id", "order", "sequence", "kind", "endpoint", "status", "tries", "due_at", "delivered_at")
    list_filter = ("status", "kind", "endpoint")
    worklists = {"dead": Worklist("Webhook deliveries given up", given_up)}
    list_select_related = ("order", "endpoint")
    search_fields = ("id", "order__number", "order__id", "endpoint__url")
    ordering = ("-created_at", "pk")
    shown = (*list_display, "leased_until", "created_at", "what_is_sent")
    inlines = (DeliveryAttemptInline,)
    actions = ("replay_deliveries",)

    @admin.display(description="body")
    def what_is_sent(self, delivery: Delivery) -> str:
        return bytes(delivery.body).decode(errors="replace")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:  # type: ignore[override]
        """Offer the action on the delivery's own page, too (templates/admin/webhooks/delivery/)."""
        return super().render_change_form(
            request, {**context, "may_replay": self.has_handle_permission(request)}, **options
        )

    @admin.action(description="Send the selected deliveries again", permissions=["handle"])
    def replay_deliveries(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        for delivery in deliveries.select_related("order"):
            self.note(request, delivery, "sent again")
        count = replay(deliveries, now=clock.now())
        self.message_user(request, f"{count} will be sent again.", messages.SUCCESS)
