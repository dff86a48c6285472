"""One answer for one key (IDEM-*). What needs several connections is in tests/concurrency."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.carts.models import Cart
from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.idempotency.models import IdempotencyRecord
from commerce.orders.models import Order
from tests.api import AcpClient, Answer, payment
from tests.conftest import method_id
from tests.factories import VariantFactory
from tests.stripe_account import StripeAccount


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant)


def new_session(tote: Variant) -> dict[str, Any]:
    return {"currency": "usd", "line_items": [{"id": tote.pk, "quantity": 1}], "capabilities": {}}


@pytest.mark.parametrize("path", ["", "/cs_x", "/cs_x/complete", "/cs_x/cancel"])
@pytest.mark.parametrize("key", [None, " "])
def test_every_post_needs_a_key(acp: AcpClient, path: str, key: str | None) -> None:
    answer = acp.post(f"/checkout_sessions{path}", {}, key=key)

    assert (answer.status, answer.body["type"], answer.body["code"]) == (
        400,
        "invalid_request",
        "idempotency_key_required",
    )


@pytest.mark.parametrize("path", ["/carts", "/carts/cart_x/cancel"])
def test_every_post_of_a_cart_needs_a_key(acp: AcpClient, path: str) -> None:
    assert acp.post(path, {}, key=None).body["code"] == "idempotency_key_required"


@pytest.mark.parametrize(
    ("key", "status"),
    [("x" * 255, 201), ("x" * 256, 400), ("a b/c?d=e&f#g{}|\\^~[]`\"'", 201), ("\u00e9", 400)],
)
def test_a_key_is_up_to_255_printable_characters(acp: AcpClient, tote: Variant, key: str, status: int) -> None:
    assert acp.post("/checkout_sessions", new_session(tote), key=key).status == status


def test_a_repetition_gets_the_same_bytes(acp: AcpClient, tote: Variant) -> None:
    first = acp.post("/checkout_sessions", new_session(tote), key="k")
    again = acp.post("/checkout_sessions", new_session(tote), key="k", headers={"User-Agent": "other/2"})

    assert "idempotent-replayed" not in first.headers
    assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")
    assert again.raw == first.raw
    assert CheckoutSession.objects.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"capabilities":{}, "line_items":[{"quantity":1,"id":"ID"}],\n "currency":"usd"}',
        '{"currency":"usd","line_items":[{"id":"ID","quantity":1.0}],"capabilities":{}}',
        '{"currency":"usd","line_items":[{"id":"ID","quantity":1e0}],"capabilities":{}}',
        '{"currency":"\\u0075sd","line_items":[{"id":"ID","quantity":1}],"capabilities":{}}',
    ],
    ids=["order of keys", "trailing zero", "exponent", "escape"],
)
def test_bodies_that_mean_the_same_are_the_same(acp: AcpClient, tote: Variant, text: str) -> None:
    first = acp.post("/checkout_sessions", new_session(tote), key="k")

    again = acp.post("/checkout_sessions", raw=text.replace("ID", tote.pk).encode(), key="k")

    assert again.raw == first.raw


@pytest.mark.parametrize(
    "change",
    [
        {"buyer": None},
        {"currency": "USD"},
        {"discounts": {"codes": ["A"]}},
        {"line_items": []},
        {"nonsense": True},
    ],
    ids=["null is not absent", "value", "extension field", "invalid body", "unknown field"],
)
def test_another_body_is_a_conflict_for_ever(acp: AcpClient, tote: Variant, change: dict[str, Any]) -> None:
    first = acp.post("/checkout_sessions", new_session(tote), key="k")

    conflicts = [acp.post("/checkout_sessions", {**new_session(tote), **change}, key="k") for _ in range(2)]
    replay = acp.post("/checkout_sessions", new_session(tote), key="k")

    assert [(one.status, one.body["code"]) for one in conflicts] == [(422, "idempotency_conflict")] * 2
    assert replay.raw == first.raw


def test_the_order_of_arrays_matters(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    cap = VariantFactory.create(merchant=merchant)
    items = [{"id": tote.pk}, {"id": cap.pk}]
    body = {"currency": "usd", "line_items": items, "capabilities": {}}
    acp.post("/checkout_sessions", body, key="k")

    swapped = acp.post("/checkout_sessions", {**body, "line_items": items[::-1]}, key="k")

    assert swapped.status == 422


def test_paths_and_sessions_do_not_share_keys(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    one = acp.create(tote.pk)
    other = acp.create(tote.pk)
    token = stripe_account.mint(10_000)

    answers = [
        acp.post("/checkout_sessions", new_session(tote), key="k"),
        acp.post(f"/checkout_sessions/{one.body['id']}", {"order_notes": "a"}, key="k"),
        acp.post(f"/checkout_sessions/{other.body['id']}", {"order_notes": "b"}, key="k"),
        acp.complete(one.body["id"], token, key="k"),
        acp.cancel(other.body["id"], key="k"),
        acp.post("/carts", {"line_items": [{"id": tote.pk}]}, key="k"),
    ]

    assert [answer.status for answer in answers] == [201, 200, 200, 200, 200, 201]


def test_callers_do_not_share_keys(acp: AcpClient, stranger: AcpClient, tote: Variant) -> None:
    acp.post("/checkout_sessions", new_session(tote), key="k")

    answer = stranger.post("/checkout_sessions", new_session(tote), key="k")

    assert (answer.status, answer.body["code"]) == (400, "invalid_item_id")


def test_an_update_repeats_what_it_answered_though_the_session_moved_on(
    acp: AcpClient, merchant: Merchant, tote: Variant
) -> None:
    session_id = acp.create(tote.pk).body["id"]
    path = f"/checkout_sessions/{session_id}"
    express = [{"type": "shipping", "option_id": method_id(merchant, "Express"), "item_ids": [tote.pk]}]

    first = acp.post(path, {"selected_fulfillment_options": express}, key="a")
    acp.post(path, {"line_items": [{"id": tote.pk, "quantity": 3}]}, key="b")
    again = acp.post(path, {"selected_fulfillment_options": express}, key="a")

    assert again.raw == first.raw
    assert acp.read(session_id).body["line_items"][0]["quantity"] == 3


def test_a_create_repeats_the_original_not_the_present(acp: AcpClient, tote: Variant) -> None:
    first = acp.post("/checkout_sessions", new_session(tote), key="k")
    acp.update(first.body["id"], order_notes="changed")

    again = acp.post("/checkout_sessions", new_session(tote), key="k")

    assert again.raw == first.raw


def test_complete_and_cancel_are_repeated_too(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    bought, dropped = acp.create(tote.pk), acp.create(tote.pk)
    token = stripe_account.mint(bought.total())

    completed = [acp.complete(bought.body["id"], token, key="c") for _ in range(2)]
    canceled = [acp.cancel(dropped.body["id"], key="x") for _ in range(2)]

    assert completed[0].raw == completed[1].raw
    assert canceled[0].raw == canceled[1].raw
    assert canceled[1].headers["idempotent-replayed"] == "true"
    assert Order.objects.count() == 1
    assert stripe_account.ledger() == [("authorization", bought.total())]


def test_refusals_are_repeated_too(acp: AcpClient, tote: Variant) -> None:
    bad = {**new_session(tote), "line_items": [{"id": tote.pk, "quantity": 0}]}

    answers = [acp.post("/checkout_sessions", bad, key="k") for _ in range(2)]

    assert [answer.status for answer in answers] == [400, 400]
    assert answers[0].raw == answers[1].raw
    assert answers[1].headers["idempotent-replayed"] == "true"


def test_a_missing_session_is_repeated_too(acp: AcpClient) -> None:
    answers = [acp.post("/checkout_sessions/cs_x", {}, key="k") for _ in range(2)]

    assert [answer.status for answer in answers] == [404, 404]
    assert answers[1].headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    "refuse",
    [
        lambda acp, body: acp.post("/checkout_sessions", body, key="k", headers={"Authorization": None}),
        lambda acp, body: acp.post("/checkout_sessions", body, key="k", headers={"API-Version": None}),
        lambda acp, _body: acp.post("/checkout_sessions", raw=b"{", key="k"),
        lambda acp, body: acp.post("/checkout_sessions", body, key="k", content_type="text/plain"),
    ],
    ids=["authentication", "version", "malformed", "content type"],
)
def test_what_is_refused_before_the_work_leaves_the_key_free(
    acp: AcpClient, tote: Variant, refuse: Callable[[AcpClient, dict[str, Any]], Answer]
) -> None:
    refused = refuse(acp, new_session(tote))

    accepted = acp.post("/checkout_sessions", new_session(tote), key="k")

    assert refused.status >= 400
    assert accepted.status == 201


def test_a_failure_of_ours_leaves_the_key_free(
    acp: AcpClient, tote: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("commerce.checkout.services.load_facts", explode)
        failed = acp.http.generic(
            "POST",
            "/acp/checkout_sessions",
            json.dumps(new_session(tote)),
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {acp.token}",
                "API-Version": "2026-04-17",
                "Idempotency-Key": "k",
            },
        )

    assert failed.status_code == 500
    assert acp.post("/checkout_sessions", {**new_session(tote), "order_notes": "x"}, key="k").status == 422
    assert acp.post("/checkout_sessions", new_session(tote), key="k").status == 201


def test_an_answer_is_kept_for_a_day_and_then_forgotten(acp: AcpClient, tote: Variant) -> None:
    first = acp.post("/checkout_sessions", new_session(tote), key="k")

    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
    within = acp.post("/checkout_sessions", new_session(tote), key="k")
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=49))
    after = acp.post("/checkout_sessions", {**new_session(tote), "order_notes": "new"}, key="k")

    assert within.raw == first.raw
    assert after.status == 201
    assert after.body["id"] != first.body["id"]


def test_a_cart_is_replaced_once_for_a_key(acp: AcpClient, tote: Variant) -> None:
    cart = acp.post("/carts", {"line_items": [{"id": tote.pk}]})
    path = f"/carts/{cart.body['id']}"

    first = acp.put(path, {"line_items": [{"id": tote.pk, "quantity": 2}]}, key="k")
    acp.put(path, {"line_items": [{"id": tote.pk, "quantity": 3}]})
    again = acp.put(path, {"line_items": [{"id": tote.pk, "quantity": 2}]}, key="k")

    assert again.raw == first.raw
    assert acp.get(path).body["line_items"][0]["quantity"] == 3
    assert Cart.objects.count() == 1


def test_a_declined_payment_is_repeated_not_tried_again(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total(), card="pm_card_visa_chargeDeclined")
    body = {"payment_data": payment(token)}

    answers = [acp.post(f"/checkout_sessions/{session.body['id']}/complete", body, key="k") for _ in range(2)]

    assert answers[0].raw == answers[1].raw
    assert "payment_declined" in answers[0].codes
    assert len(stripe_account.intents()) == 1
