"""Codes and automatic discounts on the wire (DISC-*)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from tests.api import AcpClient, Answer
from tests.clock import NOW
from tests.factories import DiscountFactory, VariantFactory


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=2500)


def rejected(answer: Answer) -> list[tuple[str, str]]:
    return [(one["code"], one["reason"]) for one in answer.body["discounts"]["rejected"]]


def test_a_percentage_comes_off_each_line(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN", percent=Decimal(10))
    cap = VariantFactory.create(merchant=merchant, price_minor=999)

    session = acp.create({"id": tote.pk, "quantity": 2}, cap.pk, discounts={"codes": ["TEN"]})

    (applied,) = session.body["discounts"]["applied"]
    assert (applied["code"], applied["amount"], applied["method"]) == ("TEN", 600, "each")
    assert applied["coupon"]["percent_off"] == 10
    assert applied["allocations"] == [
        {"path": "$.line_items[0]", "amount": 500},
        {"path": "$.line_items[1]", "amount": 100},
    ]
    assert session.total("items_discount") == 600
    assert [line["discount_details"][0]["amount"] for line in session.body["line_items"]] == [500, 100]


def test_an_amount_is_spread_over_the_lines(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="FIVE", kind="fixed", percent=None, amount_minor=500)
    cap = VariantFactory.create(merchant=merchant, price_minor=1000)

    session = acp.create(tote.pk, cap.pk, discounts={"codes": ["FIVE"]})

    (applied,) = session.body["discounts"]["applied"]
    assert (applied["coupon"]["amount_off"], applied["coupon"]["currency"]) == (500, "usd")
    assert [one["amount"] for one in applied["allocations"]] == [357, 143]
    assert "percent_off" not in applied["coupon"]
    assert session.total("items_discount") == 500


def test_free_shipping_is_an_order_discount(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="SHIP0", kind="free_shipping", percent=None)

    session = acp.create(tote.pk, discounts={"codes": ["SHIP0"]})

    (applied,) = session.body["discounts"]["applied"]
    assert applied["allocations"] == [{"path": "$.totals.fulfillment", "amount": 500}]
    assert (session.total("fulfillment"), session.total("discount")) == (500, 500)
    assert session.total("items_discount") == 0


def test_an_automatic_discount_needs_no_code(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code=None, name="Autumn sale", percent=Decimal(20))

    session = acp.create(tote.pk)

    (applied,) = session.body["discounts"]["applied"]
    assert (applied["automatic"], applied["amount"], applied["coupon"]["name"]) == (True, 500, "Autumn sale")
    assert "code" not in applied
    assert session.body["discounts"]["codes"] == []


def test_discounts_follow_their_priority(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(
        merchant=merchant, code="FIVE", kind="fixed", percent=None, amount_minor=500, priority=1
    )
    DiscountFactory.create(merchant=merchant, code="TEN", percent=Decimal(10), priority=2)

    session = acp.create(tote.pk, discounts={"codes": ["TEN", "FIVE"]})

    assert [(one["code"], one["amount"]) for one in session.body["discounts"]["applied"]] == [
        ("FIVE", 500),
        ("TEN", 200),
    ]
    assert session.total("items_discount") == 700


def test_codes_replace_codes_and_an_empty_list_clears(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN", percent=Decimal(10))
    DiscountFactory.create(merchant=merchant, code="HALF", percent=Decimal(50))
    session = acp.create(tote.pk, discounts={"codes": ["TEN"]})

    replaced = acp.update(session.body["id"], discounts={"codes": ["HALF"]})
    kept = acp.update(session.body["id"], order_notes="x")
    cleared = acp.update(session.body["id"], discounts={"codes": []})

    assert [one.total("items_discount") for one in (session, replaced, kept, cleared)] == [250, 1250, 1250, 0]
    assert cleared.total() == acp.create(tote.pk).total()


@pytest.mark.parametrize("code", ["ten", "TEN", " Ten "])
def test_codes_are_case_insensitive_and_echoed(
    acp: AcpClient, merchant: Merchant, tote: Variant, code: str
) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN")

    session = acp.create(tote.pk, discounts={"codes": [code]})

    assert session.body["discounts"]["codes"] == [code]
    assert session.body["discounts"]["applied"][0]["code"] == code


def test_coupons_are_an_alias_that_loses(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN", percent=Decimal(10))
    DiscountFactory.create(merchant=merchant, code="HALF", percent=Decimal(50))

    alias = acp.create(tote.pk, coupons=["TEN"])
    both = acp.create(tote.pk, coupons=["TEN"], discounts={"codes": ["HALF"]})

    assert (alias.total("items_discount"), both.total("items_discount")) == (250, 1250)


def test_an_unknown_code_is_rejected_and_said(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN")

    session = acp.create(tote.pk, discounts={"codes": ["TEN", "NOPE"]})

    assert session.body["status"] == "ready_for_payment"
    assert rejected(session) == [("NOPE", "discount_code_invalid")]
    (warning,) = session.messages
    assert (warning["type"], warning["code"], warning["param"]) == (
        "warning",
        "discount_code_invalid",
        "$.discounts.codes[1]",
    )


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"ends_at": NOW - timedelta(days=1)}, "discount_code_expired"),
        ({"starts_at": NOW + timedelta(days=1)}, "discount_code_invalid"),
        ({"is_active": False}, "discount_code_invalid"),
        ({"minimum_subtotal_minor": 2501}, "discount_code_minimum_not_met"),
        ({"usage_limit": 0}, "discount_code_usage_limit_reached"),
        ({"usage_limit_per_buyer": 0}, "discount_code_usage_limit_reached"),
    ],
)
def test_says_why_a_code_does_nothing(
    acp: AcpClient, merchant: Merchant, tote: Variant, terms: dict[str, object], reason: str
) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN", **terms)

    session = acp.create(tote.pk, discounts={"codes": ["TEN"]})

    assert rejected(session) == [("TEN", reason)]
    assert session.codes == [reason]
    assert session.body["discounts"]["applied"] == []


def test_a_code_given_twice_counts_once(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN")

    session = acp.create(tote.pk, discounts={"codes": ["TEN", "ten"]})

    assert rejected(session) == [("ten", "discount_code_already_applied")]
    assert session.total("items_discount") == 250
    assert session.messages[0]["param"] == "$.discounts.codes[1]"


def test_what_cannot_be_combined_is_rejected(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="ALONE", is_combinable=False, priority=1)
    DiscountFactory.create(merchant=merchant, code="TEN", priority=2)

    session = acp.create(tote.pk, discounts={"codes": ["TEN", "ALONE"]})

    assert [one["code"] for one in session.body["discounts"]["applied"]] == ["ALONE"]
    assert rejected(session) == [("TEN", "discount_code_combination_disallowed")]


def test_nothing_becomes_negative(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    DiscountFactory.create(merchant=merchant, code="HUGE", kind="fixed", percent=None, amount_minor=10_000_000)
    DiscountFactory.create(merchant=merchant, code="ALL", percent=Decimal(100), priority=99)

    session = acp.create(tote.pk, discounts={"codes": ["HUGE", "ALL"]})

    assert (session.total("items_discount"), session.total("subtotal"), session.total("tax")) == (2500, 0, 0)
    assert session.total() == 500


def test_another_merchants_code_is_unknown(acp: AcpClient, tote: Variant) -> None:
    DiscountFactory.create(code="TEN")

    assert rejected(acp.create(tote.pk, discounts={"codes": ["TEN"]})) == [("TEN", "discount_code_invalid")]


def test_trying_out_codes_is_slowed_down(acp: AcpClient, tote: Variant) -> None:
    guesses = [f"GUESS{number}" for number in range(20)]

    answers = [acp.create(tote.pk, discounts={"codes": guesses}) for _ in range(5)]

    assert [answer.status for answer in answers] == [201, 201, 201, 201, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].body["code"] == "rate_limited"


def test_who_has_tried_too_many_codes_goes_on_without(acp: AcpClient, tote: Variant, settings: Settings) -> None:
    settings.REJECTED_CODES_PER_MINUTE = 1
    session = acp.create(tote.pk, discounts={"codes": ["GUESS1", "GUESS2"]})

    assert acp.create(tote.pk, discounts={"codes": ["GUESS3"]}).status == 429
    assert acp.update(session.body["id"], discounts={"codes": ["GUESS3"]}).status == 429
    assert acp.update(session.body["id"], order_notes="x").status == 200
    assert acp.update(session.body["id"], discounts={"codes": []}).status == 200
    assert acp.create(tote.pk).status == 201


def test_a_wrong_code_that_stays_counts_once(acp: AcpClient, tote: Variant, settings: Settings) -> None:
    settings.REJECTED_CODES_PER_MINUTE = 1
    session = acp.create(tote.pk, discounts={"codes": ["GUESS1"]})

    kept = [acp.update(session.body["id"], discounts={"codes": ["guess1"]}) for _ in range(3)]

    assert [answer.status for answer in kept] == [200, 200, 200]
    assert acp.update(session.body["id"], discounts={"codes": ["GUESS1", "GUESS2"]}).status == 200
    assert acp.update(session.body["id"], discounts={"codes": ["GUESS3"]}).status == 429
