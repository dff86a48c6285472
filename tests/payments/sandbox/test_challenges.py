"""The page where a buyer passes or fails 3D Secure, or leaves."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe
import urllib3

from tests.payments.sandbox.conftest import Ledger, Pass, Wire
from tests.payments.sandbox.samples import hold, payment
from tests.payments.sandbox.test_shared_payment_tokens import NEW, grant, look, with_token

BACK = "https://shop.example/back?order=7#paid"
CARD = "pm_card_threeDSecure2Required"
PAID = [("authorization", 4900), ("capture", 4900)]
FAILED = "The provided PaymentMethod has failed authentication."


def challenge_url(intent: stripe.PaymentIntent) -> str:
    assert intent.next_action is not None
    action: Any = intent.next_action.to_dict()
    inner = action[action["type"]]
    return str(inner["url"] if action["type"] == "redirect_to_url" else inner["stripe_js"])


def decide(intent: stripe.PaymentIntent, result: str) -> urllib3.BaseHTTPResponse:
    url = challenge_url(intent)
    return urllib3.request("POST", url, body=f"result={result}", redirect=False, retries=False)


def told(client: stripe.StripeClient, count: int) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": count}).data][::-1]


class Page(HTMLParser):
    """Collects the text of a page and what its buttons send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.buttons: list[tuple[str | None, str | None]] = []
        self.names: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "button":
            self.buttons.append((given.get("name"), given.get("value")))
        if tag == "meta" and given.get("name"):
            self.names.append(str(given["name"]))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_asks_the_buyer(client: stripe.StripeClient) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD, description="Tea <b>&</b> Co"))

    answer = urllib3.request("GET", challenge_url(waiting))
    page = Page(answer.data.decode())

    assert "Tea <b>&</b> Co wants to charge 49.00 USD to your card." in page.text
    assert page.buttons == [("result", "complete"), ("result", "fail")]
    assert page.names == ["viewport"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert client.v1.payment_intents.retrieve(waiting.id).status == "requires_action"


def test_passed_challenge_pays(client: stripe.StripeClient, ledger: Ledger) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD))

    answer = decide(waiting, "complete")

    assert (answer.status, "succeeded" in answer.data.decode()) == (200, True)
    paid = client.v1.payment_intents.retrieve(waiting.id, {"expand": ["latest_charge"]}).to_dict()
    assert (paid["status"], paid["next_action"], paid["amount_received"]) == ("succeeded", None, 4900)
    secure = paid["latest_charge"]["payment_method_details"]["card"]["three_d_secure"]
    assert (secure["result"], secure["authentication_flow"]) == ("authenticated", "challenge")
    assert secure["electronic_commerce_indicator"] == "05"
    assert told(client, 3) == ["payment_intent.requires_action", "charge.succeeded", "payment_intent.succeeded"]
    assert ledger() == PAID


def test_passed_challenge_holds(client: stripe.StripeClient, ledger: Ledger) -> None:
    waiting = client.v1.payment_intents.create(hold(payment_method=CARD))

    decide(waiting, "complete")

    assert client.v1.payment_intents.retrieve(waiting.id).status == "requires_capture"
    assert told(client, 1) == ["payment_intent.amount_capturable_updated"]
    assert ledger() == [("authorization", 4900)]


def test_failed_challenge_needs_another_card(client: stripe.StripeClient, ledger: Ledger) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD))

    decide(waiting, "fail")

    failed = client.v1.payment_intents.retrieve(waiting.id)
    assert (failed.status, failed.next_action) == ("requires_payment_method", None)
    assert (failed.payment_method, failed.latest_charge) == (None, None)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.type == "invalid_request_error"
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert str(failed.last_payment_error.message).startswith(FAILED)
    assert told(client, 1) == ["payment_intent.payment_failed"]
    assert client.v1.payment_intents.confirm(waiting.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    assert ledger() == PAID


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("pm_card_threeDSecureRequiredChargeDeclined", "Your card was declined."),
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "Your card has insufficient funds."),
    ],
)
def test_card_may_be_declined_afterwards(
    client: stripe.StripeClient, ledger: Ledger, card: str, message: str
) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=card, return_url=BACK))

    answer = decide(waiting, "complete")

    assert "redirect_status=failed" in answer.headers["Location"]
    declined = client.v1.payment_intents.retrieve(waiting.id)
    assert declined.status == "requires_payment_method"
    assert declined.last_payment_error is not None
    assert (declined.last_payment_error.type, declined.last_payment_error.message) == ("card_error", message)
    assert told(client, 2) == ["charge.failed", "payment_intent.payment_failed"]
    assert ledger() == []


