"""Feeds in the back office: what was built, what was refused and why, and whether it is still true."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from commerce import clock
from commerce.backoffice.actions import object_action
from commerce.backoffice.admins import EditableAdmin, ReadOnlyAdmin
from commerce.backoffice.columns import NOTHING, money
from commerce.backoffice.login import require_recent_login
from commerce.backoffice.rights import Area, Right
from commerce.backoffice.scope import scope_of
from merchants.feeds import storage
from merchants.feeds.admin_forms import (
    AddressForm,
    BuildForm,
    CompareForm,
    FeedForm,
    PushForm,
    action_page,
    shown_once,
)
from merchants.feeds.models import DriftFinding, Feed, FeedBuild, FeedFile, FeedProblem, PublishedItem, PushTry
from merchants.feeds.rules import RULES
from merchants.feeds.services import create_feed, feed_url, follow_terms
from merchants.feeds.writers import content_type

SHOWN = 10
"""How many of a feed's comparisons, and of products that a platform did not take, stand on its page."""
_EFFECTS = {
    "refused": "not listed",
    "left_out": "listed without it",
    "changed": "listed with a change",
    "advice": "advice",
}


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _link(address: str, text: str) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', address, text)


def _list_link(model: str, text: str, **filters: Any) -> SafeString:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return _link(f"{reverse(f'admin:feeds_{model}_changelist')}?{query}", text)


