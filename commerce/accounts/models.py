from __future__ import annotations

import re

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Value

from commerce.fields import IdField
from commerce.ids import id_factory
from commerce.money import CURRENCIES
from commerce.text import visible

SCOPES = ("catalog", "carts", "checkout", "orders")

country_code = RegexValidator(r"^[A-Z]{2}$", "an upper-case ISO 3166-1 alpha-2 code such as US")


def shop_name(name: str) -> None:
    """Refuse a name that would be more than that in an e-mail to a stranger: a web address, several lines."""
    if "://" in name or _LINE_ENDS.search(name) or visible(name) != name:
        raise ValidationError("Write the name as buyers know it: one line, and no web address.")


_LINE_ENDS = re.compile("[\t\n\u2028\u2029]")


class Merchant(models.Model):
    """A shop. `revision` grows with every change of what a price depends on: see the triggers."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        NEW = "new", "not live yet"

    class Capture(models.TextChoices):
        MANUAL = "manual", "authorize first, capture after the order is placed"
        AUTOMATIC = "automatic", "charge at once"

    id = IdField("mer")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100, validators=[shop_name])
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    currency = models.CharField(
        max_length=3, default="usd", help_text="lower-case ISO 4217 code of all prices, such as usd"
    )
    time_zone = models.CharField(max_length=50, default="UTC", help_text="an IANA name such as Europe/Paris")
    country = models.CharField(max_length=2, default="US", validators=[country_code])
    region = models.CharField(max_length=10, blank=True)
    postal_code = models.CharField(max_length=16, blank=True)
    payment_account = models.CharField(
        max_length=100,
        default=id_factory("acct"),
        validators=[MinLengthValidator(1)],
        help_text="the merchant's account at the payment provider, named in the payment handler",
    )
    uses_installation_account = models.BooleanField(
        default=True,
        db_default=True,
        help_text="payments go to the installation's account where the merchant has connected none",
    )
    has_chosen_test_account = models.BooleanField(
        default=False,
        db_default=False,
        help_text="the merchant chose the installation's account to try things out; once live, it is not used",
    )
    capture = models.CharField(max_length=10, choices=Capture, default=Capture.MANUAL)
    requires_confirmation = models.BooleanField(
        "buyers confirm on our page",
        default=False,
        db_default=False,
        help_text="whatever an agent says, nothing is charged before the buyer has confirmed the terms",
    )
    charges_no_tax = models.BooleanField(
        default=False, db_default=False, help_text="the merchant has said that no tax is due on what it sells"
    )
    low_stock_threshold = models.PositiveIntegerField(default=3)
    support_email = models.EmailField(blank=True)
    support_phone = models.CharField(max_length=30, blank=True)
    support_hours = models.CharField(max_length=100, blank=True)
    help_center_url = models.URLField(blank=True)
    terms_url = models.URLField(blank=True)
    privacy_url = models.URLField(blank=True)
    return_policy_url = models.URLField(blank=True)
    shipping_policy_url = models.URLField(blank=True)
    return_days = models.PositiveSmallIntegerField(
        default=30, db_default=30, help_text="days after delivery in which goods are taken back; 0 where none are"
    )
    emails_off = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        db_default=Value([], output_field=ArrayField(models.CharField(max_length=20))),
        help_text="kinds of e-mails that buyers do not get",
    )
    sealed_fulfillment_secret = models.BinaryField(null=True, blank=True, editable=False)
    revision = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="merchant_currency_known", condition=models.Q(currency__in=sorted(CURRENCIES))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What somebody who logs in may do in one shop. See `commerce.backoffice.rights` for what a role means."""

    class Role(models.TextChoices):
        OWNER = "owner", "owner: everything, with keys, settings and members"
        MANAGER = "manager", "manager: products, terms, orders, refunds"
        SUPPORT = "support", "support: orders, cancellations, refunds"
        READER = "reader", "read-only: looks at everything, changes nothing"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="membership_once_per_shop", fields=["user", "merchant"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.merchant}"


