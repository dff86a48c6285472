"""The back office: the Django admin over every record of the domain, one module an area.

Terms of a shop (products, taxes, shipping, discounts, agents) are edited here. Whatever tells of money or
of what happened (orders, payments, sessions, logs, queues) is shown and never changed: services do that.
Secrets and hashes are not shown at all. Who sees which rows is decided in `commerce.backoffice`. What
protocols keep is in their own `admin.py`, such as `agents.webhooks.admin`.
"""

from django.contrib import admin

from merchants.admin import (
    accounts,
    catalog,
    differences,
    emails,
    fulfillment,
    imports,
    inventory,
    invitations,
    members,
    operations,
    orders,
    promotions,
    returns,
    shipments,
    wallets,
)

__all__ = [
    "accounts",
    "catalog",
    "differences",
    "emails",
    "fulfillment",
    "imports",
    "inventory",
    "invitations",
    "members",
    "operations",
    "orders",
    "promotions",
    "returns",
    "shipments",
    "wallets",
]

admin.site.index_title = "Home"
