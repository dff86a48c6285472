"""Merchants, their agents, and the keys of agents: issued and revoked here, never read back."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from commerce import clock
from commerce.accounts.models import SCOPES, Agent, AgentKey, AgentKeySpend, Merchant
from commerce.accounts.services import issue_key, pause_agent, pause_shop, resume_agent, resume_shop, revoke_key
from commerce.backoffice.actions import object_action, without
from commerce.backoffice.admins import EditableAdmin, ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.asking import Question, ask, show_once
from commerce.backoffice.columns import money
from commerce.backoffice.rights import Area
from commerce.backoffice.scope import scope_of
from commerce.backoffice.worklists import Worklist
from commerce.emails.models import Email
from commerce.inbox.services import new_fulfillment_secret
from commerce.money import CURRENCIES
from merchants.admin.forms import MoneyForm
from merchants.admin.place_fields import PlaceForm
from merchants.onboarding import setup_pages


class MerchantForm(PlaceForm):
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

    def clean_charges_no_tax(self) -> bool:
        is_none: bool = self.cleaned_data["charges_no_tax"]
        if is_none and "charges_no_tax" in self.changed_data and self.instance.tax_rates.exists():
            raise forms.ValidationError("There are tax rates, and they are charged. Delete them first.")
        return is_none


def paused(merchants: QuerySet[Merchant]) -> QuerySet[Merchant]:
    return merchants.filter(status=Merchant.Status.PAUSED)


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
    actions_detail = ("stop", "resume", "fulfillment_secret")
    worklists = {"paused": Worklist("Shops that sell nothing for now", paused, is_urgent=True)}

    def get_urls(self) -> list[Any]:
        return [*setup_pages.urls(), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave going live to the setup, which looks first; the operator may do as they like."""
        known = super().get_readonly_fields(request, obj)
        account = ("payment_account", "uses_installation_account", "has_chosen_test_account")
        own = ("status", *account, "charges_no_tax")
        return known if scope_of(request).is_operator else (*known, *own)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return scope_of(request).is_operator

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Pause a merchant instead: orders refer to it."""
        return False

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Lead who has one shop straight to it."""
        merchant = scope_of(request).merchant
        if merchant is not None and not scope_of(request).is_operator and self.has_view_permission(request):
            return redirect("admin:accounts_merchant_change", quote(merchant.pk))
        return super().changelist_view(request, extra_context)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to stop a shop that sells, and to resume one that was stopped."""
        shop = self.get_object(request, unquote(object_id))
        offered: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        if shop is None or shop.status != Merchant.Status.ACTIVE:
            offered = without(offered, "stop")
        if shop is None or shop.status != Merchant.Status.PAUSED:
            offered = without(offered, "resume")
        return offered

    @object_action(description="Stop selling", icon="block", permissions=["change"])
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        shop = self.require_object(request, object_id)
        if shop.status == Merchant.Status.NEW:  # it sells nothing yet
            return redirect("admin:setup")

        def done(_: dict[str, Any]) -> str:
            pause_shop(shop)
            return f"{shop} sells nothing until you resume it."

        return ask(self, request, shop, STOP_SELLING, done)

    @object_action(description="Resume selling", icon="play_arrow", permissions=["change"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        shop = self.require_object(request, object_id)
        if shop.status == Merchant.Status.NEW:  # it goes live where somebody looks first whether it is ready
            return redirect("admin:setup")

        def done(_: dict[str, Any]) -> str:
            resume_shop(shop)
            return f"{shop} sells again."

        return ask(self, request, shop, RESUME_SELLING, done)

    @object_action(description="New secret for carriers", icon="key", permissions=["change"])
    def fulfillment_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        merchant = self.require_object(request, object_id)
        what = f"This secret signs what carriers and warehouses send for {merchant}; one before it is void."

        def show(_: dict[str, Any]) -> HttpResponse:
            secret = new_fulfillment_secret(merchant)
            return show_once(self, request, title="The new secret", what=what, secret=secret)

        return ask(self, request, merchant, NEW_CARRIER_SECRET, show)


STOP_SELLING = Question(
    "Stop selling",
    "All agents of this shop are refused from this moment on, in every session. What is being paid right now is "
    "finished. Orders that were placed, deliveries and refunds go on.",
    "Stop selling now",
    is_final=True,
)
RESUME_SELLING = Question("Resume selling", "Agents are let in again.", "Resume selling")
NEW_CARRIER_SECRET = Question(
    "Make a new secret for carriers and warehouses",
    "The secret before it is void at once: messages that are signed with it are refused.",
    "Make a new secret",
    is_final=True,
)


class KeyInline(ReadOnlyInline):
    model = AgentKey
    merchant_path = "agent__merchant"
    area = Area.KEYS
    shown = ("__str__", "scopes", "expires_at", "revoked_at", "created_at")
    ordering = ("-created_at", "pk")
    hide_title = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(is_test=False)


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
    actions_detail = ("pause", "resume")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Switch an agent off instead: orders refer to it."""
        return False

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to pause an agent that is let in, and to resume one that is not."""
        agent = self.get_object(request, unquote(object_id))
        is_let_in = agent is not None and agent.is_active
        offered = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return without(offered, "resume" if is_let_in else "pause")

    @object_action(description="Pause", icon="pause", permissions=["change"])
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agent = self.require_object(request, object_id)

        def done(_: dict[str, Any]) -> str:
            pause_agent(agent)
            return f"{agent} is paused."

        return ask(self, request, agent, PAUSE_AGENT, done)

    @object_action(description="Resume", icon="play_arrow", permissions=["change"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agent = self.require_object(request, object_id)

        def done(_: dict[str, Any]) -> str:
            resume_agent(agent)
            return f"{agent} sells again."

        return ask(self, request, agent, RESUME_AGENT, done)


PAUSE_AGENT = Question(
    "Pause the agent",
    "All its keys are refused from this moment on, in every session. What it is paying right now is finished. "
    "It hears of its orders as before.",
    "Pause it now",
    is_final=True,
)
RESUME_AGENT = Question(
    "Resume the agent", "Its keys are let in again, those that were revoked apart.", "Resume it"
)


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
    is_found_everywhere = True
    ordering = ("-created_at", "pk")
    readonly_fields = ("signature_algorithm", "revoked_at")
    actions = ("revoke",)
    actions_detail = ("revoke_this",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out the keys of test purchases: nobody holds them."""
        return super().get_queryset(request).filter(is_test=False).select_related("agent__merchant")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "requires_confirmation") if obj is not None and obj.always_confirms else fields

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
        what = f"This is the key of {obj.agent}."
        return show_once(self, request, title="The new key", what=what, secret=obj.token)

    @object_action(description="Revoke", icon="block", permissions=["change"])
    def revoke_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.require_object(request, object_id)

        def done(_: dict[str, Any]) -> str:
            revoke_key(key, now=clock.now())
            return f"{key} opens nothing any more."

        return ask(self, request, key, REVOKE_KEY, done)

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[AgentKey]) -> None:
        now = clock.now()
        for key in keys:
            revoke_key(key, now=now)
            self.note(request, key, "revoked the key")
        self.message_user(request, f"{len(keys)} revoked.", messages.SUCCESS)


REVOKE_KEY = Question(
    "Revoke the key",
    "It is refused from this moment on and cannot be made valid again. Other keys of the agent stay as they are.",
    "Revoke it now",
    is_final=True,
)


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
