from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from commerce.accounts.models import Agent, Merchant, country_code
from commerce.fields import IdField


class Feed(models.Model):
    """What one platform is told of a merchant's catalog: as files that it fetches, or pushed to it.

    `due_at` is when the next build begins at the latest, and `due_cause` why; `leased_until` is the lease of who
    builds or pushes it now. `built_layout` is the kind and number of its published files, `former_layouts` are
    those whose names still answer, until `former_until`.
    """

    class Profile(models.TextChoices):
        OPENAI = "openai", "OpenAI product feed"
        GOOGLE = "google", "Google-compatible feed"
        STRIPE = "stripe", "Stripe catalog"
        ACP = "acp", "Agentic Commerce Protocol feed"

    class Format(models.TextChoices):
        PARQUET = "parquet", "Parquet (zstd)"
        JSONL_GZ = "jsonl.gz", "JSON lines, gzip"
        CSV_GZ = "csv.gz", "CSV, gzip"
        TSV_GZ = "tsv.gz", "TSV, gzip"
        CSV = "csv", "CSV"
        TSV = "tsv", "TSV"
        JSONL = "jsonl", "JSON lines"

    id = IdField("feed")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="feeds", db_index=False)
    name = models.CharField(max_length=100)
    profile = models.CharField(max_length=10, choices=Profile)
    file_format = models.CharField(
        max_length=10,
        choices=Format,
        help_text="OpenAI reads Parquet and what has gzip, Google TSV and CSV, Stripe CSV, the protocol JSON; "
        "another one gives the files other names",
    )
    agent = models.ForeignKey(
        Agent,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="feeds",
        help_text="who sells from it; without an agent, or while it is switched off, everything is only shown",
    )
    is_active = models.BooleanField(default=True)
    default_brand = models.CharField(
        max_length=70, blank=True, help_text="of products without a brand, if those are of the shop's own making"
    )
    target_country = models.CharField(
        max_length=2,
        blank=True,
        validators=[country_code],
        help_text="such as US, where the platform keeps a feed for each country",
    )
    interval_minutes = models.PositiveIntegerField(
        "rebuilt every (minutes)",
        default=1440,
        validators=[MinValueValidator(15), MaxValueValidator(10_080)],
        help_text="also when nothing is known to have changed",
    )
    pause_minutes = models.PositiveIntegerField(
        "at most every (minutes)",
        default=15,
        validators=[MaxValueValidator(1440)],
        help_text="after changes of the catalog",
    )
    shards = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(64)],
        help_text="files an upload consists of; grows by itself with a large catalog. The files get other names",
    )
    token_prefix = models.CharField(max_length=8, editable=False)
    token_hash = IdField(max_length=64, unique=True, editable=False)
    push_url = models.URLField(
        "push to",
        max_length=500,
        blank=True,
        help_text="the address of the platform's feed API; products are sent there instead of being fetched",
    )
    sealed_push_key = models.BinaryField(null=True, editable=False)
    remote_id = models.CharField(max_length=200, blank=True, editable=False, help_text="its id at the platform")
    remote_round = models.PositiveIntegerField(default=0, editable=False, help_text="how often it was made there")
    push_error = models.CharField(max_length=300, blank=True, editable=False)
    build = models.ForeignKey(
        "FeedBuild", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    built_layout = models.JSONField(null=True, editable=False)
    former_layouts = models.JSONField(null=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    due_cause = models.CharField(max_length=10, default="schedule", editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="compared with what is live"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="feed_name_once_per_merchant", fields=["merchant", "name"]),
            models.CheckConstraint(
                name="feed_pushed_as_acp",
                condition=Q(push_url="") | Q(profile="acp"),
                violation_error_message="Only an Agentic Commerce Protocol feed can be pushed.",
            ),
        ]
        indexes = [models.Index(name="feed_due", fields=["due_at"], condition=Q(is_active=True))]

    def __str__(self) -> str:
        return self.name

    @property
    def is_pushed(self) -> bool:
        return bool(self.push_url)


class Blob(models.Model):
    """A file's content, named by its hash, so that what has not changed is kept once."""

    sha256 = IdField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256


class BlobChunk(models.Model):
    blob = models.ForeignKey(Blob, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="chunk_once", fields=["blob", "number"])]

    def __str__(self) -> str:
        return f"{self.blob_id} #{self.number}"


class FeedBuild(models.Model):
    """One time that a feed was made: what came of it, and what was refused."""

    class Status(models.TextChoices):
        RUNNING = "running"
        PUBLISHED = "published"
        FAILED = "failed"

    class Cause(models.TextChoices):
        SCHEDULE = "schedule", "it was time"
        CHANGE = "change", "the catalog has changed"
        ASKED = "asked", "it was asked for"
        DRIFT = "drift", "it differed from what is live"

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="builds", db_index=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    cause = models.CharField(max_length=10, choices=Cause)
    error = models.CharField(max_length=300, blank=True)
    rows = models.PositiveIntegerField(default=0, help_text="items that are told of")
    gone = models.PositiveIntegerField(default=0, help_text="items that are told to be gone")
    refused = models.PositiveIntegerField(default=0, help_text="items that could not be told of")
    problem_counts = models.JSONField(default=list, help_text="by rule, field and effect")
    report = models.ForeignKey(Blob, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(name="build_by_feed", fields=["feed", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S} UTC"


class FeedFile(models.Model):
    """A file of a published build. `changed_at` stays while its content does.

    One that is former answers only because a platform may still ask for it by the name it had before.
    """

    build = models.ForeignKey(FeedBuild, on_delete=models.CASCADE, related_name="files", db_index=False)
    name = models.CharField(max_length=60)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    rows = models.PositiveIntegerField()
    is_former = models.BooleanField(default=False, db_default=False)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="file_once_per_build", fields=["build", "name"])]

    def __str__(self) -> str:
        return self.name


