"""What the bank behind a card does once money was captured from it."""

from commerce.payments.sandbox import disputes, fraud_warnings
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document


def react(account: Account, charge: Document) -> None:
    """Dispute a captured charge or warn of it, as its card does. The charge is stored already."""
    disputes.open_if_disputed(account, charge)
    fraud_warnings.open_if_reported(account, charge)
