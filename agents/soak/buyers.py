"""Agents as they are: they ask again when nothing is answered, change their mind, cancel, and are two at once."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from agents.client import API_VERSION
from agents.demo.agent import STRIPE_PREVIEW
from agents.demo.purchase import ADDRESS, BUYER
from agents.soak.witnesses import UNANSWERED, Heard, Story

PATIENCE_SECONDS = 240
TIMEOUT = urllib3.Timeout(connect=3, read=25)
AGAIN = frozenset({409, 429, 500, 502, 503, 504})


class GaveUpError(RuntimeError):
    """An agent got no answer for as long as it was ready to wait."""


class RefusedError(RuntimeError):
    """The shop refused what it should have taken."""


@dataclass(frozen=True, slots=True)
class Shop:
    """Where the agents buy, and what."""

    base_url: str
    agent_key: str
    handler_id: str
    currency: str
    items: tuple[str, ...]
    scarce: tuple[str, ...]
    stripe_api_base: str
    stripe_secret_key: str


class Buyers:
    """Plays one purchase after the other; each is decided by the seed and its number alone."""

    def __init__(self, shop: Shop, *, seed: int, at_once: int) -> None:
        self._shop = shop
        self._seed = seed
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT, maxsize=2 * at_once)
        self._is_over = threading.Event()

    def stop(self) -> None:
        """Have everybody give up soon."""
        self._is_over.set()

    def play(self, number: int) -> Story:
        """Play a purchase in one of the ways of agents, whatever its end."""
        return self._play(number, _Buyer.buy)

    def play_plainly(self, number: int) -> Story:
        """Play a purchase of an agent that only wants one thing."""
        return self._play(number, _Buyer.buy_plainly)

    def cancel_order(self, story: Story) -> Story:
        """Have the agent of a story cancel what it has bought."""
        return self._play(story.number, _Buyer.cancel_order, story)

    def _play(self, number: int, way: Callable[[_Buyer], str], story: Story | None = None) -> Story:
        """What the agent could not explain is the story's `problem`."""
        story = story or Story(number)
        chance = random.Random(f"{self._seed}:{number}:{len(story.answers)}")  # noqa: S311 - to be repeatable
        try:
            story.ended = way(_Buyer(self._shop, self._pool, self._is_over, story, chance))
        except GaveUpError as problem:
            story.ended, story.problem = "gave up", str(problem)
        except RefusedError as problem:
            story.ended, story.problem = "refused", str(problem)
        return story


