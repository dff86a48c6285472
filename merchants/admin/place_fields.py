"""Where something is, typed by people and kept in the codes by which places are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from commerce.backoffice.admins import Form
from commerce.places import COUNTRIES, region_of

LONGEST_REGION = 10


class PlaceForm(Form):
    """Takes "us" and "California" for US and CA, and refuses what would never match the address of a buyer."""

    region = forms.CharField(
        label="State or province",
        max_length=40,
        required=False,
        help_text="such as CA; empty for all, or where there are none",
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_country(self) -> str:
        (code,) = country_codes([self.cleaned_data["country"]])
        return code

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        if told.get("region") and told.get("country"):
            try:
                told["region"] = code_of_region([told["country"]], told["region"])
            except ValidationError as problem:
                self.add_error("region", problem)
        return told


def country_codes(told: Sequence[str]) -> list[str]:
    """Return ISO codes in capitals. Raises ValidationError."""
    codes = [code.strip().upper() for code in told]
    if unknown := [code for code in codes if code not in COUNTRIES]:
        raise ValidationError(f"Not ISO 3166-1 alpha-2 codes such as US: {', '.join(unknown)}.")
    return codes


def code_of_region(countries: Sequence[str], told: str) -> str:
    """Return the code of a region of one of some countries, of any where none is named. Raises ValidationError."""
    code = region_of(countries or [""], told)
    if code is None or len(code) > LONGEST_REGION:
        where = f" of {' or '.join(countries)}" if countries else ""
        text = f"'{told}' is no state or province{where}. Give its code, of at most {LONGEST_REGION} characters."
        raise ValidationError(text)
    return code
