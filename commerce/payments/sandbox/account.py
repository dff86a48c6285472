"""What an endpoint acts on: one secret key's objects, inside one transaction, at one instant."""

import hashlib
import re
import sqlite3
from dataclasses import dataclass

import orjson

from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.errors import InvalidRequest, NotFound
from commerce.payments.sandbox.versions import Version

# How Stripe names an object it cannot find, and the path parameter it blames.
MISSING = {
    "balance_transaction": ("balance transaction", "id"),
    "card": ("source", "id"),
    "charge": ("charge", "id"),
    "customer": ("customer", "id"),
    "customer_cash_balance_transaction": ("customer cash balance transaction", "transaction"),
    "dispute": ("dispute", "dispute"),
    "event": ("event", "id"),
    "mandate": ("mandate", "mandate"),
    "payment_intent": ("payment_intent", "intent"),
    "payment_method": ("PaymentMethod", "payment_method"),
    "radar.early_fraud_warning": ("early fraud warning", "early_fraud_warning"),
    "refund": ("refund", "id"),
    "setup_intent": ("setupintent", "intent"),
    "shared_payment.granted_token": ("shared payment granted token", "id"),
    "token": ("token", "token"),
    "webhook_endpoint": ("webhook endpoint", "webhook_endpoint"),
}


@dataclass(slots=True)
class Account:
    """The unit of work of one request. `origin` is the address the sandbox was called at."""

    connection: sqlite3.Connection
    id: str
    now: int
    version: Version
    origin: str
    request_id: str | None = None
    idempotency_key: str | None = None
    has_deliveries: bool = False

    def insert(self, document: Document) -> Document:
        """Store a new object."""
        self.connection.execute(
            "INSERT INTO objects (id, account, object, created, customer, payment_intent, charge, type, "
            "email, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document["id"],
                self.id,
                document["object"],
                document.get("created", self.now),
                document.get("customer"),
                document.get("payment_intent"),
                document.get("charge"),
                document.get("type"),
                document.get("email"),
                orjson.dumps(document).decode(),
            ),
        )
        return document

    def save(self, document: Document) -> Document:
        """Store the new state of an object."""
        self.connection.execute(
            "UPDATE objects SET document = ?, customer = ?, email = ?, deleted = ? WHERE id = ?",
            (
                orjson.dumps(document).decode(),
                document.get("customer"),
                document.get("email"),
                document.get("deleted", False),
                document["id"],
            ),
        )
        return document

    def find(self, kind: str, object_id: str) -> Document | None:
        """Return one of this account's objects, or None."""
        row = self.connection.execute(
            "SELECT document FROM objects WHERE id = ? AND account = ? AND object = ?",
            (object_id, self.id, kind),
        ).fetchone()
        return None if row is None else orjson.loads(row[0])

    def retrieve(self, kind: str, object_id: str) -> Document:
        """Return the object a path names, or answer 404."""
        document = self.find(kind, object_id)
        if document is None:
            label, param = MISSING[kind]
            raise NotFound(f"No such {label}: '{object_id}'", code="resource_missing", param=param)
        return document

    def referenced(self, kind: str, object_id: str, param: str) -> Document:
        """Return the object a parameter names, or answer 400."""
        document = self.find(kind, object_id)
        if document is None or document.get("deleted"):
            raise InvalidRequest(
                f"No such {MISSING[kind][0]}: '{object_id}'", code="resource_missing", param=param
            )
        return document


# A key as Stripe makes it names its account at its beginning: of one account there may be several.
_NAMED = re.compile(r"(?:sk|rk)_test_51([A-Za-z0-9]{16})[A-Za-z0-9]{10,}")


def account_id(secret_key: str) -> str:
    """Return the account of a secret key. The key itself is stored nowhere."""
    named = _NAMED.fullmatch(secret_key)
    return "acct_" + hashlib.sha256((named[1] if named else secret_key).encode()).hexdigest()[:24]


def key_hint(secret_key: str) -> str:
    """Return what may be shown of a secret key: its kind, and four characters of a long one."""
    kind, _, secret = secret_key.partition("_test_")
    return f"{kind}_test_…{secret[-4:] if len(secret) >= 16 else ''}"


def register(connection: sqlite3.Connection, secret_key: str, now: int) -> None:
    """Remember that this account exists, so that the overview can list it."""
    connection.execute(
        "INSERT OR IGNORE INTO accounts (id, key_hint, created) VALUES (?, ?, ?)",
        (account_id(secret_key), key_hint(secret_key), now),
    )
