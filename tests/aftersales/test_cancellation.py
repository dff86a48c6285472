"""Units that are not sent yet: canceled, back on hand, and given back to the buyer to the cent."""

from __future__ import annotations

import pytest
from django.utils import timezone

from commerce.aftersales.services import NothingToCancelError, cancel_order, refund_order
from commerce.fulfillment.dispatch import cancel_shipment, create_shipment
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.inventory.models import StockItem
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def cancel(purchase: Purchase, quantities: dict[str, int] | None = None) -> None:
    cancel_order(purchase.order.pk, quantities=quantities, reason="other", note="Changed mind", now=timezone.now())


def carry(purchase: Purchase, *statuses: str, parcel: str = "P1") -> None:
    now = timezone.now()
    for status in statuses:
        record_step(
            purchase.order.pk, Parcel(parcel), Step(status, now, is_restocked=status == "returned"), now=now
        )


def stock(purchase: Purchase) -> list[int]:
    return [StockItem.objects.get(pk=one.pk).on_hand for one in (purchase.tote, purchase.cap)]


def test_a_whole_order_before_the_capture_is_a_void(bought: Purchase) -> None:
    cancel(bought)
    bought.settle()

    order = bought.acp.read(bought.session_id).body["order"]
    assert order["status"] == "canceled"
    assert {line["status"] for line in order["line_items"]} == {"removed"}
    assert [entry for entry, _ in bought.stripe.ledger()] == ["authorization", "void"]
    assert bought.adjustments() == [
        ("cancellation", "completed", None),
        ("refund", "completed", bought.order.total_minor),
    ]
    assert stock(bought) == [10, 10]


def test_a_whole_order_after_the_capture_is_a_refund_of_everything(paid: Purchase) -> None:
    cancel(paid)
    paid.settle()

    assert paid.given_back() == paid.order.total_minor
    assert [entry for entry, _ in paid.stripe.ledger()] == ["authorization", "capture", "refund"]
    assert paid.acp.read(paid.session_id).body["order"]["status"] == "canceled"


def test_unit_by_unit_gives_back_the_whole_to_the_cent(paid: Purchase) -> None:
    tote, cap = paid.line(paid.tote), paid.line(paid.cap)

    for quantities in ({tote: 1}, {tote: 1}, {cap: 1}, {tote: 1}):
        cancel(paid, quantities)
    paid.settle()

    assert paid.given_back() == paid.order.total_minor
    assert stock(paid) == [10, 10]


def test_what_was_sent_stays_bought(bought: Purchase) -> None:
    tote, cap = bought.line(bought.tote), bought.line(bought.cap)
    record_step(
        bought.order.pk, Parcel("P1", quantities={tote: 2}), Step("shipped", timezone.now()), now=timezone.now()
    )
    with pytest.raises(NothingToCancelError):
        cancel(bought, {tote: 2})

    cancel(bought)
    with pytest.raises(NothingToCancelError):
        cancel(bought)
    bought.settle()

    lines = {line.pk: line for line in bought.order.lines.all()}
    back = lines[tote].total_minor // 3
    order = bought.acp.read(bought.session_id).body["order"]
    attempt = bought.attempt()
    assert (lines[tote].current, lines[cap].current) == (2, 0)
    assert attempt.refunded_minor == back + lines[cap].total_minor
    assert attempt.captured_minor == bought.order.total_minor - attempt.refunded_minor
    assert ("capture", attempt.captured_minor) in bought.stripe.ledger()
    assert order["status"] == "shipped"


def test_delivery_is_given_back_where_only_a_download_was_sent(paid: Purchase) -> None:
    tote, cap = paid.line(paid.tote), paid.line(paid.cap)
    paid.order.lines.filter(pk=cap).update(is_digital=True)
    now = timezone.now()
    record_step(paid.order.pk, Parcel("D", quantities={cap: 1}), Step("delivered", now), kind="digital", now=now)

    cancel(paid, {tote: 1})
    paid.settle()
    first = paid.given_back()
    cancel(paid)
    paid.settle()

    cost = {line.pk: line.total_minor for line in paid.order.lines.all()}
    assert first == cost[tote] // 3
    assert paid.given_back() == paid.order.total_minor - cost[cap]