@admin.register(Feed)
class FeedAdmin(EditableAdmin):
    """A feed is made here, and its address is shown once."""

    merchant_path = "merchant"
    area = Area.AGENTS
    form = FeedForm
    list_display = ("name", "merchant", "profile", "is_active", "last_build", "items", "refused", "differences")
    list_filter = ("profile", "is_active", "merchant")
    list_select_related = ("merchant", "build")
    search_fields = ("name", "id")
    ordering = ("name", "pk")
    readonly_fields = ("last_build", "last_try", "what_is_wrong", "files", "drift", "pushed", "address")
    actions_detail = ("build_now", "compare", "new_address", "push_target")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        own = ("merchant", "name", "profile", "file_format", "agent")
        terms = ("is_active", "default_brand", "target_country", "interval_minutes", "pause_minutes", "shards")
        if obj is None:
            return [(None, {"fields": (*own, "default_brand", "target_country")})]
        return [
            ("How it stands", {"fields": self.readonly_fields}),
            ("What it is", {"fields": (*own, *terms)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return (*self.readonly_fields, "profile") if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request).select_related("build", "agent", "merchant")
        still_open = Q(findings__mended_at__isnull=True, findings__isnull=False)
        counted: QuerySet[Any] = rows.annotate(open_findings=Count("findings", filter=still_open))
        return counted

    def has_keys_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Say whether somebody may give out addresses and enter keys, as with agents' keys."""
        return scope_of(request).may(Area.KEYS, Right.CHANGE)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Switch a feed off instead: what it has told is needed to tell that it is gone."""
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the password again first: who has a feed's address reads it."""
        if self.has_add_permission(request):
            require_recent_login(request)
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make a new feed; its token travels with the row to the one page that shows it."""
        if change:
            super().save_model(request, obj, form, change)
            follow_terms(obj, now=clock.now())
            return
        feed, obj.token = create_feed(
            obj.merchant,
            profile=obj.profile,
            file_format=obj.file_format,
            name=obj.name,
            agent=obj.agent,
            now=clock.now(),
        )
        Feed.objects.filter(pk=feed.pk).update(default_brand=obj.default_brand, target_country=obj.target_country)
        obj.pk = feed.pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002
        return shown_once(self, request, obj, obj.token)

    @admin.display(description="Last build")
    def last_build(self, feed: Feed) -> str | SafeString:
        newest = feed.build
        if newest is None:
            return "none yet; the first is made within a minute"
        address = reverse("admin:feeds_feedbuild_change", args=[quote(newest.pk)])
        return _link(address, str(newest))

    @admin.display(description="Last try")
    def last_try(self, feed: Feed) -> str:
        newest = feed.builds.order_by("-started_at", "-pk").first()
        if newest is None:
            return NOTHING
        said = f"{newest.get_status_display()}, because {newest.get_cause_display()}"
        return f"{newest}: {newest.error or said}"

    @admin.display(description="Items")
    def items(self, feed: Feed) -> str:
        return f"{feed.build.rows:,}" if feed.build else NOTHING

    @admin.display(description="Not listed")
    def refused(self, feed: Feed) -> str:
        return f"{feed.build.refused:,}" if feed.build else NOTHING

    @admin.display(description="Differences")
    def differences(self, feed: Any) -> str:
        return f"{feed.open_findings:,}"

    @admin.display(description="What to mend")
    def what_is_wrong(self, feed: Feed) -> str | SafeString:
        return _problems(feed.build) if feed.build else NOTHING

    @admin.display(description="Files")
    def files(self, feed: Feed) -> str | SafeString:
        return format_html("{}{}", _files(feed.build), _former_files(feed)) if feed.build else NOTHING

    @admin.display(description="Is it still true?")
    def drift(self, feed: Any) -> str | SafeString:
        checks = feed.drift_checks.order_by("-checked_at", "-pk")[:SHOWN]
        lines = [
            (
                f"{one.checked_at:%Y-%m-%d %H:%M}",
                _many(one.items, "item"),
                _many(one.differences, "difference"),
                one.get_cause_display(),
            )
            for one in checks
        ]
        if not lines:
            return "not compared with what is live yet"
        text = f"{_many(feed.open_findings, 'difference')} being mended" if feed.open_findings else "It is"
        return format_html(
            "{}<ul>{}</ul>",
            _list_link("driftfinding", text, feed__id__exact=feed.pk),
            format_html_join("", "<li>{} UTC: {}, {} ({})</li>", lines),
        )

    @admin.display(description="Sent to")
    def pushed(self, feed: Feed) -> str | SafeString:
        if not feed.is_pushed:
            return "nowhere: the platform fetches the files"
        waiting = feed.push_products.filter(marked_at__isnull=False).count()
        refused = feed.push_products.exclude(refusal="").order_by("-pk")
        lines = [(one.product_id, one.refusal) for one in refused[:SHOWN]]
        return format_html(
            "{}<br>{}{} waiting, {} not taken<ul>{}</ul>{}",
            feed.push_url,
            f"{feed.push_error}; " if feed.push_error else "",
            _many(waiting, "product"),
            f"{refused.count():,}",
            format_html_join("", "<li>{}: {}</li>", lines),
            _list_link("pushtry", "What was sent and answered", feed__id__exact=feed.pk),
        )

    @admin.display(description="Fetched from")
    def address(self, feed: Feed) -> str:
        return f"{feed_url(feed.token_prefix)[:-1]}…/"

    @object_action(description="Build now", icon="build", permissions=["change"])
    def build_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return action_page(self, BuildForm, request, object_id)

    @object_action(description="Compare", icon="rule", permissions=["change"])
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return action_page(self, CompareForm, request, object_id)

    @object_action(description="New address", icon="link", permissions=["keys"])
    def new_address(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return action_page(self, AddressForm, request, object_id)

    @object_action(description="Send to", icon="send", permissions=["keys"])
    def push_target(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return action_page(self, PushForm, request, object_id)


def _problems(build: FeedBuild) -> str | SafeString:
    """Sum up what was wrong, each kind with its number and a link to the items."""
    if not build.problem_counts:
        return "nothing"
    listed = sorted(build.problem_counts, key=lambda one: (list(_EFFECTS).index(one[2]), -one[3]))
    lines = (
        (
            _list_link("feedproblem", f"{count:,}", build__id__exact=build.pk, effect=effect, field=field),
            _EFFECTS[effect],
            field,
            RULES[rule],
        )
        for rule, field, effect, count in listed
    )
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{} {}: {}. {}.</li>", lines))


def _files(build: FeedBuild) -> str | SafeString:
    lines = (
        (
            _link(reverse("admin:feeds_feedfile_download", args=[quote(file.pk)]), file.name),
            _many(file.rows, "row"),
            f"{file.blob.size / 1e6:,.2f}",
            f"{file.changed_at:%Y-%m-%d %H:%M}",
        )
        for file in build.files.filter(is_former=False).select_related("blob").order_by("name")
    )
    listed = format_html_join("", "<li>{}: {}, {} MB, changed {} UTC</li>", lines)
    return format_html("<ul>{}</ul>", listed) if listed else NOTHING


def _former_files(feed: Feed) -> str | SafeString:
    """Warn that a platform may still fetch under names that will not answer for long."""
    if feed.former_until is None:
        return ""
    former = FeedFile.objects.filter(build=feed.build_id, is_former=True).order_by("name")
    words = "The files have other names now: give them to the platform. Until {} UTC the former answer, too: {}."
    told = (f"{feed.former_until:%Y-%m-%d %H:%M}", ", ".join(former.values_list("name", flat=True)))
    return format_html(f"<strong>{words}</strong>", *told)


@admin.register(FeedBuild)
class FeedBuildAdmin(ReadOnlyAdmin):
    merchant_path = "feed__merchant"
    area = Area.AGENTS
    list_display = ("started_at", "feed", "merchant", "status", "cause", "rows", "gone", "refused", "finished_at")
    list_filter = ("status", "cause", "feed", "feed__merchant")
    list_select_related = ("feed__merchant",)
    search_fields = ("feed__name", "error")
    ordering = ("-started_at", "-pk")
    shown = (*list_display, "error", "what_is_wrong", "files")
    actions_detail = ("all_problems",)

    @admin.display(ordering="feed__merchant__name")
    def merchant(self, build: FeedBuild) -> str:
        return build.feed.merchant.name

    @admin.display(description="What to mend")
    def what_is_wrong(self, build: FeedBuild) -> str | SafeString:
        return _problems(build)

    @admin.display(description="Files")
    def files(self, build: FeedBuild) -> str | SafeString:
        return _files(build)

    @object_action(description="All problems (CSV)", icon="download", permissions=["view"])
    def all_problems(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        build = self.require_object(request, object_id)
        chunks = storage.read(build.report_id) if build.report_id else iter(())
        return _download(chunks, "problems.csv")


@admin.register(FeedFile)
class FeedFileAdmin(ReadOnlyAdmin):
    merchant_path = "build__feed__merchant"
    area = Area.AGENTS
    list_display = ("name", "feed", "merchant", "rows", "size", "changed_at")
    list_filter = ("build__feed", "build__feed__merchant")
    list_select_related = ("build__feed__merchant", "blob")
    search_fields = ("name", "build__feed__name")
    ordering = ("-build__started_at", "name", "pk")
    shown = list_display
    actions_detail = ("download",)

    @admin.display(ordering="build__feed__name")
    def feed(self, file: FeedFile) -> str:
        return file.build.feed.name

    @admin.display(ordering="build__feed__merchant__name")
    def merchant(self, file: FeedFile) -> str:
        return file.build.feed.merchant.name

    @admin.display(description="Size (MB)")
    def size(self, file: FeedFile) -> str:
        return f"{file.blob.size / 1e6:,.2f}"

    @object_action(description="Download", icon="download", permissions=["view"])
    def download(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        file = self.require_object(request, object_id)
        return _download(storage.read(file.blob_id), file.name)


def _download(chunks: Any, name: str) -> HttpResponseBase:
    response = StreamingHttpResponse(chunks, content_type=content_type(name))
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@admin.register(FeedProblem)
class FeedProblemAdmin(ReadOnlyAdmin):
    """What was wrong with items, and what to do about it. A build's report has all of them."""

    merchant_path = "build__feed__merchant"
    area = Area.AGENTS
    list_display = ("product", "sku", "then", "field", "value", "advice", "rule_says", "feed")
    list_filter = ("effect", "rule", "field", "build__feed", "build")
    list_select_related = ("build__feed",)
    search_fields = ("title", "sku", "item_id", "advice")
    ordering = ("pk",)
    shown = (*list_display, "item_id", "build")

    @admin.display(description="Item", ordering="title")
    def product(self, problem: FeedProblem) -> SafeString:
        address = reverse("admin:catalog_product_change", args=[quote(problem.product_id)])
        return _link(address, problem.title or problem.item_id)

    @admin.display(description="So it is", ordering="effect")
    def then(self, problem: FeedProblem) -> str:
        return _EFFECTS[problem.effect]

    @admin.display(description="Rule", ordering="rule")
    def rule_says(self, problem: FeedProblem) -> str:
        return f"{RULES[problem.rule]} ({problem.rule})"

    @admin.display(ordering="build__feed__name")
    def feed(self, problem: FeedProblem) -> str:
        return problem.build.feed.name


@admin.register(PublishedItem)
class PublishedItemAdmin(ReadOnlyAdmin):
    merchant_path = "feed__merchant"
    area = Area.AGENTS
    price = money("price_minor", "Price")
    sale_price = money("sale_price_minor", "Sale price")
    list_display = ("title", "feed", "state", price, sale_price, "availability", "told_at", "gone_at")
    list_filter = ("state", "availability", "feed")
    list_select_related = ("feed",)
    search_fields = ("title", "item_id", "product_id")
    ordering = ("title", "pk")
    shown = (*list_display, "item_id", "product_id", "url", "image_url", "brand", "changes_at")


@admin.register(DriftFinding)
class DriftFindingAdmin(ReadOnlyAdmin):
    merchant_path = "feed__merchant"
    area = Area.AGENTS
    list_display = ("title", "feed", "field", "told", "live", "found_at", "mended_at")
    list_filter = (("mended_at", admin.EmptyFieldListFilter), "field", "feed")
    list_select_related = ("feed",)
    search_fields = ("title", "item_id", "product_id")
    ordering = ("-found_at", "-pk")
    shown = (*list_display, "item_id", "product_id")


@admin.register(PushTry)
class PushTryAdmin(ReadOnlyAdmin):
    """What was asked of platforms, and answered. Their words are shown as plain text: strangers wrote them."""

    merchant_path = "feed__merchant"
    area = Area.AGENTS
    list_display = ("tried_at", "feed", "method", "path", "products", "status", "error", "milliseconds")
    list_filter = ("status", "feed")
    list_select_related = ("feed",)
    search_fields = ("request_id", "path", "error", "idempotency_key")
    ordering = ("-tried_at", "-pk")
    shown = (*list_display, "request_id", "idempotency_key", "answer")
