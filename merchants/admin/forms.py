"""Form fields that the admin of a shop needs: amounts as decimals, lists of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from commerce.accounts.models import Merchant
from commerce.backoffice.admins import Form
from commerce.catalog.product_data import MAX_PRICE_MINOR
from commerce.money import decimal_text, parse_decimal

if TYPE_CHECKING:
    _InlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
else:
    _InlineFormSet = forms.BaseInlineFormSet


class MoneyForm(Form):
    """Shows columns of minor units as decimals of the merchant's currency, and reads them back.

    `parent` is what an inline form belongs to; the merchant is the row's own, the parent's or the one
    that was chosen in the form.
    """

    money_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, parent: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parent = parent
        self.amounts: dict[str, str] = {}  # what was typed, for the log of what staff did
        merchant = self.merchant()
        for name in self.money_fields:
            if name in self.fields:
                self.fields[name] = _amount_field(name, self.fields[name])
                minor = self.initial.get(name, self.fields[name].initial)
                if isinstance(minor, int) and merchant is not None:
                    self.initial[name] = decimal_text(minor, merchant.currency)

    def merchant(self) -> Merchant | None:
        """Return whose currency the amounts are in; None where nobody was chosen yet."""
        chosen = getattr(self, "cleaned_data", {}).get("merchant")
        if isinstance(chosen, Merchant):
            return chosen
        for row in (self.parent, self.instance):
            if getattr(row, "merchant_id", None):
                return row.merchant  # type: ignore[no-any-return]
        return None

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        merchant = self.merchant()
        for name in self.money_fields:
            if name in self.cleaned_data:
                self.amounts[name] = self.cleaned_data[name]
                self.cleaned_data[name] = self._minor(name, self.cleaned_data[name], merchant)
        return self.cleaned_data

    def _minor(self, name: str, text: str, merchant: Merchant | None) -> int | None:
        if not text or merchant is None:
            return None
        try:
            minor = parse_decimal(text, merchant.currency)
        except ValueError as problem:
            self.add_error(name, str(problem))
            return None
        if not 0 <= minor <= MAX_PRICE_MINOR:
            self.add_error(name, f"An amount is from 0 to {decimal_text(MAX_PRICE_MINOR, merchant.currency)}.")
            return None
        return minor


def _amount_field(name: str, column: forms.Field) -> forms.CharField:
    label = (column.label or name.replace("_", " ")).removesuffix(" minor").capitalize()
    return forms.CharField(
        label=label,
        required=column.required,
        initial=column.initial,
        show_hidden_initial=column.show_hidden_initial,
        max_length=30,
        help_text=column.help_text or "in the merchant's currency, such as 19.99",
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )


class OwnedFormSet(_InlineFormSet):
    """Tells every inline form what it belongs to."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "parent": self.instance}


def words_field(*, separator: str = ",", max_length: int = 255, help_text: str = "") -> Any:
    """Return a field for a list of words in one line."""
    return SimpleArrayField(
        forms.CharField(max_length=max_length),
        required=False,
        delimiter=separator,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget,
    )


def require_same_merchant(form: Form, *names: str) -> None:
    """Refuse a choice that belongs to another merchant than the row."""
    merchant = form.cleaned_data.get("merchant")
    for name in names:
        chosen = form.cleaned_data.get(name)
        if merchant is not None and chosen is not None and chosen.merchant_id != merchant.pk:
            form.add_error(name, ValidationError(f"It belongs to {chosen.merchant}, not to {merchant}."))
