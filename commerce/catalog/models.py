from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from commerce.accounts.models import Merchant
from commerce.fields import IdField

gtin = RegexValidator(r"^(\d{8}|\d{12}|\d{13}|\d{14})$", "a GTIN has 8, 12, 13 or 14 digits")


class Product(models.Model):
    """What variants have in common. A product without options has one variant."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        ARCHIVED = "archived"

    class Condition(models.TextChoices):
        NEW = "new"
        REFURBISHED = "refurbished"
        USED = "used"

    class Gender(models.TextChoices):
        FEMALE = "female"
        MALE = "male"
        UNISEX = "unisex"

    class AgeGroup(models.TextChoices):
        NEWBORN = "newborn", "newborn (up to 3 months)"
        INFANT = "infant", "infant (3 to 12 months)"
        TODDLER = "toddler", "toddler (1 to 5 years)"
        KIDS = "kids", "kids (5 to 13 years)"
        ADULT = "adult", "adult (13 years and older)"

    id = IdField("prod")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="products", db_index=False)
    handle = models.SlugField(max_length=255)
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True, help_text="plain text")
    brand = models.CharField(max_length=100, blank=True)
    category = models.CharField(max_length=255, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    option_names = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    tax_code = models.CharField(
        max_length=50, blank=True, help_text="matches a tax rate's code, such as books; “exempt” is never taxed"
    )
    url = models.URLField(max_length=500, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    is_checkout_enabled = models.BooleanField(
        "can be bought through agents",
        default=True,
        db_default=True,
        help_text="otherwise agents find it and send buyers to its page",
    )
    condition = models.CharField(max_length=12, choices=Condition, blank=True, default="", db_default="")
    gender = models.CharField(
        max_length=10, choices=Gender, blank=True, default="", db_default="", help_text="whom it is made for"
    )
    age_group = models.CharField(max_length=10, choices=AgeGroup, blank=True, default="", db_default="")
    material = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="such as cotton; unless it is an option"
    )
    has_no_identifier = models.BooleanField(
        "has no GTIN or part number",
        default=False,
        db_default=False,
        help_text="tick it for what is handmade, vintage or one of a kind: nobody ever gave it one",
    )
    # Written by triggers, from the variants as well; NULL where nothing of the product is for sale.
    search = SearchVectorField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="product_handle_once_per_merchant", fields=["merchant", "handle"]),
        ]
        indexes = [
            GinIndex(name="product_search", fields=["merchant", "search"]),
            models.Index(name="product_by_title", fields=["merchant", "title", "id"]),
            models.Index(name="product_newest", fields=["merchant", "-created_at", "id"]),
        ]

    def __str__(self) -> str:
        return self.title


class Variant(models.Model):
    """One buyable thing with its own price, stock, weight and codes."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        INACTIVE = "inactive"

    id = IdField("var")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="variants", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants", db_index=False)
    position = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=255, blank=True, help_text="the options, such as Blue / M")
    option_values = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    sku = models.CharField("SKU", max_length=100, blank=True)
    gtin = models.CharField("GTIN", max_length=14, blank=True, validators=[gtin])
    mpn = models.CharField("MPN", max_length=70, blank=True)
    price_minor = models.BigIntegerField(validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3)
    sale_price_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(0)])
    sale_starts_at = models.DateTimeField(null=True, blank=True)
    sale_ends_at = models.DateTimeField(null=True, blank=True)
    is_digital = models.BooleanField(default=False)
    download_url = models.URLField(max_length=500, blank=True)
    weight_grams = models.PositiveIntegerField(default=0)
    length_mm = models.PositiveIntegerField(null=True, blank=True)
    width_mm = models.PositiveIntegerField(null=True, blank=True)
    height_mm = models.PositiveIntegerField(null=True, blank=True)
    max_quantity_per_order = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    backorders_ship_on = models.DateField(
        null=True, blank=True, help_text="the day on which backordered units leave, where it is known"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="variant_options_once", fields=["product", "option_values"]),
            models.CheckConstraint(
                name="variant_price_not_negative",
                condition=Q(price_minor__gte=0),
                violation_error_message="A price is never below zero.",
            ),
            models.CheckConstraint(
                name="variant_sale_below_price",
                condition=Q(sale_price_minor__isnull=True)
                | Q(sale_price_minor__gte=0, sale_price_minor__lt=F("price_minor")),
                violation_error_message="A sale price is below the regular price.",
            ),
        ]
        indexes = [
            models.Index(name="variant_by_sku", fields=["merchant", "sku"]),
            models.Index(name="variant_by_gtin", fields=["merchant", "gtin"], condition=~Q(gtin="")),
        ]

    def __str__(self) -> str:
        return f"{self.product.title} — {self.title}" if self.title else self.product.title

    def price_at(self, now: datetime) -> int:
        """Return the price in minor units that a buyer pays at that time."""
        return price_at(
            now,
            regular=self.price_minor,
            sale=self.sale_price_minor,
            starts_at=self.sale_starts_at,
            ends_at=self.sale_ends_at,
        )


class Media(models.Model):
    """A picture of a product, or of one of its variants."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="media", db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="media")
    url = models.URLField(max_length=500)
    alt = models.CharField(max_length=255, blank=True)
    position = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "media"
        constraints = [models.UniqueConstraint(name="media_once_per_product", fields=["product", "url"])]

    def __str__(self) -> str:
        return self.url


def price_at(
    now: datetime,
    *,
    regular: int,
    sale: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> int:
    """Return the sale price while its window is open, else the regular one. Minor units."""
    if sale is None or (starts_at and now < starts_at) or (ends_at and now >= ends_at):
        return regular
    return sale
