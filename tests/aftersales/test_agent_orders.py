"""What an agent may do with the orders it has placed, over HTTP."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.client import API_VERSION
from commerce.accounts.models import Agent
from commerce.accounts.services import issue_key
from commerce.aftersales.models import Return
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order
from tests.api import AcpClient
from tests.factories import AgentFactory
from tests.orders.building import placed_order
from tests.purchase import Purchase

COUNTED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@pytest.fixture
def orders(acp: AcpClient) -> AcpClient:
    return AcpClient(acp.token, base="/agent")


def ship(order: Order, *, days_ago: int = 0) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    for status in ("shipped", "delivered"):
        record_step(order.pk, Parcel(), Step(status, at), now=at)


def path(order: Order, action: str = "") -> str:
    return f"/orders/{order.pk}{action}"


def test_an_order_says_what_may_be_asked_of_it(orders: AcpClient, bought: Purchase) -> None:
    answer = orders.get(path(bought.order))

    assert answer.status == 200
    assert answer.body["order"] == bought.acp.read(bought.session_id).body["order"]
    possible = answer.body["possible"]
    assert (possible["may_cancel"], possible["may_return"]) == (True, False)
    assert possible["return_reasons"][0] == {"value": "damaged", "label": "Damaged or defective"}
    assert possible["line_items"][0] == {
        "id": bought.line(bought.tote),
        "title": "Canvas Tote",
        "cancelable": {"quantity": 3},
        "returnable": {
            "quantity": 0,
            "code": "not_sent",
            "message": "It is not sent yet: cancel it instead.",
        },
    }


def test_reading_takes_two_statements(agent: Agent, orders: AcpClient) -> None:
    placed = [placed_order(1, 2, agent=agent) for _ in range(3)]
    orders.get("/orders")

    for address in (path(placed[0]), "/orders"):
        with CaptureQueriesContext(connection) as queries:
            orders.get(address)
        assert sum(one["sql"].strip().startswith(COUNTED) for one in queries) == 2


def test_a_list_is_in_pages_newest_first(agent: Agent, orders: AcpClient) -> None:
    now = timezone.now()
    placed = [placed_order(1, agent=agent) for _ in range(3)]
    for days, order in enumerate(placed):
        Order.objects.filter(pk=order.pk).update(placed_at=now - timedelta(days=days))
    placed_order(1, agent=AgentFactory.create(merchant=agent.merchant))

    first = orders.get("/orders?limit=2").body
    second = orders.get(f"/orders?limit=2&cursor={first['next_cursor']}").body

    shown = [[one["order"]["id"] for one in page["orders"]] for page in (first, second)]
    assert shown == [[placed[0].pk, placed[1].pk], [placed[2].pk]]
    assert "next_cursor" not in second


def test_the_order_of_a_session_is_found(agent: Agent, orders: AcpClient) -> None:
    wanted = placed_order(1, agent=agent)
    placed_order(1, agent=agent)

    found = orders.get(f"/orders?checkout_session_id={wanted.checkout_session_id}").body["orders"]

    assert [one["order"]["id"] for one in found] == [wanted.pk]
    assert orders.get("/orders?checkout_session_id=cs_nothing").body == {"orders": []}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid"),
        ("limit=51", "invalid"),
        ("email=ada.park@example.com", "invalid"),
        ("cursor=made-up", "invalid_cursor"),
    ],
)
def test_a_wrong_query_is_refused(orders: AcpClient, query: str, code: str) -> None:
    answer = orders.get(f"/orders?{query}")

    assert (answer.status, answer.body["code"]) == (400, code)


def test_a_cursor_belongs_to_its_list(agent: Agent, orders: AcpClient) -> None:
    for _ in range(2):
        order = placed_order(1, agent=agent)
    cursor = orders.get("/orders?limit=1").body["next_cursor"]

    answer = orders.get(f"/orders?cursor={cursor}&checkout_session_id={order.checkout_session_id}")

    assert answer.body["code"] == "invalid_cursor"


@pytest.mark.parametrize("method", ["get", "cancel", "returns"])
def test_orders_of_others_do_not_exist(agent: Agent, bought: Purchase, stranger: AcpClient, method: str) -> None:
    _, sibling = issue_key(AgentFactory.create(merchant=agent.merchant))
    for token in (stranger.token, sibling):
        other = AcpClient(token, base="/agent")
        if method == "get":
            answer = other.get(path(bought.order))
        else:
            answer = other.post(path(bought.order, f"/{method}"), {"reason": "other"})
        assert (answer.status, answer.body["code"]) == (404, "not_found")
        assert other.get("/orders").body == {"orders": []}
    assert bought.log() == ["placed"]


def test_a_key_needs_the_scope(agent: Agent, bought: Purchase) -> None:
    _, token = issue_key(agent, scopes=("checkout", "catalog"))
    other = AcpClient(token, base="/agent")

    for answer in (other.get("/orders"), other.get(path(bought.order)), other.post(path(bought.order, "/cancel"))):
        assert (answer.status, answer.body["code"]) == (403, "forbidden")


# --- canceling -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_whole_order_is_canceled_and_paid_back(orders: AcpClient, paid: Purchase) -> None:
    answer = orders.post(path(paid.order, "/cancel"), {"reason": "Bought\u202e twice\u200b"})
    paid.settle()

    assert answer.status == 200
    assert answer.body["order"]["status"] == "canceled"
    assert answer.body["message"] == "4 units are canceled; what was paid for them is given back."
    assert answer.body["possible"]["may_cancel"] is False
    told = next(one for one in answer.body["order"]["adjustments"] if one["type"] == "cancellation")
    assert (told["reason"], told["description"]) == ("requested_by_customer", "Bought twice")
    assert paid.given_back() == paid.order.total_minor


def test_an_empty_body_cancels_everything(orders: AcpClient, bought: Purchase) -> None:
    assert orders.post(path(bought.order, "/cancel")).body["order"]["status"] == "canceled"


def test_a_body_that_breaks_off_cancels_nothing(orders: AcpClient, bought: Purchase) -> None:
    """What is left of it may be nothing at all, which would cancel everything."""
    cut_off: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/agent{path(bought.order, '/cancel')}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "60",
        "HTTP_AUTHORIZATION": f"Bearer {orders.token}",
        "HTTP_API_VERSION": API_VERSION,
        "HTTP_IDEMPOTENCY_KEY": "one",
        "wsgi.input": io.BytesIO(),
    }
    answer = Client().request(**cut_off)

    assert (answer.status_code, answer.json()["message"]) == (400, "The body ends after 0 of 60 bytes.")
    assert orders.get(path(bought.order)).body["order"]["status"] != "canceled"


@pytest.mark.django_db(transaction=True)
def test_units_of_a_line_are_canceled(orders: AcpClient, paid: Purchase) -> None:
    tote = paid.line(paid.tote)

    answer = orders.post(path(paid.order, "/cancel"), {"line_items": [{"id": tote, "quantity": 2}]})
    again = orders.post(path(paid.order, "/cancel"), {"line_items": [{"id": tote}]})
    paid.settle()

    assert answer.body["possible"]["line_items"][0]["cancelable"] == {"quantity": 1}
    assert answer.body["message"].startswith("2 units are canceled")
    assert again.body["message"].startswith("1 unit is canceled")
    assert [line["quantity"]["current"] for line in again.body["order"]["line_items"]] == [0, 1]
    assert paid.given_back() == round(3 * 2400 * 1.0725)


def test_a_repeated_call_cancels_once(orders: AcpClient, bought: Purchase) -> None:
    body = {"line_items": [{"id": bought.line(bought.tote), "quantity": 1}]}

    first = orders.post(path(bought.order, "/cancel"), body, key="again")
    second = orders.post(path(bought.order, "/cancel"), body, key="again")
    other = orders.post(path(bought.order, "/cancel"), {}, key="again")

    assert first.raw == second.raw
    assert second.headers["idempotent-replayed"] == "true"
    assert (other.status, other.body["code"]) == (422, "idempotency_conflict")
    assert bought.log().count("canceled") == 1


def test_what_is_sent_is_not_canceled(orders: AcpClient, bought: Purchase) -> None:
    ship(bought.order)
    tote = bought.line(bought.tote)

    whole = orders.post(path(bought.order, "/cancel"), {})
    one = orders.post(path(bought.order, "/cancel"), {"line_items": [{"id": tote}]})

    why = "It is in a shipment already: ask for a return instead."
    assert (whole.status, whole.body["code"]) == (400, "nothing_to_cancel")
    assert whole.body["message"] == f"Nothing of this order can be canceled. {why}"
    assert (one.body["message"], one.body["param"]) == (f"'{tote}' cannot be canceled. {why}", "$.line_items[0]")
    assert "canceled" not in bought.log()


@pytest.mark.parametrize(
    ("units", "code", "param"),
    [
        ({"quantity": 4}, "nothing_to_cancel", "$.line_items[0].quantity"),
        ({"id": "li_nothing"}, "unknown_line", "$.line_items[0].id"),
        ({"quantity": 0}, "invalid", "$.line_items[0].quantity"),
        ({"quantity": 1.5}, "invalid", "$.line_items[0].quantity"),
        ({"quantity": "2"}, "invalid", "$.line_items[0].quantity"),
        ({"amount": 5}, "invalid", "$.line_items[0].amount"),
    ],
)
def test_wrong_units_are_refused_and_nothing_is_canceled(
    orders: AcpClient, bought: Purchase, units: dict[str, Any], code: str, param: str
) -> None:
    body = {"line_items": [{"id": bought.line(bought.tote), **units}]}

    answer = orders.post(path(bought.order, "/cancel"), body)

    assert (answer.status, answer.body["code"], answer.body["param"]) == (400, code, param)
    assert "canceled" not in bought.log()


def test_an_unknown_line_is_answered_with_the_known(orders: AcpClient, bought: Purchase) -> None:
    answer = orders.post(path(bought.order, "/cancel"), {"line_items": [{"id": bought.tote.pk}]})

    known = f"'{bought.line(bought.tote)}' = Canvas Tote, '{bought.line(bought.cap)}' = Canvas Tote"
    assert answer.body["message"] == f"This order has no line '{bought.tote.pk}'. Its lines: {known}."


def test_units_named_twice_are_added_up(orders: AcpClient, bought: Purchase) -> None:
    tote = bought.line(bought.tote)

    answer = orders.post(path(bought.order, "/cancel"), {"line_items": [{"id": tote, "quantity": 2}] * 2})

    assert answer.body["param"] == "$.line_items[1].quantity"
    assert "canceled" not in bought.log()


def test_a_misspelt_field_cancels_nothing(orders: AcpClient, bought: Purchase) -> None:
    answer = orders.post(path(bought.order, "/cancel"), {"line_item": [{"id": bought.line(bought.tote)}]})

    assert (answer.status, answer.body["param"]) == (400, "$.line_item")
    assert "canceled" not in bought.log()


def test_a_key_is_needed_to_change_something(orders: AcpClient, bought: Purchase) -> None:
    for action in ("/cancel", "/returns"):
        answer = orders.post(path(bought.order, action), {"reason": "other"}, key=None)
        assert (answer.status, answer.body["code"]) == (400, "idempotency_key_required")


# --- sending back ----------------------------------------------------------------------------------------


def test_a_return_is_asked_for_and_shown(orders: AcpClient, bought: Purchase) -> None:
    ship(bought.order)
    tote = bought.line(bought.tote)
    body = {"line_items": [{"id": tote, "quantity": 2}], "reason": "too_small", "comment": "A bit <b>tight</b>"}

    answer = orders.post(path(bought.order, "/returns"), body)

    assert answer.status == 201
    told = answer.body["order"]["adjustments"][-1]
    assert (told["type"], told["status"], told["line_items"]) == (
        "return",
        "pending",
        [{"id": tote, "quantity": 2}],
    )
    assert answer.body["message"] == (
        "The return is asked for. The shop decides, and tells the buyer by e-mail where to send it."
    )
    assert answer.body["possible"]["line_items"][0]["returnable"]["quantity"] == 1
    made = Return.objects.get()
    assert (made.reason, made.note, made.status) == ("too_small", "A bit tight", "requested")


def test_what_was_not_delivered_is_canceled_by_the_shop_alone(orders: AcpClient, bought: Purchase) -> None:
    now = timezone.now()
    for status in ("shipped", "failed"):
        record_step(bought.order.pk, Parcel(), Step(status, now), now=now)

    answer = orders.post(path(bought.order, "/cancel"), {})
    named = orders.post(path(bought.order, "/cancel"), {"line_items": [{"id": bought.line(bought.cap)}]})

    assert (answer.status, answer.body["code"]) == (named.status, named.body["code"]) == (400, "nothing_to_cancel")
    assert answer.body["message"] == (
        "Nothing of this order can be canceled. Its carrier could not deliver it, and may yet: ask the shop."
    )
    assert bought.attempt().refunded_minor == 0


def test_everything_that_came_is_sent_back(orders: AcpClient, bought: Purchase) -> None:
    ship(bought.order)

    first = orders.post(path(bought.order, "/returns"), {"reason": "other"}, key="once")
    second = orders.post(path(bought.order, "/returns"), {"reason": "other"}, key="once")

    assert first.raw == second.raw
    assert sorted(Return.objects.get().lines.values_list("quantity", flat=True)) == [1, 3]
    assert first.body["possible"]["may_return"] is False


def test_what_is_not_sent_is_canceled_and_not_sent_back(orders: AcpClient, bought: Purchase) -> None:
    answer = orders.post(path(bought.order, "/returns"), {"reason": "other"})

    assert (answer.status, answer.body["code"]) == (400, "nothing_to_return")
    assert answer.body["message"] == (
        "Nothing of this order can be sent back. It is not sent yet: cancel it instead."
    )
    assert not Return.objects.exists()


def test_a_return_can_be_too_late(orders: AcpClient, bought: Purchase) -> None:
    ship(bought.order, days_ago=40)
    tote = bought.line(bought.tote)

    shown = orders.get(path(bought.order)).body["possible"]["line_items"][0]["returnable"]
    answer = orders.post(path(bought.order, "/returns"), {"reason": "other", "line_items": [{"id": tote}]})

    assert (answer.status, answer.body["code"]) == (400, "return_window_over")
    assert (shown["quantity"], shown["code"]) == (0, "too_late")
    assert answer.body["message"] == f"'{tote}' cannot be sent back. {shown['message']}"
    assert not Return.objects.exists()


def test_an_unknown_reason_is_answered_with_the_known(orders: AcpClient, bought: Purchase) -> None:
    ship(bought.order)

    answer = orders.post(path(bought.order, "/returns"), {"reason": "boredom"})

    assert (answer.status, answer.body["param"]) == (400, "$.reason")
    assert "'damaged', 'wrong_item', 'too_small'" in answer.body["message"]


def test_more_than_arrived_is_not_sent_back(orders: AcpClient, bought: Purchase) -> None:
    ship(bought.order)
    body = {"reason": "other", "line_items": [{"id": bought.line(bought.tote), "quantity": 4}]}

    answer = orders.post(path(bought.order, "/returns"), body)

    assert answer.body["message"] == f"Only 3 of '{bought.line(bought.tote)}' can be sent back now."
    assert not Return.objects.exists()