def test_delivery_that_was_given_back_before_is_not_given_back_again(paid: Purchase) -> None:
    cap = paid.line(paid.cap)
    lines = list(paid.order.lines.all())
    delivery = paid.order.total_minor - sum(line.total_minor for line in lines)
    paid.order.lines.filter(pk=cap).update(is_digital=True)
    now = timezone.now()
    record_step(paid.order.pk, Parcel("D", quantities={cap: 1}), Step("delivered", now), kind="digital", now=now)
    refund_order(paid.order.pk, amount_minor=delivery, now=now)

    cancel(paid)
    paid.settle()

    assert delivery > 0
    assert paid.given_back() == paid.order.total_minor - next(one.total_minor for one in lines if one.pk == cap)


def test_a_download_that_is_canceled_gives_no_delivery_back(paid: Purchase) -> None:
    cap = paid.line(paid.cap)
    paid.order.lines.filter(pk=cap).update(is_digital=True)

    cancel(paid, {cap: 1})
    paid.settle()

    assert paid.given_back() == paid.order.lines.get(pk=cap).total_minor


def test_what_was_unpacked_again_counts_as_never_sent(paid: Purchase) -> None:
    now = timezone.now()
    shipment = create_shipment(paid.order.pk, Parcel(), Step("processing", now), now=now)
    with pytest.raises(NothingToCancelError):
        cancel(paid)
    cancel_shipment(shipment.pk, now=now)

    cancel(paid)
    paid.settle()

    assert paid.given_back() == paid.order.total_minor


def test_what_was_not_delivered_is_canceled_and_stays_so(paid: Purchase) -> None:
    carry(paid, "shipped", "failed")
    items = sum(line.total_minor for line in paid.order.lines.all())

    cancel(paid)
    canceled = paid.acp.read(paid.session_id).body["order"]
    carry(paid, "delivered")
    paid.settle()

    order = paid.acp.read(paid.session_id).body["order"]
    assert paid.given_back() == items
    assert (canceled["status"], [one["status"] for one in canceled["fulfillments"]]) == ("canceled", ["failed"])
    assert (order["status"], [one["status"] for one in order["fulfillments"]]) == ("canceled", ["delivered"])
    assert {tuple(line["quantity"].values())[1:] for line in order["line_items"]} == {(0, 0)}


def test_what_was_not_delivered_is_on_sale_when_it_is_back(paid: Purchase) -> None:
    tote = paid.line(paid.tote)
    now = timezone.now()
    record_step(paid.order.pk, Parcel("P1", quantities={tote: 2}), Step("shipped", now), now=now)
    carry(paid, "failed")

    cancel(paid)
    before = stock(paid)
    carry(paid, "returned")
    paid.settle()

    assert (before, stock(paid)) == ([8, 10], [10, 10])
    assert [kind for kind, _, _ in paid.adjustments()] == ["cancellation", "refund"]


def test_what_was_not_delivered_waits_in_the_eyes_of_the_agent(paid: Purchase) -> None:
    carry(paid, "shipped", "failed")

    order = paid.acp.read(paid.session_id).body["order"]

    assert (order["status"], {line["status"] for line in order["line_items"]}) == ("processing", {"processing"})
    assert [one["status"] for one in order["fulfillments"]] == ["failed", "pending"]
    assert order["fulfillments"][0]["events"][-1]["type"] == "failed_attempt"


def test_unknown_lines_and_odd_quantities_cancel_nothing(paid: Purchase) -> None:
    for quantities in ({"li_nothing": 1}, {paid.line(paid.tote): 4}, {paid.line(paid.tote): -1}, {}):
        with pytest.raises(NothingToCancelError):
            cancel(paid, quantities)

    assert (paid.log(), stock(paid)) == (["placed"], [7, 9])
