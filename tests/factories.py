"""A shop as tests need it: realistic names and prices, nothing hidden that a test relies on."""

# factory-boy declares its fields with untyped calls.
# mypy: disable-error-code="no-untyped-call,attr-defined,untyped-decorator,misc"

from __future__ import annotations

from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Media, Product, Variant
from commerce.discounts.models import Discount
from commerce.fulfillment.models import (
    FulfillmentMethod,
    FulfillmentRate,
    PickupLocation,
    ShippingZone,
)
from commerce.inventory.models import StockItem
from commerce.tax.models import TaxRate


class MerchantFactory(DjangoModelFactory[Merchant]):
    class Meta:
        model = Merchant

    slug = factory.Sequence(lambda n: f"harbor-supply-{n}")
    name = "Harbor Supply"
    currency = "usd"
    time_zone = "America/Los_Angeles"
    country = "US"
    region = "CA"
    postal_code = "94105"
    support_email = "help@harborsupply.example"
    terms_url = "https://harborsupply.example/terms"
    privacy_url = "https://harborsupply.example/privacy"


class AgentFactory(DjangoModelFactory[Agent]):
    class Meta:
        model = Agent

    merchant = factory.SubFactory(MerchantFactory)
    name = factory.Sequence(lambda n: f"Shopping agent {n}")


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    merchant = factory.SubFactory(MerchantFactory)
    handle = factory.Sequence(lambda n: f"canvas-tote-{n}")
    title = "Canvas Tote"
    description = "A tote of heavy cotton canvas."


class VariantFactory(DjangoModelFactory[Variant]):
    """A variant for sale with stock: `VariantFactory.create(price_minor=1999, stock__on_hand=3)`."""

    class Meta:
        model = Variant
        skip_postgeneration_save = True

    merchant = factory.SubFactory(MerchantFactory)
    product = factory.SubFactory(ProductFactory, merchant=factory.SelfAttribute("..merchant"))
    option_values = factory.Sequence(lambda n: [f"Natural {n}"])
    price_minor = 2400
    currency = factory.SelfAttribute("merchant.currency")
    weight_grams = 400

    @factory.post_generation
    def stock(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted is not False:
            StockItem.objects.create(variant=self, **{"on_hand": 100, **kwargs})


class MediaFactory(DjangoModelFactory[Media]):
    class Meta:
        model = Media

    product = factory.SubFactory(ProductFactory)
    url = factory.Sequence(lambda n: f"https://cdn.harborsupply.example/{n}.jpg")


class TaxRateFactory(DjangoModelFactory[TaxRate]):
    class Meta:
        model = TaxRate

    merchant = factory.SubFactory(MerchantFactory)
    jurisdiction = "California"
    country = "US"
    region = "CA"
    percentage = Decimal("7.25")


class ShippingZoneFactory(DjangoModelFactory[ShippingZone]):
    class Meta:
        model = ShippingZone

    merchant = factory.SubFactory(MerchantFactory)
    name = factory.Sequence(lambda n: f"United States {n}")
    countries = ["US"]


class PickupLocationFactory(DjangoModelFactory[PickupLocation]):
    class Meta:
        model = PickupLocation

    merchant = factory.SubFactory(MerchantFactory)
    name = "Harbor Supply Pier 9"
    line_one = "9 Embarcadero"
    city = "San Francisco"
    region = "CA"
    postal_code = "94111"
    country = "US"


class FulfillmentMethodFactory(DjangoModelFactory[FulfillmentMethod]):
    """A method with one rate: `FulfillmentMethodFactory.create(title="Express", rate=1500)`."""

    class Meta:
        model = FulfillmentMethod
        skip_postgeneration_save = True

    merchant = factory.SubFactory(MerchantFactory)
    title = "Standard"
    carrier = "USPS"
    zone = factory.SubFactory(ShippingZoneFactory, merchant=factory.SelfAttribute("..merchant"))

    @factory.post_generation
    def rate(self, create: bool, extracted: Any, **_: Any) -> None:
        if create and extracted is not False:
            FulfillmentRate.objects.create(method=self, amount_minor=500 if extracted is None else extracted)


class DiscountFactory(DjangoModelFactory[Discount]):
    class Meta:
        model = Discount

    merchant = factory.SubFactory(MerchantFactory)
    name = "Ten percent off"
    code = "TEN"
    kind = Discount.Kind.PERCENT
    percent = Decimal(10)
