"""A shop's terms are kept in memory for exactly as long as they are true."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from commerce.accounts.models import Merchant
from commerce.checkout.shop import Shop, shop_at
from commerce.fulfillment.models import FulfillmentMethod, FulfillmentRate, ShippingZone
from commerce.tax.models import TaxRate
from tests.factories import PickupLocationFactory, TaxRateFactory

CHANGES: dict[str, Callable[[Merchant], object]] = {
    "a name": lambda merchant: Merchant.objects.filter(pk=merchant.pk).update(name="New"),
    "a new tax rate": lambda merchant: TaxRateFactory.create(merchant=merchant, jurisdiction="City"),
    "a changed tax rate": lambda merchant: TaxRate.objects.filter(merchant=merchant).update(percentage=Decimal(9)),
    "a deleted tax rate": lambda merchant: TaxRate.objects.filter(merchant=merchant).delete(),
    "a zone": lambda merchant: ShippingZone.objects.filter(merchant=merchant).update(countries=["CA"]),
    "a method": lambda merchant: FulfillmentMethod.objects.filter(merchant=merchant).update(title="Slow"),
    "a price": lambda merchant: FulfillmentRate.objects.filter(method__merchant=merchant).update(amount_minor=1),
    "a deleted price": lambda merchant: FulfillmentRate.objects.filter(method__merchant=merchant).delete(),
    "a place": lambda merchant: PickupLocationFactory.create(merchant=merchant),
}


def current(merchant: Merchant) -> Shop:
    merchant.refresh_from_db()
    return shop_at(merchant.pk, merchant.revision)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_raises_the_revision(merchant: Merchant, change: Callable[[Merchant], object]) -> None:
    merchant.refresh_from_db()
    before = merchant.revision

    change(merchant)

    merchant.refresh_from_db()
    assert merchant.revision > before


def test_unchanged_terms_are_kept_and_changed_ones_read_again(merchant: Merchant) -> None:
    first, second = current(merchant), current(merchant)
    TaxRate.objects.filter(merchant=merchant).update(percentage=Decimal(9))
    third = current(merchant)

    assert first is second
    assert (first.tax_table[0].percentage, third.tax_table[0].percentage) == (Decimal("7.25"), Decimal(9))


def test_writing_the_same_again_is_no_change(merchant: Merchant) -> None:
    merchant.refresh_from_db()
    before = merchant.revision

    Merchant.objects.filter(pk=merchant.pk).update(name=merchant.name)

    merchant.refresh_from_db()
    assert merchant.revision == before


def test_one_merchants_change_leaves_the_others_alone(merchant: Merchant) -> None:
    other = current(TaxRateFactory.create().merchant)

    TaxRate.objects.filter(merchant=merchant).update(percentage=Decimal(9))

    assert current(Merchant.objects.get(pk=other.id)) is other
