"""Webhooks that go wrong, as the rules of `chaos` want it.

A rule decides before the first attempt to deliver an event; what is tried again because it was refused is left
alone. An event that is held back has a `next_attempt_at` to come although it was never tried: so the next
process knows what this one held back for rules that are gone, and delivers it. An event that is dropped has none.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from commerce.payments.sandbox.chaos import EARLY, Chaos, Rule
from commerce.payments.sandbox.deliveries import Delivery
from commerce.payments.sandbox.store import Store

FOR_EVER = float("inf")
LONGEST_PAUSE = 0.5
FIRST = "attempts = 0 AND next_attempt_at = 0"
LATEST = 500
OF_A_REQUEST = f"""
SELECT event, endpoint, account, type FROM objects JOIN deliveries ON deliveries.event = objects.id
WHERE sequence > (SELECT MAX(sequence) FROM objects) - {LATEST} AND object = 'event'
AND json_extract(document, '$.request.id') = ? ORDER BY sequence, endpoint
"""
IS_WAITED_FOR = f"SELECT 1 FROM deliveries WHERE event = ? AND endpoint = ? AND {FIRST}"
PUT_OFF = "UPDATE deliveries SET next_attempt_at = ? WHERE event = ? AND endpoint = ?"
RELEASE = "UPDATE deliveries SET next_attempt_at = 0 WHERE attempts = 0 AND next_attempt_at > 0"

Key = tuple[str, str]


class WebhookFaults:
    """What happens to events between their queue and the wire."""

    def __init__(self, store: Store, chaos: Chaos) -> None:
        self._store = store
        self._chaos = chaos
        self._held: dict[Key, Rule] = {}
        self._lock = threading.Lock()
        self._progress = threading.Condition()
        self._call_courier: Callable[[], None] = lambda: None

    def tells(self, call_courier: Callable[[], None]) -> None:
        """Say who has to know that something is due."""
        self._call_courier = call_courier

    def let_through(self, due: list[Delivery]) -> list[Delivery]:
        """Return what of the deliveries that are due is to be sent now; nothing of it is under way yet."""
        if not self._chaos and not self._held:
            return due
        with self._lock:
            sent = [copy for delivery in due for copy in self._treat(delivery)]
        self.note_progress()
        return sent

    def _treat(self, delivery: Delivery) -> list[Delivery]:
        was_held = self._held.pop(delivery.key, None) is not None
        if delivery.attempts or was_held:
            return [delivery]
        rule = self._chaos.hit_event(delivery.account, delivery.event_type)
        if rule is None:
            return [delivery]
        if rule.fault == "webhook_duplicate":
            return [delivery, replace(delivery, is_copy=True)]
        if rule.fault == "webhook_drop":
            self._put_off(delivery, None)
        else:
            self._put_off(delivery, _later(rule))
            self._held[delivery.key] = rule
        return []

    def _put_off(self, delivery: Delivery, until: float | None) -> None:
        with self._store.writing() as connection:
            connection.execute(
                "UPDATE deliveries SET next_attempt_at = ? WHERE event = ? AND endpoint = ?",
                (until, *delivery.key),
            )

    def held(self, rule: Rule) -> int:
        """Count the deliveries that a rule holds back."""
        with self._lock:
            return sum(holder is rule for holder in self._held.values())

    def release(self, rules: list[Rule]) -> None:
        """Have everything delivered that these rules hold back."""
        with self._lock, self._store.writing() as connection:
            keys = [key for key, holder in self._held.items() if holder in rules]
            connection.executemany(f"{RELEASE} AND event = ? AND endpoint = ?", keys)
        self._call_courier()

    def release_all(self) -> None:
        """Have everything delivered that an earlier process held back."""
        with self._store.writing() as connection:
            connection.execute(RELEASE)

    def note_progress(self) -> None:
        """Tell whoever waits that something was delivered or put off."""
        with self._progress:
            self._progress.notify_all()

    def await_early(self, request_id: str) -> None:
        """Wait until the events of a request have been delivered, refused or put off, if a rule wants that."""
        if not any(rule.fault == EARLY for rule in self._chaos.rules()):
            return
        with self._store.reading() as connection:
            emitted = connection.execute(OF_A_REQUEST, (request_id,)).fetchall()
        for event, endpoint, account, event_type in emitted:
            rule = self._chaos.hit_answer(account, event_type)
            if rule is not None:
                self._await((event, endpoint), rule)

    def _await(self, key: Key, rule: Rule) -> None:
        until = time.monotonic() + (rule.seconds or 0)
        with self._chaos.place() as has_place, self._progress:
            while has_place and self._is_waited_for(key) and not rule.ended.is_set():
                left = until - time.monotonic()
                if left <= 0:
                    return
                self._progress.wait(min(left, LONGEST_PAUSE))

    def _is_waited_for(self, key: Key) -> bool:
        with self._store.reading() as connection:
            return connection.execute(IS_WAITED_FOR, key).fetchone() is not None


def _later(rule: Rule) -> float:
    """Return when an event is delivered that a rule has hit."""
    if rule.seconds is None:
        return FOR_EVER
    return time.time() + rule.seconds * (rule.numbers.random() if rule.fault == "webhook_shuffle" else 1)
