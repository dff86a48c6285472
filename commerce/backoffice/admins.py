"""What all admin pages share: whose rows they show, read-only records, and saving that undoes nobody's work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core import checks
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from commerce.accounts.models import StaffAction
from commerce.accounts.selectors import actions_on
from commerce.backoffice.auditing import Change, changes_in, write_down
from commerce.backoffice.columns import Column
from commerce.backoffice.counting import List
from commerce.backoffice.filters import scoped_filters
from commerce.backoffice.login import require_recent_login
from commerce.backoffice.paths import path_of
from commerce.backoffice.rights import Area, Right
from commerce.backoffice.scope import OPERATOR_ONLY, scope_of
from commerce.backoffice.worklists import Worklist, WorklistFilter

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    StackedInlineBase = admin.StackedInline[Any, Any]
    TabularInlineBase = admin.TabularInline[Any, Any]
    Page = admin.options.BaseModelAdmin[Any]
    ModelForm = forms.ModelForm[Any]
else:
    from unfold.admin import ModelAdmin
    from unfold.admin import StackedInline as StackedInlineBase
    from unfold.admin import TabularInline as TabularInlineBase

    Page, ModelForm = object, forms.ModelForm

_HTTPS_UNLESS_TOLD: Any = {URLField: {"assume_scheme": "https"}}


class Form(ModelForm):
    """Takes for changed what somebody changed on the page, not what the row has become while it was open.

    Agents buy, files are imported and colleagues work meanwhile. So each field brings along what it had shown. One
    that was left as it was shown has the row's value by now, whatever was sent for it. A new row has none yet.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_new = self.instance._state.adding
        for name, field in self.fields.items() if not self._is_new else ():
            field.show_hidden_initial = not self.is_bound or not self._is_without_what_was_shown(name)

    def _is_without_what_was_shown(self, name: str) -> bool:
        sent: forms.Widget = self.fields[name].hidden_widget()
        return sent.value_omitted_from_data(self.data, self.files, self.add_initial_prefix(name))

    def full_clean(self) -> None:
        outdated = list(self._outdated_fields()) if self.is_bound and not self._is_new else []
        for field in outdated:
            field.disabled = True  # so that it has the value of the row
        super().full_clean()
        for field in outdated:
            field.disabled = False

    def _outdated_fields(self) -> Iterator[forms.Field]:
        for name, field in self.fields.items():
            told = self[name]
            if name not in self.changed_data and field.has_changed(told.initial, told.data):
                yield field


