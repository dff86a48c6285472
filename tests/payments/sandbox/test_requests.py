import pytest
import stripe

from tests.payments.sandbox.conftest import PINNED, PREVIEW, Ledger, Wire

CREATE = "/v1/payment_intents"
VALID = {"amount": 100, "currency": "usd"}


@pytest.mark.parametrize(
    ("params", "code", "param", "message"),
    [
        ({"wat": "x"}, "parameter_unknown", "wat", "Received unknown parameter: wat"),
        (
            {"payment_method_options[card][planet]": "x"},
            "parameter_unknown",
            "payment_method_options[card][planet]",
            "Received unknown parameter: payment_method_options[card][planet]",
        ),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount", "Invalid integer: 12.5"),
        ({"amount": ""}, "parameter_invalid_integer", "amount", "Invalid integer: "),
        ({"confirm": "yes"}, None, "confirm", "Invalid boolean: yes"),
        (
            {"capture_method": "later"},
            None,
            "capture_method",
            "Invalid capture_method: must be one of automatic, automatic_async, or manual",
        ),
        ({"shipping": "x"}, None, "shipping", "Invalid object"),
        ({"expand": "x"}, None, "expand", "Invalid array"),
        ({"description[x]": "y"}, None, "description", "Invalid string"),
        (
            {"automatic_payment_methods[allow_redirects]": "never"},
            "parameter_missing",
            "automatic_payment_methods[enabled]",
            "Missing required param: automatic_payment_methods[enabled].",
        ),
    ],
)
def test_malformed_parameters_are_refused(
    wire: Wire, ledger: Ledger, params: dict[str, str], code: str | None, param: str, message: str
) -> None:
    answer = wire("POST", CREATE, {**VALID, **params})

    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error.get("code") == code
    assert answer.error["param"] == param
    assert answer.error["message"] == message
    assert ledger() == []
    assert wire("GET", CREATE).json["data"] == []


@pytest.mark.parametrize("missing", ["amount", "currency"])
def test_missing_parameters_are_refused(wire: Wire, missing: str) -> None:
    answer = wire("POST", CREATE, {name: value for name, value in VALID.items() if name != missing})

    assert answer.status == 400
    assert answer.error["code"] == "parameter_missing"
    assert answer.error["param"] == missing
    assert answer.error["message"] == f"Missing required param: {missing}."
    assert answer.error["doc_url"] == "https://stripe.com/docs/error-codes/parameter-missing"


def test_empty_text_cannot_unset_a_parameter(wire: Wire) -> None:
    answer = wire("POST", CREATE, {**VALID, "description": ""})

    assert answer.error["code"] == "parameter_invalid_empty"
    assert answer.error["message"].startswith("You passed an empty string for 'description'.")


@pytest.mark.parametrize("name", ["transfer_data[destination]", "on_behalf_of", "confirmation_token", "mandate"])
def test_parameters_that_are_not_emulated_are_refused(wire: Wire, name: str) -> None:
    answer = wire("POST", CREATE, {**VALID, name: "x"})

    assert answer.status == 400
    assert answer.error["message"].startswith("This sandbox does not emulate the parameter")
    assert wire("GET", CREATE).json["data"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/planets"),
        ("POST", "/v1/charges/ch_1/teleport"),
        ("DELETE", "/v1/charges/ch_1"),
        ("GET", "/v1/charges/{}"),
    ],
)
def test_unknown_urls_are_refused(wire: Wire, method: str, path: str) -> None:
    answer = wire(method, path)

    assert answer.status == 404
    assert answer.error["message"].startswith(f"Unrecognized request URL ({method}: {path}).")


def test_answer_names_request_and_version(wire: Wire) -> None:
    answer = wire("GET", "/v1/charges")

    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == PINNED
    assert answer.headers["Content-Type"] == "application/json"


def test_malformed_version_is_refused(wire: Wire) -> None:
    answer = wire("GET", "/v1/charges", None, {"Stripe-Version": "not-a-real-version"})

    assert answer.status == 400
    assert answer.headers["Stripe-Version"] == "not-a-real-version"
    assert answer.json == {
        "error": {
            "message": "Invalid Stripe API version: not-a-real-version",
            "type": "invalid_request_error",
        }
    }


@pytest.mark.parametrize("version", [PINNED, "2026-09-30.endive", "2026-09-30.preview", "2026-08-26.preview"])
def test_retired_method_types_are_refused(wire: Wire, version: str) -> None:
    answer = wire("POST", CREATE, {**VALID, "payment_method_types[]": "card"}, {"Stripe-Version": version})

    assert answer.status == 400
    assert answer.error["code"] == "payment_method_types_no_longer_supported"
    assert answer.error["param"] == "payment_method_types"


@pytest.mark.parametrize("version", ["", "2026-08-26.dahlia", PREVIEW])
def test_older_versions_accept_method_types(wire: Wire, version: str) -> None:
    answer = wire("POST", CREATE, {**VALID, "payment_method_types[]": "card"}, {"Stripe-Version": version})

    assert answer.status == 200
    assert answer.json["payment_method_types"] == ["card"]
    assert answer.json["automatic_payment_methods"] is None
    assert answer.headers["Stripe-Version"] == (version or "2026-07-29.dahlia")


def test_parameters_of_a_get_may_be_nested(client: stripe.StripeClient) -> None:
    client.v1.payment_intents.create({"amount": 100, "currency": "usd"})

    assert len(client.v1.payment_intents.list({"created": {"gte": 1}}).data) == 1
    assert client.v1.payment_intents.list({"created": {"lt": 1}}).data == []


def test_text_is_unicode(wire: Wire) -> None:
    plain = wire("POST", "/v1/customers", "name=Zoë ☂".encode())
    escaped = wire("POST", "/v1/customers", {"name": "Zoë ☂"})

    assert plain.json["name"] == escaped.json["name"] == "Zoë ☂"
    assert wire("POST", "/v1/customers", b"name=\xff").status == 400
    assert wire("POST", "/v1/customers", "name=%ff").status == 400


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/charges", "transfer_group"),
        ("/v1/customers", "test_clock"),
        ("/v1/payment_methods", "allow_redisplay"),
    ],
)
def test_filters_that_are_not_emulated_are_refused(wire: Wire, path: str, name: str) -> None:
    answer = wire("GET", path, {name: "always"})

    assert (answer.status, answer.error["param"]) == (400, name)


def test_large_bodies_are_refused(wire: Wire) -> None:
    assert wire("POST", CREATE, "description=" + "x" * 1_100_000).status == 413
