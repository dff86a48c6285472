"""One step of the feeds' benchmark in a process of its own, so that its memory is its own: prints one JSON object."""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

MERCHANT = "mer_bench"

_FILL = (
    """
    INSERT INTO catalog_product (id, merchant_id, handle, title, description, brand, category, tags, option_names,
        tax_code, url, status, created_at, updated_at)
    SELECT 'prod_' || n, %s, 'product-' || lpad(n::text, 7, '0'), 'Canvas tote of the series ' || n,
           repeat('A tote of heavy cotton canvas with an inner pocket, made to be carried for years. ', 8),
           'Fogline', 'Bags > Totes', '{}', '{Color,Size}', '', '', 'active', now(), now()
    FROM generate_series(1, %s) n ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO catalog_variant (id, merchant_id, product_id, position, title, option_values, sku, gtin, mpn,
        price_minor, currency, is_digital, download_url, weight_grams, status, created_at, updated_at,
        sale_price_minor, sale_starts_at, sale_ends_at)
    SELECT 'var_' || n || '_' || k, %s, 'prod_' || n, k, c.color || ' / ' || c.size, ARRAY[c.color, c.size],
           'TOTE-' || n || '-' || k, '', 'FL-' || n || '-' || k, 1000 + (n * 7 + k) %% 9000, 'usd', false, '',
           200 + k * 50, 'active', now(), now(),
           CASE WHEN n %% 10 = 0 THEN 900 END, CASE WHEN n %% 10 = 0 THEN now() - interval '1 day' END,
           CASE WHEN n %% 10 = 0 THEN now() + interval '9 days' END
    FROM generate_series(1, %s) n
    CROSS JOIN (VALUES (1, 'Natural', 'S'), (2, 'Natural', 'L'), (3, 'Navy', 'S'), (4, 'Navy', 'L')) c (k, color, size)
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO inventory_stockitem (variant_id, on_hand, reserved, is_tracked, allow_backorder)
    SELECT id, (price_minor %% 40)::int, 0, true, false FROM catalog_variant WHERE merchant_id = %s
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO catalog_media (product_id, variant_id, url, alt, position)
    SELECT p.id, v.id, 'https://cdn.example.com/' || p.id || '/' || v.position || '.jpg', 'a tote', v.position
    FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id AND v.position IN (1, 3)
    WHERE p.merchant_id = %s ON CONFLICT DO NOTHING
    """,
)


def fill(variants: int) -> dict[str, Any]:
    """Make sure that the shop has so many variants, four of each product."""
    from django.core.management import call_command
    from django.db import connection

    started = time.monotonic()
    call_command("migrate", interactive=False, verbosity=0)
    _open_shop()
    products = variants // 4
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_FILL[0], [MERCHANT, products])
        cursor.execute(_FILL[1], [MERCHANT, products])
        cursor.execute(_FILL[2], [MERCHANT])
        cursor.execute(_FILL[3], [MERCHANT])
        cursor.execute("ANALYZE")
    return {"seconds": time.monotonic() - started}


def _open_shop() -> None:
    from commerce.accounts.models import Merchant
    from tests.factories import FulfillmentMethodFactory, MerchantFactory, ShippingZoneFactory, TaxRateFactory

    if Merchant.objects.filter(pk=MERCHANT).exists():
        return
    merchant = MerchantFactory.create(pk=MERCHANT, slug="bench")
    zone = ShippingZoneFactory.create(merchant=merchant)
    FulfillmentMethodFactory.create(merchant=merchant, zone=zone)
    TaxRateFactory.create(merchant=merchant)


def build(profile: str, file_format: str) -> dict[str, Any]:
    """Build a new feed twice and compare it with what is live."""
    from django.db import connection
    from django.utils import timezone

    from commerce.accounts.models import Merchant
    from merchants.feeds.drift import check_feed
    from merchants.feeds.models import Feed
    from merchants.feeds.services import build_feed, create_feed

    merchant = Merchant.objects.get(pk=MERCHANT)
    name = f"{profile} {file_format} {time.time()}"
    feed, _ = create_feed(merchant, profile=profile, file_format=file_format, name=name, now=timezone.now())
    connection.ensure_connection()
    before = _peak_megabytes()
    seconds = []
    for _ in range(2):
        started = time.monotonic()
        made = build_feed(feed.pk, now=timezone.now())
        seconds.append(time.monotonic() - started)
    started = time.monotonic()
    checked = check_feed(Feed.objects.select_related("agent").get(pk=feed.pk), cause="asked", now=timezone.now())
    drift_seconds = time.monotonic() - started
    size = sum(file.blob.size for file in made.files.select_related("blob"))
    return {
        "rows": made.rows,
        "seconds": seconds,
        "drift_seconds": drift_seconds,
        "differences": checked.differences,
        "peak_mb": _peak_megabytes(),
        "before_mb": before,
        "file_mb": size / 1e6,
    }


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")
    import django

    django.setup()
    step, *arguments = sys.argv[1:]
    answer = fill(int(arguments[0])) if step == "fill" else build(arguments[0], arguments[1])
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
