"""What tests and people may do to the sandbox besides what Stripe's API offers: let time pass."""

import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from commerce.payments.sandbox import clock, timers
from commerce.payments.sandbox.account import account_id
from commerce.payments.sandbox.api import Answer
from commerce.payments.sandbox.pages import json_answer
from commerce.payments.sandbox.store import Store
from commerce.payments.sandbox.timekeeper import Timekeeper

PATH = "/_sandbox/clock"
FARTHEST = 10 * 366 * 24 * 60 * 60


class ClockControl:
    """GET and POST of `/_sandbox/clock`: `key=sk_test_…` names the account, `advance` the seconds to pass.

    Both answer `{"account", "now", "ahead", "is_stopped", "waiting"}`, times in unix seconds, and a POST also
    `taken`, the steps that were due on the way: `[{"step", "object", "due"}]`. POST `stop=1` in place of `advance`
    stops the clock where it is: it goes on only when it is advanced.
    """

    def __init__(self, store: Store, timekeeper: Timekeeper, *, real_time: Callable[[], float]) -> None:
        self._store = store
        self._timekeeper = timekeeper
        self._real_time = real_time

    def answer(self, method: str, text: str) -> Answer:
        """Answer a request; `text` is its form-encoded parameters."""
        given = parse_qs(text)
        if "key" not in given:
            return json_answer(400, {"error": "Name the secret key whose clock you mean: key=sk_test_…"})
        account = account_id(given["key"][0])
        if method == "GET":
            return json_answer(200, self._state(account))
        if method != "POST":
            return json_answer(405, {"error": "A clock is read with GET and advanced with POST."})
        if given.get("stop") == ["1"] and "advance" not in given:
            self._timekeeper.stop(account)
            return json_answer(200, {**self._state(account), "taken": []})
        seconds = given.get("advance", [""])[0]
        if not (seconds.isdecimal() and 0 < int(seconds) <= FARTHEST):
            return json_answer(400, {"error": "Say by how many seconds: advance=604800. Clocks never go back."})
        taken = self._timekeeper.advance(account, int(seconds))
        return json_answer(200, {**self._state(account), "taken": _shown(taken)})

    def _state(self, account: str) -> dict[str, Any]:
        with self._store.reading() as connection:
            return {"account": account, **self._clock(connection, account)}

    def _clock(self, connection: sqlite3.Connection, account: str) -> dict[str, Any]:
        return {
            "now": clock.now(connection, account, int(self._real_time())),
            "ahead": clock.ahead(connection, account),
            "is_stopped": clock.stopped_at(connection, account) is not None,
            "waiting": _shown(timers.waiting(connection, account)),
        }


def _shown(found: list[timers.Timer]) -> list[dict[str, Any]]:
    return [{"step": timer.step, "object": timer.object_id, "due": timer.due} for timer in found]