class Scoped(Page):
    """A page, or a part of one, that shows a person rows of the shop at hand only.

    `merchant_path` is the way from the model to its merchant as a lookup, such as `order__merchant`, or
    OPERATOR_ONLY. `area` is the part of the shop that roles are trusted with.
    """

    merchant_path: str
    area: Area

    def may(self, request: HttpRequest, right: Right) -> bool:
        return scope_of(request).may(self.area, right)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Right.VIEW) and self._is_ours(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return self.may(request, Right.CHANGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Right.CHANGE) and self._is_ours(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Right.CHANGE) and self._is_ours(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, Right.VIEW)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return scope_of(request).rows(super().get_queryset(request), self.merchant_path)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer and accept rows of the shop at hand only; among all shops, say of which a choice is."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is None:
            return None
        model, scope = db_field.related_model, scope_of(request)
        field.queryset = scope.rows(field.queryset, path_of(self.admin_site, model))
        if scope.merchant is None and "merchant" in {one.name for one in model._meta.concrete_fields}:
            field.queryset = field.queryset.select_related("merchant")
            field.label_from_instance = _with_merchant
        return field

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            path = path_of(self.admin_site, db_field.related_model)
            field.queryset = scope_of(request).rows(field.queryset, path)
        return field

    def check(self, **kwargs: Any) -> list[Any]:
        missing = [name for name in ("merchant_path", "area") if not hasattr(self, name)]
        text = f"{type(self).__name__} does not say whose rows it shows: {', '.join(missing)} is missing."
        problems = [checks.Error(text, obj=type(self), id="backoffice.E001")] if missing else []
        return [*super().check(**kwargs), *problems]

    def _is_ours(self, request: HttpRequest, obj: Any) -> bool:
        """Judge a row of the page's own model; what else is asked about was judged by its own page."""
        return not isinstance(obj, self.model) or scope_of(request).owns(obj, self.merchant_path)


class ScopedAdmin(Scoped, ModelAdmin):
    """A page of its own. Columns and filters that name the merchant are there only where there are several.

    Where `asks_again`, who adds, changes or deletes a row, or does something with rows of the list, has to have
    proved lately who they are. Where `is_found_everywhere`, the search of the whole back office looks here, too.
    """

    asks_again = False
    is_found_everywhere = False
    worklists: ClassVar[Mapping[str, Worklist]] = {}
    change_form_outer_after_template: str | None = "admin/last_actions.html"
    show_full_result_count = False
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[List]:  # noqa: ARG002
        return List

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        if scope_of(request).merchant is None:
            return columns
        return [column for column in columns if column != "merchant"]

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = super().get_list_filter(request)
        own = (WorklistFilter,) if self.worklists else ()
        return scoped_filters(self, request, [*own, *filters])

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Ask before a new row is typed in, and before one that is looked at is changed."""
        may_save = self.has_change_permission(request) if object_id else self.has_add_permission(request)
        if self.asks_again and may_save and (object_id is None or request.method == "POST"):
            require_recent_login(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        if self.asks_again and request.method == "POST" and self.has_delete_permission(request):
            require_recent_login(request)
        return super().delete_view(request, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Ask before something is done with the rows that were selected."""
        if self.asks_again and request.method == "POST" and self.may(request, Right.CHANGE):
            require_recent_login(request)
        return super().changelist_view(request, extra_context)

    def require_object(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row that an address names, for pages of our own. Raises Http404 for another shop's."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        return row

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:  # noqa: ARG002
        """Answer 404 for a row that is not there or not this shop's, at every address alike."""
        raise Http404(f"There is no such {opts.verbose_name}.")

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:  # noqa: ARG002
        return changes_in(form, formsets)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._write_down(request, obj, StaffAction.Kind.ADDED, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if message:
            self._write_down(request, obj, StaffAction.Kind.CHANGED, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            self._write_down(request, row, StaffAction.Kind.DELETED, ())

    def note(self, request: HttpRequest, row: Model, what: str) -> None:
        """Write down that something was asked for that changes no value in a form, such as a refund."""
        write_down(request, row, self.merchant_path, kind=StaffAction.Kind.DID, what=what)

    def _write_down(self, request: HttpRequest, row: Model, kind: str, changes: Iterable[Change]) -> None:
        write_down(request, row, self.merchant_path, kind=kind, changes=changes)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        """Show what staff did with a row, newest first."""
        row = self.require_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        entries = actions_on(row)
        context = {
            **self.admin_site.each_context(request),
            "title": f"What staff did with {row}",
            "opts": self.opts,
            "object": row,
            "entries": Paginator(entries, 50).get_page(request.GET.get("p")),
        }
        return TemplateResponse(request, "admin/staff_actions.html", context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:  # type: ignore[override]
        row = options.get("obj")
        entries = actions_on(row)[:3] if row is not None else ()
        return super().render_change_form(request, {**context, "entries": entries}, **options)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        row = super().save_form(request, form, change)
        self._refuse_another_shops(request, row, self.merchant_path)
        return row

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        path = path_of(self.admin_site, formset.model)
        for one in formset.forms:
            if one.has_changed():
                self._refuse_another_shops(request, one.instance, path)
        super().save_formset(request, form, formset, change)

    def _refuse_another_shops(self, request: HttpRequest, row: Model, path: str) -> None:
        """The last line before anything is saved: forms do not offer such rows in the first place."""
        if not scope_of(request).owns(row, path):
            raise PermissionDenied("This belongs to another shop.")


class ReadOnlyAdmin(ScopedAdmin):
    """Records that services write. `shown` names what is shown of one."""

    shown: tuple[str | Column, ...] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_handle_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Say whether somebody may ask the domain for what it offers about such a record."""
        return self.may(request, Right.CHANGE)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.shown


class EditableAdmin(ScopedAdmin):
    """Terms of a shop. What belongs to a merchant stays the merchant's; only what was edited is written.

    Other processes count in columns of the same rows (a merchant's revision, what is reserved of a stock),
    so that writing back a whole row would undo them.
    """

    form = Form
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
        self._know_the_shop(request, form)
        return form

    def _know_the_shop(self, request: HttpRequest, form: Any) -> None:
        """Ask nobody for a shop who is in one. The field stays in the form, and takes no other."""
        merchant, field = scope_of(request).merchant, form.base_fields.get("merchant")
        if merchant is not None and field is not None:
            field.initial = merchant.pk
            field.widget = forms.HiddenInput()

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        changed = [name for name in form.changed_data if name in columns]
        if changed:
            automatic = ["updated_at"] if "updated_at" in columns else []
            obj.save(update_fields=[*changed, *automatic])


class OperatorAdmin(ReadOnlyAdmin):
    """Records of the installation itself."""

    merchant_path = OPERATOR_ONLY
    area = Area.OPERATIONS


class EditableInline(Scoped, TabularInlineBase):
    form = Form
    extra = 0
    formfield_overrides = _HTTPS_UNLESS_TOLD


class _ReadOnlyPart(Scoped):
    shown: tuple[Any, ...] = ()
    extra = 0
    can_delete = False
    hide_title = True
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


class ReadOnlyInline(_ReadOnlyPart, TabularInlineBase):
    """Records that belong to the one that is looked at, a row each."""


class StackedReadOnlyInline(_ReadOnlyPart, StackedInlineBase):
    """The same, a block each. `shown` may group names that stand side by side."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return [name for part in self.shown for name in (part if isinstance(part, tuple) else (part,))]


def _with_merchant(row: Any) -> str:
    return f"{row} ({row.merchant})"
