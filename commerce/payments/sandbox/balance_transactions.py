"""Balance transactions: what moved the account's balance, as far as refunds and disputes do.

Stripe's own fees on charges are not emulated, so charges have none.
"""

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.identifiers import new_id

AVAILABLE_AFTER = 2 * 24 * 60 * 60


def create(
    account: Account,
    kind: str,
    *,
    category: str,
    amount: int,
    currency: str,
    source: str,
    description: str,
    fee: int = 0,
) -> Document:
    """Store a movement of the balance; money that leaves the account has a negative amount."""
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Dispute fee",
            "type": "stripe_fee",
        }
    ]
    return account.insert(
        {
            "id": new_id("txn_3"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": account.now + AVAILABLE_AFTER,
            "balance_type": "payments",
            "created": account.now,
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": fees if fee else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "status": "pending",
            "type": kind,
        }
    )


def retrieve(account: Account, transaction_id: str) -> Document:
    """Return one balance transaction; it is available once its date has come."""
    transaction = account.retrieve("balance_transaction", transaction_id)
    is_available = transaction["available_on"] <= account.now
    return {**transaction, "status": "available" if is_available else "pending"}
