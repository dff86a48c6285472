import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Wire
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import payment, unconfirmed
from tests.waiting import HANG_GUARD


def intents(client: stripe.StripeClient, count: int) -> list[str]:
    """Create intents and return their ids, newest first."""
    return [client.v1.payment_intents.create(unconfirmed(amount=100 + n)).id for n in range(count)][::-1]


def ids(page: object) -> list[str]:
    return [item["id"] for item in page.to_dict()["data"]]  # type: ignore[attr-defined]


def test_pages_go_forth_and_back(client: stripe.StripeClient) -> None:
    newest_first = intents(client, 5)

    first = client.v1.payment_intents.list({"limit": 2})
    second = client.v1.payment_intents.list({"limit": 2, "starting_after": newest_first[1]})
    last = client.v1.payment_intents.list({"limit": 2, "starting_after": newest_first[3]})
    back = client.v1.payment_intents.list({"limit": 2, "ending_before": newest_first[4]})

    assert (ids(first), first.has_more, first.url) == (newest_first[:2], True, "/v1/payment_intents")
    assert (ids(second), second.has_more) == (newest_first[2:4], True)
    assert (ids(last), last.has_more) == (newest_first[4:], False)
    assert (ids(back), back.has_more) == (newest_first[2:4], True)


def test_sdk_walks_all_pages(client: stripe.StripeClient) -> None:
    newest_first = intents(client, 5)

    pages = client.v1.payment_intents.list({"limit": 2})

    assert [intent.id for intent in pages.auto_paging_iter()] == newest_first


@pytest.mark.parametrize(("limit", "shown"), [("0", 1), ("-3", 1), ("1", 1), ("101", 12)])
def test_limits_are_clamped(client: stripe.StripeClient, wire: Wire, limit: str, shown: int) -> None:
    intents(client, 12)

    assert len(wire("GET", "/v1/payment_intents").json["data"]) == 10
    assert len(wire("GET", "/v1/payment_intents", {"limit": limit}).json["data"]) == shown


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"starting_after": "pi_none"}, "No such payment_intent: 'pi_none'"),
        (
            {"starting_after": "pi_1", "ending_before": "pi_2"},
            "Received both starting_after and ending_before",
        ),
        ({"limit": "abc"}, "Invalid integer: abc"),
    ],
)
def test_impossible_pages_are_refused(wire: Wire, params: dict[str, str], message: str) -> None:
    answer = wire("GET", "/v1/payment_intents", params)

    assert answer.status == 400
    assert answer.error["message"].startswith(message)


def test_lists_are_filtered_by_time(client: stripe.StripeClient, sandbox: RunningSandbox) -> None:
    newer, older = intents(client, 2)
    now = int(time.time())
    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD, isolation_level=None)) as store:
        store.execute("UPDATE objects SET created = ? WHERE id = ?", (now - 100, older))
        store.execute("UPDATE objects SET created = ? WHERE id = ?", (now - 50, newer))

    def found(**created: Any) -> list[str]:
        params: Any = {"created": created}
        return ids(client.v1.payment_intents.list(params))

    assert found(gte=now - 50) == [newer]
    assert found(gt=now - 50) == []
    assert found(lte=now - 100) == [older]
    assert found(lt=now - 100) == []
    assert found(gte=now - 100, lt=now - 50) == [older]
    assert ids(client.v1.payment_intents.list({"created": now - 50})) == [newer]


def test_lists_are_filtered_by_owner(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    mine = client.v1.payment_intents.create(payment(customer=customer.id))
    client.v1.payment_intents.create(payment())

    assert ids(client.v1.payment_intents.list({"customer": customer.id})) == [mine.id]
    assert ids(client.v1.charges.list({"customer": customer.id})) == [mine.latest_charge]
    assert ids(client.v1.charges.list({"payment_intent": mine.id})) == [mine.latest_charge]


def test_payments_are_searched_by_metadata(client: stripe.StripeClient) -> None:
    wanted = client.v1.payment_intents.create(unconfirmed(metadata={"session": "cs_1", "attempt": "1"}))
    client.v1.payment_intents.create(unconfirmed(metadata={"session": "cs_1", "attempt": "2"}))
    client.v1.payment_intents.create(unconfirmed(metadata={"session": "cs_2", "attempt": "1"}))

    both = client.v1.payment_intents.search({"query": "metadata['session']:'cs_1' AND metadata['attempt']:'1'"})
    either = client.v1.payment_intents.search({"query": 'metadata["session"]:"cs_1"', "limit": 1})
    rest = client.v1.payment_intents.search({"query": 'metadata["session"]:"cs_1"', "page": str(either.next_page)})

    assert ids(both) == [wanted.id]
    assert (either.has_more, rest.has_more) == (True, False)
    assert ids(rest) == [wanted.id]
    assert client.v1.payment_intents.search({"query": "status:'succeeded'"}).data == []


@pytest.mark.parametrize(
    "query", ["amount>100", "metadata['a']:'b' OR metadata['c']:'d'", "", "metadata['a\"]:'b'"]
)
def test_other_searches_are_refused(wire: Wire, query: str) -> None:
    answer = wire("GET", "/v1/payment_intents/search", {"query": query})

    assert answer.status == 400
    assert answer.error["param"] == "query"


def test_references_are_expanded(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Ada"})
    expand = ["customer", "latest_charge.payment_intent.payment_method", "latest_charge.refunds"]

    shown = client.v1.payment_intents.create(payment(customer=customer.id, expand=expand)).to_dict()
    client.v1.refunds.create({"payment_intent": shown["id"], "amount": 100})
    listed = client.v1.payment_intents.list({"expand": ["data.latest_charge.refunds", "data.review"]}).to_dict()

    assert shown["customer"]["name"] == "Ada"
    assert shown["latest_charge"]["payment_intent"]["payment_method"]["card"]["last4"] == "4242"
    assert shown["latest_charge"]["refunds"]["data"] == []
    assert [refund["amount"] for refund in listed["data"][0]["latest_charge"]["refunds"]["data"]] == [100]
    assert "_test_card" not in str(shown) + str(listed)


def test_reference_to_nothing_expands_to_nothing(client: stripe.StripeClient) -> None:
    shown = client.v1.payment_intents.create(payment(expand=["latest_charge.balance_transaction", "customer"]))

    assert shown.to_dict()["latest_charge"]["balance_transaction"] is None
    assert shown.customer is None


@pytest.mark.parametrize(
    ("path", "expand", "message"),
    [
        (
            "/v1/payment_intents",
            "latest_charge",
            "You may want to try expanding 'data.latest_charge' instead.",
        ),
        ("/v1/payment_intents", "data.amount", "This property cannot be expanded (amount)."),
        ("/v1/payment_intents", "data.nonsense", "cannot be expanded because it doesn't exist: nonsense."),
        ("/v1/payment_intents", "data.a.b.c.d.e", "You cannot expand more than 4 levels of a property."),
        ("/v1/payment_intents", "data.currency.x", "This property cannot be expanded (currency)."),
        ("/v1/payment_intents", "data.metadata", "This property cannot be expanded (metadata)."),
    ],
)
def test_other_expansions_are_refused(
    client: stripe.StripeClient, wire: Wire, path: str, expand: str, message: str
) -> None:
    intents(client, 1)

    answer = wire("GET", path, {"expand[]": expand})

    assert answer.status == 400
    assert answer.error["message"].endswith(message)
