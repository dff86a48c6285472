from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client

from commerce.accounts.models import Merchant
from commerce.discounts.models import Discount
from commerce.fulfillment.models import FulfillmentMethod, PickupLocation, ShippingZone
from commerce.tax.models import TaxRate
from tests.factories import (
    DiscountFactory,
    FulfillmentMethodFactory,
    MerchantFactory,
    PickupLocationFactory,
    ShippingZoneFactory,
    TaxRateFactory,
)
from tests.merchants.admin_forms import formset, refused

pytestmark = pytest.mark.django_db


def discount_data(merchant: Merchant, **changes: Any) -> dict[str, Any]:
    data = {
        "merchant": merchant.pk,
        "name": "Ten",
        "code": "ten",
        "kind": "percent",
        "percent": "10",
        "minimum_subtotal_minor": "50.00",
        "priority": 10,
        "is_active": "on",
    }
    return {**data, **changes}


def test_discount_code_is_kept_in_capitals(chief: Client) -> None:
    merchant = MerchantFactory.create()

    assert chief.post("/admin/discounts/discount/add/", discount_data(merchant)).status_code == 302

    discount = Discount.objects.get()
    assert (discount.code, discount.percent, discount.minimum_subtotal_minor) == ("TEN", Decimal(10), 5000)


def test_discount_without_a_code_has_none(chief: Client) -> None:
    chief.post("/admin/discounts/discount/add/", discount_data(MerchantFactory.create(), code=""))

    assert Discount.objects.get().code is None


HAS_ITS_VALUE = "Percent needs a percentage, fixed an amount, free shipping neither."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"percent": ""}, HAS_ITS_VALUE),
        ({"percent": "0"}, HAS_ITS_VALUE),
        ({"amount_minor": "5"}, HAS_ITS_VALUE),
        ({"kind": "fixed", "percent": ""}, HAS_ITS_VALUE),
        ({"kind": "free_shipping"}, HAS_ITS_VALUE),
        ({"percent": "101"}, "less than or equal to 100"),
        ({"code": "no spaces"}, "upper-case letters, digits, - and _"),
        ({"code": "TAKEN"}, "already exists"),
        ({"starts_at_0": "2026-05-01", "starts_at_1": "0:00", "ends_at_0": "2026-04-01", "ends_at_1": "0:00"},
         "It ends before it starts."),
    ],
)  # fmt: skip
def test_bad_discount_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    merchant = MerchantFactory.create()
    DiscountFactory.create(merchant=merchant, code="TAKEN")

    refused(chief.post("/admin/discounts/discount/add/", discount_data(merchant, **changes)), words)


def test_code_taken_by_another_discount_is_a_form_error(chief: Client) -> None:
    merchant = MerchantFactory.create()
    DiscountFactory.create(merchant=merchant, code="TAKEN")
    mine = DiscountFactory.create(merchant=merchant, code="MINE")

    url = f"/admin/discounts/discount/{quote(mine.pk)}/change/"
    refused(chief.post(url, discount_data(merchant, code="TAKEN")), "already exists")


def method_data(merchant: Merchant, zone: ShippingZone | None, *rates: dict[str, Any], **changes: Any) -> Any:
    data = {
        "merchant": merchant.pk,
        "kind": "shipping",
        "title": "Standard",
        "zone": zone.pk if zone else "",
        "min_days": 2,
        "max_days": 5,
        "cutoff_hour": 14,
        "window_start_hour": 9,
        "window_end_hour": 18,
        "is_active": "on",
        **formset("rates", *rates),
    }
    return {**data, **changes}


def rate_data(**changes: Any) -> dict[str, Any]:
    return {"amount_minor": "5.95", "min_weight_grams": 0, "min_subtotal_minor": "0", **changes}


def test_method_with_rates(chief: Client) -> None:
    zone = ShippingZoneFactory.create()

    response = chief.post(
        "/admin/fulfillment/fulfillmentmethod/add/",
        method_data(zone.merchant, zone, rate_data(max_subtotal_minor="75"), rate_data(amount_minor="0")),
    )

    assert response.status_code == 302
    rates = FulfillmentMethod.objects.get().rates.order_by("pk")
    assert list(rates.values_list("amount_minor", "max_subtotal_minor")) == [(595, 7500), (0, None)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zone": ""}, "A pick-up needs a location; every other way needs a zone."),
        ({"kind": "pickup"}, "A pick-up needs a location; every other way needs a zone."),
        ({"min_days": 9}, "The days at best are no more than the days at worst."),
        ({"window_end_hour": 9}, "The cut-off is at most 24; the window ends after it starts, by 23."),
        ({"cutoff_hour": 25}, "The cut-off is at most 24; the window ends after it starts, by 23."),
        ({"rates-0-amount_minor": "x"}, "'x' is not a number"),
        ({"rates-0-max_weight_grams": 0}, "The upper end is above the lower one."),
    ],
)
def test_bad_method_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    zone = ShippingZoneFactory.create()

    data = method_data(zone.merchant, zone, rate_data()) | changes

    refused(chief.post("/admin/fulfillment/fulfillmentmethod/add/", data), words)
    assert not FulfillmentMethod.objects.exists()