class StaffAction(models.Model):
    """What somebody did in the back office, with each value before and after. A trigger refuses to change it.

    Who did it is written down by name as well, because people leave. Secrets and hashes never stand here.
    """

    class Kind(models.TextChoices):
        ADDED = "added"
        CHANGED = "changed"
        DELETED = "deleted"
        DID = "did", "asked for something to be done"

    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, null=True, blank=True, related_name="staff_actions", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    user_name = models.CharField(max_length=150)
    address = models.GenericIPAddressField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    model = models.CharField(max_length=100, help_text="such as catalog.product")
    row = models.CharField(max_length=100, help_text="its id")
    subject = models.CharField(max_length=200, help_text="what it was called then")
    what = models.CharField(max_length=255, blank=True, help_text="what was asked for")
    changes = models.JSONField(default=list, help_text="[{field, before, after}]")
    done_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="staff_action_newest", fields=["merchant", "-done_at"]),
            models.Index(name="staff_action_of_row", fields=["model", "row", "-done_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.user_name} {self.kind} {self.subject}"


class Invitation(models.Model):
    """Somebody is asked by e-mail to work in a shop. Its link is good once, and for a few days."""

    id = IdField("inv")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Membership.Role)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="invitation_one_open_per_address",
                fields=["merchant", "email"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.merchant}"


class Agent(models.Model):
    """A program that sells for one merchant. Sessions, carts and orders belong to it, not to a key."""

    id = IdField("agt")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="agents", db_index=False)
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="agent_name_once_per_merchant", fields=["merchant", "name"]),
        ]

    def __str__(self) -> str:
        return self.name


def all_scopes() -> list[str]:
    return list(SCOPES)


class AgentKey(models.Model):
    """A bearer token of an agent: shown once, stored as a hash, limited and revocable."""

    class SignatureAlgorithm(models.TextChoices):
        NONE = "", "none"
        HMAC_SHA256 = "hmac-sha256", "HMAC-SHA256 with a shared secret"
        ED25519 = "ed25519", "Ed25519 with the agent's public key"
        ES256 = "es256", "ECDSA P-256 with the agent's public key"

    id = IdField("key")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="keys")
    prefix = models.CharField(max_length=16, editable=False, help_text="the part that may be shown")
    secret_hash = IdField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=20, choices=[(scope, scope) for scope in SCOPES]), default=all_scopes
    )
    requires_confirmation = models.BooleanField(
        "buyers confirm on our page",
        default=False,
        db_default=False,
        help_text="nothing is charged by this key before the buyer has confirmed the terms",
    )
    always_confirms = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="buyers confirm whatever else is set: a chat buys with this key",
    )
    is_test = models.BooleanField(
        "of test purchases",
        default=False,
        db_default=False,
        editable=False,
        help_text="buys before the shop is live, and what it buys is no sale",
    )
    limit_per_order_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    limit_per_day_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    signature_algorithm = models.CharField(
        max_length=20, choices=SignatureAlgorithm, blank=True, default=SignatureAlgorithm.NONE
    )
    sealed_signature_key = models.BinaryField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="key_one_for_tests_per_agent", fields=["agent"], condition=models.Q(is_test=True)
            ),
            models.CheckConstraint(
                name="key_confirms_where_it_always_does",
                condition=models.Q(always_confirms=False) | models.Q(requires_confirmation=True),
            ),
        ]

    def __str__(self) -> str:
        return f"ack_{self.prefix}_…"


class AgentKeySpend(models.Model):
    """What a key has bought on one day of the merchant's calendar, for its daily limit."""

    key = models.ForeignKey(AgentKey, on_delete=models.CASCADE, related_name="spend", db_index=False)
    day = models.DateField()
    amount_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="spend_once_per_key_and_day", fields=["key", "day"]),
            models.CheckConstraint(name="spend_not_negative", condition=models.Q(amount_minor__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day}"
