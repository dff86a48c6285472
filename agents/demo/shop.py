"""Prepares the demo's database: the schema, a seeded merchant, keys and secrets.

A process of its own, `python -m agents.demo.shop`, that prints one JSON object a line, one for each step,
so that the demo needs no settings and no connection. Running it again on the same data is fine.
"""

from __future__ import annotations

import argparse
import io
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commerce import clock

MERCHANT = "harbor-supply"
NEIGHBOR = "fjord-and-fell"
AGENT = "Demo agent"
ADMIN = "demo"
COUNTRY = "US"


def steps(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Do one step after the other and say what came of each."""
    import django

    django.setup()
    slug = _slug(options.catalog)
    yield _migrate()
    yield _seed(slug, options.catalog)
    yield _open_shop(slug, options)


def _slug(catalog: Path | None) -> str:
    """Return the shop's short name: each product file has a shop of its own."""
    from django.utils.text import slugify

    if catalog is None:
        return MERCHANT
    name = slugify(catalog.stem)[:50]
    return name if name and name != NEIGHBOR else "catalog"


def _migrate() -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    call_command("migrate", interactive=False, verbosity=0)
    return {"migrations": MigrationRecorder(connection).migration_qs.count()}


def _seed(slug: str, catalog: Path | None) -> dict[str, Any]:
    """Make the shop, and with it the neighbor's."""
    from django.core.management import call_command

    from commerce.catalog.models import Product, Variant

    call_command("seed_demo", merchant=slug, file=catalog, stdout=io.StringIO())
    return {
        "products": Product.objects.filter(merchant__slug=slug).count(),
        "variants": Variant.objects.filter(merchant__slug=slug).count(),
    }


def _open_shop(slug: str, options: argparse.Namespace) -> dict[str, Any]:
    """Add what the demo buys, and give out keys and secrets."""

    from agents.acp.v2026_04_17.handlers import CARD_HANDLER_ID
    from agents.chat.opening import open_chat
    from agents.demo import additions
    from agents.shopper.checkpoints import prepare_checkpoints
    from commerce.accounts.models import Merchant
    from commerce.catalog.models import Variant
    from commerce.inbox.services import new_fulfillment_secret

    merchant = Merchant.objects.get(slug=slug)
    additions.complete_shipping(merchant, country=COUNTRY)
    items = additions.complete_catalog(merchant)
    prepare_checkpoints()
    open_chat(merchant)
    keys = {"agent_key": _issue_key(slug), "agent_key_2": _issue_key(NEIGHBOR)}
    return {
        **keys,
        "merchant": merchant.slug,
        "merchant_name": merchant.name,
        "currency": merchant.currency,
        "items": {"in_stock": items.in_stock, "out_of_stock": items.out_of_stock, "digital": items.digital},
        "search": Variant.objects.select_related("product").get(pk=items.in_stock[0]).product.title,
        "discount_codes": additions.complete_discounts(merchant, now=clock.now()),
        "handler_id": CARD_HANDLER_ID,
        "webhook_secret": _register_endpoint(slug, options.webhook_url),
        "fulfillment_secret": new_fulfillment_secret(merchant),
        "admin": _admin() if options.with_admin else None,
    }


def _issue_key(merchant: str) -> str:
    from django.core.management import call_command

    printed = io.StringIO()
    call_command("issue_agent_key", merchant=merchant, name=AGENT, stdout=printed, stderr=io.StringIO())
    return printed.getvalue().strip()


def _register_endpoint(slug: str, url: str) -> str:
    """Have the agent's order events sent to this run's receiver, and no more to an earlier one's."""
    from agents.webhooks.models import Endpoint
    from agents.webhooks.services import register_endpoint
    from commerce.accounts.models import Agent

    agent = Agent.objects.get(merchant__slug=slug, name=AGENT)
    Endpoint.objects.filter(agent=agent).exclude(url=url).delete()
    _, secret = register_endpoint(agent, url)
    return secret


def _admin() -> dict[str, str]:
    """Make the demo's superuser, with a new password."""
    from django.contrib.auth.models import User

    password = secrets.token_urlsafe(12)
    user, _ = User.objects.get_or_create(username=ADMIN, defaults={"is_staff": True, "is_superuser": True})
    user.set_password(password)
    user.save(update_fields=["password"])
    return {"username": ADMIN, "password": password}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m agents.demo.shop", description=__doc__)
    parser.add_argument("--catalog", type=Path, help="a product file; the shipped one unless given")
    parser.add_argument("--webhook-url", required=True, help="where the agent hears of its orders")
    parser.add_argument("--with-admin", action="store_true", help="make a superuser for the admin")
    for step in steps(parser.parse_args()):
        sys.stdout.write(json.dumps(step) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
