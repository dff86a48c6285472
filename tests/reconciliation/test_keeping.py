"""Differences as rows: one each, kept, put away by people; by the clock and for every account."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.payments.accounts import connect_account
from commerce.payments.gateway import ProviderUnreachableError, forget_gateway
from commerce.payments.models import ProviderAccount
from commerce.reconciliation import services, tasks
from commerce.reconciliation.books import read_again
from commerce.reconciliation.models import Difference
from commerce.reconciliation.services import NotOpenError, compare_account, settle_difference
from tests.factories import MerchantFactory
from tests.purchase import Purchase
from tests.reconciliation.conftest import OVER, Elsewhere, books, compare, differences
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db


@pytest.fixture
def refunded(taken: Purchase, elsewhere: Elsewhere) -> Difference:
    """9.00 were given back at the provider, and nobody told us."""
    elsewhere.refund(taken.attempt(), 900)
    (row,) = compare().new
    return row


def put_away(row: Difference) -> User:
    person = User.objects.create_user("kim")
    settle_difference(row.pk, user_id=person.pk, note="A gesture, by telephone.", now=timezone.now())
    return person


def test_what_is_settled_stays_so_while_both_say_the_same(refunded: Difference) -> None:
    before = books()
    person = put_away(refunded)

    assert compare(OVER * 2).new == []

    refunded.refresh_from_db()
    assert (refunded.settled_by, refunded.note, refunded.gone_at) == (person, "A gesture, by telephone.", None)
    assert (Difference.objects.count(), differences(), books()) == (1, [], before)
    assert list(Difference.objects.settled()) == [refunded]


def test_what_is_settled_opens_anew_where_it_grows(
    refunded: Difference, taken: Purchase, elsewhere: Elsewhere
) -> None:
    put_away(refunded)
    elsewhere.refund(taken.attempt(), 100)

    for hours in (1, 2):
        compare(timedelta(hours=hours))

    assert differences() == [("refunded", "10.00 USD given back", "0.00 USD given back", 1000)]
    assert Difference.objects.count() == 2


def test_what_is_settled_is_looked_at_once_a_day(
    refunded: Difference, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_away(refunded)
    read: list[set[str]] = []

    def counted(*what: Any, **named: Any) -> Any:
        read.append(named["attempts"])
        return read_again(*what, **named)

    monkeypatch.setattr(services, "read_again", counted)
    now, counts = timezone.now(), []

    for hours in (12, 26, 30, 52):
        looked_at = now + timedelta(hours=hours)
        compare_account(None, since=looked_at - timedelta(minutes=1), now=looked_at)
        counts.append(len(read))

    assert counts == [0, 1, 1, 2]
    assert read == [{refunded.attempt_id}] * 2


def test_what_was_found_is_kept_where_the_provider_goes_silent_later(
    merchant: Merchant, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "AT_A_TIME", 1)
    for number in range(2):
        elsewhere.pay(100 + number, payment_attempt=f"pay_{number}", merchant=merchant.pk)

    def once(*what: Any, **named: Any) -> Any:
        monkeypatch.setattr(services, "read_again", silent)
        return read_again(*what, **named)

    def silent(*_: Any, **__: Any) -> Any:
        raise ProviderUnreachableError("silence")

    monkeypatch.setattr(services, "read_again", once)

    with pytest.raises(ProviderUnreachableError):
        compare()

    assert Difference.objects.count() == 1


@pytest.mark.parametrize("state", ["settled_at", "gone_at"])
def test_only_what_is_open_is_settled(refunded: Difference, state: str) -> None:
    Difference.objects.update(**{state: timezone.now()})

    with pytest.raises(NotOpenError):
        settle_difference(refunded.pk, user_id=None, note="x", now=timezone.now())

    assert Difference.objects.get().note == ""


def test_an_older_look_does_not_take_away_what_a_newer_one_has_seen(refunded: Difference) -> None:
    Difference.objects.update(last_seen_at=timezone.now() + timedelta(days=1), kind="captured")

    compare(OVER * 2)

    assert {row[0] for row in differences()} == {"captured", "refunded"}


def test_a_look_at_earlier_hours_takes_nothing_away(taken: Purchase, elsewhere: Elsewhere) -> None:
    elsewhere.account.advance(7200)
    elsewhere.refund(taken.attempt(), 900)
    now = timezone.now()
    assert len(compare(timedelta(hours=3)).new) == 1

    earlier = {"since": now - timedelta(hours=1), "until": now + timedelta(hours=1)}
    assert compare_account(None, now=now + timedelta(hours=4), **earlier).new == []

    assert differences() == [("refunded", "9.00 USD given back", "0.00 USD given back", 900)]


def test_two_looks_at_once_make_one_row(refunded: Difference, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_locked", lambda rows: rows.none())  # the other one has not committed yet

    assert compare().new == []

    assert Difference.objects.get() == refunded


def test_nothing_is_kept_where_the_provider_does_not_answer(refunded: Difference, settings: Settings) -> None:
    seen = refunded.last_seen_at
    settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = "http://127.0.0.1:9", 0
    forget_gateway()

    with pytest.raises(ProviderUnreachableError):
        compare(OVER * 2)

    assert Difference.objects.get().last_seen_at == seen


@pytest.fixture
def own(stripe_account: StripeAccount, merchant: Merchant) -> Elsewhere:
    """The merchant's own account, connected."""
    account = StripeAccount.open(stripe_account.base)
    connect_account(merchant, account.key, now=timezone.now())
    return Elsewhere(account)


