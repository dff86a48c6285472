import secrets
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode

import orjson
import pytest
import stripe

from tests.payments.sandbox.asking_for_chaos import Ask, counts, send
from tests.payments.sandbox.conftest import Answer, Ledger, Wire, connect, entries
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import hold, payment
from tests.waiting import HANG_GUARD, wait_until

CREATE = "POST /v1/payment_intents"
CHARGE = {"amount": 2000, "currency": "usd", "source": "tok_visa"}
PAID = [("authorization", 4900), ("capture", 4900)]
CHARGED = [("authorization", 2000), ("capture", 2000)]
K: stripe.RequestOptions = {"idempotency_key": "k"}


def is_replayed(intent: stripe.PaymentIntent) -> bool:
    assert intent.last_response is not None
    return "Idempotent-Replayed" in intent.last_response.headers


def test_nothing_goes_wrong_unasked(rules: Ask, client: stripe.StripeClient, ledger: Ledger) -> None:
    for _ in range(5):
        client.v1.payment_intents.create(payment(), K)

    assert rules()["rules"] == []
    assert ledger() == PAID


def test_rule_is_shown_as_it_was_added(rules: Ask) -> None:
    added = rules("POST", call=CREATE, fault="delay", probability="0.25", seed="7", seconds="1.5", times="3")

    assert added["rules"] == [
        {
            "id": added["added"], "call": CREATE, "fault": "delay", "probability": 0.25, "seed": 7, "seconds": 1.5,
            "times": 3, "matched": 0, "hits": 0, "held": 0,
        }
    ]  # fmt: skip
    assert rules() == {"account": added["account"], "rules": added["rules"]}


def test_rule_has_defaults(rules: Ask) -> None:
    (hang,) = rules("POST", call="* *", fault="hang_after")["rules"]

    assert (hang["probability"], hang["seconds"], hang["times"]) == (1.0, 60, None)
    assert hang["seed"] >= 0


def test_one_rule_or_all_are_removed(rules: Ask, client: stripe.StripeClient, ledger: Ledger) -> None:
    first = rules("POST", call=CREATE, fault="error_before")["added"]
    second = rules("POST", call=CREATE, fault="rate_limit")["added"]

    assert [rule["id"] for rule in rules("DELETE", id=first)["rules"]] == [second]
    assert rules("DELETE")["rules"] == []
    client.v1.payment_intents.create(payment())
    assert ledger() == PAID


def test_rule_concerns_its_account_only(rules: Ask, sandbox: RunningSandbox) -> None:
    rules("POST", call="* *", fault="error_before")
    other = "sk_test_undisturbed" + secrets.token_hex(12)

    connect(sandbox.base_url, other).v1.payment_intents.create(payment())

    assert entries(sandbox.base_url, other) == PAID
    assert counts(rules) == [("error_before", 0, 0)]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"fault": "explode"}, "Say which fault, fault=…, one of delay, hang_before,"),
        ({"fault": ""}, "bad_gateway_after, webhook_duplicate,"),
        ({"call": ""}, "Say which calls, such as call=POST /v1/payment_intents*"),
        ({"call": "/v1/charges"}, "Say which calls"),
        ({"fault": "webhook_drop"}, "Say which events, such as call=payment_intent.*"),
        ({"fault": "webhook_hold", "call": ""}, "Say which events"),
        ({"fault": "webhook_drop", "call": "*", "seconds": "5"}, "webhook_drop takes no seconds."),
        ({"release": "chaos_x"}, "There is no rule 'chaos_x'."),
        ({"probability": "1.01"}, "probability is a number from 0 to 1."),
        ({"probability": "nan"}, "probability is a number from 0 to 1."),
        ({"seed": "x"}, "seed is a whole number from 0"),
        ({"seed": "9" * 5000}, "seed is a whole number from 0"),
        ({"times": "0"}, "times is a whole number from 1"),
        ({"seconds": "5"}, "rate_limit takes no seconds."),
        ({"fault": "delay", "seconds": "-1"}, "seconds is a number from 0 to 604800."),
        ({"sekonds": "5"}, "A rule has no 'sekonds'. It has key, call, fault,"),
        ({"key": "sk_live_x"}, "Name the secret key of the account you mean: key=sk_test_…"),
    ],
)
def test_unusable_rule_is_refused(
    sandbox: RunningSandbox, key: str, rules: Ask, fields: dict[str, object], told: str
) -> None:
    sent = {"key": key, "call": CREATE, "fault": "rate_limit", **fields}

    answer = send(sandbox, "POST", sent)

    assert answer.status == 400
    assert told in answer.json()["error"]
    assert rules()["rules"] == []


