"""Products with their variants, pictures and stock on one page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from commerce import clock
from commerce.backoffice.admins import EditableAdmin, EditableInline, Form
from commerce.backoffice.columns import money
from commerce.backoffice.rights import Area
from commerce.catalog.models import Media, Product, Variant
from commerce.catalog.services import sell_through_agents, show_only
from merchants.admin.forms import OwnedFormSet, words_field
from merchants.admin.stock_fields import STOCK_FIELDS, StockFields, save_stock

_OPTION_HELP = "one for each option of the product, separated by |"


class ProductForm(Form):
    tags = words_field(max_length=100, help_text="separated by commas")
    option_names = words_field(separator="|", max_length=100, help_text="such as Color | Size")


class VariantForm(StockFields):
    """A variant of `parent`, whose merchant and currency it has."""

    money_fields = ("price_minor", "sale_price_minor")
    option_values = words_field(separator="|", help_text=_OPTION_HELP)

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        product = self.product()
        if product is not None and product.merchant_id:
            self.instance.merchant_id = product.merchant_id
            self.instance.currency = product.merchant.currency
            self._check_options(product)
        return self.cleaned_data

    def product(self) -> Product | None:
        return self.parent or (self.instance.product if self.instance.product_id else None)

    def _check_options(self, product: Product) -> None:
        values = self.cleaned_data.get("option_values")
        if values is not None and len(values) != len(product.option_names):
            names = " | ".join(product.option_names) or "none"
            self.add_error("option_values", f"The product's options are: {names}. Give one value for each.")


class VariantInline(EditableInline):
    model = Variant
    merchant_path = "merchant"
    area = Area.CATALOG
    form = VariantForm
    formset = OwnedFormSet
    can_delete = False
    show_change_link = True
    fields = (
        "option_values",
        "sku",
        "price_minor",
        "sale_price_minor",
        *STOCK_FIELDS,
        "weight_grams",
        "status",
        "position",
    )
    ordering = ("position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("stock", "product__merchant", "merchant")


class MediaFormSet(OwnedFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        """Let a picture belong to variants of its own product only."""
        super().add_fields(form, index)
        saved = None if self.instance._state.adding else self.instance
        form.fields["variant"].queryset = Variant.objects.filter(product=saved).select_related("product")


class MediaForm(Form):
    def __init__(self, *args: Any, parent: Any, **kwargs: Any) -> None:  # noqa: ARG002 - what formsets tell
        super().__init__(*args, **kwargs)


class MediaInline(EditableInline):
    model = Media
    merchant_path = "product__merchant"
    area = Area.CATALOG
    form = MediaForm
    formset = MediaFormSet
    fields = ("url", "alt", "variant", "position")
    ordering = ("position", "pk")


def count_of(products: list[Product]) -> str:
    return "1 product is" if len(products) == 1 else f"{len(products)} products are"


@admin.register(Product)
class ProductAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.CATALOG
    form = ProductForm
    list_display = (
        "title",
        "merchant",
        "brand",
        "category",
        "status",
        "through_agents",
        "variant_count",
        "updated_at",
    )
    list_filter = ("status", "is_checkout_enabled", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("title", "handle", "brand", "id")
    is_found_everywhere = True
    ordering = ("title", "pk")
    prepopulated_fields = {"handle": ("title",)}
    inlines = (VariantInline, MediaInline)
    actions = ("show_only", "sell_through_agents")

    @admin.action(description="Show only: agents do not sell them", permissions=["change"])
    def show_only(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        changed = show_only(products, now=clock.now())
        for product in changed:
            self.note(request, product, "shown only, not sold through agents")
        self.message_user(request, f"{count_of(changed)} only shown from now on.", messages.SUCCESS)

    @admin.action(description="Let agents sell them", permissions=["change"])
    def sell_through_agents(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        changed = sell_through_agents(products, now=clock.now())
        for product in changed:
            self.note(request, product, "sold through agents again")
        self.message_user(request, f"{count_of(changed)} sold through agents from now on.", messages.SUCCESS)

    @admin.display(description="Through agents", ordering="is_checkout_enabled")
    def through_agents(self, product: Product) -> str:
        return "sold" if product.is_checkout_enabled else "shown only"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(variant_count=Count("variants", distinct=True))
        return counted

    @admin.display(description="Variants", ordering="variant_count")
    def variant_count(self, product: Any) -> int:
        return int(product.variant_count)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Archive a product instead: orders refer to its variants."""
        return False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for one in formset.forms:
            if isinstance(one, StockFields) and one.has_changed() and one.has_stock_changed():
                save_stock(request, one)


@admin.register(Variant)
class VariantAdmin(EditableAdmin):
    """One variant with all its fields. New ones are made at their product."""

    merchant_path = "merchant"
    area = Area.CATALOG
    form = VariantForm
    price = money("price_minor", "Price")
    sale_price = money("sale_price_minor", "Sale price")
    list_display = ("__str__", "sku", price, sale_price, "on_hand", "merchant", "status", "updated_at")
    list_filter = ("status", "is_digital", "merchant")
    list_select_related = ("product", "merchant", "stock")
    search_fields = ("sku", "gtin", "title", "product__title", "id")
    is_found_everywhere = True
    ordering = ("product__title", "position", "pk")
    exclude = ("merchant", "product", "currency")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("product__merchant", "merchant", "stock")

    @admin.display(ordering="stock__on_hand")
    def on_hand(self, variant: Variant) -> int | None:
        stock = getattr(variant, "stock", None)
        return stock.on_hand if stock else None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Set a variant inactive instead: orders refer to it."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.has_stock_changed():
            save_stock(request, form)
