"""How a payment that the issuer asks about comes to its end: told, looked at, timed out, or cut short."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.checkout.challenges import give_up
from commerce.checkout.messages import refusal
from commerce.checkout.models import CheckoutSession
from commerce.checkout.sweeps import look_after_challenges, release_reservations, resume_interrupted
from commerce.idempotency.models import IdempotencyRecord
from commerce.inbox.provider_events import fetch_missed
from commerce.orders.models import Order, OrderEvent
from commerce.outbox.models import OutboxEvent
from commerce.payments.gateway import forget_gateway
from commerce.payments.models import PaymentAttempt, Refund
from tests.api import AcpClient
from tests.challenge import CARD, PROOF, Challenged, settle, stock
from tests.provider import wire_to
from tests.stripe_account import StripeAccount

SOON = timedelta(seconds=30)
LATE = timedelta(minutes=16)


def test_the_clock_finds_a_passed_challenge(challenged: Challenged, tote: Variant) -> None:
    challenged.decide("complete")

    look_after_challenges(now=timezone.now() + SOON)

    done = challenged.acp.read(challenged.id)
    assert (done.body["status"], done.total()) == ("completed", challenged.total)
    assert stock(tote) == (8, 0)
    assert challenged.attempt().authentication == "challenge"
    assert challenged.stripe.ledger() == [("authorization", challenged.total)]
    assert [one.kind for one in OrderEvent.objects.all()] == ["placed"]


def test_a_failed_challenge_opens_the_session(challenged: Challenged, tote: Variant) -> None:
    challenged.decide("fail")

    look_after_challenges(now=timezone.now() + SOON)

    read = challenged.acp.read(challenged.id)
    assert (read.body["status"], read.codes) == ("ready_for_payment", ["payment_declined"])
    assert stock(tote) == (10, 0)
    attempt = challenged.attempt()
    assert (attempt.status, attempt.decline_code) == ("declined", "payment_intent_authentication_failure")


def test_a_waiting_challenge_keeps_its_stock(challenged: Challenged, tote: Variant) -> None:
    now = timezone.now()

    look_after_challenges(now=now + SOON)
    release_reservations(now=now + LATE)

    assert challenged.acp.read(challenged.id).body["status"] == "authentication_required"
    assert stock(tote) == (10, 2)


def test_nobody_is_asked_twice_within_the_pause(challenged: Challenged, settings: Settings) -> None:
    with wire_to(challenged.stripe.base) as wire:
        settings.STRIPE_API_BASE = wire.url

        forget_gateway()
        now = timezone.now()
        look_after_challenges(now=now)
        look_after_challenges(now=now + SOON)
        look_after_challenges(now=now + SOON + timedelta(seconds=5))

    assert len(wire.seen) == 1


@pytest.mark.django_db(transaction=True)
def test_an_abandoned_challenge_ends_with_its_time(challenged: Challenged, tote: Variant) -> None:
    look_after_challenges(now=timezone.now() + LATE)

    read = challenged.acp.read(challenged.id)
    assert read.body["status"] == "ready_for_payment"
    assert "not authenticated in time" in read.messages[0]["content"]
    assert stock(tote) == (10, 0)
    settle()
    assert [intent.status for intent in challenged.stripe.intents()] == ["canceled"]
    assert challenged.stripe.ledger() == []
    again = challenged.acp.complete(challenged.id, challenged.stripe.mint(challenged.total))
    assert again.body["status"] == "completed"


def test_a_challenge_passed_in_the_last_second_counts(challenged: Challenged) -> None:
    challenged.decide("complete")

    look_after_challenges(now=timezone.now() + LATE)

    assert challenged.acp.read(challenged.id).body["status"] == "completed"


def test_the_clock_goes_on_while_the_provider_is_silent(challenged: Challenged, settings: Settings) -> None:

    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    forget_gateway()

    look_after_challenges(now=timezone.now() + LATE)

    assert challenged.acp.read(challenged.id).body["status"] == "authentication_required"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [1, 3])
def test_the_provider_tells(challenged: Challenged, times: int) -> None:
    challenged.decide("complete")

    for _ in range(times):
        fetch_missed(now=timezone.now())
        settle()

    assert challenged.acp.read(challenged.id).body["status"] == "completed"
    assert Order.objects.count() == 1


def test_a_proof_survives_a_death_before_the_answer(challenged: Challenged, settings: Settings) -> None:

    with wire_to(challenged.stripe.base) as wire:
        settings.STRIPE_API_BASE = wire.url
        forget_gateway()
        wire.faults[:] = ["lose", "lose"]
        answer = challenged.acp.http.post(
            f"/acp/checkout_sessions/{challenged.id}/complete",
            {
                "payment_data": {
                    "handler_id": "card_tokenized",
                    "instrument": {"type": "card", "credential": {"type": "spt", "token": challenged.token}},
                },
                "authentication_result": {"outcome": "authenticated", "outcome_details": PROOF},
            },
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {challenged.acp.token}",
                "API-Version": "2026-04-17",
                "Idempotency-Key": "lost",
            },
        )
        assert answer.status_code == 503
        assert challenged.acp.read(challenged.id).body["status"] == "complete_in_progress"
        assert challenged.attempt().sealed_proof is not None

        resume_interrupted(now=timezone.now() + timedelta(minutes=5))

    assert challenged.acp.read(challenged.id).body["status"] == "completed"
    assert challenged.stripe.ledger() == [("authorization", challenged.total)]
    assert challenged.attempt().sealed_proof is None


def test_the_buyer_is_faster_than_the_agent(challenged: Challenged) -> None:
    challenged.decide("complete")

    done = challenged.tell("authenticated", PROOF)

    assert done.body["status"] == "completed"
    assert challenged.stripe.ledger() == [("authorization", challenged.total)]


def test_first_request_repeated_after_the_clock_took_it_up(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total(), card=CARD)
    first = acp.complete(session.body["id"], token, key="one")
    IdempotencyRecord.objects.all().delete()

    again = acp.complete(session.body["id"], token, key="one")

    assert (again.status, again.body["status"]) == (200, "authentication_required")
    assert again.body["authentication_metadata"] == first.body["authentication_metadata"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("capture", ["manual", "automatic"])
def test_paid_after_it_was_given_up_goes_back(
    merchant: Merchant, acp: AcpClient, tote: Variant, stripe_account: StripeAccount, capture: str
) -> None:
    Merchant.objects.update(capture=capture)
    session = acp.create(tote.pk)
    challenged = Challenged(acp, stripe_account, session, stripe_account.mint(session.total(), card=CARD))
    why = refusal("payment_declined", "Given up.", "payment")
    give_up(challenged.id, challenged.attempt().pk, why=why, now=timezone.now())
    challenged.decide("complete")

    settle()

    taken = [("authorization", challenged.total)]
    returned = {
        "manual": [("void", challenged.total)],
        "automatic": [("capture", challenged.total), ("refund", challenged.total)],
    }
    assert challenged.stripe.ledger() == taken + returned[capture]
    attempt = challenged.attempt()
    assert attempt.status == "failed"
    assert attempt.captured_minor == attempt.refunded_minor
    assert [refund.status for refund in Refund.objects.all()] == ["succeeded"] * (capture == "automatic")
    assert not Order.objects.exists()
    assert not OutboxEvent.objects.filter(last_error__gt="").exists()
    assert CheckoutSession.objects.get().status == "ready"
    assert PaymentAttempt.objects.count() == 1
