from __future__ import annotations

from commerce.accounts.models import Merchant
from tests.api import AcpClient
from tests.factories import VariantFactory
from tests.stripe_account import StripeAccount


def test_buys(acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount) -> None:
    tote = VariantFactory.create(merchant=merchant, price_minor=2400)

    session = acp.create(tote.pk)
    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert done.status == 200
    assert done.body["status"] == "completed"
    assert done.body["order"]["checkout_session_id"] == session.body["id"]
    assert stripe_account.ledger() == [("authorization", 2400 + 500 + 174)]