def test_zone_and_place_belong_to_the_same_merchant(chief: Client) -> None:
    zone, place = ShippingZoneFactory.create(), PickupLocationFactory.create()
    method = FulfillmentMethodFactory.create()
    url = f"/admin/fulfillment/fulfillmentmethod/{quote(method.pk)}/change/"

    refused(chief.post(url, method_data(method.merchant, zone)), "It belongs to Harbor Supply, not to")
    refused(chief.post(url, method_data(method.merchant, None, location=place.pk)), "It belongs to")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"countries": "US, XX, USA"}, "Not ISO 3166-1 alpha-2 codes such as US: XX, USA."),
        ({"regions": "x" * 11}, "at most 10 characters"),
        ({"regions": "NY, Kent"}, "'Kent' is no state or province of US. Give its code"),
        ({"name": "Taken"}, "already exists"),
    ],
)
def test_bad_zone_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    taken = ShippingZoneFactory.create(name="Taken")
    data = {"merchant": taken.merchant_id, "name": "United States", "countries": "US", **changes}

    refused(chief.post("/admin/fulfillment/shippingzone/add/", data), words)


def test_zone_is_written_as_places_are_compared(chief: Client) -> None:
    data = {
        "merchant": MerchantFactory.create().pk,
        "name": "Nearby",
        "countries": "us, gb",
        "regions": "ca, New York",
        "postal_prefixes": "sw1 a, 941",
    }

    assert chief.post("/admin/fulfillment/shippingzone/add/", data).status_code == 302

    zone = ShippingZone.objects.get()
    assert (zone.countries, zone.regions, zone.postal_prefixes) == (["US", "GB"], ["CA", "NY"], ["SW1A", "941"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"percentage": "101"}, "less than or equal to 100"),
        ({"percentage": "7.25001"}, "no more than 4 decimal places"),
        ({"jurisdiction": "California"}, "already exists"),
        ({"country": "xx!"}, "at most 2 characters"),
        ({"country": "UK"}, "Not ISO 3166-1 alpha-2 codes such as US: UK."),
        ({"region": "Kent"}, "'Kent' is no state or province of US. Give its code"),
    ],
)
def test_bad_tax_rate_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    taken = TaxRateFactory.create(jurisdiction="California", region="CA")
    data = {
        "merchant": taken.merchant_id,
        "jurisdiction": "Nevada",
        "country": "US",
        "region": "CA",
        "percentage": "4.6",
        **changes,
    }

    refused(chief.post("/admin/tax/taxrate/add/", data), words)
    assert TaxRate.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"country": "us", "region": "ca"}, ("US", "CA", "")),
        ({"country": "US", "region": "Massachusetts"}, ("US", "MA", "")),
        ({"country": "gb", "region": "", "postal_prefix": "sw1a 1"}, ("GB", "", "SW1A1")),
    ],
)
def test_a_tax_rate_is_written_as_places_are_compared(
    chief: Client, told: dict[str, str], place: tuple[str, str, str]
) -> None:
    data = {"merchant": MerchantFactory.create().pk, "jurisdiction": "Here", "percentage": "4.6", **told}

    assert chief.post("/admin/tax/taxrate/add/", data).status_code == 302

    assert TaxRate.objects.values_list("country", "region", "postal_prefix").get() == place


def test_a_pick_up_location_is_in_a_region_that_is_known(chief: Client) -> None:
    data = {
        "merchant": MerchantFactory.create().pk,
        "name": "Pier",
        "line_one": "1 Pier",
        "city": "San Francisco",
        "region": "California",
        "postal_code": "94131",
        "country": "us",
    }
    url = "/admin/fulfillment/pickuplocation/add/"

    refused(chief.post(url, {**data, "region": "Kent"}), "'Kent' is no state or province of US.")
    assert chief.post(url, data).status_code == 302

    assert PickupLocation.objects.values_list("country", "region").get() == ("US", "CA")
