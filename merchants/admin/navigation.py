"""The menu of the back office: which pages there are, by area, and what each is called there."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from commerce.backoffice.rights import Area, Right
from commerce.backoffice.scope import scope_of


class Entry(NamedTuple):
    model: str
    title: str
    icon: str  # of Material Symbols


class Group(NamedTuple):
    title: str
    entries: tuple[Entry, ...]


MENU = (
    Group(
        "Orders",
        (
            Entry("orders.order", "Orders", "receipt_long"),
            Entry("fulfillment.shipment", "Shipments", "local_shipping"),
            Entry("aftersales.return", "Returns", "assignment_return"),
            Entry("orders.adjustment", "Refunds and cancellations", "undo"),
            Entry("orders.orderline", "Lines sold", "list_alt"),
            Entry("orders.orderevent", "Log of orders", "history"),
            Entry("inbox.inboxmessage", "From carriers", "move_to_inbox"),
            Entry("emails.email", "E-mails to buyers", "mail"),
        ),
    ),
    Group(
        "Products",
        (
            Entry("catalog.product", "Products", "inventory_2"),
            Entry("catalog.variant", "Variants and prices", "sell"),
            Entry("inventory.stockitem", "Stock", "warehouse"),
            Entry("inventory.reservation", "Held for buyers", "lock_clock"),
            Entry("imports.importjob", "Imports", "upload_file"),
        ),
    ),
    Group(
        "Agents",
        (
            Entry("accounts.agent", "Agents", "smart_toy"),
            Entry("accounts.agentkey", "Keys", "key"),
            Entry("checkout.checkoutsession", "Checkout sessions", "shopping_cart_checkout"),
            Entry("checkout.confirmation", "Confirmed by buyers", "verified"),
            Entry("carts.cart", "Carts", "shopping_cart"),
            Entry("accounts.agentkeyspend", "Spent by day", "calendar_month"),
            Entry("webhooks.endpoint", "Webhook endpoints", "webhook"),
            Entry("webhooks.delivery", "Webhook deliveries", "outbox"),
            Entry("rehearsals.rehearsal", "Test purchases", "science"),
        ),
    ),
    Group(
        "Chat",
        (
            Entry("chat.shopchat", "Chat of the shop", "forum"),
            Entry("chat.conversation", "Conversations", "chat"),
            Entry("chat.chatevent", "What happened there", "timeline"),
        ),
    ),
    Group(
        "Feeds",
        (
            Entry("feeds.feed", "Product feeds", "rss_feed"),
            Entry("feeds.feedproblem", "What to mend", "rule"),
            Entry("feeds.driftfinding", "Differences", "difference"),
            Entry("feeds.publisheditem", "What was told", "fact_check"),
            Entry("feeds.feedbuild", "Builds", "build"),
            Entry("feeds.feedfile", "Files", "description"),
            Entry("feeds.pushtry", "Sent to platforms", "cloud_upload"),
        ),
    ),
    Group(
        "Money",
        (
            Entry("payments.paymentattempt", "Payments", "payments"),
            Entry("payments.dispute", "Disputes", "gavel"),
            Entry("reconciliation.difference", "Payment differences", "balance"),
            Entry("wallet.wallettoken", "From wallets", "wallet"),
        ),
    ),
    Group(
        "Terms",
        (
            Entry("discounts.discount", "Discounts", "percent"),
            Entry("discounts.discountusage", "Use of discounts", "tag"),
            Entry("discounts.redemption", "Redemptions", "confirmation_number"),
            Entry("tax.taxrate", "Tax rates", "account_balance"),
            Entry("fulfillment.fulfillmentmethod", "Delivery methods", "package_2"),
            Entry("fulfillment.shippingzone", "Shipping zones", "public"),
            Entry("fulfillment.pickuplocation", "Pick-up locations", "store"),
        ),
    ),
    Group(
        "Settings",
        (
            Entry("accounts.merchant", "Shop", "storefront"),
            Entry("accounts.membership", "Members", "group"),
            Entry("accounts.invitation", "Invitations", "forward_to_inbox"),
            Entry("accounts.staffaction", "What staff did", "manage_history"),
            Entry("payments.provideraccount", "Payment accounts", "account_balance_wallet"),
        ),
    ),
    Group(
        "Installation",
        (
            Entry("auth.user", "Users", "person"),
            Entry("wallet.shopper", "Shoppers", "shopping_bag"),
            Entry("outbox.outboxevent", "Outbox", "forward_to_inbox"),
            Entry("inbox.providerevent", "Events of the provider", "bolt"),
            Entry("inbox.eventmark", "Events looked through", "history_toggle_off"),
            Entry("idempotency.idempotencyrecord", "Idempotency keys", "fingerprint"),
        ),
    ),
)


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what the person asking may open, as unfold wants to be told; groups without anything are left out."""
    pages = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
    first = [_item("Home", "home", reverse("admin:index"))]
    scope = scope_of(request)
    if scope.merchant is not None and scope.may(Area.SETTINGS, Right.VIEW):
        first.append(_item("Setup", "checklist", reverse("admin:setup")))
    groups: list[dict[str, Any]] = [{"title": "", "items": first}]
    for group in MENU:
        items = [
            _item(entry.title, entry.icon, reverse(f"admin:{entry.model.replace('.', '_')}_changelist"))
            for entry in group.entries
            if pages[entry.model].has_module_permission(request)
        ]
        if items:
            groups.append({"title": group.title, "separator": True, "items": items})
    return groups


def account(_request: HttpRequest) -> list[dict[str, str]]:
    """Return what stands behind one's own name."""
    pages = {"Two-factor login": "mfa_index", "Password": "account_change_password", "E-mail": "account_email"}
    return [{"title": title, "link": reverse(name)} for title, name in pages.items()]


def _item(title: str, icon: str, link: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": link}