@pytest.mark.parametrize(
    ("method", "fields", "status"),
    [("GET", {}, 400), ("DELETE", {"key": "sk_test_a", "id": ""}, 400), ("PUT", {"key": "sk_test_a"}, 405)],
)
def test_control_says_what_it_needs(
    sandbox: RunningSandbox, method: str, fields: dict[str, object], status: int
) -> None:
    assert send(sandbox, method, fields).status == status


def hits(rules: Ask, wire: Wire, count: int = 40) -> list[bool]:
    found = [wire("GET", "/v1/charges").status == 429 for _ in range(count)]
    assert counts(rules)[-1] == ("rate_limit", count, sum(found))
    rules("DELETE")
    return found


def test_same_seed_gives_the_same_hits(rules: Ask, wire: Wire) -> None:
    sequences = []
    for seed in (7, 7, 8):
        rules("POST", call="GET *", fault="rate_limit", probability=0.5, seed=seed)
        sequences.append(hits(rules, wire))

    assert sequences[0] == sequences[1] != sequences[2]
    assert 5 < sum(sequences[0]) < 35


def test_other_rules_do_not_change_a_sequence(rules: Ask, wire: Wire) -> None:
    rules("POST", call="GET *", fault="rate_limit", probability=0.5, seed=7)
    alone = hits(rules, wire)

    rules("POST", call="GET *", fault="delay", probability=0, seed=1)
    rules("POST", call="POST *", fault="error_before")
    rules("POST", call="GET *", fault="rate_limit", probability=0.5, seed=7)

    assert hits(rules, wire) == alone


def test_rule_ends_after_so_many_hits(rules: Ask, wire: Wire) -> None:
    rules("POST", call="GET /v1/charges", fault="error_before", times=2)

    assert [wire("GET", "/v1/charges").status for _ in range(4)] == [500, 500, 200, 200]
    assert counts(rules) == [("error_before", 4, 2)]


def test_first_of_two_rules_is_applied(rules: Ask, wire: Wire) -> None:
    rules("POST", call="GET *", fault="rate_limit", times=1)
    rules("POST", call="* /v1/charges", fault="error_before", times=1)

    assert [wire("GET", "/v1/charges").status for _ in range(3)] == [429, 500, 200]
    assert counts(rules) == [("rate_limit", 3, 1), ("error_before", 3, 1)]


def test_pattern_tells_calls_apart(rules: Ask, client: stripe.StripeClient, ledger: Ledger) -> None:
    rules("POST", call="POST /v1/payment_intents/*/capture", fault="error_before")
    intent = client.v1.payment_intents.create(hold())

    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.capture(intent.id)

    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    assert counts(rules) == [("error_before", 1, 1)]
    assert ledger() == [("authorization", 4900)]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("error_before", stripe.APIError),
        ("rate_limit", stripe.RateLimitError),
        ("bad_gateway", stripe.APIError),
        ("conflict", stripe.APIError),
    ],
)
def test_refused_call_has_no_effect_and_its_key_is_free(
    rules: Ask, client: stripe.StripeClient, ledger: Ledger, fault: str, error: type[stripe.StripeError]
) -> None:
    rules("POST", call=CREATE, fault=fault, times=1)

    with pytest.raises(error):
        client.v1.payment_intents.create(payment(), K)
    assert ledger() == []
    rules("DELETE")

    assert client.v1.payment_intents.create(payment(), K).status == "succeeded"
    assert ledger() == PAID


@pytest.mark.parametrize(
    ("fault", "status", "kind", "code"),
    [
        ("error_before", 500, "api_error", None),
        ("rate_limit", 429, "invalid_request_error", "rate_limit"),
        ("conflict", 409, "idempotency_error", "idempotency_key_in_use"),
    ],
)
def test_refusal_looks_like_stripes(
    rules: Ask, wire: Wire, fault: str, status: int, kind: str, code: str | None
) -> None:
    rules("POST", call="POST /v1/charges", fault=fault)

    answer = wire("POST", "/v1/charges", CHARGE, {"Idempotency-Key": "k"})

    assert (answer.status, answer.error["type"], answer.error.get("code")) == (status, kind, code)
    assert answer.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize(("fault", "paid"), [("bad_gateway", []), ("bad_gateway_after", PAID)])
def test_bad_gateway_answers_with_a_page(
    rules: Ask, client: stripe.StripeClient, ledger: Ledger, fault: str, paid: list[tuple[str, int]]
) -> None:
    rules("POST", call=CREATE, fault=fault)

    with pytest.raises(stripe.APIError) as failed:
        client.v1.payment_intents.create(payment())

    assert failed.value.http_status == 502
    assert "<h1>502 Bad Gateway</h1>" in str(failed.value.http_body)
    assert ledger() == paid


