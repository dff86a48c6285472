from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from commerce.accounts.models import AgentKey, Merchant
from commerce.accounts.services import authenticate
from commerce.outbox.models import OutboxEvent
from tests.clock import NOW
from tests.factories import MerchantFactory
from tests.merchants.imports.files import first, write

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_seed_demo_says_what_it_did() -> None:
    out, _ = run("seed_demo")

    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]
    assert rows == [
        ["Harbor Supply Co. (USD)", "24", "60", "60", "0", "0"],
        ["Fjord & Fell (EUR)", "6", "8", "8", "0", "0"],
    ]
    assert out.count("  fsec_") == 2
    assert "python manage.py issue_agent_key --merchant harbor-supply" in out


def test_seed_demo_shows_problems_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, first(Variant_Barcode="[red]12[/]"), first(Handle="", Title="Stray"))

    out, _ = run("seed_demo", "--file", str(path))

    assert "[red]12[/]" in out
    assert "What to mend in the file of harbor-supply:" in out


def test_seed_demo_takes_its_own_catalog_without_a_path() -> None:
    run("seed_demo", "--file")

    assert Merchant.objects.get(slug="harbor-supply").products.count() == 24


def test_seed_demo_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("Some,notes\n")

    with pytest.raises(CommandError, match="has the columns Some, notes"):
        run("seed_demo", "--file", str(path))

    assert not Merchant.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--merchant", "Bad Slug!"], "'Bad Slug!' is no short name"),
        (["--merchant", "x" * 51], "at most 50"),
        (["--name", "n" * 101], "at most 100 characters"),
    ],
)
def test_seed_demo_refuses_names_that_cannot_be(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("seed_demo", *arguments)

    assert not Merchant.objects.exists()


def test_issue_agent_key_prints_the_key_alone() -> None:
    merchant = MerchantFactory.create(slug="harbor-supply", name="Harbor Supply Co.")

    out, err = run("issue_agent_key", "--merchant", "harbor-supply", "--name", "Test agent")

    caller = authenticate(out.strip(), now=timezone.now())
    assert out == f"{out.strip()}\n"
    assert (caller.merchant_id, caller.agent_name) == (merchant.pk, "Test agent")
    assert caller.scopes == ("catalog", "carts", "checkout", "orders")
    assert (caller.limit_per_order_minor, caller.limit_per_day_minor) == (None, None)
    assert "“Test agent” at “Harbor Supply Co.”" in err
    assert out.strip() not in err


def test_issue_agent_key_limits_it() -> None:
    MerchantFactory.create(slug="kyoto", currency="jpy")

    run(
        *("issue_agent_key", "--merchant", "kyoto", "--name", "A", "--limit-per-order", "20000"),
        *("--limit-per-day", "50000", "--scopes", "catalog", "checkout", "--expires-in-days", "30"),
    )

    key = AgentKey.objects.get()
    assert (key.limit_per_order_minor, key.limit_per_day_minor) == (20_000, 50_000)
    assert key.scopes == ["catalog", "checkout"]
    assert key.expires_at is not None
    assert (key.expires_at - NOW).days == 30


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--merchant", "nowhere"], "There is no merchant 'nowhere'. There are: aaa, bbb."),
        (["--merchant", "aaa", "--name", "n" * 101], "--name: an agent's name has 1 to 100 characters"),
        (["--merchant", "aaa", "--limit-per-order", "lots"], "--limit-per-order: 'lots' is not a number"),
        (["--merchant", "aaa", "--limit-per-day", "0"], "--limit-per-day: 0 is not an amount above zero"),
        (["--merchant", "aaa", "--expires-in-days", "0"], "must be a number of days from 1 to 36500"),
        (["--merchant", "aaa", "--scopes", "everything"], "invalid choice: 'everything'"),
    ],
)
def test_issue_agent_key_refuses(arguments: list[str], words: str) -> None:
    MerchantFactory.create(slug="bbb")
    MerchantFactory.create(slug="aaa")

    with pytest.raises(CommandError, match=words.replace(".", r"\.")):
        run("issue_agent_key", "--name", "A", *arguments)

    assert not AgentKey.objects.exists()


def test_replay_outbox_counts_what_is_due_again() -> None:
    now = timezone.now()
    for status in ("dead", "dead", "pending"):
        OutboxEvent.objects.create(
            topic="order.placed", subscriber="s", key="ord_1", status=status, tries=15, due_at=now, created_at=now
        )

    out, _ = run("replay_outbox")

    assert out == "2 dead events are due again.\n"
    assert OutboxEvent.objects.filter(status="pending").count() == 3
