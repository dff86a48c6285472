"""A token for each confirmation: one, for no more than its total, and for nobody else."""

from __future__ import annotations

import pytest
from django.utils import timezone

from commerce.accounts.models import Agent, AgentKey
from commerce.accounts.services import issue_key
from commerce.catalog.models import Variant
from commerce.checkout.challenges import visit_payment
from commerce.checkout.confirmations import VALID_FOR, confirm
from commerce.checkout.models import Confirmation
from commerce.errors import NotFoundError
from commerce.money import Money
from commerce.orders.models import Order
from commerce.payments.models import PaymentAttempt
from commerce.wallet.mandates import MandateExceededError, grant_mandate, require_allowed
from commerce.wallet.minting import mint
from commerce.wallet.models import Shopper, WalletToken
from commerce.wallet.services import add_card, welcome_guest
from tests.api import AcpClient, Answer
from tests.stripe_account import StripeAccount


@pytest.fixture
def shopper(db: None) -> Shopper:
    return welcome_guest().shopper


@pytest.fixture
def careful(agent: Agent) -> AcpClient:
    return AcpClient(issue_key(agent, requires_confirmation=True)[1])


def confirmed(session: Answer, shopper: Shopper) -> Confirmation:
    now = timezone.now()
    card = add_card(shopper, "pm_card_visa", now=now)
    terms = visit_payment(session.body["id"], now=now).terms
    return confirm(session.body["id"], terms=terms, evidence={}, payment_source=card.pk, now=now)


def test_a_minted_token_pays_what_was_confirmed(
    careful: AcpClient, tote: Variant, shopper: Shopper, stripe_account: StripeAccount
) -> None:
    session = careful.create(tote.pk)
    token = mint(confirmed(session, shopper).pk, shopper=shopper, now=timezone.now())

    answer = careful.complete(session.body["id"], token)

    assert answer.body["status"] == "completed"
    assert [one.amount for one in stripe_account.intents()] == [session.total()]


def test_a_yes_is_used_up_where_none_is_wanted_any_more(
    careful: AcpClient, tote: Variant, shopper: Shopper, stripe_account: StripeAccount
) -> None:
    session = careful.create(tote.pk)
    token = mint(confirmed(session, shopper).pk, shopper=shopper, now=timezone.now())
    AgentKey.objects.update(requires_confirmation=False)

    answer = careful.complete(session.body["id"], token)

    assert answer.body["status"] == "completed"
    assert Confirmation.objects.get().attempt_id == PaymentAttempt.objects.get().pk
    grant_mandate(shopper, currency="usd", limit_per_period_minor=session.total())
    with pytest.raises(MandateExceededError):
        require_allowed(shopper, tote.product.merchant, Money(1, "usd"), now=timezone.now() + VALID_FOR)


def test_it_is_minted_once(
    careful: AcpClient, tote: Variant, shopper: Shopper, stripe_account: StripeAccount
) -> None:
    yes = confirmed(careful.create(tote.pk), shopper)

    tokens = {mint(yes.pk, shopper=shopper, now=timezone.now()) for _ in range(2)}
    WalletToken.objects.update(sealed_token=None)  # as if the process had died before it was kept
    tokens.add(mint(yes.pk, shopper=shopper, now=timezone.now()))

    assert len(tokens) == 1


def test_no_other_token_pays_what_was_confirmed_with_a_card(
    careful: AcpClient, tote: Variant, shopper: Shopper, stripe_account: StripeAccount
) -> None:
    session = careful.create(tote.pk)
    yes = confirmed(session, shopper)
    other = stripe_account.mint(session.total())

    before = careful.complete(session.body["id"], other)
    mint(yes.pk, shopper=shopper, now=timezone.now())
    after = careful.complete(session.body["id"], other)

    assert [before.codes, after.codes] == [["approval_required"], ["approval_required"]]
    assert (Order.objects.count(), stripe_account.intents()) == (0, [])


def test_strangers_mint_nothing(
    careful: AcpClient, tote: Variant, shopper: Shopper, stripe_account: StripeAccount
) -> None:
    yes = confirmed(careful.create(tote.pk), shopper)
    with pytest.raises(NotFoundError):
        mint(yes.pk, shopper=welcome_guest().shopper, now=timezone.now())
    assert WalletToken.objects.count() == 0


def test_nothing_is_minted_beyond_a_limit(
    careful: AcpClient, tote: Variant, shopper: Shopper, stripe_account: StripeAccount
) -> None:
    grant_mandate(shopper, currency="usd", limit_per_order_minor=100)
    yes = confirmed(careful.create(tote.pk), shopper)
    with pytest.raises(MandateExceededError):
        mint(yes.pk, shopper=shopper, now=timezone.now())
    assert WalletToken.objects.count() == 0