@pytest.mark.parametrize(("fault", "paid"), [("error_before_kept", []), ("error_after", PAID)])
def test_kept_500_is_replayed(
    rules: Ask, client: stripe.StripeClient, wire: Wire, ledger: Ledger, fault: str, paid: list[tuple[str, int]]
) -> None:
    rules("POST", call=CREATE, fault=fault, times=1)
    with pytest.raises(stripe.APIError) as first:
        client.v1.payment_intents.create(payment(), K)

    with pytest.raises(stripe.APIError) as again:
        client.v1.payment_intents.create(payment(), K)

    assert (first.value.http_status, again.value.http_status) == (500, 500)
    assert again.value.http_body == first.value.http_body
    assert (again.value.headers or {})["Idempotent-Replayed"] == "true"
    assert ledger() == paid
    assert len(client.v1.payment_intents.list().data) == len(paid) // 2


def test_unkept_500_gives_way_to_the_answer(rules: Ask, client: stripe.StripeClient, ledger: Ledger) -> None:
    rules("POST", call=CREATE, fault="error_after_unkept", times=1)
    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.create(payment(), K)
    assert ledger() == PAID

    again = client.v1.payment_intents.create(payment(), K)

    assert again.status == "succeeded"
    assert is_replayed(again)
    assert ledger() == PAID


def test_kept_answer_outlives_a_later_500(rules: Ask, client: stripe.StripeClient, ledger: Ledger) -> None:
    first = client.v1.payment_intents.create(payment(), K)
    rules("POST", call=CREATE, fault="error_after")

    assert client.v1.payment_intents.create(payment(), K).id == first.id
    assert ledger() == PAID


def test_declined_payment_may_end_in_a_500(rules: Ask, client: stripe.StripeClient, ledger: Ledger) -> None:
    rules("POST", call=CREATE, fault="error_after")

    with pytest.raises(stripe.APIError) as failed:
        client.v1.payment_intents.create(payment(payment_method="pm_card_chargeDeclined"))

    assert failed.value.http_status == 500
    assert [intent.status for intent in client.v1.payment_intents.list().data] == ["requires_payment_method"]
    assert ledger() == []


def test_key_stays_busy_for_a_while(rules: Ask, wire: Wire, ledger: Ledger) -> None:
    rules("POST", call="POST /v1/charges", fault="conflict", times=1, seconds=0.6)
    begun = time.monotonic()

    statuses = [wire("POST", "/v1/charges", CHARGE, {"Idempotency-Key": "k"}).status]
    other = wire("POST", "/v1/charges", {**CHARGE, "amount": 300}, {"Idempotency-Key": "other"})
    while statuses[-1] == 409:
        statuses.append(wire("POST", "/v1/charges", CHARGE, {"Idempotency-Key": "k"}).status)

    assert time.monotonic() - begun >= 0.6
    assert (other.status, statuses[-1], set(statuses[:-1])) == (200, 200, {409})
    assert counts(rules) == [("conflict", 3, 1)]
    assert ledger() == [("authorization", 300), ("capture", 300), ("authorization", 2000), ("capture", 2000)]


def test_call_without_a_key_meets_no_conflict(rules: Ask, wire: Wire) -> None:
    rules("POST", call="POST *", fault="conflict")

    assert wire("POST", "/v1/charges", CHARGE).status == 200
    assert counts(rules) == [("conflict", 0, 0)]


@pytest.mark.parametrize("fault", ["hang_before", "hang_after"])
def test_caller_loses_patience_with_a_hanging_call(
    rules: Ask, sandbox: RunningSandbox, key: str, fault: str
) -> None:
    rules("POST", call="GET /v1/payment_intents", fault=fault, seconds=3600)
    patience = stripe.RequestsClient(timeout=0.3)  # the time-out is the subject
    impatient = stripe.StripeClient(key, base_addresses={"api": sandbox.base_url}, http_client=patience)

    with pytest.raises(stripe.APIConnectionError, match="timed out"):
        impatient.v1.payment_intents.list()


@pytest.mark.parametrize(("fault", "paid"), [("hang_before", []), ("hang_after", CHARGED)])
def test_caller_gives_up_on_a_hanging_call(
    rules: Ask,
    sandbox: RunningSandbox,
    key: str,
    wire: Wire,
    ledger: Ledger,
    fault: str,
    paid: list[tuple[str, int]],
) -> None:
    rules("POST", call="POST /v1/charges", fault=fault, times=1, seconds=3600)

    with charging(sandbox, key, idempotency_key="k") as caller:
        wait_until(lambda: counts(rules) == [(fault, 1, 1)], "the call")
        wait_until(lambda: ledger() == paid, "the call's effect")
        assert select.select([caller], [], [], 0) == ([], [], [])
    rules("DELETE")

    again = wire("POST", "/v1/charges", CHARGE, {"Idempotency-Key": "k"})
    while again.status == 409:  # the key is in use until a moment after the charge is made
        again = wire("POST", "/v1/charges", CHARGE, {"Idempotency-Key": "k"})
    assert again.status == 200
    assert ("Idempotent-Replayed" in again.headers) == bool(paid)
    assert ledger() == CHARGED


