from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commerce.accounts.models import StaffAction
from tests.factories import MerchantFactory
from tests.merchants.admin_forms import fields_of
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db

OURS = [
    model for model in admin.site._registry if model.__module__.startswith(("commerce.", "agents.", "merchants."))
]
EDITABLE = {
    "Merchant", "Agent", "AgentKey", "Product", "Variant", "StockItem", "Discount", "TaxRate", "ShippingZone",
    "PickupLocation", "FulfillmentMethod", "Endpoint", "Membership", "Feed", "ShopChat",
}  # fmt: skip
ADDABLE = EDITABLE - {"Variant", "StockItem"} | {"Invitation"}


def address(model: type[Model], page: str, *arguments: Any) -> str:
    return reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}",
        args=[quote(str(argument)) for argument in arguments],
    )


def test_every_record_has_a_page_or_stands_on_one() -> None:
    shown = {inline.model for one in admin.site._registry.values() for inline in one.inlines}
    ours = {model for model in apps.get_models() if model.__module__.startswith(("commerce.", "agents."))}

    assert ours - shown - set(admin.site._registry) == set()


def statements_by_list(chief: Client) -> dict[str, int]:
    counts = {}
    for model in OURS:
        with CaptureQueriesContext(connection) as captured:
            assert chief.get(address(model, "changelist")).status_code == 200
        counts[model.__name__] = len(captured)
    return counts


def test_statements_of_lists_do_not_grow_with_their_rows(chief: Client) -> None:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 2)
    few = statements_by_list(chief)
    add_rows(merchant, 2, 20)

    assert statements_by_list(chief) == few


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_record_opens_and_shows_no_secret(chief: Client, model: type[Model]) -> None:
    add_rows(MerchantFactory.create(), 0, 1)
    row = model._default_manager.order_by("pk").first()
    assert row is not None

    response = chief.get(address(model, "change", row.pk))

    assert response.status_code == 200
    html = response.content.decode()
    assert ('name="_save"' in html) == (model.__name__ in EDITABLE)
    for hidden in ("f" * 64, "k" * 64, "e" * 64, "b" * 64, "stored-answer", "sealed", "secret_hash"):
        assert hidden not in html


def test_a_page_that_is_saved_as_it_was_opened_changes_nothing(chief: Client) -> None:
    add_rows(MerchantFactory.create(), 0, 1)
    written = StaffAction.objects.count()
    for model in (one for one in OURS if one.__name__ in EDITABLE):
        url = address(model, "change", model._default_manager.order_by("pk").values_list("pk", flat=True)[0])
        before = list(model._default_manager.values())

        saved = chief.post(url, fields_of(chief.get(url), model._meta.model_name or ""))

        assert saved.status_code == 302, url
        assert [{**row, "updated_at": 0} for row in model._default_manager.values()] == [
            {**row, "updated_at": 0} for row in before
        ], url
    assert StaffAction.objects.count() == written


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_only_terms_can_be_added(chief: Client, model: type[Model]) -> None:
    status = chief.get(address(model, "add")).status_code

    assert status == (200 if model.__name__ in ADDABLE else 403)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_search_and_filters_work(chief: Client, model: type[Model]) -> None:
    add_rows(MerchantFactory.create(), 0, 2)

    assert chief.get(address(model, "changelist"), {"q": "tote"}).status_code == 200
    assert admin.site._registry[model].search_fields


NOT_TO_BE_TOUCHED = [model for model in OURS if model.__name__ not in EDITABLE]


@pytest.mark.parametrize("model", NOT_TO_BE_TOUCHED, ids=lambda model: model.__name__)
def test_what_happened_cannot_be_changed_or_deleted(chief: Client, model: type[Model]) -> None:
    add_rows(MerchantFactory.create(), 0, 1)
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    before = list(model._default_manager.values())

    assert chief.post(address(model, "change", row.pk), {"status": "canceled"}).status_code == 403
    assert chief.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert chief.post(address(model, "add"), {}).status_code == (200 if model.__name__ in ADDABLE else 403)

    assert list(model._default_manager.values()) == before


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    response = client.get("/admin/orders/order/")

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_an_empty_list_says_so_and_leads_on(chief: Client) -> None:
    empty, orders = chief.get("/admin/catalog/product/"), chief.get("/admin/orders/order/")
    nothing = chief.get("/admin/catalog/product/", {"q": "mug", "status__exact": "draft"})

    assert "There are no products yet" in empty.content.decode()
    assert "Add the first" in empty.content.decode()
    assert "Add the first" not in orders.content.decode()
    assert "No products fit what is searched for or chosen in the filters." in nothing.content.decode()
