"""Refunding and canceling an order, and notes on it: a form each, one call into the domain.

And what a bank wants to see of it.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from commerce import clock
from commerce.aftersales.evidence import evidence_pack
from commerce.aftersales.services import cancel_order, refund_order
from commerce.fulfillment.services import on_shelf, unsent
from commerce.money import Money, decimal_text
from commerce.orders.models import Order
from commerce.orders.services import LONGEST_NOTE, add_note
from commerce.payments.models import Refund
from merchants.admin.changing import ChangeForm, amount_field, key_field, note_field, units_field

REASONS = [("", "Not said"), *((value, label) for value, label in Refund.Reason.choices)]


class RefundForm(ChangeForm):
    title = "Give money back"
    button = "Refund"
    amount = amount_field()
    reason = forms.ChoiceField(choices=REASONS, required=False, widget=UnfoldAdminSelectWidget)
    note = note_field()
    key = key_field()

    def __init__(self, order: Order, *args: Any, **options: Any) -> None:
        super().__init__(order, *args, **options)
        left = order.payment.amount_minor - order.payment.refunded_minor if order.payment else 0
        if not left:
            self.nothing = "Nothing is left to be given back."
        self.fields["amount"].initial = decimal_text(left, order.currency)
        self.fields["amount"].help_text = f"{Money(left, order.currency)} can be given back."

    def clean_amount(self) -> int:
        return self._clean_amount("amount")

    def apply(self) -> str:
        adjustment = refund_order(
            self.order.pk,
            amount_minor=self.cleaned_data["amount"],
            reason=self.cleaned_data["reason"],
            note=self.cleaned_data["note"],
            request_key=self.cleaned_data["key"],
            now=clock.now(),
        )
        return f"{Money(adjustment.amount_minor or 0, self.order.currency)} is on its way back."


class CancelForm(ChangeForm):
    title = "Cancel what is not sent yet"
    button = "Cancel these units"
    is_final = True
    note = note_field()

    def __init__(self, order: Order, *args: Any, **options: Any) -> None:
        super().__init__(order, *args, **options)
        lines = {line.pk: line for line in order.lines.order_by("position")}
        waiting = unsent(order, lines.values())
        if not waiting:
            self.nothing = "Everything of this order has been sent or canceled. Money can still be given back."
        shelf = on_shelf(order, lines.values())
        for line_id, left in waiting.items():
            lost = left - shelf.get(line_id, 0)
            doubt = f"; {lost} may yet arrive, the carrier could not deliver it" if lost else ""
            self.fields[line_id] = units_field(
                lines[line_id].title, most=left, initial=left, help_text=f"of {left} not sent{doubt}"
            )
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    def apply(self) -> str:
        quantities = {name: count for name, count in self.cleaned_data.items() if name != "note"}
        cancel_order(self.order.pk, quantities=quantities, note=self.cleaned_data["note"], now=clock.now())
        return "Canceled. What was paid for it goes back to the buyer."


class NoteForm(ChangeForm):
    title = "Write a note"
    button = "Keep the note"
    text = forms.CharField(
        max_length=LONGEST_NOTE,
        label="Note",
        help_text="For the shop's staff alone. Neither the buyer nor the agent sees it.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )

    def apply(self) -> str:
        add_note(self.order.pk, author=self.by, text=self.cleaned_data["text"], now=clock.now())
        return "The note is kept."


def evidence_file(order: Order) -> HttpResponse:
    """Send the archive that a bank wants to see when it disputes the payment."""
    archive = evidence_pack(order.pk, now=clock.now())
    return HttpResponse(
        archive,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="evidence-{order.number}.zip"'},
    )
