"""The focused forms of a shop's setup. Each knows its shop, and `apply` does what it asks and says so."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from commerce import clock
from commerce.accounts.models import Merchant, shop_name
from commerce.backoffice.auditing import Change
from commerce.catalog.product_data import MAX_PRICE_MINOR
from commerce.money import CURRENCIES, decimal_text, parse_decimal
from commerce.places import NEEDS_REGION, knows_region, region_code
from merchants.onboarding.checks.profile import ask_for_policies
from merchants.onboarding.countries import country_choices, usual_currency, usual_time_zone, zone_choices
from merchants.onboarding.samples import add_samples, archive_samples
from merchants.onboarding.terms import FirstProduct, FlatRate, add_home_delivery, add_product, has_amounts

LONGEST_REGION = 10
CURRENCY_CHOICES = [(code, code.upper()) for code in sorted(CURRENCIES)]


class SetupForm(forms.Form):
    """Asks one thing about a shop. `again` is said on a second button that leads back to the same form."""

    title: ClassVar[str]
    intro: ClassVar[str]
    button: ClassVar[str] = "Save"
    again: ClassVar[str] = ""

    def __init__(self, merchant: Merchant, *args: Any, **options: Any) -> None:
        self.merchant = merchant
        self.changes: list[Change] = []
        super().__init__(*args, **options)

    def apply(self) -> str:
        """Do what was asked, and return what to say about it. Raises CommerceError."""
        raise NotImplementedError

    def save_fields(self, *names: str) -> None:
        """Write the columns of the shop that differ from what was typed."""
        changed = [name for name in names if getattr(self.merchant, name) != self.cleaned_data[name]]
        for name in changed:
            before, after = getattr(self.merchant, name), self.cleaned_data[name]
            label = self.fields[name].label or name.replace("_", " ").capitalize()
            self.changes.append(Change(field=str(label), before=str(before), after=str(after)))
            setattr(self.merchant, name, after)
        if changed:
            self.merchant.save(update_fields=changed)


def _text(max_length: int, **options: Any) -> forms.CharField:
    return forms.CharField(max_length=max_length, widget=UnfoldAdminTextInputWidget, **options)


def _url(label: str, **options: Any) -> forms.URLField:
    return forms.URLField(
        label=label,
        required=False,
        max_length=200,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget(attrs={"placeholder": "https://"}),
        **options,
    )


class ProfileForm(SetupForm):
    title = "Shop profile"
    intro = "Who you are and where you sell from. Delivery and tax are reckoned from here."
    name = _text(100, label="Name of the shop", help_text="as buyers know it", validators=[shop_name])
    country = forms.ChoiceField(choices=country_choices, widget=UnfoldAdminSelectWidget)
    region = _text(40, label="State or province", required=False, help_text="such as CA, if there are any")
    postal_code = _text(16, required=False)
    currency = forms.ChoiceField(
        choices=CURRENCY_CHOICES, widget=UnfoldAdminSelectWidget, help_text="of all your prices"
    )
    time_zone = forms.ChoiceField(
        choices=zone_choices, widget=UnfoldAdminSelectWidget, help_text="cut-off hours and days are counted in it"
    )

    def __init__(self, merchant: Merchant, *args: Any, **options: Any) -> None:
        names = ("name", "country", "region", "postal_code", "currency", "time_zone")
        super().__init__(merchant, *args, initial={name: getattr(merchant, name) for name in names}, **options)
        if has_amounts(merchant):
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = "It stays, because something is priced in it."

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        country, region = told.get("country", ""), told.get("region", "").strip()
        if region:
            told["region"] = region_code(country, region)
            if not knows_region(country, told["region"]):
                self.add_error("region", "Your country has no state or province of that name.")
            elif len(told["region"]) > LONGEST_REGION:
                self.add_error("region", "Give its short code.")
        elif country in NEEDS_REGION:
            self.add_error("region", "Tax and delivery in your country depend on it.")
        return told

    def apply(self) -> str:
        """Take over what is usual in another country, unless something else was chosen along with it."""
        told, known = self.cleaned_data, self.merchant
        if told["country"] != known.country:
            if told["time_zone"] == known.time_zone:
                told["time_zone"] = usual_time_zone(told["country"])
            if told["currency"] == known.currency and not has_amounts(known):
                told["currency"] = usual_currency(told["country"])
        self.save_fields("name", "country", "region", "postal_code", "currency", "time_zone")
        return "The profile is saved."


class SupportForm(SetupForm):
    title = "Support and policy pages"
    intro = (
        "Agents show these to buyers with every checkout. The pages are on your own website; they are opened once "
        "to see that they are there."
    )
    support_email = forms.EmailField(required=False, widget=UnfoldAdminEmailInputWidget)
    support_phone = _text(30, required=False)
    support_hours = _text(100, required=False, help_text="such as Monday to Friday, 9 am to 5 pm")
    return_days = forms.IntegerField(
        label="Days in which goods are taken back",
        min_value=0,
        max_value=1000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="after delivery; 0 where none are",
    )
    terms_url = _url("Terms of use")
    privacy_url = _url("Privacy policy")
    return_policy_url = _url("Return policy")
    shipping_policy_url = _url("Shipping policy")
    help_center_url = _url("Help center")

    def __init__(self, merchant: Merchant, *args: Any, **options: Any) -> None:
        initial = {name: getattr(merchant, name) for name in self.base_fields}
        super().__init__(merchant, *args, initial=initial, **options)

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        if not told.get("support_email") and not told.get("support_phone") and not self.errors:
            self.add_error("support_email", "Give an e-mail address or a telephone number.")
        return told

    def apply(self) -> str:
        self.save_fields(*self.base_fields)
        ask_for_policies(self.merchant, clock.now())
        return "Saved. The list below says whether the pages open."


class AmountField(forms.CharField):
    """An amount of the shop's currency as a decimal; cleaned by the form that knows the currency."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=30, widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}), **options
        )