@pytest.mark.parametrize(("result", "status"), [("complete", "succeeded"), ("fail", "failed")])
def test_buyer_is_led_back(client: stripe.StripeClient, result: str, status: str) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD, return_url=BACK))

    answer = decide(waiting, result)

    assert answer.status == 303
    back = urlsplit(answer.headers["Location"])
    assert (back.scheme, back.netloc, back.path, back.fragment) == ("https", "shop.example", "/back", "paid")
    assert parse_qs(back.query) == {
        "order": ["7"],
        "payment_intent": [waiting.id],
        "payment_intent_client_secret": [waiting.client_secret],
        "redirect_status": [status],
    }


def test_app_is_not_led_back_to(client: stripe.StripeClient, ledger: Ledger) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD, return_url="teashop://back"))

    assert decide(waiting, "complete").status == 200
    assert ledger() == PAID


def test_challenge_is_decided_once(client: stripe.StripeClient, ledger: Ledger) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD))
    decide(waiting, "complete")

    assert [decide(waiting, result).status for result in ("complete", "fail")] == [409, 409]
    again = urllib3.request("GET", challenge_url(waiting))
    assert (again.status, Page(again.data.decode()).buttons) == (200, [])
    assert ledger() == PAID


def test_abandoned_challenge_waits_until_canceled(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass
) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD))

    let_pass(30 * 24 * 60 * 60)
    assert client.v1.payment_intents.retrieve(waiting.id).status == "requires_action"
    canceled = client.v1.payment_intents.cancel(waiting.id)

    assert (canceled.status, canceled.next_action) == ("canceled", None)
    assert decide(waiting, "complete").status == 409
    assert ledger() == []


@pytest.mark.parametrize(
    ("method", "result", "status"), [("POST", "", 400), ("POST", "win", 400), ("PUT", "", 405)]
)
def test_other_answers_are_refused(
    client: stripe.StripeClient, ledger: Ledger, method: str, result: str, status: int
) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD))

    assert urllib3.request(method, f"{challenge_url(waiting)}?result={result}").status == status
    assert client.v1.payment_intents.retrieve(waiting.id).status == "requires_action"
    assert ledger() == []


def test_unknown_payment_has_no_challenge(client: stripe.StripeClient) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD))

    assert urllib3.request("GET", challenge_url(waiting) + "x").status == 404


def test_granted_token_is_charged_after_the_challenge(
    client: stripe.StripeClient, wire: Wire, ledger: Ledger
) -> None:
    token = grant(wire, payment_method=CARD).json["id"]
    waiting = client.v1.payment_intents.create(with_token(token), NEW)
    assert (waiting.status, look(wire, token)["deactivated_reason"]) == ("requires_action", None)

    decide(waiting, "complete")

    assert client.v1.payment_intents.retrieve(waiting.id).status == "succeeded"
    assert look(wire, token)["deactivated_reason"] == "consumed"
    assert ledger() == PAID


def test_failed_challenge_leaves_the_token(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire, payment_method=CARD).json["id"]
    waiting = client.v1.payment_intents.create(with_token(token), NEW)

    decide(waiting, "fail")

    assert client.v1.payment_intents.retrieve(waiting.id).status == "requires_payment_method"
    assert look(wire, token)["deactivated_at"] is None
    assert ledger() == []


def test_token_revoked_meanwhile_is_not_charged(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire, payment_method=CARD).json["id"]
    waiting = client.v1.payment_intents.create(with_token(token, return_url=BACK), NEW)
    path = f"/v1/test_helpers/shared_payment/granted_tokens/{token}/revoke"
    wire("POST", path, None, {"Stripe-Version": str(NEW["stripe_version"])})

    assert "redirect_status=failed" in decide(waiting, "complete").headers["Location"]

    failed = client.v1.payment_intents.retrieve(waiting.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert "deactivated state" in str(failed.last_payment_error.message)
    assert ledger() == []
