"""Two shops, all that is written about the second one, and every address of the admin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.urls import URLResolver, get_resolver, reverse
from django.utils.html import escape

from commerce.accounts.models import Invitation, Merchant
from commerce.backoffice.paths import paths_told
from commerce.backoffice.scope import OPERATOR_ONLY
from commerce.outbox.models import OutboxEvent
from merchants.feeds.models import CatalogChange, DriftCheck, PushProduct
from tests.factories import MerchantFactory
from tests.merchants.world import add_rows

PACKAGES = ("commerce.", "agents.", "merchants.")

WITHOUT_PAGES: dict[type[Model], str] = {
    CatalogChange: "merchant_id",
    DriftCheck: "feed__merchant",
    PushProduct: "feed__merchant",
}
"""Rows of a shop that have no page of their own."""


@dataclass(frozen=True, slots=True)
class Shops:
    """Ours, and theirs: what they are called is nowhere in ours."""

    ours: Merchant
    theirs: Merchant


def open_shops() -> Shops:
    ours = MerchantFactory.create(slug="harbor-supply")
    theirs = MerchantFactory.create(
        slug="fjord-and-fell", name="Fjord & Fell", support_email="help@fjordandfell.example"
    )
    add_rows(ours, 0, 1)
    add_rows(theirs, 5, 6)
    return Shops(ours, theirs)


def models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith(PACKAGES)]


def rows_of(model: type[Model], shops: Shops, *, own: bool) -> QuerySet[Model]:
    """Return the rows of our shop, or all others; what belongs to no shop is not ours."""
    way = {**WITHOUT_PAGES, **dict(paths_told(admin.site))}.get(model, OPERATOR_ONLY)
    rows = model._default_manager.order_by("pk")
    ours = rows.none() if way == OPERATOR_ONLY else rows.filter(**{way: shops.ours.pk})
    if model is OutboxEvent:  # our own rows can be acted on, and some of that has its event
        ours = rows.filter(key__in=Invitation.objects.filter(merchant=shops.ours).values("pk"))
    return ours if own else rows.exclude(pk__in=ours.values("pk"))


def values_of(row: Model) -> dict[str, Any]:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in values.items()}


def state_of_theirs(shops: Shops) -> list[tuple[str, dict[str, Any]]]:
    """Return all that is not ours, so that a change of it shows."""
    return [(model._meta.label, values_of(row)) for model in models() for row in rows_of(model, shops, own=False)]


def words_of_theirs(shops: Shops) -> set[str]:
    """Return every text that stands in rows that are not ours and in none of ours."""

    def words(*, own: bool) -> set[str]:
        rows = (row for model in models() for row in rows_of(model, shops, own=own))
        return {value for row in rows for value in values_of(row).values() if isinstance(value, str)}

    return {word for word in words(own=False) - words(own=True) if len(word) > 5}


class Told:
    """Finds out what a page tells of them, in whatever way it is written."""

    def __init__(self, shops: Shops) -> None:
        spelt = {way(word) for word in words_of_theirs(shops) for way in (str, escape, quote)}
        self._any = re.compile("|".join(sorted(map(re.escape, spelt), key=len, reverse=True)))

    def by(self, answer: Any) -> set[str]:
        content = b"".join(answer) if answer.streaming else answer.content
        return set(self._any.findall(content.decode(errors="replace")))


def routes() -> Iterator[str]:
    """Return every address of the admin, those that other packages bring included."""

    def below(prefix: str, resolver: URLResolver) -> Iterator[str]:
        for one in resolver.url_patterns:
            route = prefix + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from below(route, one)
            else:
                yield route

    resolvers = [one for one in get_resolver().url_patterns if isinstance(one, URLResolver)]
    (found,) = [one for one in resolvers if one.app_name == "admin"]
    yield from below("/" + str(found.pattern), found)


NAMES_NO_ROW = re.compile(r"^[^<(]*$")


def addresses_of_rows(shops: Shops, *, own: bool) -> Iterator[str]:
    """Return every address that names a row, with one of ours or of another shop in it for each model."""
    for route in routes():
        if "<path:content_type_id>" in route:
            yield from _links_to_the_site(route, shops, own=own)
        elif part := re.search(r"<(path:)?(object_id|id)>", route):
            app, model = route.split("/")[2:4]
            for row in rows_of(apps.get_model(app, model), shops, own=own)[:1]:
                yield route.replace(part[0], quote(str(row.pk)))


def other_addresses() -> Iterator[str]:
    """Return every address that names no row. One of a kind that is not known here is an error."""
    for route in routes():
        if "(?P<app_label>" in route:
            labels = {model._meta.app_label for model in admin.site._registry}
            yield from (reverse("admin:app_list", args=[label]) for label in sorted(labels))
        elif not re.search(r"<(path:)?(object_id|id|content_type_id)>|\(\?P<url>", route):
            assert NAMES_NO_ROW.match(route), f"what belongs into {route}?"
            yield route


def _links_to_the_site(route: str, shops: Shops, *, own: bool) -> Iterator[str]:
    for model in models():
        kind = ContentType.objects.get_for_model(model).pk
        for row in rows_of(model, shops, own=own)[:1]:
            known = route.replace("<path:content_type_id>", str(kind))
            yield known.replace("<path:object_id>", str(row.pk))
