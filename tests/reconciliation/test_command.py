from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from commerce.checkout.models import CheckoutSession
from commerce.payments.gateway import forget_gateway
from commerce.payments.models import PaymentAttempt
from commerce.reconciliation.models import Difference
from tests.api import AcpClient
from tests.provider import wire_to
from tests.purchase import Purchase
from tests.reconciliation.conftest import Elsewhere

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("reconcile", *arguments, stdout=out)
    return out.getvalue()


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]


def test_it_prints_what_both_sides_have(taken: Purchase) -> None:
    out = run("--since", "2h")

    assert rows(out) == [
        ["of this installation", "provider", "1", "92.94 USD", "92.94 USD", "0.00 USD"],
        ["", "ours", "1", "92.94 USD", "92.94 USD", "0.00 USD"],
    ]
    assert out.splitlines()[-1] == "No differences."


def test_it_ends_with_1_where_something_differs(taken: Purchase, elsewhere: Elsewhere) -> None:
    elsewhere.refund(taken.attempt(), 900)
    out = StringIO()

    with pytest.raises(CommandError, match="1 open") as ended:
        call_command("reconcile", stdout=out)

    assert ended.value.returncode == 1
    assert rows(out.getvalue())[-1][:4] == [
        "other sum given back",
        taken.attempt().pk,
        "9.00 USD given back",
        "0.00 USD given back",
    ]


def test_it_takes_up_what_was_interrupted_first(acp: AcpClient, bought: Purchase, settings: Settings) -> None:
    session = acp.create(bought.tote.pk)
    with wire_to(bought.stripe.base) as wire:
        settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = wire.url, 0
        forget_gateway()
        wire.faults = ["spoil"]
        with pytest.raises(AssertionError, match=r"went wrong|not answered"):
            acp.complete(session.body["id"], bought.stripe.mint(session.total()))
        PaymentAttempt.objects.filter(status="submitting").update(
            leased_until=timezone.now() - timedelta(seconds=1)
        )
        out = run()

    assert out.startswith("Taken up again, of unknown outcome until now: 1.")
    assert CheckoutSession.objects.get(pk=session.body["id"]).status == "completed"
    assert Difference.objects.count() == 0


def test_a_provider_that_does_not_answer_is_said_so(taken: Purchase, settings: Settings) -> None:
    settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = "http://127.0.0.1:9", 0
    forget_gateway()

    with pytest.raises(
        CommandError, match="does not answer; nothing was compared of the account of this"
    ) as ended:
        run()

    assert ended.value.returncode == 2


@pytest.mark.parametrize("text", ["yesterday", "2w", "2200-01-01", "-1h", "99999d"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="--since"):
        call_command("reconcile", f"--since={text}")
