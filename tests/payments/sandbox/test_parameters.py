import pytest

from commerce.payments.sandbox.errors import InvalidParameter
from commerce.payments.sandbox.parameters import check
from commerce.payments.sandbox.routes import ROUTES, Route
from commerce.payments.sandbox.versions import parse_version

PINNED = parse_version("2026-10-28.endive")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_installed_sdk_declares_every_endpoint(route: Route) -> None:
    with pytest.raises(InvalidParameter) as refused:
        check(route.parameters, {"surely_unknown": "x"}, PINNED)

    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "surely_unknown")


def test_text_becomes_what_is_declared() -> None:
    given = {
        "amount": "100",
        "currency": "usd",
        "confirm": "true",
        "off_session": "one_off",
        "metadata": {"0": "zero", "empty": ""},
        "expand": {"1": "b", "0": "a"},
        "shipping": {"name": "Ada", "address": {"line1": "1 Way"}},
    }

    assert check("PaymentIntentCreateParams", given, PINNED) == {
        **given,
        "amount": 100,
        "confirm": True,
        "expand": ["a", "b"],
    }


@pytest.mark.parametrize(("value", "converted"), [("true", True), ("false", False), ("recurring", "recurring")])
def test_one_parameter_may_have_several_kinds(value: str, converted: object) -> None:
    given = {"amount": "100", "currency": "usd", "confirm": "true", "off_session": value}

    assert check("PaymentIntentCreateParams", given, PINNED)["off_session"] == converted


@pytest.mark.parametrize("value", ["maybe", "1"])
def test_other_kinds_are_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid off_session"):
        check("PaymentIntentCreateParams", {"amount": "1", "currency": "usd", "off_session": value}, PINNED)


def test_several_unknown_parameters_are_named() -> None:
    with pytest.raises(InvalidParameter, match="Received unknown parameters: a, b"):
        check("CustomerCreateParams", {"a": "1", "b": "2"}, PINNED)


@pytest.mark.parametrize("period", [{"gte": "1", "lt": "9"}, "5"])
def test_period_may_be_a_moment_or_bounds(period: object) -> None:
    checked = check("ChargeListParams", {"created": period}, PINNED)

    assert checked["created"] == ({"gte": 1, "lt": 9} if isinstance(period, dict) else 5)
