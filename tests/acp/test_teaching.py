"""Errors and messages say what would have been right: ids with names and prices, what was saved, what is next."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from commerce.accounts.models import Merchant
from commerce.accounts.services import issue_key
from commerce.catalog.models import Product, Variant
from commerce.fulfillment.models import FulfillmentMethod
from tests.api import BUYER, SAN_FRANCISCO, AcpClient, Answer
from tests.conftest import method_id
from tests.factories import DiscountFactory, ProductFactory, VariantFactory
from tests.stripe_account import StripeAccount


@pytest.fixture
def bracelet(merchant: Merchant) -> Product:
    return ProductFactory.create(merchant=merchant, title="Bracelet", handle="bracelet", option_names=["Color"])


def color(product: Product, name: str, **fields: Any) -> Variant:
    return VariantFactory.create(merchant=product.merchant, product=product, option_values=[name], **fields)


@pytest.fixture
def red(bracelet: Product) -> Variant:
    return color(bracelet, "Red", price_minor=5800, sku="BR-R", position=1)


@pytest.fixture
def blue(bracelet: Product) -> Variant:
    return color(bracelet, "Blue", price_minor=6100, position=2)


# --- items -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["product", "handle", "sku"])
def test_what_an_unknown_item_may_mean_is_named(acp: AcpClient, red: Variant, blue: Variant, named: str) -> None:
    given = {"product": red.product_id, "handle": "bracelet", "sku": "BR-R"}[named]

    answer = acp.create(given)

    assert (answer.status, answer.body["code"], answer.body["param"]) == (
        400,
        "invalid_item_id",
        "$.line_items[0].id",
    )
    assert answer.body["message"] == (
        f"There is no item '{given}' for sale; nothing was changed. It may mean one of: "
        f"'{red.pk}' = Bracelet, Red, 58.00 USD; '{blue.pk}' = Bracelet, Blue, 61.00 USD."
    )


def test_an_invented_item_is_answered_with_where_to_look(acp: AcpClient, red: Variant) -> None:
    answers = [acp.create("red-bracelet"), acp.post("/carts", {"line_items": [{"id": "red-bracelet"}]})]

    for answer in answers:
        assert answer.body["message"] == (
            "There is no item 'red-bracelet' for sale; nothing was changed. Items are named by the ids of "
            "variants, such as var_…; search the catalog for them."
        )


def test_items_of_another_shop_are_not_offered(stranger: AcpClient, red: Variant) -> None:
    assert red.pk not in stranger.create("bracelet").body["message"]
    assert "search the catalog" in stranger.create(red.pk).body["message"]


def test_a_line_is_not_an_item(acp: AcpClient, red: Variant) -> None:
    session = acp.create(red.pk)
    line = session.body["line_items"][0]["id"]

    answer = acp.update(session.body["id"], line_items=[{"id": line, "quantity": 2}], buyer={"email": "b@x.co"})

    assert answer.body["message"] == f"'{line}' is a line; name its item '{red.pk}'. Nothing was changed."
    assert acp.read(session.body["id"]).raw == session.raw


def test_what_is_out_of_stock_comes_with_its_siblings(acp: AcpClient, red: Variant, blue: Variant) -> None:
    color(blue.product, "Green", stock__on_hand=0)
    gone = color(blue.product, "Black", stock__on_hand=0)

    (told,) = acp.create(gone.pk).messages

    assert told["content"] == (
        "Bracelet is out of stock. To be had instead: "
        f"'{red.pk}' = Bracelet, Red, 58.00 USD; '{blue.pk}' = Bracelet, Blue, 61.00 USD."
    )


def test_how_many_are_left_is_said(acp: AcpClient, red: Variant, bracelet: Product) -> None:
    few = color(bracelet, "Gold", stock__on_hand=2)

    (told,) = acp.create({"id": few.pk, "quantity": 3}).messages

    assert told["content"] == (
        "Only 2 of Bracelet can be had; 3 were asked for. "
        f"To be had instead: '{red.pk}' = Bracelet, Red, 58.00 USD."
    )


def test_the_limit_of_an_order_is_said(acp: AcpClient, bracelet: Product) -> None:
    limited = color(bracelet, "Gold", max_quantity_per_order=2)

    session = acp.create({"id": limited.pk, "quantity": 3})

    assert session.messages[0]["content"] == (
        "At most 2 of Bracelet can be bought in one order; 3 were asked for."
    )
    assert session.next_step == "mend what the errors name, by updating the session."


# --- delivery --------------------------------------------------------------------------------------------


def offered(session: Answer) -> str:
    """Return the options of a session in words."""
    return "; ".join(
        f"'{one['id']}' = {one['title']}, {one['totals'][0]['amount'] / 100:.2f} USD, "
        f"{day(one['earliest_delivery_time'])} to {day(one['latest_delivery_time'])}"
        for one in session.body["fulfillment_options"]
    )


def day(moment: str) -> str:
    return str(datetime.fromisoformat(moment).astimezone(ZoneInfo("America/Los_Angeles")).date())


def test_an_unknown_option_alone_changes_nothing(acp: AcpClient, merchant: Merchant, red: Variant) -> None:
    session = acp.create(red.pk)

    answer = acp.update(session.body["id"], selected_fulfillment_options=[{"option_id": "standard"}])

    assert (answer.status, answer.body["code"]) == (400, "invalid_fulfillment_option")
    assert answer.body["message"] == (
        f"There is no fulfillment option 'standard'. On offer: {offered(session)}. Nothing was changed."
    )
    assert acp.read(session.body["id"]).raw == session.raw


def test_with_an_unknown_option_everything_else_is_saved(
    acp: AcpClient, merchant: Merchant, red: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(red.pk, fulfillment_details=None, buyer=None)
    guess = {
        "buyer": BUYER,
        "fulfillment_details": {"address": SAN_FRANCISCO},
        "selected_fulfillment_options": [{"type": "shipping", "option_id": "standard"}],
    }

    saved = acp.post(f"/checkout_sessions/{session.body['id']}", guess, key="guess")
    again = acp.post(f"/checkout_sessions/{session.body['id']}", guess, key="guess")
    paid = acp.complete(session.body["id"], stripe_account.mint(99_999))
    later = acp.update(session.body["id"], order_notes="ring twice")
    chosen = acp.update(
        session.body["id"], selected_fulfillment_options=[{"option_id": method_id(merchant, "Express")}]
    )

    assert (saved.status, saved.body["status"]) == (200, "not_ready_for_payment")
    assert saved.body["buyer"] == BUYER
    assert saved.body["fulfillment_details"]["address"]["city"] == "San Francisco"
    (told,) = saved.messages
    assert (told["code"], told["param"], told["resolution"]) == (
        "invalid",
        "$.selected_fulfillment_options",
        "recoverable",
    )
    assert told["content"] == (
        f"There is no fulfillment option 'standard'. On offer: {offered(saved)}. "
        "Everything else was saved: choose one of them."
    )
    assert (again.raw, again.headers["idempotent-replayed"]) == (saved.raw, "true")
    assert (paid.body["status"], stripe_account.ledger()) == ("not_ready_for_payment", [])
    assert later.body["status"] == "not_ready_for_payment"
    assert (chosen.body["status"], chosen.total("fulfillment"), chosen.messages) == ("ready_for_payment", 1500, [])


def test_a_choice_can_be_given_back(acp: AcpClient, red: Variant) -> None:
    session = acp.create(red.pk)
    choice = [{"option_id": "standard"}]
    acp.update(session.body["id"], order_notes="x", selected_fulfillment_options=choice)

    updated = acp.update(session.body["id"], selected_fulfillment_options=None)

    assert updated.body["status"] == "ready_for_payment"


def test_without_an_address_an_option_is_not_known_yet(acp: AcpClient, red: Variant) -> None:
    session = acp.create(red.pk, fulfillment_details=None)

    answer = acp.update(session.body["id"], selected_fulfillment_options=[{"option_id": "standard"}])

    assert answer.body["message"] == (
        "There is no fulfillment option 'standard'. There are none yet: they come with the delivery address. "
        "Nothing was changed."
    )


def test_an_item_that_is_not_in_the_session_is_answered_with_those_that_are(
    acp: AcpClient, merchant: Merchant, red: Variant
) -> None:
    session = acp.create(red.pk)
    choice = [{"option_id": method_id(merchant, "Express"), "item_ids": ["var_other"]}]

    answer = acp.update(session.body["id"], selected_fulfillment_options=choice)

    assert answer.body["message"] == (
        f"An item of the choice is not part of the session; this option is for '{red.pk}'. Nothing was changed."
    )


def test_where_the_shop_delivers_is_said(acp: AcpClient, merchant: Merchant, red: Variant) -> None:
    zone = FulfillmentMethod.objects.filter(merchant=merchant).earliest("pk").zone
    assert zone is not None
    zone.countries = ["US", "CA"]
    zone.save(update_fields=["countries"])
    paris = {**SAN_FRANCISCO, "city": "Paris", "state": "", "country": "FR", "postal_code": "75002"}

    (told,) = acp.create(red.pk, fulfillment_details={"address": paris}).messages

    assert told["content"] == "Nothing can be delivered to this address. This shop delivers to: CA, US."


# --- who and where ---------------------------------------------------------------------------------------


def test_missing_fields_are_named(acp: AcpClient, red: Variant) -> None:
    session = acp.create(red.pk, fulfillment_details=None, buyer=None)
    gaps = {**SAN_FRANCISCO, "state": "", "postal_code": ""}
    updated = acp.update(session.body["id"], fulfillment_details={"address": gaps})

    whole = "fulfillment_details.address (name, line_one, city, state, postal_code, country)"
    assert [one["content"] for one in session.messages] == [
        f"A delivery address is needed. Send it as {whole}.",
        "An e-mail address is needed for the receipt. Send it as buyer.email.",
    ]
    assert session.next_step == f"update the session with {whole}, buyer.email."
    assert updated.messages[0]["content"] == (
        "The address has no state or province. Send it as fulfillment_details.address.state."
    )
    assert updated.next_step == (
        "update the session with fulfillment_details.address.state, fulfillment_details.address.postal_code, "
        "buyer.email."
    )


def test_a_code_that_does_nothing_says_so(acp: AcpClient, merchant: Merchant, red: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN")

    session = acp.create(red.pk, discounts={"codes": ["NOPE"]})

    assert session.messages[0]["content"] == (
        "The code 'NOPE' is not known or not active. Check how it is written; totals are without it."
    )
    assert "TEN" not in session.raw.decode()


# --- sessions --------------------------------------------------------------------------------------------


def test_an_unknown_session_is_answered_with_what_an_id_is(acp: AcpClient) -> None:
    assert acp.read("session-1").body["message"] == (
        "This agent has no such checkout session. Use the id that was answered when it was created (cs_…), or "
        "create another."
    )


def test_what_is_over_says_what_can_be_done(acp: AcpClient, red: Variant, stripe_account: StripeAccount) -> None:
    canceled = acp.create(red.pk).body["id"]
    ended = acp.cancel(canceled)
    session = acp.create(red.pk)
    done = acp.complete(session.body["id"], stripe_account.mint(99_999))

    late = acp.update(canceled, order_notes="x")
    too_late = acp.update(session.body["id"], order_notes="x")

    assert late.body["message"].endswith(
        "is canceled and can no longer be changed. Create a new one with the same items."
    )
    assert too_late.body["message"].endswith("is completed and can no longer be changed. Read it for its order.")
    assert ended.next_step == "none. The session was canceled; nothing was charged."
    assert done.next_step == f"none. The order '{done.body['order']['id']}' is placed."


def test_a_ready_session_says_so_with_total_and_choices(acp: AcpClient, merchant: Merchant, red: Variant) -> None:
    session = acp.create(red.pk)

    standard, express = offered(session).split("; ")
    assert session.next_step == (
        f"show the buyer the total of 67.20 USD; when the buyer agrees, complete the session with a payment. "
        f"Chosen: {standard}. To be had instead: {express}."
    )
    assert session.body["messages"][-1]["resolution"] == "recoverable"


def test_where_the_buyer_has_to_confirm_it_is_said(merchant: Merchant, acp: AcpClient, red: Variant) -> None:
    _, token = issue_key(merchant.agents.get(), requires_confirmation=True)

    session = AcpClient(token).create(red.pk)

    assert session.next_step.startswith("the buyer confirms the total of 67.20 USD at the continue_url; then ")
    assert session.body["messages"][-1]["resolution"] == "requires_buyer_review"


@pytest.mark.parametrize("currency", ["eur", "zzz"])
def test_the_currency_of_the_shop_is_said(acp: AcpClient, red: Variant, currency: str) -> None:
    assert acp.create(red.pk, currency=currency).body["message"] == ("This shop sells in USD only: ask for 'usd'.")
