"""A large catalog with the words of real ones: a few are everywhere, most are rare."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from commerce.ids import new_id

VARIANTS_PER_PRODUCT = 4

MATERIALS = (
    "Cotton Linen Merino Canvas Leather Nylon Denim Silk Fleece Cork Bamboo Steel Titanium Enamel Oak".split()
)
KINDS = """Shirt Jacket Trousers Socks Beanie Scarf Gloves Boots Sandals Belt Wallet Tote Backpack Mug Bottle Kettle
    Skillet Knife Lantern Headlamp Tent Hammock Blanket Towel Pillow Notebook Poster Map Candle Soap""".split()
MANNERS = (
    "Classic Slim Relaxed Packable Insulated Waterproof Folding Quilted Striped Brushed Vintage Travel".split()
)
_CATEGORIES = "Clothing Bags Kitchen Shelter Lights Travel Home Books".split()
COLORS = "Black Navy Olive Sand Rust Cream Slate Moss Teal Ochre Charcoal Indigo".split()
SIZES = "XS S M L XL".split()
_SYLLABLES = (
    "ba be bo da del dor fa fen gal har hol kin lan lor mar mel nor pel quil ran sel tar tor ven wil".split()
)


def fill(url: str, *, merchant_id: str, variants: int, seed: int = 7) -> None:
    """Add products to a merchant's catalog until it has that many more variants, with stock."""
    rows = list(_products(random.Random(seed), merchant_id, variants // VARIANTS_PER_PRODUCT))
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        _copy(cursor, "catalog_product", _PRODUCT, (product for product, _ in rows))
        _copy(cursor, "catalog_variant", _VARIANT, (variant for _, found in rows for variant in found))
        cursor.execute(
            """
            INSERT INTO inventory_stockitem (variant_id, on_hand, reserved, is_tracked, allow_backorder)
            SELECT id, CASE WHEN mod(position, 7) = 0 THEN 0 ELSE 40 END, 0, true, false FROM catalog_variant v
            WHERE merchant_id = %s AND NOT EXISTS (SELECT 1 FROM inventory_stockitem s WHERE s.variant_id = v.id)
            """,
            [merchant_id],
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) catalog_product, catalog_variant, catalog_word, inventory_stockitem")


_PRODUCT = "id merchant_id handle title description brand category tags option_names tax_code url status created_at updated_at".split()  # fmt: skip
_VARIANT = """id merchant_id product_id position title option_values sku gtin mpn price_minor currency sale_price_minor
    is_digital download_url weight_grams status created_at updated_at""".split()

Row = tuple[object, ...]


def _copy(cursor: psycopg.Cursor[tuple[object, ...]], table: str, columns: list[str], rows: Iterator[Row]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _products(chance: random.Random, merchant_id: str, count: int) -> Iterator[tuple[Row, list[Row]]]:
    brands = ["".join(chance.choices(_SYLLABLES, k=3)).capitalize() for _ in range(300)]
    rare = ["".join(chance.choices(_SYLLABLES, k=4)) for _ in range(20_000)]
    common = [word.lower() for word in (*MATERIALS, *KINDS, *MANNERS, *_CATEGORIES)]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(count):
        product_id, at = new_id("prod"), start + timedelta(minutes=number)
        kind, material = chance.choice(KINDS), chance.choice(MATERIALS)
        words = [chance.choice(common) if chance.random() < 0.4 else chance.choice(rare) for _ in range(60)]
        title = f"{chance.choice(MANNERS)} {material} {kind} {chance.choice(rare).capitalize()}"
        product = (
            product_id, merchant_id, f"item-{number}", title, " ".join(words), chance.choice(brands),
            chance.choice(_CATEGORIES), [kind.lower(), material.lower()], ["Color", "Size"], "", "", "active", at, at,
        )  # fmt: skip
        yield product, list(_variants(chance, merchant_id, product_id, number, at))


def _variants(
    chance: random.Random, merchant_id: str, product_id: str, number: int, at: datetime
) -> Iterator[Row]:
    price = chance.randrange(500, 30_000)
    colors, size = chance.sample(COLORS, 2), chance.sample(SIZES, 2)
    for position in range(VARIANTS_PER_PRODUCT):
        values = [colors[position % 2], size[position // 2]]
        sale = price * 3 // 4 if chance.random() < 0.1 else None
        yield (
            new_id("var"), merchant_id, product_id, number % 14 + position, " / ".join(values), values,
            f"IT-{number}-{position}", "", "", price, "usd", sale, False, "", 300, "active", at, at,
        )  # fmt: skip