def test_an_own_account_tells_of_its_own_shop_alone(bought: Purchase, own: Elsewhere, merchant: Merchant) -> None:
    account = ProviderAccount.objects.get()
    neighbour = MerchantFactory.create()
    own.pay(300, payment_attempt="pay_a", merchant=merchant.pk)
    own.pay(400, payment_attempt="pay_b", merchant=neighbour.pk)
    own.pay(500, payment_attempt=bought.attempt().pk)
    now = timezone.now() + OVER

    comparison = compare_account(account.pk, since=now - timedelta(hours=1), now=now)

    rows = Difference.objects.order_by("amount_minor").values_list("kind", "merchant", "account", "amount_minor")
    assert list(rows) == [("orphan", merchant.pk, account.pk, 300), ("orphan", merchant.pk, account.pk, 500)]
    assert comparison.others == 1


def test_the_clock_looks_at_every_account(
    own: Elsewhere, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(tasks.compare_slice, "apply_async", lambda kwargs, **_: asked.append(kwargs))

    tasks.compare_lately()
    tasks.compare_thoroughly()

    account = ProviderAccount.objects.get().pk
    assert [one["account_id"] for one in asked] == [None, account, *[None] * 12, *[account] * 12]
    assert [one["until"] is None for one in asked] == [True] * 2 + [False] * 24
    slices = [one for one in asked if one["account_id"] is None][1:]
    assert all(one["until"] == later["since"] for one, later in pairwise(slices))


def test_what_is_new_raises_an_alarm_once(
    elsewhere: Elsewhere, merchant: Merchant, at_once: None, caplog: pytest.LogCaptureFixture
) -> None:
    intent = elsewhere.pay(300, payment_attempt="pay_a", merchant=merchant.pk)
    since = (timezone.now() - timedelta(hours=1)).isoformat()

    for _ in range(2):
        tasks.compare_slice(account_id=None, since=since, until=None)

    alarms = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert alarms == [f"the provider's books differ: payment that we do not know: {intent.id}"]


def test_the_clock_minds_a_silent_provider_no_further(
    settings: Settings, stripe_account: StripeAccount, caplog: pytest.LogCaptureFixture
) -> None:
    settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = "http://127.0.0.1:9", 0
    forget_gateway()

    tasks.compare_slice(account_id=None, since=timezone.now().isoformat(), until=None)

    assert [record.levelname for record in caplog.records if "cannot be compared" in record.message] == ["WARNING"]
