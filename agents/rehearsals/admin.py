"""Test purchases: begun here, watched while they run, and looked up afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from agents.rehearsals.models import Rehearsal, RehearsalStep
from agents.rehearsals.performing import begin
from agents.rehearsals.script import SCRIPT, TIDY
from agents.webhooks.models import Endpoint
from commerce import clock
from commerce.accounts.models import Agent, Merchant
from commerce.backoffice.actions import list_action
from commerce.backoffice.admins import ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.readiness import Check, checks
from commerce.backoffice.rights import Area
from commerce.backoffice.scope import scope_of
from commerce.errors import CommerceError


class StepInline(ReadOnlyInline):
    """Says whose the steps are; the page shows them in its own way."""

    model = RehearsalStep
    merchant_path = "rehearsal__merchant"
    area = Area.AGENTS
    shown = ("name", "status", "words")
    ordering = ("position",)


@admin.register(Rehearsal)
class RehearsalAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.AGENTS
    list_display = ("__str__", "merchant", "agent", "status", "problem")
    list_filter = ("status", "merchant")
    list_select_related = ("merchant", "agent")
    search_fields = ("id", "agent__name")
    ordering = ("-started_at", "pk")
    inlines = (StepInline,)
    shown = ("agent", "status", "started_at", "ended_at")
    actions_list = ("begin",)
    change_form_template = "admin/rehearsals/rehearsal.html"

    @list_action(description="Make a test purchase", icon="science", permissions=["handle"])
    def begin(self, request: HttpRequest) -> HttpResponse:
        """Say what a test purchase does, and make one in the name of one of the shop's agents."""
        merchant = scope_of(request).merchant
        if merchant is None:
            return self._page(request, "admin/setup/no_shop.html", {})
        agents = _agents(merchant)
        if request.method == "POST":
            agent = next((one for one in agents if one.pk == request.POST.get("agent")), None)
            if agent is not None and (rehearsal := self._begun(request, agent)):
                return redirect("admin:rehearsals_rehearsal_change", quote(rehearsal.pk))
            return redirect("admin:rehearsals_rehearsal_begin")
        running = Rehearsal.objects.filter(merchant=merchant, status=Rehearsal.Status.RUNNING).first()
        context = {"agents": agents, "steps": [*SCRIPT, TIDY], "running": running}
        return self._page(request, "admin/rehearsals/begin.html", context)

    def _begun(self, request: HttpRequest, agent: Agent) -> Rehearsal | None:
        try:
            rehearsal = begin(agent, user=request.user, now=clock.now())  # type: ignore[arg-type]
        except CommerceError as problem:
            messages.error(request, problem.message)
            return None
        self.note(request, rehearsal, "began a test purchase")
        return rehearsal

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:  # type: ignore[override]
        rehearsal: Rehearsal = options["obj"]
        titles = {step.name: step.title for step in (*SCRIPT, TIDY)}
        done = list(rehearsal.steps.order_by("position"))
        seen = {step.name for step in done}
        more = {
            "rehearsal": rehearsal,
            "steps": [(titles.get(step.name, step.name), step) for step in done],
            "ahead": [] if rehearsal.ended_at else [titles[name] for name in titles if name not in seen],
            "mend": _where_to_mend(rehearsal),
        }
        return super().render_change_form(request, {**context, **more}, **options)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        known = {**self.admin_site.each_context(request), "title": "A test purchase", "opts": self.opts}
        return TemplateResponse(request, template, {**known, **context})


def _agents(merchant: Merchant) -> list[Agent]:
    """Return the agents that may sell, those that hear of their orders first."""
    agents = list(Agent.objects.filter(merchant=merchant, is_active=True).order_by("created_at", "pk"))
    hearing = set(Endpoint.objects.filter(agent__in=agents, is_active=True).values_list("agent_id", flat=True))
    return sorted(agents, key=lambda agent: agent.pk not in hearing)


def _where_to_mend(rehearsal: Rehearsal) -> tuple[str, str] | None:
    """Return what the readiness list calls the thing that was in the way, and where it is mended."""
    check: Check | None = next((one for one in checks() if one.id == rehearsal.mend), None)
    if check is None:
        return None
    return check.title, reverse(check.page) if check.page else ""
