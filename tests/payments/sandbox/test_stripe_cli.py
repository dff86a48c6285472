"""The official Stripe CLI as a second judge: its triggers are Stripe's own idea of how the API is called.

`pytest -m stripe_cli tests/payments/sandbox/test_stripe_cli.py` installs it from npm where it is not there.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.stripe_cli import NotInstalledError, find_or_install
from tests.waiting import HANG_GUARD

pytestmark = pytest.mark.stripe_cli

FAMILIES = ("payment_intent.", "charge.", "refund.", "payment_method.")

# The disputes of the CLI are inquiries, which move no money.
TRIGGERS = [
    ("payment_intent.created", []),
    ("payment_intent.canceled", []),
    ("payment_intent.requires_action", []),
    ("payment_intent.payment_failed", []),
    ("payment_intent.succeeded", ["authorization 2000", "capture 2000"]),
    ("payment_intent.amount_capturable_updated", ["authorization 2000"]),
    ("payment_intent.processing", []),
    ("payment_intent.partially_funded", []),
    ("charge.succeeded", ["authorization 100", "capture 100"]),
    ("charge.failed", []),
    ("charge.captured", ["authorization 2000", "capture 2000"]),
    ("charge.refunded", ["authorization 100", "capture 100", "refund 100"]),
    ("charge.refund.updated", ["authorization 100", "capture 100", "refund 100"]),
    ("charge.dispute.created", ["authorization 100", "capture 100"]),
    ("charge.dispute.updated", ["authorization 100", "capture 100"]),
    ("charge.dispute.closed", ["authorization 100", "capture 100"]),
    ("payment_method.attached", []),
    ("payment_method.detached", []),
    ("payment_method.updated", []),
    ("setup_intent.created", []),
    ("setup_intent.canceled", []),
    ("setup_intent.setup_failed", []),
    ("setup_intent.succeeded", []),
    ("cash_balance.funds_available", []),
    ("customer.created", []),
    ("customer.updated", []),
    ("customer.deleted", []),
    ("customer.source.created", []),
]


@pytest.fixture(scope="session")
def cli(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    try:
        return find_or_install(request.config.cache.mkdir("stripe-cli"))
    except NotInstalledError as reason:
        pytest.skip(str(reason))


def run(cli: Path, home: Path, *arguments: str) -> str:
    """Run the CLI as somebody who has never used it, and return what it says."""
    environment = {**os.environ, "HOME": str(home), "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}
    ran = subprocess.run(
        [str(cli), *arguments], env=environment, capture_output=True, text=True, timeout=HANG_GUARD
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_every_trigger_of_a_payment_is_known_here(cli: Path, tmp_path: Path) -> None:
    offered = re.findall(r"^  ([a-z_.]+)$", run(cli, tmp_path, "trigger", "--help"), re.MULTILINE)

    assert {event for event in offered if event.startswith(FAMILIES)} <= {event for event, _ in TRIGGERS}
    assert len(offered) > 100


@pytest.mark.parametrize(("event", "witnessed"), TRIGGERS)
def test_trigger_ends_with_its_event(
    cli: Path,
    sandbox: RunningSandbox,
    client: stripe.StripeClient,
    ledger: Ledger,
    key: str,
    tmp_path: Path,
    event: str,
    witnessed: list[str],
) -> None:
    run(cli, tmp_path, "trigger", event, "--api-base", sandbox.base_url, "--api-key", key)

    assert event in [told.type for told in client.v1.events.list({"limit": 100}).data]
    assert [f"{entry} {amount}" for entry, amount in ledger()] == witnessed
