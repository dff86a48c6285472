"""The append-only ledger: the witness of what was really authorized, captured, voided and refunded.

A row is written in the transaction of the charge it is about, or not at all; triggers of the table refuse
changed and deleted rows, captures and voids beyond the authorization, and refunds beyond the capture.
"""

import sqlite3
from collections import defaultdict
from typing import Any, Literal

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document

Entry = Literal["authorization", "capture", "void", "refund"]
COLUMNS = ("sequence", "entry", "amount", "currency", "payment_intent", "charge", "refund", "created")
SUMS = {"authorization": "authorized", "capture": "captured", "void": "voided", "refund": "refunded"}


def record(account: Account, entry: Entry, *, charge: Document, amount: int, refund: str | None = None) -> None:
    """Append one row in minor units of the charge's currency."""
    account.connection.execute(
        "INSERT INTO ledger (account, entry, amount, currency, payment_intent, charge, refund, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account.id,
            entry,
            amount,
            charge["currency"],
            charge["payment_intent"],
            charge["id"],
            refund,
            account.now,
        ),
    )


def rows(connection: sqlite3.Connection, account_id: str) -> list[dict[str, Any]]:
    """Return an account's rows, oldest first."""
    found = connection.execute(
        "SELECT sequence, entry, amount, currency, payment_intent, charge, refund, created"
        " FROM ledger WHERE account = ? ORDER BY sequence",
        (account_id,),
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def sums(entries: list[dict[str, Any]], by: str = "payment_intent") -> dict[str, dict[str, Any]]:
    """Add rows up per payment intent or another column; `held` is neither captured nor voided yet."""
    totals: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(SUMS.values(), 0))
    for row in entries:
        total = totals[row[by] or row["charge"]]
        total["currency"] = row["currency"]
        total[SUMS[row["entry"]]] += row["amount"]
    for total in totals.values():
        total["held"] = total["authorized"] - total["captured"] - total["voided"]
    return dict(totals)
