"""Some products of the demo's first shop, without all its terms."""

from __future__ import annotations

from commerce.accounts.models import Merchant
from merchants.demo_terms import HARBOR_SUPPLY
from merchants.imports.product_files import read_products
from merchants.imports.services import import_products
from tests.factories import FulfillmentMethodFactory, MerchantFactory, ShippingZoneFactory


def harbor(*handles: str) -> Merchant:
    """Open Harbor Supply with those of its products, sent within the US for $5.95."""
    site = "https://harborsupply.example"
    merchant = MerchantFactory.create(
        slug="harbor-supply",
        name="Harbor Supply Co.",
        return_policy_url=f"{site}/returns",
        shipping_policy_url=f"{site}/shipping",
    )
    zone = ShippingZoneFactory.create(merchant=merchant)
    FulfillmentMethodFactory.create(merchant=merchant, zone=zone, rate=595)
    products = read_products(HARBOR_SUPPLY.catalog, currency="usd")
    import_products(merchant, (one for one in products if one.handle in handles))
    return merchant
