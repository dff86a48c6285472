from html.parser import HTMLParser

import pytest
import stripe
import urllib3

from tests.payments.sandbox.conftest import Wire
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import hold, payment


def page(sandbox: RunningSandbox) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", f"{sandbox.base_url}/_sandbox/", retries=False)


class Cells(HTMLParser):
    """Collects the text of every table row, and every address the page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data: str) -> None:
        if self.rows and data.strip():
            self.rows[-1].append(data.strip())


def test_page_shows_every_amount_in_its_currency(sandbox: RunningSandbox, client: stripe.StripeClient) -> None:
    yen = client.v1.payment_intents.create(payment(amount=5000, currency="jpy"))
    held = client.v1.payment_intents.create(hold(amount=123_450, currency="kwd"))
    part = client.v1.payment_intents.create(hold())
    client.v1.payment_intents.capture(part.id, {"amount_to_capture": 4000})
    client.v1.refunds.create({"payment_intent": part.id, "amount": 150})

    rows = {row[0]: row[2:7] for row in Cells(page(sandbox).data.decode()).rows}

    assert rows[yen.id] == ["5,000", "0", "5,000", "0", "0"]
    assert rows[held.id] == ["123.450", "123.450", "0.000", "0.000", "0.000"]
    assert rows[part.id] == ["49.00", "0.00", "40.00", "9.00", "1.50"]


def test_page_shows_disputes(sandbox: RunningSandbox, client: stripe.StripeClient) -> None:
    paid = client.v1.payment_intents.create(payment(payment_method="pm_card_createDisputeInquiry"))
    (dispute,) = client.v1.disputes.list({"payment_intent": paid.id}).data

    (row,) = [row for row in Cells(page(sandbox).data.decode()).rows if row[0] == dispute.id]

    assert row[1:5] == [paid.id, "49.00 USD", "general", "warning needs response"]


def test_page_shows_what_was_charged_back(sandbox: RunningSandbox, client: stripe.StripeClient) -> None:
    paid = client.v1.payment_intents.create(payment(payment_method="pm_card_createDispute"))

    rows = {row[0]: row[2:8] for row in Cells(page(sandbox).data.decode()).rows}

    assert rows[paid.id] == ["49.00", "0.00", "49.00", "0.00", "0.00", "49.00"]


def test_page_needs_nothing_from_elsewhere(sandbox: RunningSandbox, client: stripe.StripeClient) -> None:
    client.v1.payment_intents.create(payment())

    answer = page(sandbox)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    text = answer.data.decode()
    assert Cells(text).addresses == ["/_sandbox/chaos"]
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


def test_page_shows_no_whole_key(sandbox: RunningSandbox, client: stripe.StripeClient, key: str) -> None:
    client.v1.payment_intents.create(payment())

    text = page(sandbox).data.decode()

    assert f"sk_test_…{key[-4:]}" in text
    assert key not in text


def test_nothing_a_caller_sends_becomes_markup(sandbox: RunningSandbox, wire: Wire) -> None:
    evil = "<script>alert(1)</script>"
    wire("POST", "/v1/charges", {"amount": 100, "currency": "usd", "source": "tok_visa", "description": evil})
    wire("GET", "/v1/charges", None, {"Authorization": f"Bearer sk_test_{evil}"})

    assert "<script" not in page(sandbox).data.decode().lower()


def test_ledger_is_shown_with_sums(sandbox: RunningSandbox, client: stripe.StripeClient, key: str) -> None:
    intent = client.v1.payment_intents.create(hold())
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 4000})
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 150})

    shown = urllib3.request("GET", f"{sandbox.base_url}/_sandbox/ledger?key={key}").json()

    assert [row["entry"] for row in shown["rows"]] == ["authorization", "capture", "void", "refund"]
    assert {row["payment_intent"] for row in shown["rows"]} == {intent.id}
    assert [row["refund"] for row in shown["rows"]] == [None, None, None, refund.id]
    assert shown["payment_intents"] == {
        intent.id: {
            "authorized": 4900, "captured": 4000, "voided": 900, "refunded": 150, "disputed": 0, "held": 0,
            "currency": "usd",
        }
    }  # fmt: skip


def test_unknown_key_has_an_empty_ledger(sandbox: RunningSandbox) -> None:
    shown = urllib3.request("GET", f"{sandbox.base_url}/_sandbox/ledger?key=sk_test_nobody").json()

    assert (shown["rows"], shown["payment_intents"]) == ([], {})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "ledger", 400),
        ("GET", "nowhere", 404),
        ("POST", "ledger", 405),
        ("DELETE", "", 405),
        ("GET", "", 200),
    ],
)
def test_pages_are_only_read(sandbox: RunningSandbox, method: str, path: str, status: int) -> None:
    assert urllib3.request(method, f"{sandbox.base_url}/_sandbox/{path}", retries=False).status == status
