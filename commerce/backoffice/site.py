"""The admin site: what is registered says whose rows it shows, and one shop is at hand at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth import logout as end_session
from django.core.exceptions import ImproperlyConfigured
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.text import capfirst
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.dataclasses import SearchResult

from commerce.backoffice.login import is_two_factor_missing
from commerce.backoffice.scope import choose_shop, scope_of

if TYPE_CHECKING:
    Site = admin.AdminSite
else:
    from unfold.sites import UnfoldAdminSite as Site

MAX_FOUND = 6
"""How many rows of each kind the search of the whole back office shows."""

_OURS = ("commerce.", "agents.", "merchants.")


class BackOffice(Site):
    """Pages of other packages that know nothing of shops are left out; such a page of ours is a mistake."""

    index_template = "admin/home.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        from commerce.backoffice.admins import Scoped

        if admin_class is not None and issubclass(admin_class, Scoped):
            super().register(model_or_iterable, admin_class, **options)
        elif (admin_class or model_or_iterable).__module__.startswith(_OURS):
            raise ImproperlyConfigured(f"{admin_class} does not say whose rows it shows: it is not Scoped.")

    def get_urls(self) -> list[Any]:
        own: list[URLPattern] = [path("shop/", self.admin_view(require_POST(self.switch_shop)), name="shop")]
        return [*own, *super().get_urls()]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Show times in the zone of the shop at hand, to whoever has the second factor that is asked of them."""
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self.has_permission(request) and is_two_factor_missing(request.user):
                messages.warning(request, "Set up two-factor login first: everybody who works here has it.")
                return redirect("mfa_activate_totp")
            with timezone.override(_zone_of(request)):
                response: HttpResponse = inner(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()  # while the shop's zone is in force
                return response

        return guarded

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002
        """Leave logging in to the one page that does it."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse(f"{self.name}:index")
        if self.has_permission(request):
            return redirect(f"{self.name}:index")
        if request.user.is_authenticated:
            context = {"is_sign_up_open": settings.SIGN_UP_OPEN}
            return render(request, "account/not_staff.html", context, status=403)
        return redirect(f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: wanted})}")

    @method_decorator(require_POST)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:  # noqa: ARG002
        end_session(request)
        messages.success(request, "You are logged out.")
        return redirect("account_login")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if not self.has_permission(request):
            return context
        return {**context, "scope": scope_of(request), "templates": {"navigation": "admin/sidebar.html"}}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        scope = scope_of(request)
        if scope.merchant is None and not scope.is_operator:
            return TemplateResponse(
                request, "admin/no_shop.html", {**self.each_context(request), "title": "Welcome"}
            )
        return super().index(request, extra_context)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:  # noqa: ARG002
        """Find pages by their title, and rows by what their own lists search. Nothing found is kept."""
        term, started = request.GET.get("s", "").replace("\x00", "").strip(), time.perf_counter()
        found = [*self._pages_called(request, term), *self._rows_found(request, term)] if term else []
        results = Paginator(found, MAX_FOUND * len(self._registry)).page(1)
        took = time.perf_counter() - started
        context = {"page_obj": results.paginator, "results": results, "page_counter": 0, "execution_time": took}
        return TemplateResponse(request, "unfold/helpers/command_results.html", context)

    def _pages_called(self, request: HttpRequest, term: str) -> Iterator[SearchResult]:
        menu: Any = self.get_sidebar_list(request)  # type: ignore[attr-defined]
        for group in menu:
            for item in group["items"]:
                if term.lower() in item["title"].lower():
                    yield SearchResult(item["title"], group["title"] or "Page", item["link"], item["icon"])

    def _rows_found(self, request: HttpRequest, term: str) -> Iterator[SearchResult]:
        page: Any
        for page in self._registry.values():
            if page.is_found_everywhere and page.has_view_permission(request):
                rows, _ = page.get_search_results(request, page.get_queryset(request), term)
                kind = str(capfirst(page.opts.verbose_name))
                for row in rows.order_by(*page.ordering)[:MAX_FOUND]:
                    yield SearchResult(str(row), kind, self._page_of(row), "arrow_right")

    def _page_of(self, row: Model) -> str:
        return reverse(f"{self.name}:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])

    def switch_shop(self, request: HttpRequest) -> HttpResponse:
        """Make another shop the one at hand, and go where that makes sense: a list, or the first page."""
        if not choose_shop(request, request.POST.get("shop", "")):
            messages.error(request, "There is no such shop.")
        return HttpResponseRedirect(self._list_to_return_to(request))

    def _list_to_return_to(self, request: HttpRequest) -> str:
        wanted = request.POST.get("next", "")
        lists = {
            reverse(f"{self.name}:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for model in self._registry
        }
        is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        return wanted if is_ours and wanted in lists else reverse(f"{self.name}:index")


def _zone_of(request: HttpRequest) -> ZoneInfo:
    """Return whose clock a page goes by. Among all shops, and where nobody is logged in, it is UTC."""
    merchant = scope_of(request).merchant if request.user.is_authenticated else None
    return ZoneInfo(merchant.time_zone if merchant else "UTC")