class FeedProblem(models.Model):
    """Something wrong with one field of one item, and what to do about it: the first thousand of a build."""

    build = models.ForeignKey(FeedBuild, on_delete=models.CASCADE, related_name="problems")
    item_id = IdField()
    product_id = IdField()
    title = models.CharField(max_length=255)
    sku = models.CharField("SKU", max_length=100, blank=True)
    rule = models.CharField(max_length=10)
    field = models.CharField(max_length=60)
    value = models.CharField(max_length=100, blank=True)
    advice = models.CharField(max_length=300)
    effect = models.CharField(max_length=10)

    def __str__(self) -> str:
        return f"{self.field}: {self.advice}"


class PublishedItem(models.Model):
    """What an item was last said to be. `gone_at` is since when it is told to be gone, if it ever was there.

    Title, addresses, brand and price are those it was last published with: the row that says it is gone needs
    them. `changes_at` is when its price next changes by itself.
    """

    class State(models.TextChoices):
        CHECKOUT = "checkout", "can be bought"
        DISCOVERY = "discovery", "is only shown"
        OFF = "off", "is gone"
        REFUSED = "refused", "could not be told of"

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="items", db_index=False)
    item_id = IdField()
    product_id = IdField()
    state = models.CharField(max_length=10, choices=State)
    title = models.CharField(max_length=600, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    image_url = models.CharField(max_length=500, blank=True)
    brand = models.CharField(max_length=100, blank=True)
    currency = models.CharField(max_length=3)
    price_minor = models.BigIntegerField()
    sale_price_minor = models.BigIntegerField(null=True)
    availability = models.CharField(max_length=15)
    digest = models.BinaryField(editable=False)
    changes_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="item_once_per_feed", fields=["feed", "item_id"])]
        indexes = [
            models.Index(name="item_by_product", fields=["feed", "product_id"]),
            models.Index(
                name="item_changing", fields=["feed", "changes_at"], condition=Q(changes_at__isnull=False)
            ),
            models.Index(name="item_gone", fields=["feed", "gone_at"], condition=Q(gone_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.item_id


class CatalogChange(models.Model):
    """A change of a merchant's catalog or stock that a feed may have to tell: written by triggers.

    Without a product it is a change of the shop's terms, and means everything.
    """

    merchant_id = IdField()
    product_id = IdField(blank=True)
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.product_id or "everything"


class PushProduct(models.Model):
    """A product at a platform that takes them one by one. It waits to be sent while `marked_at` is set."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="push_products", db_index=False)
    product_id = IdField()
    marked_at = models.DateTimeField(null=True)
    digest = models.BinaryField(null=True, editable=False)
    refusal = models.CharField(max_length=300, blank=True)
    pushed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="push_once_per_product", fields=["feed", "product_id"])]
        indexes = [
            models.Index(name="push_waiting", fields=["feed", "marked_at"], condition=Q(marked_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.product_id


class PushTry(models.Model):
    """One request to a platform, and what it answered."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="push_tries", db_index=False)
    request_id = IdField()
    method = models.CharField(max_length=6)
    path = models.CharField(max_length=300)
    idempotency_key = models.CharField(max_length=80, blank=True)
    products = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status; empty without an answer")
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()
    answer = models.TextField(blank=True)
    tried_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "push tries"
        indexes = [models.Index(name="push_try_by_feed", fields=["feed", "-tried_at"])]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class DriftCheck(models.Model):
    """One comparison of what a feed says with what is live."""

    class Cause(models.TextChoices):
        NIGHTLY = "nightly", "every night"
        CHANGE = "change", "the catalog has changed"
        ASKED = "asked", "asked for"

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="drift_checks", db_index=False)
    cause = models.CharField(max_length=10, choices=Cause)
    items = models.PositiveIntegerField(help_text="compared")
    differences = models.PositiveIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="drift_check_by_feed", fields=["feed", "-checked_at"])]

    def __str__(self) -> str:
        return f"{self.checked_at:%Y-%m-%d %H:%M:%S} UTC"


class DriftFinding(models.Model):
    """A difference between what a feed said and what was live, from when it was found until it was mended."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="findings", db_index=False)
    item_id = IdField()
    product_id = IdField()
    title = models.CharField(max_length=600, blank=True)
    field = models.CharField(max_length=20)
    told = models.CharField(max_length=60)
    live = models.CharField(max_length=60)
    found_at = models.DateTimeField()
    mended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="finding_open_once", fields=["feed", "item_id", "field"], condition=Q(mended_at__isnull=True)
            )
        ]
        indexes = [models.Index(name="finding_by_feed", fields=["feed", "-found_at"])]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.field}"
