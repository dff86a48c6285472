"""Deliver events to webhook endpoints in the background: signed, at least once, a few times more when
refused.

The queue is a table, written with the event; this thread only empties it. What a killed process had not
delivered is delivered by the next one, and what it had delivered without noting it is delivered twice, as
Stripe may too.
"""

import hashlib
import hmac
import http.client
import logging
import sqlite3
import threading
import time
from queue import SimpleQueue
from urllib.parse import urlsplit

import orjson

from commerce.payments.sandbox.deliveries import Delivery
from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.events import with_pending_webhooks
from commerce.payments.sandbox.store import Store
from commerce.payments.sandbox.versions import Version
from commerce.payments.sandbox.webhook_faults import WebhookFaults

logger = logging.getLogger(__name__)

RETRY_DELAYS = (1.0, 5.0, 25.0, 125.0, 625.0)
TIMEOUT = 10.0
WORKERS = 8
LONGEST_WAIT = 30.0

DUE = """
SELECT deliveries.event, deliveries.endpoint, attempts, events.account, events.document, endpoints.document
FROM deliveries
JOIN objects AS events ON events.id = deliveries.event
JOIN objects AS endpoints ON endpoints.id = deliveries.endpoint
WHERE next_attempt_at <= ? ORDER BY next_attempt_at, events.sequence, endpoints.sequence LIMIT 100
"""


class Courier:
    """The background thread that empties the queue. Times here are real seconds, not the sandbox's clock."""

    def __init__(
        self,
        store: Store,
        account_version: Version,
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
        *,
        timeout: float = TIMEOUT,
        faults: WebhookFaults,
    ) -> None:
        self._store = store
        self._faults = faults
        self._account_version = str(account_version)
        self._retry_delays = retry_delays
        self._timeout = timeout
        self._called = threading.Event()
        self._under_way: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._outbox: SimpleQueue[Delivery] = SimpleQueue()

    def start(self) -> None:
        """Begin to deliver, first of all what an earlier process left behind."""
        self._faults.release_all()
        threading.Thread(target=self._run, name="courier", daemon=True).start()
        for _ in range(WORKERS):
            threading.Thread(target=self._work, name="webhook", daemon=True).start()

    def call(self) -> None:
        """Look at the queue now, because something was added to it."""
        self._called.set()

    def _run(self) -> None:
        while True:
            self._called.clear()
            try:
                self._dispatch_due()
            except sqlite3.OperationalError:
                logger.exception("the webhook queue could not be read")
            self._called.wait(self._until_next())

    def _dispatch_due(self) -> None:
        with self._lock:
            under_way = frozenset(self._under_way)
        with self._store.reading() as connection:
            due = [self._prepare(connection, row) for row in connection.execute(DUE, (time.time(),)).fetchall()]
        waiting = [delivery for delivery in due if delivery.key not in under_way]
        for delivery in self._faults.let_through(waiting):
            with self._lock:
                self._under_way.add(delivery.key)
            self._outbox.put(delivery)

    def _until_next(self) -> float:
        """Return how long nothing will be due; what is under way calls when it is done."""
        with self._store.reading() as connection:
            due_times = connection.execute(
                "SELECT event, endpoint, next_attempt_at FROM deliveries WHERE next_attempt_at IS NOT NULL"
                " ORDER BY next_attempt_at LIMIT 200"
            ).fetchall()
        with self._lock:
            waiting = [due_at for event, endpoint, due_at in due_times if (event, endpoint) not in self._under_way]
        return max(0.0, min(waiting[0] - time.time(), LONGEST_WAIT)) if waiting else LONGEST_WAIT

    def _prepare(self, connection: sqlite3.Connection, row: tuple[str, str, int, str, str, str]) -> Delivery:
        event_id, endpoint_id, attempts, account, event_text, endpoint_text = row
        endpoint: Document = orjson.loads(endpoint_text)
        event = with_pending_webhooks(connection, orjson.loads(event_text))
        event["api_version"] = endpoint["api_version"] or self._account_version
        body = orjson.dumps(event, option=orjson.OPT_INDENT_2)
        return Delivery(
            event_id=event_id,
            endpoint_id=endpoint_id,
            attempts=attempts,
            account=account,
            event_type=event["type"],
            url=endpoint["url"],
            secret=endpoint["_secret"],
            body=body,
        )

    def _work(self) -> None:
        """Deliver one event after the other; a daemon, so that a silent endpoint cannot hold up the end."""
        while True:
            try:
                self._deliver(self._outbox.get())
            except sqlite3.OperationalError:
                logger.exception("the outcome of a delivery could not be noted")

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.is_copy:
            self._send(delivery)
            return
        try:
            is_accepted = self._send(delivery)
            with self._store.writing() as connection:
                if is_accepted:
                    self._note_success(connection, delivery)
                else:
                    self._note_failure(connection, delivery)
        finally:
            with self._lock:
                self._under_way.discard(delivery.key)
            self._faults.note_progress()
            self.call()

    def _send(self, delivery: Delivery) -> bool:
        signed = signature(delivery.secret, delivery.body, int(time.time()))
        return post(delivery.url, delivery.body, signed, timeout=self._timeout)

    def _note_success(self, connection: sqlite3.Connection, delivery: Delivery) -> None:
        connection.execute(
            "UPDATE deliveries SET attempts = attempts + 1, next_attempt_at = NULL, delivered_at = ?"
            " WHERE event = ? AND endpoint = ?",
            (time.time(), delivery.event_id, delivery.endpoint_id),
        )

    def _note_failure(self, connection: sqlite3.Connection, delivery: Delivery) -> None:
        is_last = delivery.attempts >= len(self._retry_delays)
        next_attempt_at = None if is_last else time.time() + self._retry_delays[delivery.attempts]
        connection.execute(
            "UPDATE deliveries SET attempts = attempts + 1, next_attempt_at = ? WHERE event = ? AND endpoint = ?",
            (next_attempt_at, delivery.event_id, delivery.endpoint_id),
        )


def signature(secret: str, body: bytes, timestamp: int) -> str:
    """Return the Stripe-Signature header for a body."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


def post(url: str, body: bytes, signed: str, *, timeout: float = TIMEOUT) -> bool:
    """Send one event and return whether the endpoint answered 2xx. Redirects count as refusals."""
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=timeout)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signed,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    try:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else "") or "/", body, headers)
        return 200 <= connection.getresponse().status < 300
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
