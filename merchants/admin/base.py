"""What all admin pages share: read-only records, careful saving, amounts and JSON that people can read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, URLField
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from commerce.money import Money

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    Form = ModelForm[Any]
else:
    ModelAdmin, TabularInline, Form = admin.ModelAdmin, admin.TabularInline, ModelForm

Column = Callable[[Any], str | SafeString]

_HTTPS_UNLESS_TOLD: Any = {URLField: {"assume_scheme": "https"}}

NOTHING = "–"  # noqa: RUF001 - a dash for people


class ReadOnlyAdmin(ModelAdmin):
    """Records that services write. `shown` names what is shown of one."""

    shown: tuple[str | Column, ...] = ()
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.shown


class EditableAdmin(ModelAdmin):
    """Terms of a shop. What belongs to a merchant stays the merchant's; only what was edited is written.

    Other processes count in columns of the same rows (a merchant's revision, what is reserved of a stock),
    so that writing back a whole row would undo them.
    """

    show_full_result_count = False
    list_per_page = 50
    fixed_fields: Sequence[str] = ("merchant",)
    formfield_overrides = _HTTPS_UNLESS_TOLD

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Keep fixed fields in the form, so that unique constraints that name them are checked."""
        form = super().get_form(request, obj, change, **kwargs)
        for name in self.fixed_fields:
            if obj is not None and name in form.base_fields:
                # A field that the form's class declares belongs to every form of that class.
                form.base_fields[name] = deepcopy(form.base_fields[name])
                form.base_fields[name].disabled = True
        return form

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        changed = [name for name in form.changed_data if name in columns]
        if changed:
            automatic = ["updated_at"] if "updated_at" in columns else []
            obj.save(update_fields=[*changed, *automatic])

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Say of which merchant a choice is."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        names = {one.name for one in db_field.related_model._meta.concrete_fields}
        if field is not None and "merchant" in names:
            field.queryset = field.queryset.select_related("merchant")
            field.label_from_instance = _with_merchant
        return field


def _with_merchant(row: Any) -> str:
    return f"{row} ({row.merchant})"


class EditableInline(TabularInline):
    extra = 0
    formfield_overrides = _HTTPS_UNLESS_TOLD


class ReadOnlyInline(TabularInline):
    shown: tuple[str | Column, ...] = ()
    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.shown


def money(field: str, label: str, *, currency: str = "currency") -> Column:
    """Return a column that writes minor units as a decimal with its currency, found along `currency`."""

    @admin.display(description=label, ordering=field)
    def column(row: Any) -> str:
        minor = getattr(row, field)
        return NOTHING if minor is None else str(Money(minor, _along(row, currency)))

    column.__name__ = f"money_of_{field}"
    return column


def pretty(field: str, label: str) -> Column:
    """Return a field that shows JSON, or text that holds JSON, indented."""

    @admin.display(description=label)
    def shown(row: Any) -> SafeString:
        value = getattr(row, field)
        if isinstance(value, str):
            value = json.loads(value)
        return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))

    shown.__name__ = f"pretty_{field}"
    return shown


def _along(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name)
    return row
