"""What Stripe tells us: twice, shuffled, late, early, forged or never; afterwards the same is true."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from commerce.aftersales.services import refund_order
from commerce.catalog.models import Variant
from commerce.checkout.sweeps import resume_interrupted
from commerce.inbox import provider_events
from commerce.inbox.models import EventMark, ProviderEvent
from commerce.inbox.provider_events import fetch_missed, forget_old, handle_event, store_event
from commerce.orders.models import Order
from commerce.outbox.relay import drain
from commerce.payments.gateway import (
    Authorized,
    ProviderNotice,
    ProviderUnreachableError,
    forget_gateway,
    gateway,
)
from commerce.payments.models import PaymentAttempt, Refund
from commerce.payments.services import Attempt
from commerce.payments.stripe_gateway import StripeGateway
from commerce.payments.transfers import ProviderUndecidedError
from tests.api import AcpClient, payment
from tests.provider import wire_to
from tests.purchase import Purchase
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = ["whsec_new", "whsec_old"]


@pytest.fixture(autouse=True)
def _secrets(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS


def happened() -> list[ProviderNotice]:
    return list(gateway().notices_since(timezone.now() - timedelta(hours=1)))


def send(body: str, *, secret: str = SECRETS[0], shift: int = 0, header: str | None = None) -> tuple[int, Any]:
    moment = int(timezone.now().timestamp()) + shift
    signed = stripe.WebhookSignature.generate_signature_header(payload=body, secret=secret, timestamp=moment)
    answer = Client().post(
        "/payments/webhooks/stripe",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signed if header is None else header},
    )
    return answer.status_code, answer.json()


def event(**changes: Any) -> str:
    body = {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
    }
    return json.dumps({**body, **changes})


@pytest.mark.parametrize("secret", SECRETS)
def test_an_event_is_stored_once(secret: str) -> None:
    first, second = send(event(), secret=secret), send(event(), secret=secret)

    assert first == (200, {"received": True, "duplicate": False})
    assert second == (200, {"received": True, "duplicate": True})
    assert ProviderEvent.objects.values_list("id", "kind", "subject").get() == (
        "evt_1",
        "payment_intent.succeeded",
        "pi_1",
    )


@pytest.mark.parametrize(
    ("body", "how"),
    [
        (event(), {"secret": "whsec_forged"}),
        (event(), {"shift": -301}),
        (event(), {"shift": 301}),
        (event(), {"header": ""}),
        (event(), {"header": "t=1,v1=zz"}),
        (event(livemode=True), {}),
        ("[]", {}),
        ("{", {}),
        (event(data=None), {}),
    ],
)
def test_what_is_not_stripes_is_not_stored(body: str, how: dict[str, Any]) -> None:
    status, answer = send(body, **how)

    assert (status, answer["code"]) == (400, "invalid_signature")
    assert not ProviderEvent.objects.exists()


def test_an_event_is_kept_without_what_pays(paid: Purchase) -> None:
    told = [notice for notice in happened() if notice.kind.startswith("payment_intent.")]
    assert any("spt_" in json.dumps(dict(notice.payload)) for notice in told)

    for notice in told:
        store_event(notice, now=timezone.now())

    kept = json.dumps(list(ProviderEvent.objects.values_list("payload", flat=True)))
    assert "spt_" not in kept
    assert "_secret_" not in kept
    assert {notice.subject for notice in told} == set(ProviderEvent.objects.values_list("subject", flat=True))


@pytest.mark.parametrize("seed", range(4))
def test_twice_twin_and_shuffled_events_change_nothing(paid: Purchase, seed: int) -> None:
    refund_order(paid.order.pk, amount_minor=1500, now=timezone.now())
    paid.settle()
    before = (paid.adjustments(), paid.log(), paid.attempt().status, paid.attempt().refunded_minor)
    notices = happened()
    twins = [ProviderNotice(f"{one.id}_twin", one.kind, one.subject, one.payload) for one in notices]
    told = [*notices, *notices, *twins]
    random.Random(seed).shuffle(told)

    for notice in told:
        store_event(notice, now=timezone.now())
    paid.settle()

    assert (paid.adjustments(), paid.log(), paid.attempt().status, paid.attempt().refunded_minor) == before
    assert ProviderEvent.objects.filter(handled_at__isnull=True).count() == 0
    assert ProviderEvent.objects.count() == 2 * len(notices)
    assert paid.given_back() == 1500


def test_an_event_ahead_of_the_answer_settles_the_payment(
    acp: AcpClient, stripe_account: StripeAccount, settings: Settings, paid: Purchase
) -> None:
    session = acp.create(paid.tote.pk)
    body = {"payment_data": payment(stripe_account.mint(session.total()))}
    with wire_to(stripe_account.base) as wire:
        settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = wire.url, 0
        forget_gateway()
        wire.faults = ["lose"]
        with pytest.raises(AssertionError, match=r"went wrong|not answered"):
            acp.post(f"/checkout_sessions/{session.body['id']}/complete", body)
        settings.STRIPE_API_BASE = stripe_account.base
        forget_gateway()
    attempt = PaymentAttempt.objects.get(status="submitting")
    PaymentAttempt.objects.filter(pk=attempt.pk).update(leased_until=timezone.now() + timedelta(minutes=1))
    assert fetch_missed(now=timezone.now()) > 0
    (told,) = ProviderEvent.objects.filter(payload__data__object__metadata__payment_attempt=attempt.pk)[:1]

    with pytest.raises(ProviderUndecidedError):
        handle_event(told.pk, now=timezone.now())
    PaymentAttempt.objects.filter(pk=attempt.pk).update(leased_until=timezone.now() - timedelta(minutes=1))
    paid.settle()

    assert acp.read(session.body["id"]).body["status"] == "completed"
    assert Order.objects.count() == 2
    assert [entry for entry, _ in stripe_account.ledger()].count("authorization") == 2


@pytest.mark.parametrize("asked", ["capture", "refund"])
def test_events_ahead_of_an_answer_are_applied_once(
    bought: Purchase, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    real = getattr(StripeGateway, asked)
    told: list[int] = []

    def overtaken(self: StripeGateway, **what: Any) -> Any:
        answer = real(self, **what)
        if not told:
            told.append(fetch_missed(now=timezone.now()))
            for event in ProviderEvent.objects.filter(handled_at__isnull=True):
                handle_event(event.pk, now=timezone.now())
        return answer

    monkeypatch.setattr(StripeGateway, asked, overtaken)
    bought.settle()
    refund_order(bought.order.pk, amount_minor=1500, now=timezone.now())
    bought.settle()

    total = bought.order.total_minor
    attempt = bought.attempt()
    assert told[0] > 0
    assert (attempt.status, attempt.captured_minor, attempt.refunded_minor) == ("captured", total, 1500)
    assert bought.stripe.ledger() == [("authorization", total), ("capture", total), ("refund", 1500)]
    assert bought.adjustments() == [("refund", "completed", 1500)]
    assert bought.log() == ["placed", "refund_requested", "refund_succeeded"]


@pytest.mark.parametrize("age", [timedelta(hours=2), timedelta(days=3)])
def test_an_old_event_signed_now_is_applied(paid: Purchase, age: timedelta) -> None:
    """Each try is signed anew; only the event says when it happened."""
    before = {notice.id for notice in happened()}
    paid.stripe.client().v1.refunds.create({"payment_intent": paid.attempt().provider_reference, "amount": 900})
    (notice,) = [one for one in happened() if one.kind == "refund.created" and one.id not in before]
    payload = {**notice.payload, "created": notice.payload["created"] - int(age.total_seconds())}

    assert send(json.dumps(payload)) == (200, {"received": True, "duplicate": False})
    paid.settle()

    assert paid.adjustments() == [("refund", "completed", 900)]
    assert ProviderEvent.objects.get(pk=notice.id).handled_at is not None


def test_a_capture_made_elsewhere_is_seen(bought: Purchase) -> None:
    client = stripe.StripeClient(bought.stripe.key, base_addresses={"api": bought.stripe.base})
    client.v1.payment_intents.capture(bought.attempt().provider_reference)

    assert fetch_missed(now=timezone.now()) > 0
    assert fetch_missed(now=timezone.now()) == 0
    bought.settle()

    assert (bought.attempt().status, bought.attempt().captured_minor) == ("captured", bought.order.total_minor)


def test_a_payment_that_takes_effect_after_it_was_given_up_is_given_back(
    acp: AcpClient, stripe_account: StripeAccount, settings: Settings, tote: Variant
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())
    with wire_to(stripe_account.base) as wire:
        settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = wire.url, 0
        forget_gateway()
        wire.faults = ["drop"]
        with pytest.raises(AssertionError, match=r"went wrong|not answered"):
            acp.complete(session.body["id"], token)
    settings.STRIPE_API_BASE = stripe_account.base
    forget_gateway()
    attempt = PaymentAttempt.objects.get()
    charge = Attempt(
        attempt.pk,
        attempt.merchant_id,
        attempt.reference,
        session.total(),
        "usd",
        False,
        token,
        "",
        timezone.now(),
    ).charge(return_url="https://shop.example.com")
    long_ago = timezone.now() - timedelta(hours=24)
    PaymentAttempt.objects.update(submitted_at=long_ago, leased_until=long_ago)
    assert resume_interrupted(now=timezone.now()) == 1

    assert isinstance(gateway().authorize(charge), Authorized)  # a process that slept in between
    fetch_missed(now=timezone.now())
    while drain():
        pass

    total = session.total()
    assert stripe_account.ledger() == [("authorization", total), ("void", total)]
    attempt.refresh_from_db()
    assert (attempt.status, attempt.decline_code, Order.objects.count()) == ("failed", "never_paid", 0)
    assert attempt.provider_reference == stripe_account.intents()[0].id


def refund_elsewhere(paid: Purchase, amount: int) -> None:
    paid.stripe.client().v1.refunds.create({"payment_intent": paid.attempt().provider_reference, "amount": amount})


def test_what_an_outage_of_days_has_hidden_is_found(paid: Purchase) -> None:
    now = timezone.now()
    fetch_missed(now=now)
    refund_elsewhere(paid, 900)

    assert fetch_missed(now=now + timedelta(days=29)) > 0
    assert fetch_missed(now=now + timedelta(days=29, hours=1)) == 0
    paid.settle()

    assert paid.adjustments() == [("refund", "completed", 900)]
    mark = EventMark.objects.get()
    assert (mark.account, mark.looked_until) == (None, now + timedelta(days=29, hours=1))


def test_an_account_never_looked_through_is_so_from_its_first_payment(paid: Purchase) -> None:
    refund_elsewhere(paid, 900)

    assert fetch_missed(now=timezone.now() + timedelta(days=20)) > 0


def test_a_look_that_was_cut_short_goes_on_where_it_stopped(
    paid: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_events, "LOOKING_FOR", -1.0)
    now = timezone.now()
    EventMark.objects.create(looked_until=now - timedelta(days=100))

    marks = []
    for _ in range(2):
        fetch_missed(now=now)
        marks.append(now - EventMark.objects.get().looked_until)

    begin = timedelta(days=30)
    assert marks == [begin - timedelta(hours=3, minutes=45), begin - timedelta(hours=5, minutes=30)]


def test_a_busy_time_is_looked_through_in_small_parts(paid: Purchase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_events, "LOOKING_FOR", -1.0)
    monkeypatch.setattr(provider_events, "PAGE", 0)  # everything counts as busy
    now = timezone.now()
    EventMark.objects.create(looked_until=now - timedelta(hours=5))

    fetch_missed(now=now)

    assert EventMark.objects.get().looked_until == now - timedelta(hours=4, minutes=45)


@pytest.mark.parametrize("minutes", [0, 10])
def test_a_settled_payment_is_no_news(paid: Purchase, caplog: pytest.LogCaptureFixture, minutes: int) -> None:
    assert len(happened()) > 1

    assert fetch_missed(now=timezone.now() + timedelta(minutes=minutes)) == 0

    assert (ProviderEvent.objects.count(), caplog.text.count("had not arrived")) == (0, 0)


@pytest.mark.parametrize(("minutes", "alarms"), [(0, 0), (10, 1)])
def test_what_should_have_been_told_is_said(
    paid: Purchase, caplog: pytest.LogCaptureFixture, minutes: int, alarms: int
) -> None:
    refund_elsewhere(paid, 900)

    assert fetch_missed(now=timezone.now() + timedelta(minutes=minutes)) > 0

    assert caplog.text.count("had not arrived") == alarms


def test_the_mark_stays_where_the_provider_does_not_answer(paid: Purchase, settings: Settings) -> None:
    now = timezone.now()
    EventMark.objects.create(looked_until=now - timedelta(hours=20))
    settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = "http://127.0.0.1:9", 0
    forget_gateway()

    with pytest.raises(ProviderUnreachableError):
        fetch_missed(now=now)

    assert EventMark.objects.get().looked_until == now - timedelta(hours=20)


def test_a_refund_made_elsewhere_becomes_an_adjustment_once(paid: Purchase) -> None:
    client = stripe.StripeClient(paid.stripe.key, base_addresses={"api": paid.stripe.base})
    client.v1.refunds.create({"payment_intent": paid.attempt().provider_reference, "amount": 900})

    for _ in range(2):
        fetch_missed(now=timezone.now())
        paid.settle()

    assert paid.adjustments() == [("refund", "completed", 900)]
    assert (paid.attempt().refunded_minor, Refund.objects.count()) == (900, 1)
    assert paid.acp.read(paid.session_id).body["order"]["adjustments"][0]["amount"] == 900
    assert paid.log() == ["placed", "refund_succeeded"]


def test_what_is_not_ours_is_kept_and_left_alone(stripe_account: StripeAccount) -> None:
    assert send(event())[0] == 200
    assert send(event(id="evt_2", type="customer.created", data={"object": {"object": "customer"}}))[0] == 200

    for told in ProviderEvent.objects.all():
        handle_event(told.pk, now=timezone.now())

    assert ProviderEvent.objects.filter(handled_at__isnull=False).count() == 2


def test_events_handled_long_ago_are_dropped(db: None) -> None:
    now = timezone.now()
    for number, handled in enumerate((now - timedelta(days=46), now - timedelta(days=44), None)):
        ProviderEvent.objects.create(
            id=f"evt_{number}",
            kind="refund.created",
            subject="re_1",
            payload={},
            received_at=now,
            handled_at=handled,
        )

    assert forget_old(now=now) == 1

    assert set(ProviderEvent.objects.values_list("pk", flat=True)) == {"evt_1", "evt_2"}
