"""Whole exports of other shops: no variant gets lost, and each is sold at the price in the file."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.orders.models import Order
from tests.api import AcpClient
from tests.exports import EXPORTS, export
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db

Key = tuple[str, str]
"""A product's handle and a variant's options."""


def prices_in_file(path: Path) -> dict[Key, int]:
    """Return the price in cents of each variant, read without any of the importer: a priced row is a variant."""
    found: dict[Key, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["Variant Price"]:
                options = " / ".join(filter(None, (row[f"Option{number} Value"] for number in (1, 2, 3))))
                whole, _, part = row["Variant Price"].partition(".")
                key = row["Handle"], "" if options == "Default Title" else options
                assert key not in found
                found[key] = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return found


def imported(path: Path, merchant: Merchant) -> str:
    out = StringIO()
    call_command("import_products", str(path), "--merchant", merchant.slug, stdout=out)
    return " ".join(out.getvalue().replace("│", " ").split())


def variants_of(merchant: Merchant) -> dict[Key, Variant]:
    rows = Variant.objects.filter(product__merchant=merchant).select_related("product")
    return {(row.product.handle, " / ".join(row.option_values)): row for row in rows}


@pytest.mark.parametrize(("name", "count"), [("apparel", 22), ("jewelery", 23)])
def test_every_variant_is_sold_at_the_price_in_the_file(
    name: str, count: int, merchant: Merchant, acp: AcpClient, stripe_account: StripeAccount
) -> None:
    path = export(name)
    if not path.is_file():
        pytest.skip(f"there is no {path.name} in {EXPORTS}; CATALOG_EXPORTS names another directory")
    wanted = prices_in_file(path)

    assert f"Variants {count} 0 0 0" in imported(path, merchant)
    assert f"Variants 0 0 {count} 0" in imported(path, merchant)
    variants = variants_of(merchant)
    session = acp.create(*(variant.pk for variant in variants.values()))
    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    shown = {line["item"]["id"]: line["unit_amount"] for line in session.body["line_items"]}
    lines = Order.objects.get(pk=done.body["order"]["id"]).lines.values_list("variant", "unit_price_minor")
    assert len(wanted) == count
    assert {key: shown[variant.pk] for key, variant in variants.items()} == wanted
    assert {key: dict(lines)[variant.pk] for key, variant in variants.items()} == wanted
    assert session.total("items_base_amount") == sum(wanted.values())
    assert stripe_account.ledger() == [("authorization", session.total())]
