from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from commerce.accounts.models import Merchant, country_code


class TaxRate(models.Model):
    """One jurisdiction's rate. Of the rows of one jurisdiction the most specific match counts.

    A row for a tax code beats one without, a longer postal prefix a shorter one, a region none.
    Rates of different jurisdictions add up.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="tax_rates")
    jurisdiction = models.CharField(max_length=100, help_text="shown to the buyer, such as California")
    country = models.CharField(max_length=2, validators=[country_code])
    region = models.CharField(max_length=10, blank=True, help_text="state or province; empty for all")
    postal_prefix = models.CharField(max_length=16, blank=True)
    tax_code = models.CharField(max_length=50, blank=True, help_text="only for products with this tax code")
    percentage = models.DecimalField(
        max_digits=7, decimal_places=4, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    is_inclusive = models.BooleanField(default=False, help_text="prices already contain this tax")
    applies_to_shipping = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="tax_rate_once",
                fields=["merchant", "jurisdiction", "country", "region", "postal_prefix", "tax_code"],
            ),
            models.CheckConstraint(
                name="tax_rate_percentage_range",
                condition=Q(percentage__gte=0, percentage__lte=100),
                violation_error_message="A percentage is from 0 to 100.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction} {self.percentage.normalize():f} %"
