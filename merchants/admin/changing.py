"""A form that asks the domain for one change of an order, or of what belongs to one; and its page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from commerce.backoffice.admins import ReadOnlyAdmin
from commerce.errors import CommerceError
from commerce.money import parse_decimal
from commerce.orders.models import Order


class ChangeForm(forms.Form):
    """What is asked about an order, a shipment or a return; `apply` does it and says so."""

    title = ""
    button = ""
    is_final = False  # takes something away: the button says so by its color
    intro = ""  # what is to be known before
    nothing = ""  # why there is nothing to do, where that is so

    def __init__(self, subject: Any, *args: Any, by: str = "", **options: Any) -> None:
        self.subject = subject
        self.order: Order = subject if isinstance(subject, Order) else subject.order
        self.by = by
        super().__init__(*args, **options)

    def groups(self) -> Iterable[tuple[str, list[forms.BoundField]]]:
        """Return the visible fields under their headings."""
        return [("", self.visible_fields())]

    def apply(self) -> str:
        """Do what is asked and say what was done. Raises CommerceError."""
        raise NotImplementedError

    def _clean_amount(self, name: str) -> int:
        try:
            return parse_decimal(self.cleaned_data[name], self.order.currency)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from problem


def note_field(help_text: str = "The buyer and the agent read this with the order.") -> forms.CharField:
    return forms.CharField(max_length=255, required=False, help_text=help_text, widget=UnfoldAdminTextInputWidget)


def amount_field(**options: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    return forms.CharField(max_length=30, widget=widget, **options)


def key_field() -> forms.CharField:
    """Return a hidden field that tells a form sent twice from two forms."""
    return forms.CharField(widget=forms.HiddenInput, max_length=64, initial=lambda: uuid4().hex)


def units_field(label: str, *, most: int, initial: int, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        initial=initial,
        min_value=0,
        max_value=most,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def change_page(
    owner: ReadOnlyAdmin, form_class: type[ChangeForm], request: HttpRequest, object_id: str
) -> HttpResponse:
    """Show one of the forms for a row, do what it asks, write down who did, and lead back to the order."""
    form = form_class(
        owner.require_object(request, object_id), request.POST or None, by=request.user.get_username()
    )
    order = form.order
    if request.method == "POST" and not form.nothing and form.is_valid():
        try:
            done = form.apply()
        except CommerceError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, done)
            note_on_order(owner, request, order, f"{form.title}: {done}")
            return redirect("admin:orders_order_change", quote(order.pk))
    context = {**owner.admin_site.each_context(request), "title": form.title, "order": order, "form": form}
    return TemplateResponse(request, "admin/order_change.html", context)


def note_on_order(owner: ReadOnlyAdmin, request: HttpRequest, order: Order, what: str) -> None:
    """Write down who did something about an order, on whichever page it was."""
    pages = cast(ReadOnlyAdmin, owner.admin_site.get_model_admin(Order))
    pages.note(request, order, what)
