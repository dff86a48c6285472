"""Nobody sees or changes anything of another shop, whatever the address and whatever is sent there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.urls import reverse

from tests.merchants.staff import ROLES, member, staff_of
from tests.merchants.strangers import (
    Shops,
    Told,
    addresses_of_rows,
    open_shops,
    other_addresses,
    routes,
    rows_of,
    state_of_theirs,
)

pytestmark = pytest.mark.django_db

TO_BE_SAVED = {"post": "yes", "_save": "1", "status": "paused"}


@pytest.fixture
def shops() -> Shops:
    return open_shops()


def test_the_walk_knows_the_admin() -> None:
    known = [*routes()]

    assert "/admin/orders/order/<path:object_id>/refund/" in known
    assert "/admin/autocomplete/" in known
    assert len(known) > 6 * len(admin.site._registry)


@pytest.mark.parametrize("role", [*ROLES, None])
def test_pages_of_another_shop_do_not_open_and_take_nothing(shops: Shops, role: str | None) -> None:
    browser = member(shops.ours, role) if role else staff_of()
    told, before = Told(shops), state_of_theirs(shops)

    for address in addresses_of_rows(shops, own=False):
        for answer in (browser.get(address), browser.post(address, TO_BE_SAVED)):
            assert answer.status_code in (200, 302, 403, 404, 405), address
            assert told.by(answer) == set(), address
            browser.cookies.pop("messages", None)  # "there is no such row", which repeats what was asked

    assert state_of_theirs(shops) == before


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_ones_own_shop_offer_nothing_of_another(shops: Shops, role: str) -> None:
    browser = member(shops.ours, role)
    told = Told(shops)
    opened = 0

    for address in [*addresses_of_rows(shops, own=True), *other_addresses()]:
        answer = browser.get(address, {"_facets": "True"} if address.count("/") == 4 else {})
        opened += answer.status_code == 200
        assert answer.status_code in (200, 302, 403, 404, 405), address
        assert told.by(answer) == set(), address

    assert opened > 40


@pytest.mark.parametrize("role", ROLES)
def test_actions_do_nothing_to_another_shops_rows(shops: Shops, role: str) -> None:
    browser = member(shops.ours, role)
    told, before = Told(shops), state_of_theirs(shops)

    for model, page in admin.site._registry.items():
        theirs = [row.pk for row in rows_of(model, shops, own=False)]
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for action in {"delete_selected", *(page.actions or ())}:
            for across in ("0", "1"):
                data = {"action": action, ACTION_CHECKBOX_NAME: theirs, "select_across": across, "post": "yes"}
                answer = browser.post(url, data)
                assert told.by(answer) == set(), (url, action)

    assert state_of_theirs(shops) == before


@pytest.mark.parametrize("role", ROLES)
def test_choices_and_searches_find_nothing_of_another_shop(shops: Shops, role: str) -> None:
    browser = member(shops.ours, role)
    told = Told(shops)

    for model in admin.site._registry:
        for field in model._meta.fields:
            if field.remote_field:
                asked = {"app_label": model._meta.app_label, "model_name": str(model._meta.model_name)}
                answer = browser.get("/admin/autocomplete/", {**asked, "field_name": field.name, "term": ""})
                assert told.by(answer) == set(), (model, field)
    for query in ("fjord", "var_", "a"):
        answer = browser.get("/admin/search/", {"s": query, "extended": "1"})
        assert told.by(answer) == set()


def test_a_filter_by_another_shop_finds_nothing(shops: Shops) -> None:
    browser = member(shops.ours, "owner")

    answer = browser.get("/admin/orders/order/", {"merchant__id__exact": shops.theirs.pk})

    assert Told(shops).by(answer) == {shops.theirs.pk}  # in the links that keep the filter
    assert "ada@example.com" not in answer.content.decode()


def forged(shops: Shops) -> list[tuple[str, dict[str, Any]]]:
    """Return what a form would send if it named rows of another shop in its choices."""
    theirs = shops.theirs
    agent, zone = theirs.agents.get(), theirs.shipping_zones.first()
    place, variant = theirs.pickup_locations.get(), theirs.variants.get()
    assert zone is not None
    product = shops.ours.products.get()
    rates = {"rates-TOTAL_FORMS": 0, "rates-INITIAL_FORMS": 0}
    none = {"variants-TOTAL_FORMS": 0, "variants-INITIAL_FORMS": 0}
    method = {
        "kind": "shipping",
        "title": "Forged",
        "min_days": 1,
        "max_days": 2,
        "cutoff_hour": 14,
        "window_start_hour": 9,
        "window_end_hour": 18,
        **rates,
    }
    product_data = {"handle": "forged", "title": "Forged", "status": "active", **none}
    picture = {
        "media-0-url": "https://cdn.example/forged.jpg",
        "media-0-position": 1,
        "media-0-variant": variant.pk,
    }
    return [
        ("catalog/product/add/", {**product_data, "merchant": theirs.pk, "media-TOTAL_FORMS": 0, "media-INITIAL_FORMS": 0}),
        (
            f"catalog/product/{quote(product.pk)}/change/",
            {**product_data, "merchant": theirs.pk, "media-TOTAL_FORMS": 1, "media-INITIAL_FORMS": 0, **picture},
        ),
        ("accounts/agent/add/", {"merchant": theirs.pk, "name": "Forged", "keys-TOTAL_FORMS": 0, "keys-INITIAL_FORMS": 0}),
        ("accounts/agentkey/add/", {"agent": agent.pk, "scopes": ["catalog"]}),
        ("accounts/membership/add/", {"merchant": theirs.pk, "person": "harbor-supply-0", "role": "owner"}),
        ("accounts/merchant/add/", {"name": "Forged", "slug": "forged", "currency": "usd", "time_zone": "UTC"}),
        ("webhooks/endpoint/add/", {"agent": agent.pk, "url": "https://agent.example/forged"}),
        ("feeds/feed/add/", {"merchant": theirs.pk, "name": "F", "profile": "stripe", "file_format": "csv"}),
        (
            "feeds/feed/add/",
            {"merchant": shops.ours.pk, "name": "F", "profile": "stripe", "file_format": "csv", "agent": agent.pk},
        ),
        ("discounts/discount/add/", {"merchant": theirs.pk, "name": "F", "kind": "percent", "percent": 10, "priority": 1}),
        ("tax/taxrate/add/", {"merchant": theirs.pk, "jurisdiction": "F", "country": "US", "percentage": 1}),
        ("fulfillment/shippingzone/add/", {"merchant": theirs.pk, "name": "Forged"}),
        ("fulfillment/fulfillmentmethod/add/", {**method, "merchant": shops.ours.pk, "zone": zone.pk}),
        ("fulfillment/fulfillmentmethod/add/", {**method, "merchant": theirs.pk, "zone": zone.pk}),
        ("fulfillment/fulfillmentmethod/add/", {**method, "merchant": shops.ours.pk, "kind": "pickup", "location": place.pk}),
    ]  # fmt: skip


def test_forms_take_no_row_of_another_shop(shops: Shops) -> None:
    browser = member(shops.ours, "owner")
    before = state_of_theirs(shops)

    for url, data in forged(shops):
        answer = browser.post(f"/admin/{url}", data)
        refusal = answer.status_code == 403 or "errornote" in answer.content.decode()
        assert refusal, (url, answer.status_code)

    assert state_of_theirs(shops) == before
    assert not shops.ours.products.filter(media__variant__merchant=shops.theirs).exists()
    assert not shops.ours.fulfillment_methods.filter(title="Forged").exists()


def test_another_shop_cannot_be_switched_to(shops: Shops) -> None:
    browser = member(shops.ours, "owner")

    browser.post("/admin/shop/", {"shop": shops.theirs.pk})
    browser.post("/admin/shop/", {"shop": ""})

    assert Told(shops).by(browser.get("/admin/orders/order/")) == set()
    assert browser.session.get("shop") is None
