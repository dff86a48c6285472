"""What is made to go wrong: rules that somebody has added, and which calls and events they hit.

There are none until one is added, and none after a restart. A rule belongs to an account. It looks at the calls
or events that fit its pattern, in their order, and draws a number for each from its own seeded sequence: the
same seed and the same calls give the same hits, whatever other rules there are. Of several rules that would hit
a call, the one added first does.
"""

import random
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

DAY = 24 * 60 * 60
MOST_WAITING = 48
MOST_RULES = 1000
EARLY = "webhook_early"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of going wrong. `seconds` is how long it lasts if nobody says; None: it has no end or no time."""

    name: str
    explanation: str
    seconds: float | None = None
    takes_seconds: bool = False


def _timed(name: str, explanation: str, seconds: float | None) -> Fault:
    return Fault(name, explanation, seconds, takes_seconds=True)


CALL_FAULTS = {
    fault.name: fault
    for fault in (
        _timed("delay", "The call takes so many seconds longer; its idempotency key is in use meanwhile.", 5),
        _timed("hang_before", "Nothing is done and nothing is answered; after so many seconds a 504.", 60),
        _timed("hang_after", "The call is done, but not answered; after so many seconds a 504.", 60),
        Fault("error_before", "500; nothing was done, and the same idempotency key may try again."),
        Fault("error_before_kept", "500; nothing was done, and the idempotency key replays the 500."),
        Fault("error_after", "500, although the call was done; the idempotency key replays the 500."),
        Fault("error_after_unkept", "500, although the call was done; the idempotency key has the real answer."),
        Fault("reset", "The call is done; the connection is reset in the middle of the answer."),
        Fault("truncate", "The call is done; the connection is closed in the middle of the answer."),
        Fault("rate_limit", "429; nothing was done."),
        _timed("conflict", "409 to the idempotency key of the call, for so many seconds; nothing was done.", 10),
        Fault("bad_gateway", "502 with a page for people in place of JSON; nothing was done."),
        Fault("bad_gateway_after", "502 with a page for people, although the call was done."),
    )
}
EVENT_FAULTS = {
    fault.name: fault
    for fault in (
        Fault("webhook_duplicate", "The event is delivered twice at the same time."),
        _timed("webhook_shuffle", "The event is delivered at a random moment of so many seconds.", 5),
        _timed("webhook_hold", "The event is held back for so many seconds, or until it is released.", None),
        Fault("webhook_drop", "The event is never delivered."),
        _timed("webhook_early", "The call is answered once the event has come, or after so many seconds.", 5),
    )
}
FAULTS = CALL_FAULTS | EVENT_FAULTS


@dataclass(slots=True, eq=False)
class Rule:
    """What goes wrong, where, and how often; and how often it has."""

    id: str
    account: str
    call: str
    fault: str
    probability: float = 1.0
    seed: int = 0
    seconds: float | None = None
    times: int | None = None
    matched: int = 0
    hits: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    busy_keys: dict[str, float] = field(default_factory=dict)
    numbers: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = random.Random(self.seed)  # noqa: S311  # it has to come out the same again

    def draw(self) -> bool:
        """Take the next number of the sequence and tell whether it is a hit."""
        self.matched += 1
        is_hit = self.numbers.random() < self.probability
        return is_hit and (self.times is None or self.hits < self.times)

    def make_busy(self, key: str) -> None:
        """Have an idempotency key be in use for the rule's time, and forget those that no longer are."""
        self.busy_keys = {busy: until for busy, until in self.busy_keys.items() if self.is_busy(busy)}
        self.busy_keys[key] = time.monotonic() + (self.seconds or 0)

    def is_busy(self, key: str) -> bool:
        """Tell whether an idempotency key is said to be in use."""
        return self.busy_keys.get(key, 0.0) > time.monotonic()


class Chaos:
    """The rules of every account."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_WAITING)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def rules(self, account: str | None = None) -> list[Rule]:
        """Return the rules of an account, or of all, in the order in which they were added."""
        with self._lock:
            return [rule for rule in self._rules if account in (None, rule.account)]

    def add(self, rule: Rule) -> bool:
        """Add a rule, unless there are too many."""
        with self._lock:
            if len(self._rules) >= MOST_RULES:
                return False
            self._rules.append(rule)
            return True

    def remove(self, rules: Iterable[Rule]) -> None:
        """Remove rules; whoever waits because of them goes on at once."""
        gone = set(rules)
        with self._lock:
            self._rules = [rule for rule in self._rules if rule not in gone]
        for rule in gone:
            rule.ended.set()

    def hit_call(self, account: str, call: str, key: str) -> Rule | None:
        """Return the rule that hits a call such as `POST /v1/refunds`; `key` is its idempotency key or empty.

        A key that a conflict has made busy stays busy, and no rule draws a number for it meanwhile.
        """
        with self._lock:
            found = [rule for rule in self._rules if _looks_at(rule, account, call, key)]
            busy = next((rule for rule in found if rule.is_busy(key)), None)
            if busy is not None:
                return busy
            rule = _first_hit(found)
            if rule is not None and rule.fault == "conflict":
                rule.make_busy(key)
            return rule

    def hit_event(self, account: str, event_type: str) -> Rule | None:
        """Return the rule that hits an event before its first delivery."""
        with self._lock:
            return _first_hit([rule for rule in self._event_rules(account, event_type) if rule.fault != EARLY])

    def hit_answer(self, account: str, event_type: str) -> Rule | None:
        """Return the rule that keeps the answer of a call waiting for an event of it."""
        with self._lock:
            return _first_hit([rule for rule in self._event_rules(account, event_type) if rule.fault == EARLY])

    def _event_rules(self, account: str, event_type: str) -> list[Rule]:
        rules = [rule for rule in self._rules if rule.account == account and rule.fault in EVENT_FAULTS]
        return [rule for rule in rules if fnmatchcase(event_type, rule.call)]

    def wait(self, rule: Rule) -> None:
        """Keep a call waiting for the rule's time, or until the rule is removed."""
        with self.place() as has_place:
            if has_place:
                rule.ended.wait(rule.seconds)

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Lend one of the places to wait; so many that enough of the server's threads are left for others."""
        has_place = self._places.acquire(blocking=False)
        try:
            yield has_place
        finally:
            if has_place:
                self._places.release()


def _looks_at(rule: Rule, account: str, call: str, key: str) -> bool:
    if rule.account != account or rule.fault not in CALL_FAULTS or not fnmatchcase(call, rule.call):
        return False
    return rule.fault != "conflict" or bool(key)


def _first_hit(found: list[Rule]) -> Rule | None:
    """Let every rule draw, so that no rule's sequence depends on another's."""
    drawn = [rule for rule in found if rule.draw()]
    if not drawn:
        return None
    drawn[0].hits += 1
    return drawn[0]
