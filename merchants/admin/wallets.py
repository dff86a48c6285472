"""What shoppers of the chats have: for the operator, as it is good in every shop; what it paid, for the shop."""

from __future__ import annotations

from django.contrib import admin

from commerce.backoffice.admins import OperatorAdmin, ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.rights import Area
from commerce.backoffice.scope import OPERATOR_ONLY
from commerce.wallet.models import Card, Mandate, Shopper, WalletToken


class _OfShopper(ReadOnlyInline):
    merchant_path = OPERATOR_ONLY
    area = Area.OPERATIONS


class CardInline(_OfShopper):
    model = Card
    shown = ("name", "brand", "last4", "is_default", "added_at", "removed_at")
    ordering = ("added_at", "pk")


class MandateInline(_OfShopper):
    model = Mandate
    shown = (
        "currency",
        "limit_per_order_minor",
        "limit_per_period_minor",
        "period",
        "expires_at",
        "revoked_at",
        "created_at",
    )
    ordering = ("created_at", "pk")


@admin.register(Shopper)
class ShopperAdmin(OperatorAdmin):
    list_display = ("id", "user", "email", "created_at")
    shown = list_display
    list_select_related = ("user",)
    search_fields = ("id", "email", "user__username")
    ordering = ("-created_at", "pk")
    inlines = (CardInline, MandateInline)


@admin.register(WalletToken)
class WalletTokenAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.MONEY
    list_display = ("id", "merchant", "confirmation", "card", "amount_minor", "currency", "created_at")
    shown = list_display
    list_filter = ("currency", "merchant")
    list_select_related = ("merchant", "confirmation", "card")
    search_fields = ("id", "confirmation__session__id")
    ordering = ("-created_at", "pk")
