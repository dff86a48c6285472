"""Refunding and canceling an order: a form each, one call into the domain. And what a bank wants to see of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from commerce.aftersales.evidence import evidence_pack
from commerce.aftersales.services import cancel_order, refund_order
from commerce.backoffice.admins import ReadOnlyAdmin
from commerce.errors import CommerceError
from commerce.fulfillment.services import unsent
from commerce.money import Money, decimal_text, parse_decimal
from commerce.orders.models import Order
from commerce.payments.models import Refund

REASONS = [("", "Not said"), *((value, label) for value, label in Refund.Reason.choices)]


class ChangeForm(forms.Form):
    """What is asked about one order; `apply` of the forms below does it and says so."""

    title = ""
    button = ""
    nothing = ""  # why there is nothing to do, where that is so
    note = forms.CharField(
        max_length=255,
        required=False,
        help_text="The buyer and the agent read this with the order.",
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, order: Order, *args: Any, **options: Any) -> None:
        self.order = order
        super().__init__(*args, **options)


class RefundForm(ChangeForm):
    title = "Give money back"
    button = "Refund"
    amount = forms.CharField(max_length=30, widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}))
    reason = forms.ChoiceField(choices=REASONS, required=False, widget=UnfoldAdminSelectWidget)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64, initial=lambda: uuid4().hex)
    field_order = ("amount", "reason", "note", "key")

    def __init__(self, order: Order, *args: Any, **options: Any) -> None:
        super().__init__(order, *args, **options)
        left = order.payment.amount_minor - order.payment.refunded_minor if order.payment else 0
        if not left:
            self.nothing = "Nothing is left to be given back."
        self.fields["amount"].initial = decimal_text(left, order.currency)
        self.fields["amount"].help_text = f"{Money(left, order.currency)} can be given back."

    def clean_amount(self) -> int:
        try:
            return parse_decimal(self.cleaned_data["amount"], self.order.currency)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from problem

    def apply(self) -> str:
        adjustment = refund_order(
            self.order.pk,
            amount_minor=self.cleaned_data["amount"],
            reason=self.cleaned_data["reason"],
            note=self.cleaned_data["note"],
            request_key=self.cleaned_data["key"],
            now=timezone.now(),
        )
        return f"{Money(adjustment.amount_minor or 0, self.order.currency)} is on its way back."


class CancelForm(ChangeForm):
    title = "Cancel what is not sent yet"
    button = "Cancel these units"

    def __init__(self, order: Order, *args: Any, **options: Any) -> None:
        super().__init__(order, *args, **options)
        lines = {line.pk: line for line in order.lines.order_by("position")}
        waiting = unsent(order, lines.values())
        if not waiting:
            self.nothing = "Everything of this order has been sent or canceled. Money can still be given back."
        for line_id, left in waiting.items():
            self.fields[line_id] = forms.IntegerField(
                label=lines[line_id].title,
                initial=left,
                min_value=0,
                max_value=left,
                help_text=f"of {left} not sent",
                widget=UnfoldAdminIntegerFieldWidget,
            )
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    def apply(self) -> str:
        quantities = {name: count for name, count in self.cleaned_data.items() if name != "note"}
        cancel_order(self.order.pk, quantities=quantities, note=self.cleaned_data["note"], now=timezone.now())
        return "Canceled. What was paid for it goes back to the buyer."


def change_page(
    owner: ReadOnlyAdmin, form_class: type[RefundForm | CancelForm], request: HttpRequest, order_id: str
) -> HttpResponse:
    """Show one of the forms for an order, and do what it asks."""
    order = owner.require_object(request, order_id)
    form = form_class(order, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = form.apply()
        except CommerceError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, done)
            owner.note(request, order, f"{form.button}: {done}")
            return redirect("admin:orders_order_change", quote(order.pk))
    context = {**owner.admin_site.each_context(request), "title": form.title, "order": order, "form": form}
    return TemplateResponse(request, "admin/order_change.html", context)


def evidence_file(order: Order) -> HttpResponse:
    """Send the archive that a bank wants to see when it disputes the payment."""
    archive = evidence_pack(order.pk, now=timezone.now())
    return HttpResponse(
        archive,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="evidence-{order.number}.zip"'},
    )