class _Buyer:
    def __init__(
        self,
        shop: Shop,
        pool: urllib3.PoolManager,
        is_over: threading.Event,
        story: Story,
        chance: random.Random,
    ) -> None:
        self._shop = shop
        self._pool = pool
        self._is_over = is_over
        self._story = story
        self._chance = chance
        self._lock = threading.Lock()

    def buy(self) -> str:
        """Buy something, in one of the ways of agents. Returns how it ended."""
        session = self._open()
        if self._happens(0.2):
            session = self._send(self._path, {"line_items": self._wanted()})
        if self._happens(0.04):
            return f"canceled: {self._send(f'{self._path}/cancel', {})['status']}"
        session = self._choose_shipping(session)
        if self._happens(0.08):
            session = self._pay(session, "pm_card_visa_chargeDeclined")
        session = self._pay_somehow(session)
        for _ in range(3):
            if session["status"] != "ready_for_payment" or not _is_to_be_reviewed(session):
                break
            session = self._pay(session)
        if session["status"] == "completed" and self._happens(0.06):
            return self.cancel_order()
        return str(session["status"])

    def buy_plainly(self) -> str:
        """Open a session, choose shipping, pay, until it is told."""
        return str(self._pay(self._choose_shipping(self._open()))["status"])

    def cancel_order(self) -> str:
        """Cancel the one order of the story."""
        (order_id,) = self._story.orders
        self._send(f"/agent/orders/{order_id}/cancel", {})
        return "order canceled"

    @property
    def _path(self) -> str:
        return f"/acp/checkout_sessions/{self._story.session_id}"

    def _happens(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _wanted(self) -> list[dict[str, Any]]:
        kinds = self._chance.sample(self._shop.items, k=2 if self._happens(0.3) else 1)
        if self._shop.scarce and self._happens(0.1):
            kinds[0] = self._chance.choice(self._shop.scarce)
        return [{"id": one, "quantity": self._chance.choice((1, 1, 1, 2))} for one in kinds]

    def _open(self) -> Any:
        body = {
            "currency": self._shop.currency,
            "line_items": self._wanted(),
            "buyer": BUYER,
            "fulfillment_details": {"name": "Ada Park", "address": ADDRESS},
            "capabilities": {},
        }
        session = self._send("/acp/checkout_sessions", body)
        self._story.session_id = session["id"]
        return session

    def _choose_shipping(self, session: Any) -> Any:
        shipped = [one for one in session["fulfillment_options"] if one["type"] == "shipping"]
        if not shipped:
            return session
        chosen = {"type": "shipping", "option_id": self._chance.choice(shipped)["id"], "item_ids": []}
        return self._send(self._path, {"selected_fulfillment_options": [chosen]})

    def _pay_somehow(self, session: Any) -> Any:
        if session["status"] != "ready_for_payment":
            return session
        if self._happens(0.1):
            return self._pay_twice_at_once(session)
        if self._happens(0.05):
            return self._pay_and_look_away(session)
        return self._pay(session)

    def _pay(self, session: Any, card: str = "pm_card_visa", key: str = "", body: Any = None) -> Any:
        if session["status"] != "ready_for_payment":
            return session
        return self._send(f"{self._path}/complete", body or self._payment(session, card), key)

    def _pay_twice_at_once(self, session: Any) -> Any:
        """Send the same payment twice at the same moment, under one key or two."""
        body, key = self._payment(session, "pm_card_visa"), self._key()
        other = key if self._happens(0.5) else self._key()
        twin = threading.Thread(target=self._silently, args=(lambda: self._pay(session, key=other, body=body),))
        twin.start()
        answered = self._pay(session, key=key, body=body)
        twin.join()
        return answered if answered["status"] == "completed" else self._send(self._path, None)

    def _silently(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except (GaveUpError, RefusedError) as problem:
            self._story.problem = str(problem)

    def _pay_and_look_away(self, session: Any) -> Any:
        """Send the payment, lose patience after a moment, and come back later to look."""
        body, key = self._payment(session, "pm_card_visa"), self._key()
        timeout = urllib3.Timeout(connect=1, read=self._chance.choice((0.005, 0.03, 0.1)))
        self._once(f"{self._path}/complete", body, key, timeout)
        self._is_over.wait(self._chance.choice((0.0, 0.5, 3.0)))
        if self._happens(0.5):
            return self._pay(session, key=key, body=body)
        return self._send(self._path, None)

    def _payment(self, session: Any, card: str) -> Any:
        total = next(int(one["amount"]) for one in session["totals"] if one["type"] == "total")
        instrument = {"type": "card", "credential": {"type": "spt", "token": self._mint(total, card)}}
        return {"payment_data": {"handler_id": self._shop.handler_id, "instrument": instrument}}

    def _mint(self, total: int, card: str) -> str:
        form = urlencode(
            {
                "payment_method": card,
                "usage_limits[currency]": self._shop.currency,
                "usage_limits[max_amount]": total,
            }
        )
        headers = {
            "Authorization": f"Bearer {self._shop.stripe_secret_key}",
            "Stripe-Version": STRIPE_PREVIEW,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url = f"{self._shop.stripe_api_base}/v1/test_helpers/shared_payment/granted_tokens"
        for _ in self._patiently("a token"):
            try:
                answer = self._pool.request("POST", url, body=form, headers=headers)
            except urllib3.exceptions.HTTPError:
                continue
            if answer.status == 200:
                return str(json.loads(answer.data)["id"])
        raise AssertionError

    def _send(self, path: str, body: Mapping[str, Any] | None, key: str = "") -> Any:
        """Send a request until it is answered, under the same key each time. A body of None reads."""
        key = key or self._key()
        for _ in self._patiently(path):
            status, text = self._once(path, body, key, TIMEOUT)
            if status is None or status in AGAIN:
                continue
            if status == 405 and body is not None:
                return self._send(self._path, None)  # it is over; look how it stands
            if status >= 300:
                raise RefusedError(f"{path} answered {status}: {text[:300]}")
            return self._understood(text)
        raise AssertionError

    def _once(
        self, path: str, body: Mapping[str, Any] | None, key: str, timeout: urllib3.Timeout
    ) -> tuple[int | None, str]:
        headers = {
            "Authorization": f"Bearer {self._shop.agent_key}",
            "API-Version": API_VERSION,
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        method, content = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        try:
            answer = self._pool.request(
                method, self._shop.base_url + path, body=content, headers=headers, timeout=timeout, redirect=False
            )
        except urllib3.exceptions.HTTPError:
            if method == "POST":
                self._note(path, key, UNANSWERED, "")
            return None, ""
        text = answer.data.decode(errors="replace")
        if method == "POST":
            self._note(path, key, answer.status, text)
        return answer.status, text

    def _note(self, path: str, key: str, status: int, text: str) -> None:
        with self._lock:
            self._story.answers.append(Heard(path, key, status, text))

    def _understood(self, text: str) -> Any:
        """Read an answer, and remember the order that it tells of, whichever call it answers."""
        answer = json.loads(text)
        if isinstance(order := answer.get("order"), dict):
            with self._lock:
                self._story.orders.add(order["id"])
        return answer

    def _patiently(self, what: str) -> Any:
        """Yield once a try, with growing pauses. Raises GaveUpError."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        pause = 0.1
        while time.monotonic() < deadline and not self._is_over.is_set():
            yield
            self._is_over.wait(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
            pause = min(pause * 2, 3.0)
        raise GaveUpError(f"no answer for {what}")

    def _key(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))


def _is_to_be_reviewed(session: Any) -> bool:
    """Say whether the terms have changed meanwhile, and paying again is what a buyer who agrees would do."""
    return any(one.get("code") in ("conflict", "payment_declined") for one in session["messages"])
