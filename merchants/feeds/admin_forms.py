"""What is asked about a feed in the back office: one form each, one call into the domain."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminURLInputWidget

from commerce import clock
from commerce.backoffice.admins import Form, ScopedAdmin
from commerce.backoffice.login import require_recent_login
from commerce.errors import CommerceError
from merchants.feeds import tasks
from merchants.feeds.drift import check_feed
from merchants.feeds.models import DriftCheck, Feed
from merchants.feeds.profiles import PROFILES
from merchants.feeds.scheduling import build_soon
from merchants.feeds.selectors import addresses_of
from merchants.feeds.services import require_readable, rotate_token, set_push_target

COMPARED_AT_ONCE = 5000
"""More items than these are compared by a worker, and not while somebody waits for the page."""


class FeedForm(Form):
    """A feed's own terms. What it is of and for whom is chosen once."""

    class Meta:
        model = Feed
        fields = (
            "merchant",
            "name",
            "profile",
            "file_format",
            "agent",
            "is_active",
            "default_brand",
            "target_country",
            "interval_minutes",
            "pause_minutes",
            "shards",
        )

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        self._check_format()
        agent, merchant = self.cleaned_data.get("agent"), self.cleaned_data.get("merchant") or self._merchant()
        if agent is not None and merchant is not None and agent.merchant_id != merchant.pk:
            self.add_error("agent", ValidationError(f"{agent} sells for another shop."))
        return self.cleaned_data

    def _merchant(self) -> Any:
        return self.instance.merchant if self.instance.merchant_id else None

    def _check_format(self) -> None:
        profile = self.cleaned_data.get("profile") or self.instance.profile
        file_format = self.cleaned_data.get("file_format")
        if profile in PROFILES and file_format:
            try:
                require_readable(profile, file_format)
            except CommerceError as problem:
                self.add_error("file_format", problem.message)


class FeedAction(forms.Form):
    """Something that is done with a feed after a question. `secret` is shown once where it makes one.

    Where `asks_again`, who does it has to have proved lately who they are.
    """

    title = ""
    question = ""
    button = ""
    secret = ""
    asks_again = False
    what = ""

    def __init__(self, feed: Feed, *args: Any, **options: Any) -> None:
        self.feed = feed
        super().__init__(*args, **options)

    def apply(self) -> str:
        raise NotImplementedError


class BuildForm(FeedAction):
    title = "Build it now"
    question = "The feed is made anew from the catalog as it is now. Until it is done, readers get the one before."
    button = "Build"

    def apply(self) -> str:
        build_soon(self.feed, now=clock.now())
        return "It is built within a minute; reload the page to see what came of it."


class CompareForm(FeedAction):
    title = "Compare with what is live"
    question = (
        "Prices, sales and stock of every item are compared with what the feed says. Differences are mended."
    )
    button = "Compare"

    def apply(self) -> str:
        if self.feed.items.count() > COMPARED_AT_ONCE:
            tasks.check_feed.apply_async(kwargs={"feed_id": self.feed.pk})
            return "It is a large feed; what came of it is here in a few minutes."
        check = check_feed(self.feed, cause=DriftCheck.Cause.ASKED, now=clock.now())
        if not check.differences:
            return f"All {check.items:,} items are as the feed says."
        return f"Of {check.items:,} items something differs {check.differences:,} times; it is being mended."


class AddressForm(FeedAction):
    title = "Make a new address"
    asks_again = True
    question = "The address that the platform fetches from now leads nowhere as soon as there is another."
    button = "Make a new address"

    def apply(self) -> str:
        self.secret = rotate_token(self.feed)
        return "There is a new address."


class PushForm(FeedAction):
    title = "Where products are sent"
    asks_again = True
    question = (
        "Products are sent to the platform's feed API as soon as they change. Another address is another feed: "
        "everything is sent there anew. Without an address nothing is sent, and the platform fetches the files."
    )
    button = "Save"
    url = forms.URLField(
        label="Address",
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text="such as https://platform.example/v1",
        widget=UnfoldAdminURLInputWidget,
    )
    key = forms.CharField(
        required=False,
        max_length=500,
        help_text="the key that the platform gave the shop; the one it has stays where this is empty",
        widget=UnfoldAdminPasswordWidget,
    )

    def __init__(self, feed: Feed, *args: Any, **options: Any) -> None:
        super().__init__(feed, *args, **options)
        self.fields["url"].initial = feed.push_url

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        if told.get("url") and not told.get("key") and self.feed.sealed_push_key is None:
            self.add_error("key", "The platform's key is needed.")
        return told

    def apply(self) -> str:
        url = self.cleaned_data["url"]
        set_push_target(self.feed, url=url, key=self.cleaned_data["key"], now=clock.now())
        return "Products are on their way." if url else "Nothing is sent any more; the platform fetches the files."


def action_page(
    owner: ScopedAdmin, form_class: type[FeedAction], request: HttpRequest, feed_id: str
) -> HttpResponse:
    """Ask, and do what is asked; show what is shown once."""
    feed = owner.require_object(request, feed_id)
    if form_class.asks_again:
        require_recent_login(request)
    form = form_class(feed, request.POST or None)
    context = {**owner.admin_site.each_context(request), "title": form.title, "feed": feed, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            done = form.apply()
        except CommerceError as problem:
            form.add_error(problem.target[0] if problem.target else None, problem.message)  # type: ignore[arg-type]
        else:
            owner.note(request, feed, f"{form.button}: {done}")
            if form.secret:
                return shown_once(owner, request, feed, form.secret)
            messages.success(request, done)
            return redirect("admin:feeds_feed_change", quote(feed.pk))
    return TemplateResponse(request, "admin/feed_action.html", context)


def shown_once(owner: ScopedAdmin, request: HttpRequest, feed: Feed, token: str) -> HttpResponse:
    """Show a feed's address, on a page that no cache keeps; there is no other way to see it."""
    context = {
        **owner.admin_site.each_context(request),
        "title": "The feed's address",
        "what": f"This is where the platform fetches “{feed}”.",
        "secret": "\n".join(addresses_of(feed, token)),
        "back": "admin:feeds_feed_changelist",
    }
    return TemplateResponse(request, "admin/shown_once.html", context)
