"""Merchants, their agents, and the keys of agents: issued and revoked here, never read back."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from commerce.accounts.models import SCOPES, Agent, AgentKey, AgentKeySpend, Merchant
from commerce.accounts.services import issue_key, revoke_key
from commerce.backoffice.admins import EditableAdmin, Form, ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.columns import money
from commerce.backoffice.login import require_recent_login
from commerce.backoffice.rights import Area
from commerce.backoffice.scope import scope_of
from commerce.emails.models import Email
from commerce.inbox.services import new_fulfillment_secret
from commerce.money import CURRENCIES
from merchants.admin.forms import MoneyForm


class MerchantForm(Form):
    currency = forms.ChoiceField(
        choices=[(code, code.upper()) for code in sorted(CURRENCIES)],
        initial="usd",
        widget=UnfoldAdminSelectWidget,
    )
    time_zone = forms.ChoiceField(
        choices=[(name, name) for name in sorted(available_timezones())],
        initial="UTC",
        widget=UnfoldAdminSelectWidget,
    )
    emails_off = forms.MultipleChoiceField(
        label="E-mails that buyers do not get",
        choices=Email.Kind.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(Merchant)
class MerchantAdmin(EditableAdmin):
    merchant_path = "pk"
    area = Area.SETTINGS
    asks_again = True
    form = MerchantForm
    fixed_fields = ("currency",)
    list_display = ("name", "slug", "status", "currency", "country", "time_zone", "created_at")
    list_filter = ("status", "currency", "country")
    search_fields = ("name", "slug", "id")
    ordering = ("name", "pk")
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}
    actions = ("renew_fulfillment_secret",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return scope_of(request).is_operator

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Pause a merchant instead: orders refer to it."""
        return False

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    @admin.action(description="Make a new secret for carriers and warehouses", permissions=["change"])
    def renew_fulfillment_secret(self, request: HttpRequest, merchants: QuerySet[Merchant]) -> HttpResponse | None:
        """Show what signs messages to `/fulfillment/webhooks/<merchant>`; the one before it is void."""
        if len(merchants) != 1:
            self.message_user(request, "Select one merchant.", messages.ERROR)
            return None
        require_recent_login(request)
        (merchant,) = merchants
        self.note(request, merchant, "made a new secret for carriers and warehouses")
        context = {
            **self.admin_site.each_context(request),
            "title": "The new secret",
            "what": f"This secret signs what carriers and warehouses send for {merchant}; one before it is void.",
            "secret": new_fulfillment_secret(merchant),
            "back": "admin:accounts_merchant_changelist",
        }
        return TemplateResponse(request, "admin/shown_once.html", context)


class KeyInline(ReadOnlyInline):
    model = AgentKey
    merchant_path = "agent__merchant"
    area = Area.KEYS
    shown = ("__str__", "scopes", "expires_at", "revoked_at", "created_at")
    ordering = ("-created_at", "pk")
    hide_title = False
    show_change_link = True


@admin.register(Agent)
class AgentAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.AGENTS
    list_display = ("name", "merchant", "is_active", "created_at")
    list_filter = ("is_active", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("name", "id")
    is_found_everywhere = True
    ordering = ("name", "pk")
    inlines = (KeyInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Switch an agent off instead: orders refer to it."""
        return False


class AgentKeyForm(MoneyForm):
    money_fields = ("limit_per_order_minor", "limit_per_day_minor")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        initial=SCOPES,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def merchant(self) -> Merchant | None:
        agent = getattr(self, "cleaned_data", {}).get("agent")
        if agent is None and self.instance.agent_id:
            agent = self.instance.agent
        return agent.merchant if agent is not None else None


@admin.register(AgentKey)
class AgentKeyAdmin(EditableAdmin):
    merchant_path = "agent__merchant"
    area = Area.KEYS
    asks_again = True
    form = AgentKeyForm
    fixed_fields = ("agent",)
    list_display = ("__str__", "agent", "merchant", "scopes", "expires_at", "revoked_at", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "agent__merchant")
    list_select_related = ("agent__merchant",)
    search_fields = ("prefix", "agent__name", "id")
    ordering = ("-created_at", "pk")
    readonly_fields = ("signature_algorithm", "revoked_at")
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("agent__merchant")

    @admin.display(ordering="agent__merchant__name")
    def merchant(self, key: AgentKey) -> str:
        return key.agent.merchant.name

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Revoke a key instead: sessions refer to it."""
        return False

    def save_model(self, request: HttpRequest, obj: AgentKey, form: Any, change: bool) -> None:  # type: ignore[override]
        """Issue a new key; its token travels with the row to the one page that shows it."""
        if change:
            super().save_model(request, obj, form, change)
            return
        key, token = issue_key(
            obj.agent,
            scopes=tuple(obj.scopes),
            requires_confirmation=obj.requires_confirmation,
            limit_per_order_minor=obj.limit_per_order_minor,
            limit_per_day_minor=obj.limit_per_day_minor,
            expires_at=obj.expires_at,
        )
        obj.pk, obj.prefix = key.pk, key.prefix
        obj.token = token  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002
        """Show the token, on a page that no cache keeps; there is no other way to see it."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The new key",
            "what": f"This is the key of {obj.agent}.",
            "secret": obj.token,
            "back": "admin:accounts_agentkey_changelist",
        }
        return TemplateResponse(request, "admin/shown_once.html", context)

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[AgentKey]) -> None:
        now = timezone.now()
        for key in keys:
            revoke_key(key, now=now)
            self.note(request, key, "revoked the key")
        self.message_user(request, f"{len(keys)} revoked.", messages.SUCCESS)


@admin.register(AgentKeySpend)
class AgentKeySpendAdmin(ReadOnlyAdmin):
    merchant_path = "key__agent__merchant"
    area = Area.AGENTS
    amount = money("amount_minor", "Spent", currency="key.agent.merchant.currency")
    list_display = ("day", "key", "agent", amount)
    shown = list_display
    list_select_related = ("key__agent__merchant",)
    search_fields = ("key__prefix", "key__agent__name")
    list_filter = ("key__agent", "key__agent__merchant")
    date_hierarchy = "day"
    ordering = ("-day", "pk")

    @admin.display(ordering="key__agent__name")
    def agent(self, spend: AgentKeySpend) -> str:
        return spend.key.agent.name
