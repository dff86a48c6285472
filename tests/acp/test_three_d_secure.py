"""A card whose issuer asks the buyer to authenticate (3DS-1..9; outcomes as resolved in A-44)."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from commerce.accounts.models import Agent, AgentKeySpend, Merchant
from commerce.accounts.services import issue_key
from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.discounts.models import DiscountUsage
from commerce.orders.models import Order
from commerce.outbox.models import OutboxEvent
from commerce.payments.models import PaymentAttempt
from tests.api import AcpClient
from tests.challenge import CARD, PROOF, Challenged, settle, stock
from tests.factories import DiscountFactory
from tests.stripe_account import StripeAccount


def test_waits_for_the_buyer_with_everything_held(
    challenged: Challenged, tote: Variant, merchant: Merchant
) -> None:
    body = challenged.answer.body

    assert (challenged.answer.status, body["status"]) == (200, "authentication_required")
    assert body["authentication_metadata"] == {
        "acquirer_details": {
            "acquirer_bin": "424242",
            "acquirer_country": "US",
            "acquirer_merchant_id": merchant.payment_account,
            "merchant_name": merchant.name,
        },
        "directory_server": "visa",
    }
    assert body["continue_url"].endswith(f"/checkout/{challenged.id}")
    assert body["capabilities"]["interventions"] == {
        "supported": ["3ds"],
        "required": ["3ds"],
        "enforcement": "always",
    }
    assert [(one["type"], "Nothing is charged" in one["content"]) for one in body["messages"]] == [
        ("info", True),
        ("info", False),
    ]
    assert stock(tote) == (10, 2)
    assert challenged.stripe.ledger() == []


def test_no_order_before_the_authentication(challenged: Challenged) -> None:
    read = challenged.acp.read(challenged.id)

    assert read.body["status"] == "authentication_required"
    assert "order" not in read.body
    assert read.body["authentication_metadata"]["directory_server"] == "visa"
    assert not Order.objects.exists()


def test_the_handler_says_so_beforehand(acp: AcpClient, tote: Variant) -> None:
    body = acp.create(tote.pk, capabilities={"interventions": {"supported": ["3ds", "biometric"]}}).body

    (handler,) = body["capabilities"]["payment"]["handlers"]
    assert handler["config"]["supports_3ds"] is True
    assert body["capabilities"]["interventions"] == {"supported": ["3ds"]}


def test_completing_without_a_result_is_refused(challenged: Challenged) -> None:
    answer = challenged.acp.complete(challenged.id, challenged.token)

    assert answer.status == 400
    assert (answer.body["type"], answer.body["code"]) == ("invalid_request", "requires_3ds")
    assert answer.body["param"] == "$.authentication_result"
    assert challenged.acp.read(challenged.id).body["status"] == "authentication_required"
    assert challenged.stripe.ledger() == []


@pytest.mark.parametrize("outcome", ["authenticated", "attempt_acknowledged", "informational"])
def test_a_proof_completes_on_the_same_terms(challenged: Challenged, tote: Variant, outcome: str) -> None:
    done = challenged.tell(outcome, PROOF)

    assert (done.status, done.body["status"]) == (200, "completed")
    assert done.total() == challenged.total
    assert done.messages == []
    assert "authentication_metadata" not in done.body
    assert done.body["order"]["checkout_session_id"] == challenged.id
    assert challenged.stripe.ledger() == [("authorization", challenged.total)]
    assert stock(tote) == (8, 0)
    attempt = PaymentAttempt.objects.get()
    assert (attempt.status, attempt.authentication, attempt.sealed_proof) == ("authorized", outcome, None)
    (intent,) = challenged.stripe.intents()
    assert intent.id == attempt.provider_reference


def test_price_changes_meanwhile_change_nothing(challenged: Challenged, tote: Variant) -> None:
    Variant.objects.update(price_minor=9900)

    done = challenged.tell("authenticated", PROOF)

    assert (done.body["status"], done.total()) == ("completed", challenged.total)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outcome", ["denied", "rejected", "not_supported"])
def test_a_final_refusal_opens_the_session_again(challenged: Challenged, tote: Variant, outcome: str) -> None:
    answer = challenged.tell(outcome)

    assert (answer.status, answer.body["status"]) == (200, "ready_for_payment")
    assert answer.codes == ["payment_declined"]
    assert not {"order", "authentication_metadata", "continue_url"} & set(answer.body)
    assert stock(tote) == (10, 0)
    settle()
    assert [intent.status for intent in challenged.stripe.intents()] == ["canceled"]
    assert challenged.stripe.ledger() == []
    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_another_card_may_do_after_a_refusal(challenged: Challenged, tote: Variant) -> None:
    challenged.tell("denied")

    done = challenged.acp.complete(challenged.id, challenged.stripe.mint(challenged.total))

    assert done.body["status"] == "completed"
    settle()
    assert challenged.stripe.ledger() == [("authorization", challenged.total), ("capture", challenged.total)]
    assert stock(tote) == (8, 0)


@pytest.mark.parametrize("outcome", ["abandoned", "canceled", "internal_error", "processing_error"])
def test_the_buyer_may_try_again(challenged: Challenged, tote: Variant, outcome: str) -> None:
    answer = challenged.tell(outcome)

    assert (answer.status, answer.body["status"]) == (200, "authentication_required")
    assert "authentication_metadata" in answer.body
    assert [one["type"] for one in answer.messages] == ["info", "info"]
    assert stock(tote) == (10, 2)
    assert challenged.tell("authenticated", PROOF).body["status"] == "completed"


def test_a_proof_the_issuer_rejects_declines(challenged: Challenged, tote: Variant) -> None:
    answer = challenged.tell("informational", PROOF | {"electronic_commerce_indicator": "07"})

    assert (answer.body["status"], answer.codes) == ("ready_for_payment", ["payment_declined"])
    assert stock(tote) == (10, 0)
    assert challenged.stripe.ledger() == []
    assert PaymentAttempt.objects.get().status == "declined"


def test_an_authenticated_card_may_be_declined(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total(), card="pm_card_threeDSecureRequiredChargeDeclined")
    challenged = Challenged(acp, stripe_account, session, token)

    answer = challenged.tell("authenticated", PROOF)

    assert (answer.body["status"], answer.codes) == ("ready_for_payment", ["payment_declined"])
    assert stock(tote) == (10, 0)


def test_an_agent_that_never_offered_it_is_told_where_else(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk, capabilities={"interventions": {"supported": []}})

    answer = Challenged(acp, stripe_account, session, stripe_account.mint(session.total(), card=CARD)).answer

    assert (answer.body["status"], answer.codes) == ("authentication_required", ["intervention_required"])
    assert answer.messages[0]["resolution"] == "requires_buyer_input"
    assert answer.body["capabilities"]["interventions"]["supported"] == []
    assert stripe_account.ledger() == []


@pytest.mark.parametrize("missing", [None, *PROOF])
def test_a_proof_must_be_whole(challenged: Challenged, missing: str | None) -> None:
    details = {name: value for name, value in PROOF.items() if name != missing} if missing else None

    answer = challenged.tell("authenticated", details)

    place = "$.authentication_result.outcome_details"
    assert (answer.status, answer.body["code"]) == (400, "missing")
    assert answer.body["param"] == (f"{place}.{missing}" if missing else place)
    assert challenged.acp.read(challenged.id).body["status"] == "authentication_required"


@pytest.mark.parametrize(
    ("outcome", "details", "param"),
    [
        ("unheard_of", PROOF, "$.authentication_result.outcome"),
        (None, None, "$.authentication_result.outcome"),
        (
            "authenticated",
            PROOF | {"electronic_commerce_indicator": "99"},
            "$.authentication_result.outcome_details.electronic_commerce_indicator",
        ),
        (
            "authenticated",
            PROOF | {"three_ds_cryptogram": 7},
            "$.authentication_result.outcome_details.three_ds_cryptogram",
        ),
    ],
)
def test_nonsense_is_refused(challenged: Challenged, outcome: Any, details: Any, param: str) -> None:
    answer = challenged.tell(outcome, details)

    assert (answer.status, answer.body["type"], answer.body["param"]) == (400, "invalid_request", param)
    assert challenged.stripe.ledger() == []


def test_a_refusal_without_details_is_understood(challenged: Challenged) -> None:
    answer = challenged.tell("denied", {"transaction_id": "4e4b", "version": "2.2.0"})

    assert answer.body["status"] == "ready_for_payment"


def test_a_proof_is_for_the_token_it_was_asked_for(challenged: Challenged) -> None:
    other = challenged.stripe.mint(challenged.total)

    answer = challenged.tell("authenticated", PROOF, token=other)

    assert (answer.status, answer.body["code"]) == (400, "invalid")
    assert answer.body["param"] == "$.payment_data.instrument.credential.token"
    assert challenged.stripe.ledger() == []


@pytest.mark.django_db(transaction=True)
def test_cancel_gives_everything_back(challenged: Challenged, tote: Variant) -> None:
    answer = challenged.acp.cancel(challenged.id)

    assert (answer.status, answer.body["status"]) == (200, "canceled")
    assert stock(tote) == (10, 0)
    settle()
    assert [intent.status for intent in challenged.stripe.intents()] == ["canceled"]
    assert challenged.tell("authenticated", PROOF).status == 405


@pytest.mark.django_db(transaction=True)
def test_an_update_gives_the_payment_up(challenged: Challenged, tote: Variant) -> None:
    answer = challenged.acp.update(challenged.id, line_items=[{"id": tote.pk, "quantity": 10}])

    assert (answer.status, answer.body["status"]) == (200, "ready_for_payment")
    assert "continue_url" not in answer.body
    assert stock(tote) == (10, 0)
    settle()
    assert [intent.status for intent in challenged.stripe.intents()] == ["canceled"]
    more = challenged.acp.complete(challenged.id, challenged.stripe.mint(answer.total()))
    assert (more.body["status"], stock(tote)) == ("completed", (0, 0))


def test_limits_and_codes_come_back(
    agent: Agent, merchant: Merchant, tote: Variant, stripe_account: StripeAccount
) -> None:
    code = DiscountFactory.create(merchant=merchant, code="ONCE", usage_limit=1)
    _, token = issue_key(agent, limit_per_day_minor=100_000)
    acp = AcpClient(token)
    session = acp.create(tote.pk, discounts={"codes": ["ONCE"]})
    challenged = Challenged(acp, stripe_account, session, stripe_account.mint(session.total(), card=CARD))
    assert AgentKeySpend.objects.get().amount_minor == session.total()
    assert DiscountUsage.objects.get(discount=code).used == 1

    challenged.tell("rejected")

    assert AgentKeySpend.objects.get().amount_minor == 0
    assert DiscountUsage.objects.get(discount=code).used == 0


def test_repeated_requests_change_nothing(acp: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total(), card=CARD)

    first, again = (acp.complete(session.body["id"], token, key="one") for _ in range(2))
    result = {"outcome": "authenticated", "outcome_details": PROOF}
    done, replayed = (
        acp.complete(session.body["id"], token, key="two", authentication_result=result) for _ in range(2)
    )

    assert first.raw == again.raw
    assert done.raw == replayed.raw
    assert done.body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", session.total())]


def test_a_result_may_come_with_the_first_request(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total(), card=CARD)
    result = {"outcome": "authenticated", "outcome_details": PROOF}

    done = acp.complete(session.body["id"], token, authentication_result=result)

    assert done.body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", session.total())]
    attempt = PaymentAttempt.objects.get()
    assert (attempt.authentication, attempt.sealed_proof) == ("authenticated", None)


def test_a_refusal_with_the_first_request_charges_nothing(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)

    answer = acp.complete(
        session.body["id"], stripe_account.mint(session.total()), authentication_result={"outcome": "denied"}
    )

    assert (answer.body["status"], answer.codes) == ("ready_for_payment", ["payment_declined"])
    assert not PaymentAttempt.objects.exists()
    assert stock(tote) == (10, 0)


@pytest.mark.parametrize(("card", "acquirer"), [(CARD, ""), ("pm_card_discover", "424242")])
def test_without_a_way_for_the_agent_only_the_page_is_left(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, settings: Settings, card: str, acquirer: str
) -> None:
    settings.ACQUIRER_BIN = acquirer
    session = acp.create(tote.pk)
    challenged = Challenged(acp, stripe_account, session, stripe_account.mint(session.total(), card=CARD))
    if card != CARD:
        row = CheckoutSession.objects.get()
        CheckoutSession.objects.update(document=row.document.replace('"brand":"visa"', '"brand":"discover"'))

    body = challenged.acp.read(challenged.id).body

    assert body["status"] == "requires_escalation"
    assert body["continue_url"].endswith(f"/checkout/{challenged.id}")
    assert "authentication_metadata" not in body


def test_nothing_secret_is_kept(challenged: Challenged) -> None:
    assert challenged.tell("authenticated", PROOF).body["status"] == "completed"

    rows = [*PaymentAttempt.objects.values(), *CheckoutSession.objects.values(), *OutboxEvent.objects.values()]
    kept = str(rows)
    assert challenged.token not in kept
    assert PROOF["three_ds_cryptogram"] not in kept
