"""When the provider does not say what happened: asked again with the same key, never told as a decline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Variant
from commerce.checkout import sweeps
from commerce.checkout.models import CheckoutSession
from commerce.checkout.sweeps import release_reservations, resume_interrupted
from commerce.inventory.models import Reservation, StockItem
from commerce.inventory.services import reserve_writes
from commerce.orders.models import Order
from commerce.payments import asking
from commerce.payments.gateway import KEY_REFUSED, forget_gateway
from commerce.payments.models import PaymentAttempt
from commerce.statements import write
from tests.api import AcpClient, Answer, payment
from tests.factories import VariantFactory
from tests.provider import Wire, wire_to
from tests.stripe_account import StripeAccount
from tests.waiting import HANG_GUARD, wait_until

LOST = ["refuse", "lose", "cut", "drop", "busy"]


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=2400, stock__on_hand=5)


@pytest.fixture
def wire(stripe_account: StripeAccount, settings: Settings) -> Iterator[Wire]:
    with wire_to(stripe_account.base) as wire:
        settings.STRIPE_API_BASE = wire.url
        settings.STRIPE_MAX_NETWORK_RETRIES = 0
        forget_gateway()
        yield wire


def later(seconds: int = 700) -> None:
    """Let the leases of all unsettled attempts end."""
    PaymentAttempt.objects.update(leased_until=timezone.now() - timedelta(seconds=seconds))


def complete(acp: AcpClient, session: Answer, token: str, key: str = "k") -> Answer:
    """Complete without the rule that nothing answers 5xx."""
    response = acp.http.generic(
        "POST",
        f"/acp/checkout_sessions/{session.body['id']}/complete",
        json.dumps({"payment_data": payment(token)}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {acp.token}", "API-Version": "2026-04-17", "Idempotency-Key": key},
    )
    headers = {name.lower(): value for name, value in response.items()}
    return Answer(response.status_code, response.json(), response.content, headers)


@pytest.mark.parametrize("fault", LOST)
def test_the_agent_is_told_to_repeat(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire, fault: str
) -> None:
    session = acp.create(tote.pk)
    wire.faults = [fault]

    answer = complete(acp, session, stripe_account.mint(session.total()))

    assert (answer.status, answer.body["type"], answer.body["code"]) == (
        503,
        "service_unavailable",
        "service_unavailable",
    )
    assert int(answer.headers["retry-after"]) >= 1
    assert acp.read(session.body["id"]).body["status"] == "complete_in_progress"
    assert (StockItem.objects.get().reserved, Order.objects.count()) == (1, 0)


@pytest.mark.parametrize("fault", LOST)
def test_the_repetition_gets_the_order_and_one_charge(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire, fault: str
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())
    wire.faults = [fault]
    complete(acp, session, token)
    if fault == "lose":
        assert stripe_account.ledger() == [("authorization", session.total())]
    later()

    answer = complete(acp, session, token)
    again = complete(acp, session, token)

    assert (answer.status, answer.body["status"]) == (200, "completed")
    assert again.raw == answer.raw
    assert stripe_account.ledger() == [("authorization", session.total())]
    assert (Order.objects.count(), PaymentAttempt.objects.get().status) == (1, "authorized")


@pytest.mark.parametrize("fault", LOST)
def test_the_clock_ends_it_without_the_agent(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire, fault: str
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())
    wire.faults = [fault]
    complete(acp, session, token)
    later()

    assert [resume_interrupted(now=timezone.now()) for _ in range(2)] == [1, 0]

    assert acp.read(session.body["id"]).body["status"] == "completed"
    assert complete(acp, session, token).body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", session.total())]


def test_a_key_refused_since_says_nothing_of_what_was_asked(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire, settings: Settings
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["lose"]
    complete(acp, session, stripe_account.mint(session.total()))
    settings.STRIPE_SECRET_KEY = "sk_test_not a key"
    forget_gateway()
    later()

    assert resume_interrupted(now=timezone.now()) == 0
    assert (CheckoutSession.objects.get().status, StockItem.objects.get().reserved) == ("completing", 1)

    settings.STRIPE_SECRET_KEY = stripe_account.key
    forget_gateway()
    later()
    assert resume_interrupted(now=timezone.now()) == 1
    assert acp.read(session.body["id"]).body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", session.total())]


def test_a_key_refused_at_once_charges_nothing(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, settings: Settings
) -> None:
    session = acp.create(tote.pk)
    settings.STRIPE_SECRET_KEY = "sk_test_not a key"
    forget_gateway()

    answer = complete(acp, session, stripe_account.mint(session.total()))

    assert (answer.status, answer.body["status"]) == (200, "ready_for_payment")
    assert any("Nothing was charged" in message["content"] for message in answer.body["messages"])
    assert (PaymentAttempt.objects.get().decline_code, StockItem.objects.get().reserved) == (KEY_REFUSED, 0)


def test_another_token_under_the_same_key_pays_nothing(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["refuse"]
    complete(acp, session, stripe_account.mint(session.total()))
    later()

    answer = complete(acp, session, stripe_account.mint(session.total()))

    assert (answer.status, answer.body["code"]) == (422, "idempotency_conflict")
    assert (stripe_account.ledger(), CheckoutSession.objects.get().status) == ([], "completing")


def test_a_decline_found_out_later_gives_everything_back(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total(), card="pm_card_visa_chargeDeclined")
    wire.faults = ["lose"]
    complete(acp, session, token)
    later()

    answer = complete(acp, session, token)

    assert (answer.body["status"], answer.codes) == ("ready_for_payment", ["payment_declined"])
    assert StockItem.objects.get().reserved == 0


def test_while_the_outcome_is_unknown_nothing_else_moves_the_session(
    acp: AcpClient, agent: Agent, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["lose"]
    complete(acp, session, stripe_account.mint(session.total()))

    answers = [
        acp.update(session.body["id"], order_notes="x"),
        acp.cancel(session.body["id"]),
        complete(acp, session, stripe_account.mint(session.total()), key="another"),
    ]

    assert [answer.status for answer in answers] == [409, 409, 409]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert len(stripe_account.intents()) == 1


def test_stock_is_kept_for_as_long_as_it_may_be_paid(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["lose"]
    complete(acp, session, stripe_account.mint(session.total()))
    Reservation.objects.update(expires_at=timezone.now() - timedelta(hours=1))

    assert release_reservations(now=timezone.now()) == 0
    assert StockItem.objects.get().reserved == 1

    later()
    resume_interrupted(now=timezone.now())
    assert (StockItem.objects.get().on_hand, StockItem.objects.get().reserved) == (4, 0)


def test_forgotten_reservations_are_given_back(tote: Variant) -> None:
    now = timezone.now()
    expires_at = now - timedelta(seconds=1)
    write(*reserve_writes({tote.pk: 2}, reference="pay_gone", expires_at=expires_at, now=now))

    assert [release_reservations(now=now) for _ in range(2)] == [1, 0]
    assert StockItem.objects.get().reserved == 0


def test_an_attempt_somebody_is_at_work_on_is_left_alone(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["lose"]
    token = stripe_account.mint(session.total())
    complete(acp, session, token)
    PaymentAttempt.objects.update(leased_until=timezone.now() + timedelta(seconds=30))

    assert resume_interrupted(now=timezone.now()) == 0
    assert complete(acp, session, token).status == 409
    assert CheckoutSession.objects.get().status == "completing"


def test_the_pause_grows_while_the_provider_is_silent(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["refuse"] * 10
    waits = []
    for _ in range(4):
        answer = complete(acp, session, "spt_never_reached")
        waits.append(int(answer.headers["retry-after"]))
        later()

    assert waits == [2, 4, 8, 16]


DAY = timedelta(hours=25)


@pytest.mark.parametrize(
    ("fault", "status", "sold"), [("lose", "completed", 1), ("refuse", "ready_for_payment", 0)]
)
def test_after_a_day_the_payment_is_looked_for_and_not_asked_for_again(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire, fault: str, status: str, sold: int
) -> None:
    session = acp.create(tote.pk)
    wire.faults = [fault]
    complete(acp, session, stripe_account.mint(session.total()))
    PaymentAttempt.objects.update(submitted_at=timezone.now() - DAY)
    later()

    resume_interrupted(now=timezone.now())

    assert acp.read(session.body["id"]).body["status"] == status
    assert stripe_account.ledger() == [("authorization", session.total())] * sold
    assert (StockItem.objects.get().on_hand, StockItem.objects.get().reserved) == (5 - sold, 0)
    assert wire.seen.count("/v1/payment_intents") == 1


def test_a_look_through_all_books_goes_on_where_it_stopped_and_ends(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LOOKING_FOR", -1.0)
    session = acp.create(tote.pk)
    wire.faults = ["refuse"]
    complete(acp, session, stripe_account.mint(session.total()))
    now = timezone.now()
    submitted_at, begin = now - 2 * DAY, now - 2 * DAY - timedelta(hours=1)
    PaymentAttempt.objects.update(submitted_at=submitted_at)

    looked = []
    for _ in range(2):
        later()
        assert resume_interrupted(now=now) == 0
        looked.append(PaymentAttempt.objects.get().looked_until)
    PaymentAttempt.objects.update(looked_until=submitted_at + timedelta(hours=22))
    ended = []
    for _ in range(3):
        later()
        ended.append(resume_interrupted(now=now))

    assert looked == [begin + timedelta(hours=1), begin + timedelta(hours=2)]
    assert ended == [0, 1, 0]
    assert PaymentAttempt.objects.get().decline_code == "never_paid"
    assert StockItem.objects.get().reserved == 0


def test_after_a_day_silence_is_no_answer_either(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["lose", "refuse"]
    complete(acp, session, stripe_account.mint(session.total()))
    PaymentAttempt.objects.update(submitted_at=timezone.now() - DAY)
    later()

    assert resume_interrupted(now=timezone.now()) == 0

    assert CheckoutSession.objects.get().status == "completing"


def test_a_payment_behind_an_error_told_for_good_is_adopted(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())
    wire.faults = ["spoil"]
    assert complete(acp, session, token).status == 503
    later()

    answer = complete(acp, session, token)

    assert answer.body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", session.total())]
    assert (PaymentAttempt.objects.get().status, Order.objects.count()) == ("authorized", 1)


def test_what_failed_for_good_is_given_up_after_an_hour_and_may_be_paid_again(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())
    wire.faults = ["spoil_before"]
    complete(acp, session, token)
    now, ended = timezone.now(), []

    for minutes in (1, 60, 61, 62):
        later()
        ended.append(resume_interrupted(now=now + timedelta(minutes=minutes)))

    assert ended == [0, 0, 1, 0]
    assert (StockItem.objects.get().reserved, stripe_account.ledger()) == (0, [])
    answer = acp.complete(session.body["id"], token)
    assert answer.body["status"] == "completed"
    assert sorted(PaymentAttempt.objects.values_list("status", "decline_code")) == [
        ("authorized", ""),
        ("failed", "never_paid"),
    ]
    assert stripe_account.ledger() == [("authorization", session.total())]


@pytest.mark.parametrize("fault", ["refuse", "drop", "busy"])
def test_no_answer_is_no_reason_to_give_up(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire, fault: str
) -> None:
    session = acp.create(tote.pk)
    wire.faults = [fault]
    complete(acp, session, stripe_account.mint(session.total()))
    PaymentAttempt.objects.update(missing_since=timezone.now() - timedelta(hours=3))
    later()
    wire.faults = [fault]

    assert resume_interrupted(now=timezone.now()) == 0

    assert CheckoutSession.objects.get().status == "completing"
    assert wire.seen.count("/v1/payment_intents") == 2


def test_what_was_begun_and_never_finished_is_canceled_before_it_is_given_up(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["spoil_before"]
    complete(acp, session, stripe_account.mint(session.total()))
    attempt = PaymentAttempt.objects.get()
    begun = {"amount": session.total(), "currency": "usd", "metadata": {"payment_attempt": attempt.pk}}
    stripe_account.client().v1.payment_intents.create(cast(Any, begun))
    now, ended = timezone.now(), []

    for minutes in (1, 60, 61):
        later()
        ended.append(
            (resume_interrupted(now=now + timedelta(minutes=minutes)), stripe_account.intents()[0].status)
        )

    assert ended == [(0, "requires_payment_method"), (0, "requires_payment_method"), (1, "canceled")]
    attempt.refresh_from_db()
    assert (attempt.status, attempt.decline_code) == ("failed", "unfinished")
    assert acp.read(session.body["id"]).body["status"] == "ready_for_payment"


def test_a_token_this_attempt_has_used_is_no_decline(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, wire: Wire
) -> None:
    session = acp.create(tote.pk)
    wire.faults = ["lose"]
    token = stripe_account.mint(session.total())
    complete(acp, session, token)
    stripe_account.advance(int(DAY.total_seconds()))  # the provider has forgotten the key, and we do not know it
    later()

    done = complete(acp, session, token)

    assert done.body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", session.total())]


def test_a_token_another_session_has_used_is_declined(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    first, second = acp.create(tote.pk), acp.create(tote.pk)
    token = stripe_account.mint(first.total())
    acp.complete(first.body["id"], token)

    answer = acp.complete(second.body["id"], token)

    assert (answer.body["status"], answer.codes) == ("ready_for_payment", ["payment_declined"])
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("patience", [HANG_GUARD, 0.0])
def test_the_clock_waits_for_no_provider(
    acp: AcpClient,
    tote: Variant,
    stripe_account: StripeAccount,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    patience: float,
) -> None:
    monkeypatch.setattr(sweeps, "PATIENCE_SECONDS", patience)
    for fault in ("lose", "refuse"):
        session = acp.create(tote.pk)
        wire.faults = [fault]
        complete(acp, session, stripe_account.mint(session.total()), key=fault)
    later()

    sweeps.take_up_interrupted()

    if not patience:  # what was handed over goes on behind it
        wait_until(lambda: not PaymentAttempt.objects.filter(status="submitting").exists(), "both attempts")
    assert list(CheckoutSession.objects.values_list("status", flat=True)) == ["completed"] * 2
    assert [entry for entry, _ in stripe_account.ledger()] == ["authorization"] * 2
