"""The append-only ledger: the witness of what was really authorized, captured, voided and given back.

A row is written in the transaction of the charge it is about, or not at all; triggers of the table refuse
changed and deleted rows, captures and voids beyond the authorization, refunds and disputes beyond the capture,
and more coming back than went. A `refund_failure` returns what its refund sent; a `dispute` is money the
issuer withdrew, a `dispute_reversal` the same money reinstated.
"""

import sqlite3
from collections import defaultdict
from typing import Any, Literal

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document

Entry = Literal[
    "authorization", "capture", "void", "refund", "refund_failure", "dispute", "dispute_reversal"
]  # fmt: skip
COLUMNS = ("sequence", "entry", "amount", "currency", "payment_intent", "charge", "refund", "dispute", "created")
# What each entry adds to or takes from.
SUMS = {
    "authorization": ("authorized", 1),
    "capture": ("captured", 1),
    "void": ("voided", 1),
    "refund": ("refunded", 1),
    "refund_failure": ("refunded", -1),
    "dispute": ("disputed", 1),
    "dispute_reversal": ("disputed", -1),
}
TOTALS = ("authorized", "captured", "voided", "refunded", "disputed")


def record(
    account: Account,
    entry: Entry,
    *,
    charge: Document,
    amount: int,
    refund: str | None = None,
    dispute: str | None = None,
) -> None:
    """Append one row in minor units of the charge's currency."""
    account.connection.execute(
        "INSERT INTO ledger (account, entry, amount, currency, payment_intent, charge, refund, dispute, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account.id,
            entry,
            amount,
            charge["currency"],
            charge["payment_intent"],
            charge["id"],
            refund,
            dispute,
            account.now,
        ),
    )


def rows(connection: sqlite3.Connection, account_id: str) -> list[dict[str, Any]]:
    """Return an account's rows, oldest first."""
    found = connection.execute(
        "SELECT sequence, entry, amount, currency, payment_intent, charge, refund, dispute, created"
        " FROM ledger WHERE account = ? ORDER BY sequence",
        (account_id,),
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def sums(entries: list[dict[str, Any]], by: str = "payment_intent") -> dict[str, dict[str, Any]]:
    """Add rows up per payment intent or another column; `held` is neither captured nor voided yet.

    `refunded` is less what failed refunds returned, `disputed` less what was reinstated.
    """
    totals: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(TOTALS, 0))
    for row in entries:
        total = totals[row[by] or row["charge"]]
        total["currency"] = row["currency"]
        name, sign = SUMS[row["entry"]]
        total[name] += sign * row["amount"]
    for total in totals.values():
        total["held"] = total["authorized"] - total["captured"] - total["voided"]
    return dict(totals)
