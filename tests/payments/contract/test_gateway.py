"""What the shop relies on at its payment provider: one answer for each question, however often it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.payments import stripe_records
from commerce.payments.gateway import (
    ActionRequired,
    AlreadyCaptured,
    Authorized,
    Captured,
    Charge,
    Declined,
    FoundDispute,
    FoundRefund,
    Gone,
    ProviderNotice,
    Refunded,
    Refused,
    Unknown,
    Voided,
)
from tests.payments.contract.conftest import TOTAL, VISA, Provider, authorized, eventually, why_not_stripe


def capture(provider: Provider, charge: Charge, held: Authorized, amount: int = TOTAL) -> Any:
    reference = held.provider_reference
    return provider.gateway.capture(
        attempt_id=charge.attempt_id, provider_reference=reference, amount_minor=amount
    )


def void(provider: Provider, charge: Charge, held: Authorized) -> Any:
    return provider.gateway.void(attempt_id=charge.attempt_id, provider_reference=held.provider_reference)


def refund(provider: Provider, held: Authorized, amount: int, refund_id: str = "") -> Any:
    return provider.gateway.refund(
        refund_id=refund_id or f"ref_{held.provider_reference}_{amount}",
        provider_reference=held.provider_reference,
        amount_minor=amount,
        reason="requested_by_customer",
    )


def test_stripe_itself_is_asked_too() -> None:
    if reason := why_not_stripe():
        pytest.skip(reason)


def test_a_hold_is_the_amount_and_is_taken_once(provider: Provider) -> None:
    charge, held = provider.held()

    taken = [capture(provider, charge, held) for _ in range(2)]

    assert (held.amount_minor, held.currency, held.is_captured) == (TOTAL, "usd", False)
    assert taken == [Captured(TOTAL, "usd")] * 2
    assert void(provider, charge, held) == AlreadyCaptured(TOTAL)


def test_the_same_charge_again_is_the_same_hold(provider: Provider) -> None:
    charge, held = provider.held()

    assert provider.gateway.authorize(charge) == held


def test_a_key_with_another_amount_decides_nothing(provider: Provider) -> None:
    charge, _ = provider.held()

    assert isinstance(provider.gateway.authorize(replace(charge, amount_minor=TOTAL - 100)), Unknown)


def test_what_is_to_be_taken_at_once_is(provider: Provider) -> None:
    charge = provider.charge(at_once=True, metadata={"checkout_session": "cs_1"})

    taken = authorized(provider.gateway.authorize(charge))

    intent = provider.account.client().v1.payment_intents.retrieve(taken.provider_reference)
    assert (taken.amount_minor, taken.is_captured) == (TOTAL, True)
    assert intent.metadata.to_dict() == {"checkout_session": "cs_1", "payment_attempt": charge.attempt_id}


def test_a_part_is_taken_and_the_rest_released(provider: Provider) -> None:
    charge, held = provider.held()

    taken = [capture(provider, charge, held, TOTAL - 1500) for _ in range(2)]

    intent = provider.account.client().v1.payment_intents.retrieve(held.provider_reference)
    assert taken == [Captured(TOTAL - 1500, "usd")] * 2
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", TOTAL - 1500, 0)
    assert isinstance(refund(provider, held, TOTAL - 1500 + 1), Refused)


def test_a_hold_is_given_back_once_and_cannot_be_taken_then(provider: Provider) -> None:
    charge, held = provider.held()

    assert [void(provider, charge, held) for _ in range(2)] == [Voided(), Voided()]
    assert capture(provider, charge, held) == Gone("canceled")


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("visa_chargeDeclined", "generic_decline"),
        ("visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("visa_chargeDeclinedLostCard", "lost_card"),
        ("visa_chargeDeclinedStolenCard", "stolen_card"),
        ("chargeDeclinedExpiredCard", "expired_card"),
        ("chargeDeclinedProcessingError", "processing_error"),
    ],
)
def test_a_declined_card_says_why_and_holds_nothing(provider: Provider, card: str, code: str) -> None:
    charge = provider.charge(f"pm_card_{card}")

    answers = [provider.gateway.authorize(charge) for _ in range(2)]

    assert answers[0] == answers[1]
    assert isinstance(answers[0], Declined)
    assert answers[0].code == code
    intent = provider.account.client().v1.payment_intents.retrieve(answers[0].provider_reference)
    assert (intent.status, intent.amount_capturable) == ("requires_payment_method", 0)


def test_a_card_that_asks_for_the_buyer_holds_nothing(provider: Provider) -> None:
    charge = provider.charge("pm_card_threeDSecure2Required")

    asked, again = (provider.gateway.authorize(charge) for _ in range(2))

    assert isinstance(asked, ActionRequired)
    assert asked.url.startswith(("http://", "https://"))
    assert asked.brand == "visa"
    assert again == provider.gateway.look_up_payment(asked.provider_reference) == asked
    given_up = provider.gateway.void(attempt_id=charge.attempt_id, provider_reference=asked.provider_reference)
    assert given_up == Voided()
    assert isinstance(provider.gateway.look_up_payment(asked.provider_reference), Declined)


def test_a_payment_is_found_as_it_stands(provider: Provider) -> None:
    charge, held = provider.held()
    declined = provider.gateway.authorize(provider.charge("pm_card_visa_chargeDeclinedInsufficientFunds"))
    assert isinstance(declined, Declined)

    found = provider.gateway.look_up_payment(declined.provider_reference)

    assert isinstance(found, Declined)
    assert (found.code, found.provider_reference) == ("insufficient_funds", declined.provider_reference)
    assert provider.gateway.look_up_payment(held.provider_reference) == held
    since = timezone.now() - timedelta(hours=1)
    assert eventually(lambda: provider.gateway.find_payment(charge.attempt_id, since=since)) == held
    assert provider.gateway.find_payment("pay_nobody_has_asked_for", since=since) is None
    assert isinstance(provider.gateway.look_up_payment("pi_3NobodyHasMadeThis"), Unknown)


@pytest.mark.parametrize("is_thorough", [True, False])
def test_a_payment_is_found_behind_many_others(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, is_thorough: bool
) -> None:
    monkeypatch.setattr(stripe_records, "PAGE", 1)
    charge, held = provider.held()
    provider.held()
    since = timezone.now() - timedelta(hours=1)

    def find(attempt_id: str) -> Any:
        return provider.gateway.find_payment(attempt_id, since=since, is_thorough=is_thorough)

    assert eventually(lambda: find(charge.attempt_id)) == held
    assert find("pay_nobody_has_asked_for") is None


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("above_limit", "token_limit"),
        ("consumed", "token_consumed"),
        ("revoked", "token_revoked"),
        ("unknown", "token_unknown"),
        ("currency", "token_currency"),
    ],
)
def test_a_token_that_does_not_fit_is_declined(provider: Provider, problem: str, code: str) -> None:
    charge = provider.charge()
    match problem:
        case "above_limit":
            charge = replace(charge, amount_minor=TOTAL + 1)
        case "consumed":
            authorized(provider.gateway.authorize(provider.charge(token=charge.token, at_once=True)))
        case "revoked":
            provider.account.revoke(charge.token)
        case "unknown":
            charge = replace(charge, token="spt_1NobodyHasGrantedThis")
        case "currency":
            charge = replace(charge, token=provider.account.mint(TOTAL, currency="eur"))

    answer = provider.gateway.authorize(charge)

    assert isinstance(answer, Declined)
    assert (answer.code, answer.provider_reference) == (code, "")


def test_less_than_can_be_charged_is_refused(provider: Provider) -> None:
    answer = provider.gateway.authorize(replace(provider.charge(), amount_minor=10))

    assert isinstance(answer, Refused)
    assert answer.code == "amount_too_small"


def test_money_goes_back_in_parts_once_each_and_never_more_than_was_taken(provider: Provider) -> None:
    held = provider.taken()

    first, again = (refund(provider, held, 1500, f"ref_a{held.provider_reference}") for _ in range(2))
    too_much = refund(provider, held, TOTAL - 1500 + 1)
    rest = refund(provider, held, TOTAL - 1500, f"ref_b{held.provider_reference}")

    assert (first.status, first.amount_minor, first.failure_code) == ("succeeded", 1500, "")
    assert again == first
    assert isinstance(too_much, Refused)
    assert (rest.status, rest.amount_minor) == ("succeeded", TOTAL - 1500)
    assert rest.provider_reference != first.provider_reference
    assert isinstance(refund(provider, held, 1), Refused)


def test_a_refund_is_found_with_whose_it_is(provider: Provider) -> None:
    held = provider.taken()
    made = refund(provider, held, 1500, f"ref_{held.provider_reference}")
    wanted: Any = {"payment_intent": held.provider_reference, "amount": 100}
    elsewhere = provider.account.client().v1.refunds.create(wanted)

    found = provider.gateway.look_up_refund(made.provider_reference)
    foreign = provider.gateway.look_up_refund(elsewhere.id)

    assert isinstance(found, FoundRefund)
    assert isinstance(foreign, FoundRefund)
    assert found == FoundRefund(
        made, f"ref_{held.provider_reference}", held.provider_reference, created_at=found.created_at
    )
    assert foreign == FoundRefund(
        Refunded(elsewhere.id, "succeeded", 100), "", held.provider_reference, created_at=foreign.created_at
    )
    assert isinstance(provider.gateway.look_up_refund("re_1NobodyHasMadeThis"), Unknown)


def test_a_slow_refund_is_pending_first(provider: Provider) -> None:
    held = provider.taken("pm_card_pendingRefund")

    assert refund(provider, held, 1500).status == "pending"


def test_a_dispute_is_found_and_stands_against_refunds(provider: Provider) -> None:
    held = provider.taken("pm_card_createDispute")
    reference = held.provider_reference
    disputes = provider.account.client().v1.disputes
    opened = eventually(lambda: next(iter(disputes.list({"payment_intent": reference}).data), None))

    found = provider.gateway.look_up_dispute(opened.id)

    assert isinstance(found, FoundDispute)
    assert (found.payment_reference, found.amount_minor, found.reason) == (reference, TOTAL, "fraudulent")
    assert found.status == "needs_response"
    assert found.respond_by is not None
    assert found.respond_by > found.opened_at > datetime.now(tz=UTC) - timedelta(hours=1)
    assert isinstance(answer := refund(provider, held, 100), Refused)
    assert answer.code == "charge_disputed"


def test_what_happened_can_be_looked_through(provider: Provider) -> None:
    since = timezone.now() - timedelta(minutes=5)
    held = provider.taken()
    made = refund(provider, held, 1500)
    charge, given_back = provider.held()
    void(provider, charge, given_back)
    wanted = {
        ("payment_intent.amount_capturable_updated", held.provider_reference),
        ("payment_intent.succeeded", held.provider_reference),
        ("refund.created", made.provider_reference),
        ("payment_intent.canceled", given_back.provider_reference),
    }

    def look() -> dict[tuple[str, str], ProviderNotice] | None:
        told = {(one.kind, one.subject): one for one in provider.gateway.notices_since(since)}
        return told if told.keys() >= wanted else None

    told = eventually(look)

    succeeded = told["payment_intent.succeeded", held.provider_reference].payload
    assert succeeded["data"]["object"]["metadata"]["payment_attempt"].startswith("pay_")
    assert succeeded["livemode"] is False


def test_two_tokens_of_a_card_are_two_payments(provider: Provider) -> None:
    first, second = (provider.charge(VISA) for _ in range(2))

    references = {authorized(provider.gateway.authorize(one)).provider_reference for one in (first, second)}

    assert len(references) == 2
