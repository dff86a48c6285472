"""A variant's stock as fields of the variant's form. Written by the service, which keeps what is reserved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from commerce.inventory.models import StockItem
from commerce.inventory.services import set_stock
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if stock := self.stock():
            self.initial.update({name: getattr(stock, name) for name in STOCK_FIELDS})

    def stock(self) -> StockItem | None:
        """Return the stock of the form's variant; None for one that is new or has none."""
        return getattr(self.instance, "stock", None)

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        stock = self.stock()
        told = self.cleaned_data
        least = stock.reserved if stock else 0
        is_bound = told.get("is_tracked") and not told.get("allow_backorder")
        if is_bound and "on_hand" in told and told["on_hand"] < least:
            held = f"{least} are held for buyers right now: " if least else ""
            self.add_error("on_hand", f"{held}there cannot be fewer than {least} without backorders.")
        return told

    def has_stock_changed(self) -> bool:
        return self.stock() is None or any(name in self.changed_data for name in STOCK_FIELDS)


def save_stock(request: HttpRequest, form: StockFields) -> None:
    """Write what a saved variant's form says of its stock; a sale may have come in between."""
    values = {name: form.cleaned_data[name] for name in STOCK_FIELDS}
    try:
        with transaction.atomic():
            set_stock(form.instance.pk, **values)
    except IntegrityError:
        text = f"The stock of {form.instance} was left as it is: more is held for buyers by now."
        messages.error(request, text)
