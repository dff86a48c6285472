"""Nobody charges real cards by accident, and no real key goes to another server than Stripe's."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from commerce.payments.checks import check_payment_settings
from commerce.payments.stripe_gateway import StripeGateway

LIVE, TEST = "sk_live_51Nx", "sk_test_51Nx"


def problems(settings: Settings, **values: object) -> list[str | None]:
    settings.STRIPE_EMBEDDED_SANDBOX = False
    for name, value in {"STRIPE_API_BASE": "", "PAYMENTS_LIVE": False, **values}.items():
        setattr(settings, name, value)
    return [problem.id for problem in check_payment_settings()]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"STRIPE_SECRET_KEY": TEST}, []),
        ({"STRIPE_SECRET_KEY": TEST, "STRIPE_API_BASE": "http://127.0.0.1:12111"}, []),
        ({"STRIPE_SECRET_KEY": LIVE}, ["payments.E001"]),
        ({"STRIPE_SECRET_KEY": "rk_live_51Nx"}, ["payments.E001"]),
        ({"STRIPE_SECRET_KEY": LIVE, "PAYMENTS_LIVE": True}, []),
        (
            {"STRIPE_SECRET_KEY": LIVE, "PAYMENTS_LIVE": True, "STRIPE_API_BASE": "http://127.0.0.1:12111"},
            ["payments.E002"],
        ),
        ({"STRIPE_SECRET_KEY": TEST, "TAX_CALCULATOR": "commerce.tax.nowhere.Tax"}, ["payments.E003"]),
    ],
)
def test_says_what_cannot_be_meant(settings: Settings, values: dict[str, object], expected: list[str]) -> None:
    assert problems(settings, **values) == expected


def test_a_process_that_skips_the_checks_is_refused_a_gateway(settings: Settings) -> None:
    assert problems(settings, STRIPE_SECRET_KEY=LIVE) == ["payments.E001"]

    with pytest.raises(ImproperlyConfigured, match="PAYMENTS_LIVE"):
        StripeGateway.from_settings()
