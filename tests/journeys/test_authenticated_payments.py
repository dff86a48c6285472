"""Cards whose issuer asks the buyer to authenticate, in a running shop: by the agent, on the page, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from celery import Celery

from tests.challenge import CARD, PROOF
from tests.journeys.running import wait_until
from tests.journeys.shopper import Shopper, total_of
from tests.journeys.witnesses import Money, agreed, ask
from tests.waiting import HANG_GUARD

pytestmark = pytest.mark.processes


class Buyer:
    """Somebody with a browser that runs no script, at the page to which the agent leads."""

    def __init__(self, session: dict[str, Any]) -> None:
        self.browser = requests.Session()
        self.page = self.browser.get(session["continue_url"], timeout=HANG_GUARD)

    def go_to_the_bank(self) -> str:
        (url,) = re.findall(r'href="([^"]+/_sandbox/3ds/[^"]+)"', self.page.text)
        return str(url)

    def decide(self, result: str) -> str:
        """Pass or fail at the issuer's, and be led back."""
        return self._headline(
            self.browser.post(self.go_to_the_bank(), data={"result": result}, timeout=HANG_GUARD)
        )

    def refuse(self) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page.text)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1]}
        return self._headline(self.browser.post(f"{self.page.url}/abandon", data=form, timeout=HANG_GUARD))

    def _headline(self, response: requests.Response) -> str:
        assert response.url == self.page.url
        found = re.search(r"<h1>(.*?)</h1>", response.text)
        assert found is not None
        return found[1]


def challenged(shopper: Shopper, card: str = CARD) -> tuple[dict[str, Any], dict[str, Any]]:
    """Open a session whose card the issuer asks about; return it and what it was paid with."""
    session = shopper.choose(shopper.create())
    body = shopper.payment(session, card)
    answer = shopper.agent.send(f"/checkout_sessions/{session['id']}/complete", body)
    assert answer["status"] == "authentication_required"
    assert "order" not in answer
    assert held(shopper, session) == 1
    return answer, body


def tell(shopper: Shopper, session: dict[str, Any], body: dict[str, Any], **result: Any) -> Any:
    told = {**body, "authentication_result": result}
    return shopper.agent.send(f"/checkout_sessions/{session['id']}/complete", told)


def held(shopper: Shopper, session: dict[str, Any]) -> int:
    """Return how many units are held for a session."""
    rows = ask(shopper, _HELD, session["id"])
    return int(rows[0][0])


_HELD = """
    SELECT coalesce(sum(r.quantity), 0) FROM inventory_reservation r
    JOIN payments_paymentattempt a ON a.id = r.reference WHERE a.reference = %s AND r.status = 'held'
"""


def shown(shopper: Shopper, session: dict[str, Any]) -> dict[str, Any]:
    return dict(shopper.agent.read(f"/checkout_sessions/{session['id']}"))


def ended(shopper: Shopper, session: dict[str, Any]) -> None:
    """Hold that nothing came of a payment and that nothing is left to come."""
    wait_until(
        lambda: {one["status"] for one in shopper.stripe.payments_of(session["id"])} <= _OVER,
        "the payment was not given up",
    )
    assert shopper.charged(session) == (0, 0)
    assert held(shopper, session) == 0
    assert ask(shopper, "SELECT count(*) FROM orders_order WHERE checkout_session_id = %s", session["id"]) == [
        (0,)
    ]


_OVER = {"canceled", "requires_payment_method"}


def test_the_agent_authenticates(shopper: Shopper) -> None:
    session, body = challenged(shopper)

    done = tell(shopper, session, body, outcome="authenticated", outcome_details=PROOF)

    assert (done["status"], total_of(done)) == ("completed", total_of(session))
    assert agreed(shopper, done) == Money(total_of(session))
    assert len(shopper.stripe.payments_of(session["id"])) == 1


def test_the_buyer_authenticates_on_the_page(shopper: Shopper) -> None:
    session, _ = challenged(shopper)

    assert Buyer(session).decide("complete").startswith("Paid: $")

    done = shown(shopper, session)
    assert (done["status"], total_of(done)) == ("completed", total_of(session))
    assert agreed(shopper, done) == Money(total_of(session))


def test_the_buyer_never_comes_back_from_the_bank(shopper: Shopper) -> None:
    session, _ = challenged(shopper)
    requests.post(
        Buyer(session).go_to_the_bank(), data={"result": "complete"}, allow_redirects=False, timeout=HANG_GUARD
    )

    Celery(broker=shopper.ready["redis_url"]).send_task("commerce.inbox.tasks.fetch_missed_provider_events")

    wait_until(lambda: shown(shopper, session)["status"] == "completed", "nobody noticed")
    assert agreed(shopper, shown(shopper, session)) == Money(total_of(session))


@pytest.mark.parametrize(
    "fail",
    [
        lambda shopper, session, body: tell(shopper, session, body, outcome="denied"),
        lambda shopper, session, body: Buyer(session).decide("fail"),
        lambda shopper, session, body: Buyer(session).refuse(),
    ],
    ids=["the agent says so", "on the page", "the buyer refuses"],
)
def test_another_card_pays_after_a_failure(shopper: Shopper, fail: Callable[..., Any]) -> None:
    session, body = challenged(shopper)

    fail(shopper, session, body)

    opened = shown(shopper, session)
    assert opened["status"] == "ready_for_payment"
    assert [message.get("code") for message in opened["messages"]] == ["payment_declined", None]
    ended(shopper, session)
    done = shopper.pay(session)
    assert agreed(shopper, done) == Money(total_of(session))


def test_left_alone_it_is_given_up(shopper: Shopper) -> None:
    session, body = challenged(shopper)
    assert tell(shopper, session, body, outcome="abandoned")["status"] == "authentication_required"
    past = "UPDATE payments_paymentattempt SET challenged_until = now(), leased_until = now() WHERE reference = %s"
    ask(shopper, f"{past} RETURNING id", session["id"])

    wait_until(lambda: shown(shopper, session)["status"] == "ready_for_payment", "it was not given up")

    ended(shopper, session)


def test_canceled_while_the_bank_is_asked(shopper: Shopper) -> None:
    session, _ = challenged(shopper)
    buyer = Buyer(session)

    canceled = shopper.agent.send(f"/checkout_sessions/{session['id']}/cancel", {})

    assert canceled["status"] == "canceled"
    ended(shopper, session)
    assert (
        requests.post(buyer.go_to_the_bank(), data={"result": "complete"}, timeout=HANG_GUARD).status_code == 409
    )
