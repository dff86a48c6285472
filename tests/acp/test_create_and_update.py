"""The life of a session until it is paid (CS-*)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.inventory.models import StockItem
from tests.api import BUYER, SAN_FRANCISCO, AcpClient
from tests.conftest import method_id
from tests.factories import FulfillmentMethodFactory, PickupLocationFactory, VariantFactory


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=2400)


def test_a_new_session_is_complete_and_priced(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    session = acp.create({"id": tote.pk, "quantity": 2})

    assert session.status == 201
    assert session.body["status"] == "ready_for_payment"
    assert [(one["type"], one["amount"]) for one in session.body["totals"]] == [
        ("items_base_amount", 4800),
        ("subtotal", 4800),
        ("fulfillment", 500),
        ("tax", 348),
        ("total", 5648),
    ]
    assert session.body["selected_fulfillment_options"] == [
        {"type": "shipping", "option_id": method_id(merchant, "Standard"), "item_ids": [tote.pk]}
    ]
    assert {link["type"] for link in session.body["links"]} == {"terms_of_use", "privacy_policy"}


def test_prices_of_the_client_are_ignored(acp: AcpClient, tote: Variant) -> None:
    session = acp.create({"id": tote.pk, "quantity": 1, "unit_amount": 1, "name": "Cheap"})

    assert session.body["line_items"][0]["unit_amount"] == 2400
    assert session.body["line_items"][0]["name"] == "Canvas Tote"


@pytest.mark.parametrize("absent", ["line_items", "currency", "capabilities"])
def test_names_what_is_missing(acp: AcpClient, tote: Variant, absent: str) -> None:
    answer = acp.create(tote.pk, **{absent: None})

    assert (answer.status, answer.body["code"], answer.body["param"]) == (400, "missing", f"$.{absent}")
    assert CheckoutSession.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("line_items", [], "$.line_items"),
        ("line_items", "x", "$.line_items"),
        ("line_items", [1], "$.line_items[0]"),
        ("line_items", [{"quantity": 1}], "$.line_items[0].id"),
        ("line_items", [{"id": 7}], "$.line_items[0].id"),
        ("line_items", [{"id": "x"}] * 201, "$.line_items"),
        ("currency", 7, "$.currency"),
        ("currency", "dollars", "$.currency"),
        ("capabilities", [], "$.capabilities"),
        ("capabilities", {"interventions": {"supported": "3ds"}}, "$.capabilities.interventions.supported"),
        ("buyer", {"first_name": "Ada"}, "$.buyer.email"),
        ("buyer", {"email": "not an address"}, "$.buyer.email"),
        ("buyer", "Ada", "$.buyer"),
        ("fulfillment_details", {"address": {"country": "USA"}}, "$.fulfillment_details.address.country"),
        ("fulfillment_details", {"address": {"city": ["SF"]}}, "$.fulfillment_details.address.city"),
        ("discounts", {"codes": "TEN"}, "$.discounts.codes"),
        ("discounts", {"codes": [1]}, "$.discounts.codes[0]"),
        ("metadata", "x", "$.metadata"),
        ("order_notes", "x" * 5001, "$.order_notes"),
        ("affiliate_attribution", {"token": "t"}, "$.affiliate_attribution.provider"),
        ("affiliate_attribution", {"provider": "p"}, "$.affiliate_attribution"),
        (
            "affiliate_attribution",
            {"provider": "p", "token": "t", "metadata": {"a": {"b": 1}}},
            None,
        ),
    ],
)
def test_names_the_place_that_is_wrong(
    acp: AcpClient, tote: Variant, field: str, value: Any, param: str | None
) -> None:
    answer = acp.create(tote.pk, **{field: value})

    assert (answer.status, answer.body["type"]) == (400, "invalid_request")
    assert param is None or answer.body["param"] == param
    assert CheckoutSession.objects.count() == 0


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "2", None, True, [], {}, 10**12, 10**30, 1e308])
def test_refuses_a_quantity_that_is_none(acp: AcpClient, tote: Variant, quantity: Any) -> None:
    session = acp.create(tote.pk)

    created = acp.create({"id": tote.pk, "quantity": quantity})
    updated = acp.update(session.body["id"], line_items=[{"id": tote.pk, "quantity": quantity}])

    assert (created.status, created.body["param"]) == (400, "$.line_items[0].quantity")
    assert updated.status == 400
    assert acp.read(session.body["id"]).raw == session.raw


def test_a_quantity_beyond_the_stock_is_said_not_refused(acp: AcpClient, tote: Variant) -> None:
    session = acp.create({"id": tote.pk, "quantity": 999_999})

    assert session.status == 201
    assert session.body["status"] == "not_ready_for_payment"
    assert session.codes == ["quantity_exceeded"]
    assert session.messages[0]["param"] == "$.line_items[0].quantity"


def test_an_omitted_quantity_is_one(acp: AcpClient, tote: Variant) -> None:
    assert acp.create({"id": tote.pk}).body["line_items"][0]["quantity"] == 1


@pytest.mark.parametrize(
    "form",
    [
        lambda variant_id: {"item": {"id": variant_id}, "quantity": 2},
        lambda variant_id: {"id": "li_1", "item": {"id": variant_id}, "quantity": 2, "totals": []},
        lambda variant_id: {"id": variant_id, "quantity": 2.0},
    ],
    ids=["wrapped", "whole line item", "integral number"],
)
def test_understands_each_form_of_a_line(acp: AcpClient, tote: Variant, form: Any) -> None:
    line = acp.create(form(tote.pk)).body["line_items"][0]

    assert (line["item"]["id"], line["quantity"]) == (tote.pk, 2)


def test_lines_of_one_item_become_one(acp: AcpClient, tote: Variant) -> None:
    session = acp.create({"id": tote.pk, "quantity": 2}, tote.pk)

    assert [line["quantity"] for line in session.body["line_items"]] == [3]


def test_an_unknown_item_is_refused(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk)

    created = acp.create(tote.pk, "var_nothing")
    updated = acp.update(session.body["id"], line_items=[{"id": "var_nothing"}])

    assert (created.status, created.body["code"], created.body["param"]) == (
        400,
        "invalid_item_id",
        "$.line_items[1].id",
    )
    assert (updated.status, updated.body["code"]) == (400, "invalid_item_id")
    assert acp.read(session.body["id"]).raw == session.raw


def test_an_item_that_is_not_for_sale_is_unknown(acp: AcpClient, merchant: Merchant) -> None:
    inactive = VariantFactory.create(merchant=merchant, status="inactive")
    draft = VariantFactory.create(merchant=merchant, product__status="draft")

    assert acp.create(inactive.pk).body["code"] == "invalid_item_id"
    assert acp.create(draft.pk).body["code"] == "invalid_item_id"


def test_an_item_out_of_stock_stays_and_is_said(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    gone = VariantFactory.create(merchant=merchant, stock__on_hand=0)

    session = acp.create(tote.pk, gone.pk)

    assert session.status == 201
    assert session.body["status"] == "not_ready_for_payment"
    assert [line["availability_status"] for line in session.body["line_items"]] == ["in_stock", "out_of_stock"]
    assert session.messages == [
        {
            "type": "error",
            "code": "out_of_stock",
            "param": "$.line_items[1]",
            "resolution": "recoverable",
            "content_type": "plain",
            "content": "Canvas Tote is out of stock. No other variant of it can be had.",
        }
    ]


def test_low_stock_is_a_warning(acp: AcpClient, merchant: Merchant) -> None:
    few = VariantFactory.create(merchant=merchant, stock__on_hand=2)

    session = acp.create(few.pk)

    assert session.body["status"] == "ready_for_payment"
    assert session.codes == ["low_stock"]
    assert session.body["line_items"][0]["available_quantity"] == 2


def test_untracked_stock_and_backorders_never_run_out(acp: AcpClient, merchant: Merchant) -> None:
    endless = VariantFactory.create(merchant=merchant, stock__on_hand=0, stock__is_tracked=False)
    later = VariantFactory.create(merchant=merchant, stock__on_hand=0, stock__allow_backorder=True)

    session = acp.create({"id": endless.pk, "quantity": 50}, later.pk)

    assert session.body["status"] == "ready_for_payment"
    assert [line["availability_status"] for line in session.body["line_items"]] == ["in_stock", "backorder"]


def test_a_limit_per_order_is_said(acp: AcpClient, merchant: Merchant) -> None:
    limited = VariantFactory.create(merchant=merchant, max_quantity_per_order=2)

    session = acp.create({"id": limited.pk, "quantity": 3})

    assert session.body["status"] == "not_ready_for_payment"
    assert session.codes == ["quantity_exceeded"]


def test_without_an_address_nothing_is_invented(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk, fulfillment_details=None)

    assert session.body["status"] == "incomplete"
    assert session.body["fulfillment_options"] == []
    assert (session.total("tax"), session.total("fulfillment"), session.total()) == (0, 0, 2400)
    assert "tax" not in {one["type"] for one in session.body["totals"]}
    assert session.messages[0]["code"] == "missing"
    assert session.messages[0]["param"] == "$.fulfillment_details.address"


def test_an_address_brings_options_and_tax(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk, fulfillment_details=None)

    updated = acp.update(session.body["id"], fulfillment_details={"address": SAN_FRANCISCO})

    assert updated.status == 200
    assert updated.body["status"] == "ready_for_payment"
    assert [option["title"] for option in updated.body["fulfillment_options"]] == ["Standard", "Express"]
    assert updated.total("tax") == 174


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ("line_one", "$.fulfillment_details.address.line_one"),
        ("city", "$.fulfillment_details.address.city"),
        ("state", "$.fulfillment_details.address.state"),
        ("postal_code", "$.fulfillment_details.address.postal_code"),
        ("country", "$.fulfillment_details.address.country"),
    ],
)
def test_a_gap_in_the_address_is_said(acp: AcpClient, tote: Variant, part: str, param: str) -> None:
    session = acp.create(tote.pk, fulfillment_details={"address": {**SAN_FRANCISCO, part: ""}})

    assert session.body["status"] == "incomplete"
    assert [message["param"] for message in session.messages] == [param]


@pytest.mark.parametrize("state", ["California", "california", "US-CA", "ca"])
def test_a_region_is_understood_however_it_is_written(acp: AcpClient, tote: Variant, state: str) -> None:
    session = acp.create(tote.pk, fulfillment_details={"address": {**SAN_FRANCISCO, "state": state}})

    assert session.total("tax") == 174
    assert session.body["fulfillment_details"]["address"]["state"] == "CA"


def test_a_region_of_another_country_blocks(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk, fulfillment_details={"address": {**SAN_FRANCISCO, "state": "Bavaria"}})

    assert session.body["status"] == "not_ready_for_payment"
    assert session.codes == ["invalid"]
    assert session.total("tax") == 0


def test_an_address_nobody_delivers_to_blocks(acp: AcpClient, tote: Variant) -> None:
    paris = {**SAN_FRANCISCO, "city": "Paris", "state": "", "country": "FR", "postal_code": "75002"}

    session = acp.create(tote.pk, fulfillment_details={"address": paris})

    assert session.body["status"] == "not_ready_for_payment"
    assert session.codes == ["region_restricted"]


def test_an_email_address_is_needed(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk, buyer=None)
    updated = acp.update(session.body["id"], fulfillment_details={"email": "a@b.co", "address": SAN_FRANCISCO})

    assert session.body["status"] == "incomplete"
    assert session.messages[0]["param"] == "$.buyer.email"
    assert updated.body["status"] == "ready_for_payment"


def test_lines_are_replaced_and_keep_their_ids(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    cap = VariantFactory.create(merchant=merchant)
    session = acp.create(tote.pk, cap.pk)

    updated = acp.update(session.body["id"], line_items=[{"id": cap.pk, "quantity": 4}])

    assert [(line["item"]["id"], line["quantity"]) for line in updated.body["line_items"]] == [(cap.pk, 4)]
    assert updated.body["line_items"][0]["id"] == session.body["line_items"][1]["id"]


def test_what_is_not_mentioned_stays(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    express = method_id(merchant, "Express")
    session = acp.create({"id": tote.pk, "quantity": 2}, order_notes="ring twice", metadata={"cart": "7"})
    chosen = [{"type": "shipping", "option_id": express, "item_ids": [tote.pk]}]
    acp.update(session.body["id"], selected_fulfillment_options=chosen)

    updated = acp.update(session.body["id"], buyer={"email": "new@example.com"})

    assert updated.body["buyer"] == {"email": "new@example.com"}
    assert updated.body["line_items"][0]["quantity"] == 2
    assert updated.body["selected_fulfillment_options"] == chosen
    assert updated.body["fulfillment_details"]["address"]["city"] == "San Francisco"
    assert updated.body["metadata"] == {"cart": "7"}


@pytest.mark.parametrize(
    ("field", "then"),
    [("buyer", "incomplete"), ("fulfillment_details", "incomplete"), ("order_notes", "ready_for_payment")],
)
def test_null_clears(acp: AcpClient, tote: Variant, field: str, then: str) -> None:
    session = acp.create(tote.pk, order_notes="x")

    updated = acp.update(session.body["id"], **{field: None})

    assert updated.body["status"] == then
    assert field not in updated.body


def test_null_gives_the_choice_of_shipping_back(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    session = acp.create(tote.pk)
    chosen = [{"type": "shipping", "option_id": method_id(merchant, "Express"), "item_ids": []}]
    acp.update(session.body["id"], selected_fulfillment_options=chosen)

    updated = acp.update(session.body["id"], selected_fulfillment_options=None)

    assert updated.total("fulfillment") == 500


def test_lines_cannot_be_cleared(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk)

    assert acp.update(session.body["id"], line_items=None).status == 400
    assert acp.update(session.body["id"], line_items=[]).status == 400


def test_unknown_fields_are_ignored(acp: AcpClient, tote: Variant) -> None:
    session = acp.create({"id": tote.pk, "x": 1}, x_unknown={"deep": [1]}, coupons=[])

    assert session.status == 201


@pytest.mark.parametrize("currency", ["USD", "Usd"])
def test_currencies_are_case_insensitive(acp: AcpClient, tote: Variant, currency: str) -> None:
    assert acp.create(tote.pk, currency=currency).body["currency"] == "usd"


@pytest.mark.parametrize("currency", ["eur", "zzz"])
def test_another_currency_is_refused(acp: AcpClient, tote: Variant, currency: str) -> None:
    answer = acp.create(tote.pk, currency=currency)

    assert (answer.status, answer.body["code"], answer.body["param"]) == (
        400,
        "unsupported_currency",
        "$.currency",
    )


def test_an_unknown_session_is_not_found(acp: AcpClient) -> None:
    assert acp.read("cs_nothing").status == 404
    assert acp.update("cs_nothing", order_notes="x").body["code"] == "not_found"


def test_reading_changes_nothing(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk)

    first, second = acp.read(session.body["id"]), acp.read(session.body["id"])

    assert first.raw == second.raw == session.raw


# --- shipping --------------------------------------------------------------------------------------------


def test_another_option_changes_the_total_by_the_difference(
    acp: AcpClient, merchant: Merchant, tote: Variant
) -> None:
    session = acp.create(tote.pk)
    express = {"type": "shipping", "option_id": method_id(merchant, "Express"), "item_ids": [tote.pk]}

    updated = acp.update(session.body["id"], selected_fulfillment_options=[express])

    assert updated.total() - session.total() == 1500 - 500
    assert updated.total("fulfillment") == 1500


@pytest.mark.parametrize(
    "form",
    [
        lambda option, _line, item: {"option_id": option, "item_ids": [item]},
        lambda option, line, _item: {"type": "shipping", "option_id": option, "item_ids": [line]},
        lambda option, _line, item: {"type": "shipping", "shipping": {"option_id": option, "item_ids": [item]}},
        lambda option, _line, _item: {"type": "shipping", "option_id": option},
    ],
    ids=["no type", "line ids", "nested", "no items"],
)
def test_understands_each_form_of_a_choice(acp: AcpClient, merchant: Merchant, tote: Variant, form: Any) -> None:
    session = acp.create(tote.pk)
    choice = form(method_id(merchant, "Express"), session.body["line_items"][0]["id"], tote.pk)

    updated = acp.update(session.body["id"], selected_fulfillment_options=[choice])

    assert updated.total("fulfillment") == 1500


def test_an_unknown_option_is_refused_and_the_known_are_named(
    acp: AcpClient, merchant: Merchant, tote: Variant
) -> None:
    session = acp.create(tote.pk)
    choice = {"type": "shipping", "option_id": "fm_nothing", "item_ids": [tote.pk]}

    answer = acp.update(session.body["id"], selected_fulfillment_options=[choice])

    assert (answer.status, answer.body["param"]) == (400, "$.selected_fulfillment_options[0].option_id")
    assert method_id(merchant, "Standard") in answer.body["message"]
    assert acp.read(session.body["id"]).raw == session.raw


def test_an_option_for_a_foreign_item_is_refused(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    session = acp.create(tote.pk)
    choice = {"type": "shipping", "option_id": method_id(merchant, "Express"), "item_ids": ["var_other"]}

    answer = acp.update(session.body["id"], selected_fulfillment_options=[choice])

    assert (answer.status, answer.body["param"]) == (400, "$.selected_fulfillment_options[0].item_ids")


def test_a_choice_that_vanished_is_replaced_and_said(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    session = acp.create(tote.pk)
    choice = {"option_id": method_id(merchant, "Express"), "item_ids": [tote.pk]}
    acp.update(session.body["id"], selected_fulfillment_options=[choice])
    merchant.fulfillment_methods.filter(title="Express").update(is_active=False)

    updated = acp.update(session.body["id"], order_notes="x")

    assert updated.total("fulfillment") == 500
    assert [message["type"] for message in updated.messages] == ["info"]


def test_pickup_needs_no_address_and_names_its_place(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    place = PickupLocationFactory.create(merchant=merchant)
    pickup = FulfillmentMethodFactory.create(
        merchant=merchant, kind="pickup", title="Pick up", location=place, zone=None, rate=0
    )
    session = acp.create(tote.pk, fulfillment_details=None)

    updated = acp.update(
        session.body["id"], selected_fulfillment_options=[{"type": "pickup", "option_id": pickup.pk}]
    )

    option = session.body["fulfillment_options"][0]
    assert (option["type"], option["location"]["address"]["city"]) == ("pickup", "San Francisco")
    assert session.body["status"] == "incomplete"
    assert updated.body["status"] == "ready_for_payment"
    assert (updated.total("fulfillment"), updated.total("tax")) == (0, 174)


def test_local_delivery_has_a_window(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    FulfillmentMethodFactory.create(merchant=merchant, kind="local_delivery", title="Courier", rate=900)

    session = acp.create(tote.pk)

    courier = next(one for one in session.body["fulfillment_options"] if one["type"] == "local_delivery")
    assert courier["delivery_window"]["start"] < courier["delivery_window"]["end"]


def test_digital_items_need_no_address(acp: AcpClient, merchant: Merchant) -> None:
    guide = VariantFactory.create(merchant=merchant, is_digital=True, price_minor=900)

    session = acp.create(guide.pk, fulfillment_details=None)

    assert session.body["status"] == "ready_for_payment"
    assert session.body["selected_fulfillment_options"] == [
        {"type": "digital", "option_id": "digital", "item_ids": [guide.pk]}
    ]
    assert session.total("fulfillment") == 0


def test_items_may_travel_in_different_ways(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    guide = VariantFactory.create(merchant=merchant, is_digital=True, price_minor=900)
    cap = VariantFactory.create(merchant=merchant, price_minor=1000)
    session = acp.create(tote.pk, guide.pk, cap.pk)
    standard, express = method_id(merchant, "Standard"), method_id(merchant, "Express")

    updated = acp.update(
        session.body["id"],
        selected_fulfillment_options=[
            {"type": "shipping", "option_id": express, "item_ids": [tote.pk]},
            {"type": "shipping", "option_id": standard, "item_ids": [cap.pk]},
        ],
    )

    assert [(one["option_id"], one["item_ids"]) for one in updated.body["selected_fulfillment_options"]] == [
        (express, [tote.pk]),
        (standard, [cap.pk]),
        ("digital", [guide.pk]),
    ]
    assert updated.total("fulfillment") == 2000


# --- truth -----------------------------------------------------------------------------------------------


def test_a_changed_price_is_said(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk)
    Variant.objects.filter(pk=tote.pk).update(price_minor=3000)

    updated = acp.update(session.body["id"], buyer=BUYER)
    again = acp.update(session.body["id"], buyer=BUYER)

    assert updated.codes == ["price_change"]
    assert updated.body["line_items"][0]["unit_amount"] == 3000
    assert again.codes == []


def test_a_sale_price_holds_within_its_window(acp: AcpClient, merchant: Merchant) -> None:
    now = timezone.now()
    day = timedelta(days=1)
    on_sale = VariantFactory.create(merchant=merchant, price_minor=2000, sale_price_minor=1500)
    over = VariantFactory.create(
        merchant=merchant, price_minor=2000, sale_price_minor=1500, sale_ends_at=now - day
    )
    coming = VariantFactory.create(
        merchant=merchant, price_minor=2000, sale_price_minor=1500, sale_starts_at=now + day
    )

    session = acp.create(on_sale.pk, over.pk, coming.pk)

    assert [line["unit_amount"] for line in session.body["line_items"]] == [1500, 2000, 2000]


def test_an_item_withdrawn_from_sale_blocks_its_session(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk)
    Variant.objects.filter(pk=tote.pk).update(status="inactive")

    updated = acp.update(session.body["id"], order_notes="x")

    assert updated.body["status"] == "not_ready_for_payment"
    assert updated.codes == ["out_of_stock"]
    assert len(updated.body["line_items"]) == 1


def test_units_held_by_others_are_not_available(acp: AcpClient, tote: Variant) -> None:
    StockItem.objects.filter(pk=tote.pk).update(on_hand=5, reserved=5)

    assert acp.create(tote.pk).codes == ["out_of_stock"]
