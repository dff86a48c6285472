"""What is done again at once where the database could not, and what is answered while it is away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.checkout import complete
from commerce.checkout.settlement import settle
from commerce.idempotency.models import IdempotencyRecord
from commerce.orders.models import Order
from commerce.outbox.relay import drain
from commerce.payments.stripe_http import PooledHttpClient
from commerce.statements import Write, write
from tests.api import AcpClient
from tests.factories import MerchantFactory
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def victim(db: None) -> Iterator[Write]:
    """A write of one row that the server ends as it ends a deadlock, the first time it is tried."""
    merchant = MerchantFactory.create(name="Before")
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE tries")  # not undone with a transaction
        cursor.execute(
            "CREATE FUNCTION unlucky() RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
            " IF nextval('tries') = 1 THEN RAISE SQLSTATE '40P01'; END IF; RETURN 'After'; END $$"
        )
    yield Write("renamed", "UPDATE accounts_merchant SET name = unlucky() WHERE id = %s", [merchant.pk], expect=1)
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION unlucky; DROP SEQUENCE tries")


def test_statement_that_ended_a_deadlock_is_sent_again(victim: Write) -> None:
    assert write(victim) == {"renamed": 1}
    assert Merchant.objects.get().name == "After"


def test_inside_a_transaction_a_deadlock_is_not_hidden(victim: Write) -> None:
    with pytest.raises(OperationalError), transaction.atomic():
        write(victim)

    assert Merchant.objects.get().name == "Before"


@pytest.mark.parametrize("is_committed", [True, False])
def test_order_whose_commit_nobody_heard_of_is_placed_once(
    acp: AcpClient,
    tote: Variant,
    stripe_account: StripeAccount,
    monkeypatch: pytest.MonkeyPatch,
    is_committed: bool,
) -> None:
    def cut_off(*args: Any, **options: Any) -> None:
        monkeypatch.setattr(complete, "settle", settle)
        if is_committed:
            settle(*args, **options)
        raise OperationalError from psycopg.OperationalError("server closed the connection unexpectedly")

    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())
    monkeypatch.setattr(complete, "settle", cut_off)

    answer = acp.complete(session.body["id"], token, key="k")

    assert (answer.status, answer.body["status"]) == (200, "completed")
    assert answer.body["order"]["id"] == Order.objects.get().pk
    assert acp.complete(session.body["id"], token, key="k").raw == answer.raw
    assert [entry for entry, _ in stripe_account.ledger()] == ["authorization"]


def test_key_is_free_again_though_its_connection_broke(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_own_connection(*_: Any, **__: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    session = acp.create(tote.pk)
    monkeypatch.setattr(complete, "_reserve", end_own_connection)

    with pytest.raises(AssertionError, match="overloaded or restarting"):
        acp.complete(session.body["id"], stripe_account.mint(session.total()), key="broken")

    assert IdempotencyRecord.objects.get(key="broken").leased_until <= timezone.now()
    assert stripe_account.ledger() == []


def test_no_connection_is_kept_from_others_while_the_provider_thinks(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []
    send = PooledHttpClient.request

    def look(*args: Any, **options: Any) -> Any:
        kept.append(connection.connection is not None)
        return send(*args, **options)

    session = acp.create(tote.pk)
    monkeypatch.setattr(PooledHttpClient, "request", look)

    assert acp.complete(session.body["id"], stripe_account.mint(session.total())).status == 200
    drain()

    assert kept == [False, False]  # authorized, captured


@pytest.mark.parametrize(
    ("path", "kind"), [("/products", "text/html; charset=utf-8"), ("/acp/checkout_sessions", "application/json")]
)
def test_whoever_comes_while_the_database_is_away_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", refuse)

    answer = Client(raise_request_exception=False).get(path, headers={"Authorization": "Bearer ack_x_y"})

    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (503, kind, "2")