def test_hanging_calls_block_no_others(
    rules: Ask, wire: Wire, client: stripe.StripeClient, sandbox: RunningSandbox, ledger: Ledger
) -> None:
    rules("POST", call="GET /v1/charges", fault="hang_before", seconds=3600)
    with ThreadPoolExecutor(60) as threads:
        hanging = [threads.submit(wire, "GET", "/v1/charges") for _ in range(60)]
        wait_until(lambda: counts(rules) == [("hang_before", 60, 60)], "60 calls")
        wait_until(lambda: sum(call.done() for call in hanging) >= 12, "the answers of those that have no place")

        client.v1.payment_intents.create(payment())
        done = sum(call.done() for call in hanging)
        rules("DELETE")

        answers = [call.result() for call in hanging]
    assert (done, {answer.status for answer in answers}) == (12, {504})
    assert ledger() == PAID


def test_delayed_call_is_done_late(rules: Ask, wire: Wire, ledger: Ledger) -> None:
    rules("POST", call="POST /v1/charges", fault="delay", seconds=3600, times=1)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(wire, "POST", "/v1/charges", CHARGE, {"Idempotency-Key": "k"})
        wait_until(lambda: counts(rules) == [("delay", 1, 1)], "the call")

        meanwhile = wire("POST", "/v1/charges", CHARGE, {"Idempotency-Key": "k"})
        assert ledger() == []
        rules("DELETE")

        assert slow.result().status == 200
    assert (meanwhile.status, meanwhile.error["code"]) == (409, "idempotency_key_in_use")
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


def test_delay_lasts_its_time(rules: Ask, wire: Wire) -> None:
    rules("POST", call="GET /v1/charges", fault="delay", seconds=0.3)
    begun = time.monotonic()

    assert wire("GET", "/v1/charges").status == 200
    assert time.monotonic() - begun >= 0.3


@contextmanager
def charging(sandbox: RunningSandbox, key: str, idempotency_key: str = "") -> Iterator[socket.socket]:
    """Ask for a charge over a bare socket."""
    body = urlencode(CHARGE).encode()
    lines = [
        "POST /v1/charges HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {key}",
        f"Content-Length: {len(body)}",
        *([f"Idempotency-Key: {idempotency_key}"] if idempotency_key else []),
    ]
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=HANG_GUARD) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        yield connection


def read_raw(sandbox: RunningSandbox, key: str) -> tuple[bytes, str]:
    """Make a charge over a bare socket; return what came and how the connection ended."""
    came = b""
    with charging(sandbox, key) as connection:
        try:
            while part := connection.recv(65536):
                came += part
        except ConnectionResetError:
            return came, "reset"
    return came, "closed"


@pytest.mark.parametrize(("fault", "end"), [("truncate", "closed"), ("reset", "reset")])
def test_answer_breaks_off_on_the_wire(
    rules: Ask, sandbox: RunningSandbox, key: str, ledger: Ledger, fault: str, end: str
) -> None:
    rules("POST", call="POST /v1/charges", fault=fault)

    for _ in range(5):
        came, ended = read_raw(sandbox, key)

        head, _, body = came.partition(b"\r\n\r\n")
        promised = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        assert (head.split(b"\r\n")[0], ended) == (b"HTTP/1.1 200 OK", end)
        assert 0 < len(body) < promised
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(body)
    assert ledger() == [("authorization", 2000), ("capture", 2000)] * 5


@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_broken_answer_is_replayed_whole(
    rules: Ask, client: stripe.StripeClient, ledger: Ledger, fault: str
) -> None:
    rules("POST", call=CREATE, fault=fault, times=1)

    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(payment(), K)
    assert ledger() == PAID

    assert is_replayed(client.v1.payment_intents.create(payment(), K))
    assert ledger() == PAID


def test_reset_strikes_no_neighbour(rules: Ask, sandbox: RunningSandbox, key: str, wire: Wire) -> None:
    rules("POST", call="POST /v1/charges", fault="reset", times=20)

    def act(number: int) -> Answer | str:
        return read_raw(sandbox, key)[1] if number % 2 else wire("GET", "/v1/payment_intents")

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(act, range(40)))

    assert outcomes[1::2] == ["reset"] * 20
    assert [answer.status for answer in outcomes[::2] if not isinstance(answer, str)] == [200] * 20
