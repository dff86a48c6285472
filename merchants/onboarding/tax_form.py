"""What is charged at home: rates that are usual there, each to be confirmed, one's own, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from commerce.accounts.models import Merchant
from commerce.backoffice.auditing import Change
from commerce.places import NEEDS_REGION, region_code
from merchants.onboarding.countries import country_name, has_prices_with_tax
from merchants.onboarding.forms import SetupForm
from merchants.onboarding.tax_suggestions import AS_OF, Suggestion, suggestions_for
from merchants.onboarding.terms import add_taxes, declare_no_tax, name_of, standing_taxes


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
        "I charge no tax", "because none is due on what I sell, or because I am exempt; then enter no tax."
    )

    def __init__(self, merchant: Merchant, *args: Any, **options: Any) -> None:
        suggested = suggestions_for(merchant.country, region_code(merchant.country, merchant.region))
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
        self.standing = standing_taxes(merchant)
        if self.standing:
            named = ", ".join(map(name_of, self.standing))
            self.fields["ends_rates"] = _tick(
                "End what is charged now", f"{named}. Tick this, too, if you charge no tax any more."
            )

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
        self._check_what_stands(told)
        return told

    def _check_what_stands(self, told: Mapping[str, Any]) -> None:
        """Neither go on charging what was declared not due, nor end what nobody has said it of."""
        ends = told.get("ends_rates")
        if told.get("charges_none") and self.standing and not ends:
            named = ", ".join(map(name_of, self.standing))
            self.add_error("ends_rates", f"You charge {named}. Tick this to end it, or leave it as it is.")
        elif ends and not told.get("charges_none"):
            self.add_error("charges_none", "Rates are ended here only where you charge no tax at all.")

    def apply(self) -> str:
        if self.cleaned_data["charges_none"]:
            self.changes = [Change(field="Tax rate", before=name_of(rate), after="") for rate in self.standing]
            declare_no_tax(self.merchant, ended=self.standing)
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
            country = self.merchant.country
            region = region_code(country, self.merchant.region) if country in NEEDS_REGION else ""
            yield Suggestion(told["jurisdiction"], country, told["percentage"], region, **common)
