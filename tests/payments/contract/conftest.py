"""The same questions to the sandbox, always, and to Stripe's own test mode where a key for it is given.

`STRIPE_SECRET_KEY=sk_test_… pytest -n0 tests/payments/contract` asks both. What Stripe's documents leave open is
reported at the end, with what the sandbox takes for granted beside it.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import stripe
from django.conf import settings as configured
from pytest_django import Settings

from commerce.payments.gateway import (
    Authorized,
    AuthorizeResult,
    Captured,
    Charge,
    Gateway,
    forget_gateway,
    gateway,
)
from tests.stripe_account import StripeAccount

T = TypeVar("T")

STRIPE = "https://api.stripe.com"
PATIENCE = 90.0
TOTAL = 4900
VISA = "pm_card_visa"
RETURN_URL = "https://shop.example.com/back"


@dataclass(frozen=True, slots=True)
class Provider:
    """One account at a provider, as the shop's gateway reaches it and as its agents and owner do."""

    name: str
    account: StripeAccount
    gateway: Gateway
    version: str

    def charge(self, card: str = VISA, *, amount: int = TOTAL, at_once: bool = False, **given: Any) -> Charge:
        """Return a charge that nobody has asked for, with a new token unless one is given."""
        token = given.pop("token", None) or self.account.mint(amount, card=card)
        return Charge(f"pay_{uuid.uuid4().hex}", amount, "usd", token, at_once, RETURN_URL, **given)

    def held(self, card: str = VISA) -> tuple[Charge, Authorized]:
        """Hold the amount on a card."""
        charge = self.charge(card)
        return charge, authorized(self.gateway.authorize(charge))

    def taken(self, card: str = VISA) -> Authorized:
        """Hold the amount on a card and take it."""
        charge, held = self.held(card)
        asked = {"attempt_id": charge.attempt_id, "provider_reference": held.provider_reference}
        assert self.gateway.capture(**asked, amount_minor=TOTAL) == Captured(TOTAL, "usd")
        return held

    def ask(self, method: str, path: str, **params: Any) -> dict[str, Any]:
        """Ask for something of the preview without the gateway."""
        answer: Any = self.account.client().raw_request(method, path, **{"stripe_version": self.version, **params})
        return dict(answer.data)

    def token(self, token: str) -> dict[str, Any]:
        """Return what became of a token."""
        return self.ask("get", f"/v1/shared_payment/granted_tokens/{token}")

    def pay(self, token: str, *, amount: int = TOTAL, **params: Any) -> dict[str, Any]:
        """Pay with a token without the gateway."""
        wanted = {
            "amount": amount,
            "currency": "usd",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "payment_method_data": {"shared_payment_granted_token": token},
        }
        return self.ask("post", "/v1/payment_intents", **{**wanted, **params})


def authorized(result: AuthorizeResult) -> Authorized:
    assert isinstance(result, Authorized), result
    return result


def why_not_stripe() -> str:
    """Say why Stripe itself cannot be asked; nothing where it can."""
    if not configured.STRIPE_SECRET_KEY.startswith("sk_test_"):
        return "STRIPE_SECRET_KEY names no test account at Stripe"
    if configured.STRIPE_API_BASE not in ("", STRIPE):
        return f"STRIPE_API_BASE leads to {configured.STRIPE_API_BASE}, not to Stripe"
    return ""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "provider" in metafunc.fixturenames:
        names = ["sandbox"] if why_not_stripe() else ["sandbox", "stripe"]
        metafunc.parametrize("provider", names, indirect=True)


@pytest.fixture
def provider(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Provider]:
    """The shop's gateway, connected to each of the two."""
    if request.param == "sandbox":
        account: StripeAccount = request.getfixturevalue("stripe_account")
    else:
        account = _test_mode(settings)
    forget_gateway()
    yield Provider(request.param, account, gateway(), settings.STRIPE_SPT_API_VERSION)
    forget_gateway()


def _test_mode(settings: Settings) -> StripeAccount:
    settings.STRIPE_API_BASE = ""
    settings.STRIPE_READ_TIMEOUT_SECONDS = 30
    account = StripeAccount(STRIPE, settings.STRIPE_SECRET_KEY)
    try:
        account.mint(TOTAL)
    except (stripe.InvalidRequestError, stripe.PermissionError) as problem:
        pytest.skip(f"this account may not grant shared payment tokens: {problem.user_message}")
    return account


@dataclass(frozen=True, slots=True)
class Findings:
    """What a provider does where its documents do not say. Told at the end, and no reason to fail."""

    provider: str
    note: Callable[[str, object], None]

    def add(self, question: str, answer: object) -> None:
        self.note("finding", (question, self.provider, _without_ids(str(answer))))

    def outcome(self, question: str, ask: Callable[[], dict[str, Any]]) -> None:
        """Note what a request leads to: the status of what it makes, or the refusal."""
        try:
            self.add(question, ask().get("status", "accepted"))
        except stripe.StripeError as problem:
            kind = problem.error.type if problem.error else type(problem).__name__
            self.add(question, f"{problem.http_status} {kind}, code {problem.code}: {problem.user_message}")


def _without_ids(text: str) -> str:
    return re.sub(r"\b(spt|pi|ch|req)_\w+", r"\1_…", text)


@pytest.fixture
def findings(provider: Provider, record_property: Callable[[str, object], None]) -> Findings:
    return Findings(provider.name, record_property)


def eventually(look: Callable[[], T | None]) -> T:
    """Look again until something is there: Stripe's lists and its banks are a little behind."""
    pause = threading.Event()
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        if time.monotonic() > deadline:
            pytest.fail(f"nothing within {PATIENCE:.0f} s")
        pause.wait(0.2)
    return found


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was found out about Stripe, where it was asked, and mark what the sandbox does otherwise."""
    answers: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for report in terminalreporter.getreports("passed"):
        for name, value in getattr(report, "user_properties", ()):
            if name == "finding" and report.when == "call":
                answers[value[0]][value[1]] = value[2]
    asked = {question: told for question, told in answers.items() if "stripe" in told}
    if asked:
        terminalreporter.section("What Stripe's test mode does where its documents do not say")
    for question, told in sorted(asked.items()):
        is_same = told["stripe"] == told.get("sandbox")
        terminalreporter.line(f"{'  ' if is_same else '! '}{question}: {told['stripe']}")
        if not is_same:
            terminalreporter.line(f"    the sandbox: {told.get('sandbox', 'was not asked')}")