class PricedForm(SetupForm):
    """Reads the decimals of its amount fields as minor units of the shop's currency."""

    def __init__(self, merchant: Merchant, *args: Any, **options: Any) -> None:
        super().__init__(merchant, *args, **options)
        for field in self.fields.values():
            if isinstance(field, AmountField):
                hint = f"in {merchant.currency.upper()}, such as {decimal_text(1995, merchant.currency)}"
                field.help_text = f"{field.help_text}, {hint}" if field.help_text else hint

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        for name, field in self.fields.items():
            if isinstance(field, AmountField) and name in told:
                told[name] = self._minor(name, told[name])
        return told

    def _minor(self, name: str, text: str) -> int | None:
        if not text:
            return None
        try:
            minor = parse_decimal(text.replace(",", "."), self.merchant.currency)
        except ValueError as problem:
            self.add_error(name, str(problem))
            return None
        if not 0 <= minor <= MAX_PRICE_MINOR:
            self.add_error(name, "An amount is not below zero, nor that high.")
            return None
        return minor


class ProductForm(PricedForm):
    title = "Products"
    intro = (
        "One thing with one price. Options such as sizes, more pictures and everything else can be added on the "
        "product's own page afterwards."
    )
    button = "Put it on sale"
    again = "Put it on sale and add another"
    name = _text(255, help_text="as a buyer would look for it")
    description = forms.CharField(
        required=False,
        max_length=5000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="agents read this to buyers",
    )
    price = AmountField()
    on_hand = forms.IntegerField(
        label="In stock", min_value=0, max_value=1_000_000, initial=10, widget=UnfoldAdminIntegerFieldWidget
    )
    weight_grams = forms.IntegerField(
        label="Weight in grams",
        min_value=0,
        max_value=1_000_000,
        initial=500,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="delivery may depend on it",
    )
    image_url = _url("Picture", help_text="the address of a picture on the web")

    def clean_price(self) -> str:
        text: str = self.cleaned_data["price"]
        if not text.strip("0.,"):
            raise forms.ValidationError("What costs nothing cannot be tried out; give it a price.")
        return text

    def apply(self) -> str:
        told = self.cleaned_data
        product = FirstProduct(
            title=told["name"],
            description=told["description"],
            price_minor=told["price"],
            on_hand=told["on_hand"],
            weight_grams=told["weight_grams"],
            image_url=told["image_url"],
        )
        add_product(self.merchant, product)
        return f"“{told['name']}” is on sale."


class SamplesForm(SetupForm):
    title = "Products"
    intro = ""
    button = "Add the sample products"

    def apply(self) -> str:
        return f"{add_samples(self.merchant)} sample products are on sale."


class NoSamplesForm(SetupForm):
    title = "Products"
    intro = ""
    button = "Take the samples off sale"

    def apply(self) -> str:
        archive_samples(self.merchant, now=clock.now())
        return "The sample products are off sale. They are kept in the archive."


class ShippingForm(PricedForm):
    title = "Delivery at home"
    intro = (
        "One price for every parcel within your own country. Other countries, prices by weight, express and "
        "pick-up can be added under Terms, Delivery methods."
    )
    name = _text(100, initial="Standard", help_text="as buyers see it")
    amount = AmountField(label="Price of delivery", help_text="for every order")
    free_from = AmountField(label="Free from", required=False, help_text="empty: never free")
    min_days = forms.IntegerField(
        label="Working days at best", initial=2, min_value=0, max_value=60, widget=UnfoldAdminIntegerFieldWidget
    )
    max_days = forms.IntegerField(
        label="Working days at worst", initial=5, min_value=0, max_value=90, widget=UnfoldAdminIntegerFieldWidget
    )

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        least, most = told.get("min_days"), told.get("max_days")
        if least is not None and most is not None and most < least:
            self.add_error("max_days", "It takes no fewer days at worst than at best.")
        if told.get("free_from") == 0:
            self.add_error("free_from", "For delivery that is always free, set its price to 0.")
        return told

    def apply(self) -> str:
        told = self.cleaned_data
        rate = FlatRate(
            title=told["name"],
            amount_minor=told["amount"],
            min_days=told["min_days"],
            max_days=told["max_days"],
            free_from_minor=told["free_from"],
        )
        add_home_delivery(self.merchant, rate)
        return f"“{told['name']}” is offered."
