"""The official Stripe CLI as a second judge: its triggers are Stripe's own idea of how the API is called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import stripe

from tests.payments.sandbox.running import RunningSandbox

CLI = os.environ.get("STRIPE_CLI") or shutil.which("stripe")

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
]


@pytest.mark.skipif(CLI is None, reason="the stripe CLI is not installed: set STRIPE_CLI or put it on PATH")
@pytest.mark.parametrize(("event", "witnessed"), TRIGGERS)
def test_trigger_ends_with_its_event(
    sandbox: RunningSandbox,
    client: stripe.StripeClient,
    ledger: object,
    key: str,
    tmp_path: Path,
    event: str,
    witnessed: list[str],
) -> None:
    command = [str(CLI), "trigger", event, "--api-base", sandbox.base_url, "--api-key", key]
    environment = {**os.environ, "HOME": str(tmp_path), "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}

    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert event in [told.type for told in client.v1.events.list({"limit": 100}).data]
    assert [f"{entry} {amount}" for entry, amount in ledger()] == witnessed  # type: ignore[operator]
