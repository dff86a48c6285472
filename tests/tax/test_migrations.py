"""Places that were typed before forms knew how they are compared."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from commerce.tax.models import TaxRate
from tests.factories import MerchantFactory, ShippingZoneFactory, TaxRateFactory

pytestmark = pytest.mark.django_db


def migrate(app: str, before: str, name: str) -> None:
    loader = MigrationLoader(connection)
    state = loader.project_state((app, before))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.schema_editor() as editor:
        loader.get_migration(app, name).apply(state, editor)


def rewrite_rates() -> list[tuple[str, str, str]]:
    migrate("tax", "0003_violation_messages", "0004_places_as_they_are_compared")
    return list(TaxRate.objects.order_by("pk").values_list("country", "region", "postal_prefix"))


def test_rates_are_rewritten_where_it_is_certain_what_was_meant() -> None:
    shop = MerchantFactory.create()
    for number, place in enumerate(
        [("US", "California", ""), ("GB", "", "sw1a 1"), ("US", "Kent", ""), ("US", "NY", "")]
    ):
        country, region, prefix = place
        TaxRateFactory.create(
            merchant=shop, jurisdiction=f"{number}", country=country, region=region, postal_prefix=prefix
        )

    assert rewrite_rates() == [("US", "CA", ""), ("GB", "", "SW1A1"), ("US", "Kent", ""), ("US", "NY", "")]


def test_a_rate_stays_where_another_was_entered_in_its_place() -> None:
    shop = MerchantFactory.create()
    TaxRateFactory.create(merchant=shop, jurisdiction="CA sales tax", region="ca")
    TaxRateFactory.create(merchant=shop, jurisdiction="California", region="CA")
    TaxRateFactory.create(jurisdiction="California", region="ca")

    assert [region for _, region, _ in rewrite_rates()] == ["ca", "CA", "CA"]


def test_zones_reach_the_regions_that_were_named() -> None:
    zone = ShippingZoneFactory.create(countries=["DE", "US"], regions=["CALIFORNIA", "NY"])
    world = ShippingZoneFactory.create(countries=[], regions=["CALIFORNIA"])

    migrate("fulfillment", "0005_staff_shipments", "0006_regions_as_they_are_compared")

    zone.refresh_from_db()
    world.refresh_from_db()
    assert (zone.regions, world.regions) == (["CA", "NY"], ["CALIFORNIA"])
