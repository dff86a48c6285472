"""List filters that offer rows of the shop at hand only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from commerce.backoffice.paths import path_of
from commerce.backoffice.scope import scope_of

if TYPE_CHECKING:
    from commerce.backoffice.admins import ScopedAdmin


class ScopedRelatedFilter(RelatedFieldListFilter):
    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        merchant = scope_of(request).merchant
        own = {} if merchant is None else {path_of(model_admin.admin_site, field.related_model): merchant.pk}
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=own)


def scoped_filters(page: ScopedAdmin, request: HttpRequest, filters: Iterable[Any]) -> list[Any]:
    """Return the filters of a list, without the one by merchant where a shop is at hand."""
    is_in_a_shop = scope_of(request).merchant is not None
    return [scoped_filter(page, one) for one in filters if not (is_in_a_shop and _name(one) == page.merchant_path)]


def scoped_filter(page: ScopedAdmin, given: Any) -> Any:
    """Return a filter that shows nothing of other shops. Raises ImproperlyConfigured where none can be sure."""
    name, kind = given if isinstance(given, tuple) else (given, None)
    if not isinstance(name, str):
        return given
    fields: list[Any] = get_fields_from_path(page.model, name)
    if fields[-1].is_relation:
        if kind is not None and not issubclass(kind, ScopedRelatedFilter):
            raise ImproperlyConfigured(f"{kind.__name__} offers rows of all shops; use a ScopedRelatedFilter.")
        return name, kind or ScopedRelatedFilter
    if len(fields) > 1 and not fields[-1].choices and fields[-1].get_internal_type() != "BooleanField":
        raise ImproperlyConfigured(f"The values of {given} are those of all shops; filter by something else.")
    return given


def _name(given: Any) -> str:
    return str(given[0] if isinstance(given, tuple | list) else given)
