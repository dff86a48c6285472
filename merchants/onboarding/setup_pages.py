"""The back office's pages that lead a shop from its first name to its first sale: a list, and a form a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.views.decorators.http import require_POST

from commerce import clock
from commerce.accounts.models import Merchant, StaffAction
from commerce.backoffice.auditing import Change, write_down
from commerce.backoffice.login import require_recent_login
from commerce.backoffice.readiness import Item, look_at, probe_all
from commerce.backoffice.rights import Area, Right
from commerce.backoffice.scope import Scope, scope_of
from commerce.catalog.models import Product
from commerce.errors import CommerceError
from commerce.payments.connections import connection_of
from commerce.payments.models import ProviderAccount
from merchants.onboarding.forms import (
    NoSamplesForm,
    ProductForm,
    ProfileForm,
    SamplesForm,
    SetupForm,
    ShippingForm,
    SupportForm,
)
from merchants.onboarding.key_forms import AgentForm, InstallationAccountForm, NoticeSecretForm, PaymentsForm
from merchants.onboarding.living import NotReadyError, go_live
from merchants.onboarding.samples import PREFIX, shown_samples
from merchants.onboarding.tax_form import TaxForm

View = Callable[[HttpRequest, Merchant], HttpResponse]


@dataclass(frozen=True, slots=True)
class Step:
    """A page with one form. `elsewhere` are pages of the admin where more of the same is found."""

    name: str
    form: type[SetupForm]
    area: Area
    elsewhere: tuple[tuple[str, str], ...] = ()


STEPS = (
    Step("profile", ProfileForm, Area.SETTINGS),
    Step("support", SupportForm, Area.SETTINGS),
    Step(
        "shipping",
        ShippingForm,
        Area.TERMS,
        (("All ways of delivery", "admin:fulfillment_fulfillmentmethod_changelist"),),
    ),
    Step("tax", TaxForm, Area.TERMS, (("All tax rates", "admin:tax_taxrate_changelist"),)),
)


def urls() -> list[URLPattern]:
    """Return the addresses of the setup, for the admin's own."""
    pages: list[tuple[str, str, Callable[..., HttpResponse]]] = [
        ("", "setup", _of_a_shop(overview, Area.SETTINGS, Right.VIEW)),
        ("look/", "setup_look", require_POST(_of_a_shop(look_again, Area.SETTINGS, Right.VIEW))),
        ("live/", "setup_live", require_POST(_of_a_shop(live, Area.SETTINGS, Right.CHANGE))),
        ("products/", "setup_products", _of_a_shop(products, Area.CATALOG, Right.CHANGE)),
        ("payments/", "setup_payments", _of_a_shop(payments, Area.KEYS, Right.CHANGE)),
        ("agent/", "setup_agent", _of_a_shop(agent, Area.KEYS, Right.CHANGE)),
        *(
            (f"{step.name}/", f"setup_{step.name}", _of_a_shop(_form_of(step), step.area, Right.CHANGE))
            for step in STEPS
        ),
    ]
    return [path(f"setup/{route}", admin.site.admin_view(view), name=name) for route, name, view in pages]


