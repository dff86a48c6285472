"""What is charged at home: rates that are usual there, each to be confirmed, one's own, or none."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from commerce.accounts.models import Merchant
from merchants.onboarding.countries import country_name, has_prices_with_tax
from merchants.onboarding.forms import SetupForm
from merchants.onboarding.tax_suggestions import AS_OF, Suggestion, suggestions_for
from merchants.onboarding.terms import add_taxes, declare_no_tax


def _percentage(**options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(100),
        max_digits=7,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any", "inputmode": "decimal"}),
        **options,
    )


def _tick(label: str, help_text: str = "", **options: Any) -> forms.BooleanField:
    return forms.BooleanField(
        label=label, help_text=help_text, required=False, widget=UnfoldBooleanWidget, **options
    )


class TaxForm(SetupForm):
    title = "Tax"
    intro = (
        "What is charged has to be right from the start. Nothing is entered that you have not ticked; whether you "
        "have to charge tax, and where, your tax adviser knows. Other places are entered under Terms, Tax rates."
    )
    jurisdiction = forms.CharField(
        label="Another tax",
        max_length=100,
        required=False,
        help_text="what buyers see, such as Springfield city tax",
        widget=UnfoldAdminTextInputWidget,
    )
    percentage = _percentage(label="Its percentage")
    is_inclusive = _tick("My prices contain the tax")
    applies_to_shipping = _tick("Delivery is taxed, too")
    charges_none = _tick(
        "I charge no tax", "because none is due on what I sell, or because I am exempt. Tick this alone."
    )

    def __init__(self, merchant: Merchant, *args: Any, **options: Any) -> None:
        suggested = suggestions_for(merchant.country, merchant.region)
        initial = {
            "is_inclusive": has_prices_with_tax(merchant.country),
            "applies_to_shipping": all(one.applies_to_shipping for one in suggested) if suggested else True,
            "charges_none": merchant.charges_no_tax,
        }
        super().__init__(merchant, *args, initial=initial, **options)
        self.suggested = {f"rate_{number}": one for number, one in enumerate(suggested)}
        for name, one in self.suggested.items():
            where = f"for deliveries to {one.region + ' in ' if one.region else ''}{country_name(one.country)}"
            self.fields[name] = _tick(
                f"{one.jurisdiction}, {one.percentage.normalize():f} %",
                f"{where}; the general rate as of {AS_OF}. Check it before you tick it.",
            )
        self.order_fields([*self.suggested])

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        has_own = bool(told.get("jurisdiction")), told.get("percentage") is not None
        if any(has_own) and not all(has_own):
            self.add_error("percentage" if has_own[0] else "jurisdiction", "A tax has a name and a percentage.")
        wanted = any(told.get(name) for name in self.suggested) or any(has_own)
        if told.get("charges_none") and wanted:
            self.add_error("charges_none", "Either you charge these taxes, or none.")
        elif not told.get("charges_none") and not wanted:
            raise forms.ValidationError("Tick a tax, enter one, or say that you charge none.")
        return told

    def apply(self) -> str:
        if self.cleaned_data["charges_none"]:
            declare_no_tax(self.merchant)
            return "Noted: you charge no tax."
        add_taxes(self.merchant, self._confirmed())
        return "The taxes are entered."

    def _confirmed(self) -> Iterator[Suggestion]:
        """Return what was ticked and typed, contained in prices and on delivery as was said."""
        told = self.cleaned_data
        common = {"is_inclusive": told["is_inclusive"], "applies_to_shipping": told["applies_to_shipping"]}
        for name, one in self.suggested.items():
            if told[name]:
                yield Suggestion(one.jurisdiction, one.country, one.percentage, one.region, **common)
        if told["jurisdiction"]:
            country, region = self.merchant.country, self.merchant.region
            yield Suggestion(told["jurisdiction"], country, told["percentage"], region, **common)
