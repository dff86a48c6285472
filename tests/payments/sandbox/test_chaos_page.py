from urllib.parse import urlencode

import pytest
import stripe
import urllib3

from commerce.payments.sandbox.chaos import FAULTS
from tests.payments.sandbox.asking_for_chaos import Ask, counts
from tests.payments.sandbox.conftest import entries
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import payment
from tests.payments.sandbox.test_pages import Cells

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def browse(
    sandbox: RunningSandbox, method: str = "GET", *, origin: str | None = None, **fields: str
) -> urllib3.BaseHTTPResponse:
    headers = {**BROWSER, **({"Origin": origin or sandbox.base_url} if method == "POST" else {})}
    url, body = f"{sandbox.base_url}/_sandbox/chaos", urlencode(fields) if fields else None
    return urllib3.request(method, url, body=body, headers=headers, retries=False, redirect=False)


def rows(sandbox: RunningSandbox, key: str) -> list[list[str]]:
    """Return the page's lines about this test's account, without its buttons."""
    found = Cells(browse(sandbox).data.decode()).rows
    return [row[:9] for row in found if len(row) > 1 and row[1].endswith(f"sk_test_…{key[-4:]}")]


def test_page_explains_every_fault(sandbox: RunningSandbox) -> None:
    answer = browse(sandbox)

    text = answer.data.decode()
    assert answer.status == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for fault in FAULTS.values():
        assert f"<dt><code>{fault.name}</code></dt><dd>{fault.explanation}" in text
        assert f'<option value="{fault.name}">' in text


def test_page_shows_rules_with_counts(
    rules: Ask, sandbox: RunningSandbox, client: stripe.StripeClient, key: str
) -> None:
    client.v1.payment_intents.create(payment())
    rules("POST", call="GET /v1/payment_intents", fault="delay", seconds=0.01, probability=0.5, seed=3, times=9)

    for _ in range(4):
        client.v1.payment_intents.list()

    (rule,) = rules()["rules"]
    assert rows(sandbox, key) == [
        ["GET /v1/payment_intents", f"delay · sk_test_…{key[-4:]}", "0.5", "0.01", "9", "3", "4", str(rule["hits"]),
         "0"],
    ]  # fmt: skip


def test_form_adds_a_rule_and_buttons_end_it(
    rules: Ask, sandbox: RunningSandbox, client: stripe.StripeClient, key: str
) -> None:
    client.v1.customers.list()
    account = rules()["account"]
    client.v1.customers.create({})
    empty = {"probability": "", "seconds": "", "times": "", "seed": ""}

    added = browse(sandbox, "POST", account=account, fault="webhook_hold", call="customer.*", **empty)

    assert (added.status, added.headers["Location"]) == (303, "/_sandbox/chaos")
    (rule,) = rules()["rules"]
    assert (rule["fault"], rule["call"], rule["probability"]) == ("webhook_hold", "customer.*", 1)
    assert browse(sandbox, "POST", release=rule["id"]).status == 303
    assert browse(sandbox, "POST", remove=rule["id"]).status == 303
    assert rules()["rules"] == []
    assert browse(sandbox, "POST", remove=rule["id"]).status == 400


def test_key_that_never_called_can_be_named(rules: Ask, sandbox: RunningSandbox, key: str) -> None:
    assert browse(sandbox, "POST", key=key, fault="rate_limit", call="* *").status == 303

    assert counts(rules) == [("rate_limit", 0, 0)]


def test_wrong_entry_is_told_and_kept(rules: Ask, sandbox: RunningSandbox, key: str) -> None:
    answer = browse(sandbox, "POST", key=key, fault="rate_limit", call='"><script>*', seed="x")

    text = answer.data.decode()
    assert answer.status == 400
    assert '<p class="wrong" role="alert">seed is a whole number from 0' in text
    assert 'value="&quot;&gt;&lt;script&gt;*"' in text
    assert '<option value="rate_limit" selected>' in text
    assert "<script" not in text
    assert rules()["rules"] == []


@pytest.mark.parametrize("origin", ["https://example.com", "null", "http://127.0.0.1:1"])
def test_page_of_another_site_adds_nothing(rules: Ask, sandbox: RunningSandbox, key: str, origin: str) -> None:
    assert browse(sandbox, "POST", origin=origin, key=key, fault="rate_limit", call="* *").status == 403

    assert rules()["rules"] == []


def test_unknown_account_is_refused(rules: Ask, sandbox: RunningSandbox) -> None:
    answer = browse(sandbox, "POST", account="acct_x", fault="rate_limit", call="* *")

    assert answer.status == 400
    assert "There is no such account." in answer.data.decode()
    assert rules()["rules"] == []


def test_overview_tells_of_rules(rules: Ask, sandbox: RunningSandbox, key: str) -> None:
    rules("POST", call="POST /v1/charges", fault="rate_limit")

    overview = urllib3.request("GET", f"{sandbox.base_url}/_sandbox/").data.decode()

    assert "<strong>Things go wrong on purpose: 1 rule.</strong>" in overview
    assert '<a href="/_sandbox/chaos">' in overview
    assert entries(sandbox.base_url, key) == []
