"""Idempotency keys as Stripe keeps them.

A key belongs to a secret key, and to the path and parameters it was first used with. The answer of a request
whose endpoint ran is kept with its effects, in one transaction, and replayed for 24 hours: successes,
declines and 500s alike. What was refused before an endpoint ran (401, malformed parameters, a key in use) is
not kept.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Params
from commerce.payments.sandbox.errors import IdempotencyKeyInUse, IdempotencyMismatch, InvalidParameter

KEPT_FOR = 24 * 60 * 60
MAX_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Claim:
    """An idempotency key together with the request it was sent with."""

    key: str
    path: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The stored answer of an earlier request."""

    status: int
    body: bytes
    request_id: str


class InFlight:
    """The keys whose requests are being executed by this process."""

    def __init__(self) -> None:
        self._held: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, account_id: str, key: str) -> Iterator[None]:
        """Hold a key while its request runs, or refuse because another request holds it."""
        held = (account_id, key)
        with self._lock:
            if held in self._held:
                raise in_use(key)
            self._held.add(held)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(held)


def in_use(key: str) -> IdempotencyKeyInUse:
    """Return the refusal of a key that another request holds."""
    return IdempotencyKeyInUse(
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        f"submitted twice, and the other request is still going through): {key}. Please try again later.",
        code="idempotency_key_in_use",
    )


def claim(key: str, path: str, given: Params) -> Claim:
    """Fingerprint a request by its path and the parameters as they were sent."""
    if len(key) > MAX_LENGTH:
        raise InvalidParameter(f"Idempotency keys can have up to {MAX_LENGTH} characters.")
    canonical = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    return Claim(key, path, hashlib.sha256(path.encode() + b"\n" + canonical).hexdigest())


def recall(account: Account, claimed: Claim) -> Kept | None:
    """Return the answer kept under a key, or None; refuse a key that belongs to another request."""
    row = account.connection.execute(
        "SELECT path, fingerprint, status, body, request_id FROM idempotency_keys"
        " WHERE account = ? AND key = ? AND created > ?",
        (account.id, claimed.key, account.now - KEPT_FOR),
    ).fetchone()
    if row is None:
        return None
    path, fingerprint, status, body, request_id = row
    if fingerprint != claimed.fingerprint:
        raise _mismatch(claimed, path)
    return Kept(status, body, request_id)


def keep(account: Account, claimed: Claim, answer: Kept) -> None:
    """Keep an answer in the transaction of its effects. Only a key older than a day is ever replaced."""
    account.connection.execute(
        "INSERT OR REPLACE INTO idempotency_keys"
        " (account, key, path, fingerprint, status, body, request_id, created) VALUES (?, ?, ?, ?, ?, ?, ?, "
        "?)",
        (
            account.id,
            claimed.key,
            claimed.path,
            claimed.fingerprint,
            answer.status,
            answer.body,
            answer.request_id,
            account.now,
        ),
    )


def _mismatch(claimed: Claim, first_path: str) -> IdempotencyMismatch:
    if first_path != claimed.path:
        return IdempotencyMismatch(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{claimed.path}' vs '{first_path}'). Try using a key other than '{claimed.key}' if you meant "
            "to execute a different request."
        )
    return IdempotencyMismatch(
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{claimed.key}' if you meant to execute a different request."
    )