def _of_a_shop(view: View, area: Area, right: Right) -> Callable[..., HttpResponse]:
    """Call a view with the shop at hand, for those who may; the operator chooses a shop first."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        scope = scope_of(request)
        if not scope.may(area, right):
            raise PermissionDenied("Your role in this shop does not allow that.")
        if scope.merchant is None:
            return _page(request, "admin/setup/no_shop.html", "Setup", {})
        return view(request, scope.merchant)

    return guarded


def overview(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    """Show what is ready and what is missing."""
    items = look_at(merchant, now=clock.now())
    needed = [item for item in items if item.check.is_required]
    scope = scope_of(request)
    context = {
        "merchant": merchant,
        "rows": [(item, _link(item, scope)) for item in items],
        "needed": len(needed),
        "ready": sum(not item.is_in_the_way for item in needed),
        "is_live": merchant.status == Merchant.Status.ACTIVE,
        "is_stopped": merchant.status == Merchant.Status.PAUSED,
        "is_ready": not any(item.is_in_the_way for item in items),
        "is_charging": bool((connection := connection_of(merchant)) and connection.is_live),
        "agents": list(merchant.agents.order_by("name", "pk")) if scope.may(Area.AGENTS, Right.VIEW) else [],
        "may_open": scope.may(Area.SETTINGS, Right.CHANGE),
    }
    return _page(request, "admin/setup/overview.html", "Setup", context)


def _link(item: Item, scope: Scope) -> str:
    """Return where a thing is mended, for those who may."""
    if not item.check.page or not scope.may(item.check.area, Right.CHANGE):
        return ""
    try:
        return reverse(item.check.page)
    except NoReverseMatch:
        return ""


def look_again(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    """Ask elsewhere what can only be known there."""
    probe_all(merchant, now=clock.now())
    messages.info(request, "Everything was looked at again.")
    return redirect("admin:setup")


def live(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    require_recent_login(request)
    try:
        go_live(merchant, now=clock.now())
    except NotReadyError as problem:
        messages.error(request, problem.message)
    else:
        _note(request, merchant, "The shop went live.")
        messages.success(request, f"{merchant.name} is live: agents can sell for you from now on.")
    return redirect("admin:setup")


def _form_of(step: Step) -> View:
    def view(request: HttpRequest, merchant: Merchant) -> HttpResponse:
        if step.area is Area.SETTINGS and request.method == "POST":
            require_recent_login(request)
        form = step.form(merchant, _sent(request))
        if _applied(request, form):
            return redirect(f"admin:setup_{step.name}" if "again" in request.POST else "admin:setup")
        links = [(title, reverse(name)) for title, name in step.elsewhere]
        return _page(request, "admin/setup/form.html", form.title, {"form": form, "elsewhere": links})

    return view


def products(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    """Lead to the import of a file, add one product, or put samples on sale and off again."""
    kinds: dict[str, type[SetupForm]] = {
        "product": ProductForm,
        "samples": SamplesForm,
        "no_samples": NoSamplesForm,
    }
    meant = next((name for name in ("samples", "no_samples") if name in request.POST), "product")
    forms = {name: kind(merchant, _sent(request) if name == meant else None) for name, kind in kinds.items()}
    if _applied(request, forms[meant]):
        return redirect("admin:setup_products" if "again" in request.POST else "admin:setup")
    offered = merchant.products.exclude(status=Product.Status.ARCHIVED)
    context = {
        "forms": forms,
        "form": forms["product"],
        "has_samples": shown_samples(merchant).exists(),
        "has_own": offered.exclude(handle__startswith=PREFIX).exists(),
    }
    return _page(request, "admin/setup/products.html", ProductForm.title, context)


def payments(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    """Connect an account. Three forms stand on the page; the button says which is meant."""
    require_recent_login(request)
    kinds: dict[str, type[SetupForm]] = {
        "connect": PaymentsForm,
        "installation": InstallationAccountForm,
        "notices": NoticeSecretForm,
    }
    forms = {name: kind(merchant, request.POST if name in request.POST else None) for name, kind in kinds.items()}
    if any(_applied(request, form) for form in forms.values()):
        return redirect("admin:setup")
    context = {
        "forms": forms,
        "form": forms["connect"],
        "connection": connection_of(merchant),
        "account": ProviderAccount.objects.filter(merchant=merchant, is_current=True).first(),
    }
    return _page(request, "admin/setup/payments.html", PaymentsForm.title, context)


def agent(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    """Make a key, and show it on this one page."""
    require_recent_login(request)
    form = AgentForm(merchant, _sent(request))
    if _applied(request, form, is_silent=True):
        return _page(request, "admin/setup/key.html", "The new key", {"form": form})
    links = [("All agents", reverse("admin:accounts_agent_changelist"))]
    return _page(request, "admin/setup/form.html", form.title, {"form": form, "elsewhere": links})


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _applied(request: HttpRequest, form: SetupForm, *, is_silent: bool = False) -> bool:
    """Do what a form asks, if it was sent and can be done; else it says why not."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        told = form.apply()
    except CommerceError as problem:
        name = str(problem.target[0]) if problem.target and str(problem.target[0]) in form.fields else None
        form.add_error(name, problem.message)
        return False
    _note(request, form.merchant, told, form.changes)
    if not is_silent:
        messages.success(request, told)
    return True


def _note(request: HttpRequest, merchant: Merchant, what: str, changes: Iterable[Change] = ()) -> None:
    """Write down what was done with the shop."""
    kind = StaffAction.Kind.CHANGED if changes else StaffAction.Kind.DID
    write_down(request, merchant, "pk", kind=kind, what=what, changes=changes)


def _page(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context})
