"""A variant's stock as fields of the variant's form. Written by the service, which keeps what is reserved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from commerce.inventory.models import StockItem
from commerce.inventory.services import StockMovedError, recount_stock, set_stock
from commerce.inventory.stocking import MAX_ON_HAND
from merchants.admin.forms import MoneyForm

STOCK_FIELDS = ("on_hand", "is_tracked", "allow_backorder")


class StockFields(MoneyForm):
    on_hand = forms.IntegerField(
        min_value=-MAX_ON_HAND,
        max_value=MAX_ON_HAND,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    is_tracked = forms.BooleanField(
        required=False, initial=True, help_text="untracked stock never runs out", widget=UnfoldBooleanSwitchWidget
    )
    allow_backorder = forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget)

    seen = 0
    """How many were on hand when the form was read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if stock := self.stock():
            self.seen = stock.on_hand
            self.initial.update({name: getattr(stock, name) for name in STOCK_FIELDS})

    def stock(self) -> StockItem | None:
        """Return the stock of the form's variant; None for one that is new or has none."""
        return getattr(self.instance, "stock", None)

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        stock = self.stock()
        told = self.cleaned_data
        if stock and "on_hand" in told and "on_hand" in self.changed_data:
            self._refuse_if_outdated()
        least = stock.reserved if stock else 0
        is_bound = told.get("is_tracked") and not told.get("allow_backorder")
        if is_bound and "on_hand" in told and told["on_hand"] < least:
            held = f"{least} are held for buyers right now: " if least else ""
            self.add_error("on_hand", f"{held}there cannot be fewer than {least} without backorders.")
        return told

    def _refuse_if_outdated(self) -> None:
        """Have a number said again that was typed beside another one: agents have sold meanwhile."""
        field, key = self.fields["on_hand"], self.add_initial_prefix("on_hand")
        sent = field.hidden_widget().value_from_datadict(self.data, self.files, key)
        shown = field.clean(sent) if field.show_hidden_initial else self.seen
        if self.seen in (shown, self.cleaned_data["on_hand"]):
            return
        data: Any = self.data
        self.data = data.copy()
        self.data[key] = str(self.seen)  # type: ignore[index]  # the next number is typed beside this one
        moved = f"{abs(self.seen - shown)} {'fewer' if self.seen < shown else 'more'}"
        self.add_error("on_hand", f"{self.seen} are on hand by now, {moved} than were shown. Say again how many.")

    def has_stock_changed(self) -> bool:
        return self.stock() is None or any(name in self.changed_data for name in STOCK_FIELDS)


def save_stock(request: HttpRequest, form: StockFields) -> None:
    """Write what a saved variant's form says of its stock; a sale may have come in between."""
    values = {name: form.cleaned_data[name] for name in STOCK_FIELDS}
    left = f"The stock of {form.instance} was left as it is"
    try:
        with transaction.atomic():
            if form.stock() is None:
                set_stock(form.instance.pk, **values)
            else:
                recount_stock(form.instance.pk, seen=form.seen, **values)
    except IntegrityError:
        messages.error(request, f"{left}: more is held for buyers by now.")
    except StockMovedError as problem:
        messages.error(request, f"{left}. {problem.message}")
