"""Tokens from a wallet: one for each confirmation, promised in a row first, minted at the provider, then kept.

Source: docs.stripe.com, "Shared Payment Tokens: testing".
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from commerce import sealing
from commerce.accounts.models import Merchant
from commerce.checkout.confirmations import bind_token
from commerce.checkout.models import CheckoutSession, Confirmation
from commerce.errors import CommerceError, NotFoundError, UnavailableError
from commerce.ids import new_id
from commerce.money import Money
from commerce.payments.connections import connection_of, gateway_at
from commerce.payments.gateway import GrantedToken, Refused, Unknown
from commerce.postgres.failures import give_back_connection
from commerce.wallet.mandates import require_allowed
from commerce.wallet.models import Card, Shopper, WalletToken

FOR_THE_BANK = timedelta(minutes=20)
"""How much longer than the yes a token lives: the issuer may ask the buyer to authenticate after it was used."""


NOTHING_TO_PAY = "nothing-to-pay"
"""Stands where a token is wanted for what costs nothing: no provider knows it, and none is asked."""


class CardRefusedError(CommerceError):
    """The provider mints no token for this card, or the shop cannot be paid by it."""

    code = "card_refused"


def mint(confirmation_id: str, *, shopper: Shopper, now: datetime) -> str:
    """Return the token that pays for what a shopper has confirmed; the same one each time.

    A yes that costs nothing names no card: NOTHING_TO_PAY stands for its token.

    Opens its own transactions; asks the provider outside of them. Raises NotFoundError where the confirmation is
    not this shopper's, MandateExceededError, CardRefusedError, UnavailableError.
    """
    if Confirmation.objects.filter(pk=confirmation_id, total_minor=0, payment_source="").exists():
        return NOTHING_TO_PAY
    promised = _promised(confirmation_id, shopper, now)
    if promised.sealed_token is not None:
        return sealing.unseal(promised.sealed_token)
    token = _granted(promised)
    with transaction.atomic():
        WalletToken.objects.filter(pk=promised.pk).update(sealed_token=sealing.seal(token))
        bind_token(confirmation_id, token)
    return token


@transaction.atomic
def _promised(confirmation_id: str, shopper: Shopper, now: datetime) -> WalletToken:
    Shopper.objects.select_for_update(no_key=True).get(pk=shopper.pk)
    confirmation = Confirmation.objects.get(pk=confirmation_id)
    card = Card.objects.filter(pk=confirmation.payment_source, shopper=shopper).first()
    if card is None:
        raise NotFoundError("This was not confirmed with a card of this wallet.")
    known = WalletToken.objects.filter(confirmation_id=confirmation_id).first()
    if known is not None:
        return known
    merchant = CheckoutSession.objects.select_related("merchant").get(pk=confirmation.session_id).merchant
    amount = Money(confirmation.total_minor, confirmation.currency)
    require_allowed(shopper, merchant, amount, now=now)
    return WalletToken.objects.create(
        id=new_id("wtk"),
        confirmation_id=confirmation_id,
        card=card,
        merchant=merchant,
        amount_minor=amount.minor,
        currency=amount.currency,
        created_at=now,
    )


def _granted(promised: WalletToken) -> str:
    """Have the provider of the shop mint the token. The same promise asks the same again."""
    connection = connection_of(Merchant.objects.get(pk=promised.merchant_id))
    if connection is None or connection.is_live:
        raise CardRefusedError("This shop cannot be paid with a test card.")
    gateway, card = gateway_at(connection.account), promised.card.name
    expires_at = promised.confirmation.expires_at + FOR_THE_BANK
    give_back_connection()
    answer = gateway.grant_test_token(
        amount_minor=promised.amount_minor,
        currency=promised.currency,
        method=card,
        expires_at=expires_at,
        key=promised.pk,
    )
    match answer:
        case GrantedToken(token=token):
            return token
        case Refused(message=message):
            raise CardRefusedError(f"The card cannot be used: {message}")
        case Unknown():
            raise UnavailableError("The payment provider does not answer.")
