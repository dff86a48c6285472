"""A test purchase that goes through: over HTTP, with a test card, and nothing left behind."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from agents.rehearsals.models import Rehearsal
from agents.rehearsals.performing import advance_due, begin
from agents.rehearsals.readiness import look_at_rehearsals
from agents.rehearsals.script import SCRIPT, TIDY
from commerce.accounts.models import AgentKey, Merchant
from commerce.catalog.models import Variant
from commerce.checkout.models import Confirmation
from commerce.errors import BusyError
from commerce.inventory.models import Reservation, StockItem
from commerce.payments.accounts import connect_account, use_installation_account
from commerce.payments.models import PaymentAttempt
from commerce.tax.models import TaxRate
from tests.factories import VariantFactory
from tests.receiver import Receiver
from tests.rehearsals.conftest import Trial
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db(transaction=True)

TOTAL = 1800 + 1500 + 130  # 7.25 % on the mug; delivery is not taxed in this shop


def state(merchant: Merchant) -> tuple[str, str]:
    merchant.refresh_from_db()
    found = look_at_rehearsals(merchant, timezone.now())
    return found.state, found.words


def test_a_shop_that_is_not_live_is_tried_from_end_to_end(
    trial: Trial, mug: Variant, stripe_account: StripeAccount, listening: Receiver
) -> None:
    rehearsal = trial.run()

    assert (rehearsal.status, rehearsal.problem, rehearsal.mend) == ("passed", "", "")
    told = trial.told(rehearsal)
    assert [*told] == [step.name for step in (*SCRIPT, TIDY)]
    assert {status for status, _ in told.values()} == {"passed"}
    assert told["address"][1] == "There are 2 ways to Main Town, and tax is 1.30 USD."
    assert told["delivery"][1] == "“Express” for 15.00 USD; to pay: 34.30 USD. The parts add up."
    assert told["cancel"][1] == "34.30 USD went back to the card, and the item back on the shelf."
    heard = [json.loads(body) for _, body in listening.received]
    assert [(one["type"], one["data"]["status"]) for one in heard[:2]] == [
        ("order_create", "confirmed"),
        ("order_update", "canceled"),
    ]
    assert (trial.order().status, trial.order().is_test) == ("canceled", True)
    assert sum(amount for entry, amount in stripe_account.ledger() if entry in ("void", "refund")) == TOTAL


def test_nothing_is_left_behind(trial: Trial, mug: Variant) -> None:
    rehearsal = trial.run()

    assert StockItem.objects.values_list("on_hand", "reserved").get(pk=mug.pk) == (10, 0)
    assert not Reservation.objects.filter(status="held").exists()
    key = AgentKey.objects.get(agent=trial.agent, is_test=True)
    rehearsal.refresh_from_db()
    assert (key.revoked_at is None, rehearsal.sealed_key, "token" in rehearsal.facts) == (False, None, False)


def test_each_step_shows_what_was_sent_and_answered(trial: Trial, mug: Variant) -> None:
    rehearsal = trial.run()

    said = {step.name: step.exchanges for step in rehearsal.steps.all()}
    (paid,) = said["pay"]
    assert (paid["method"], paid["status"]) == ("POST", 200)
    assert paid["path"].endswith("/complete")
    assert json.loads(paid["sent"])["payment_data"]["instrument"]["credential"]["type"] == "spt"
    assert json.loads(paid["answer"])["status"] == "completed"
    assert [one["path"] for one in said["search"]] == ["/catalog/search?q=", "/catalog/search?q=Enamel+Mug"]
    assert "ack_" not in json.dumps(said)


def test_it_holds_until_the_terms_change(trial: Trial, mug: Variant, shop: Merchant) -> None:
    assert state(shop) == (
        "missing",
        "Nobody has tried your shop out yet. A scripted agent does, in a few seconds.",
    )
    trial.run()
    assert state(shop)[0] == "ok"

    Merchant.objects.filter(pk=shop.pk).update(status="active", support_phone="+1 415 555 0142")
    assert state(shop)[0] == "ok"

    TaxRate.objects.filter(merchant=shop).update(percentage=8)
    assert state(shop) == (
        "missing",
        "Delivery, tax or the currency have changed since the last test purchase.",
    )


def test_another_account_has_to_be_tried_again(
    trial: Trial, mug: Variant, shop: Merchant, stripe_account: StripeAccount
) -> None:
    trial.run()
    connect_account(shop, StripeAccount.open(stripe_account.base).key, now=timezone.now())
    assert state(shop) == ("missing", "Payments go to another account since the last test purchase.")

    own = trial.run()
    assert state(shop)[0] == "ok"
    assert PaymentAttempt.objects.filter(account=own.account).count() == 1

    use_installation_account(shop)
    assert state(shop)[0] == "missing"


def test_a_buyers_yes_is_given_where_the_shop_wants_one(trial: Trial, mug: Variant, shop: Merchant) -> None:
    Merchant.objects.filter(pk=shop.pk).update(requires_confirmation=True)

    rehearsal = trial.run()

    assert rehearsal.status == "passed", rehearsal.problem
    assert "after the buyer has said yes on your page" in trial.told(rehearsal)["pay"][1]
    assert Confirmation.objects.get().evidence == {"test purchase": rehearsal.pk}


def test_a_download_is_tried_and_given_back(trial: Trial, shop: Merchant, stripe_account: StripeAccount) -> None:
    VariantFactory.create(merchant=shop, is_digital=True, price_minor=900, stock__is_tracked=False)

    rehearsal = trial.run()

    assert rehearsal.status == "passed", rehearsal.problem
    assert trial.told(rehearsal)["delivery"][1].startswith("A download; to pay: 9.")
    taken = sum(amount for entry, amount in stripe_account.ledger() if entry == "capture")
    given_back = sum(amount for entry, amount in stripe_account.ledger() if entry in ("refund", "void"))
    assert given_back >= taken > 0


def test_without_an_endpoint_hearing_is_skipped(agent: object, shop: Merchant, mug: Variant) -> None:
    trial = Trial(shop.agents.get())

    rehearsal = trial.run()

    assert rehearsal.status == "passed", rehearsal.problem
    assert trial.told(rehearsal)["hear"] == ("skipped", "This agent has no endpoint, so nobody hears.")


def test_a_live_shop_is_tried_as_well(trial: Trial, mug: Variant, shop: Merchant) -> None:
    Merchant.objects.filter(pk=shop.pk).update(status="active")

    assert trial.run().status == "passed"


@pytest.mark.parametrize("step", ["open", "token", "pay", "cancel"])
def test_a_worker_that_dies_is_replaced(
    trial: Trial, mug: Variant, stripe_account: StripeAccount, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Everything is undone that a step has kept, as if the process had died before."""
    real = Rehearsal.save
    died: list[str] = []

    def save(self: Rehearsal, **options: object) -> None:
        if self.step == step and not died and "facts" in str(options):
            died.append(step)
            raise SystemExit
        real(self, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Rehearsal, "save", save)
    rehearsal = begin(trial.agent, user=None, now=timezone.now())
    for _ in range(12):
        try:
            trial.go_on()
        except SystemExit:
            continue
        trial.others_work()

    rehearsal.refresh_from_db()
    assert died == [step]
    assert rehearsal.status == "passed", rehearsal.problem
    assert [entry for entry, _ in stripe_account.ledger()].count("authorization") == 1


def test_one_at_a_time_and_by_one_worker(trial: Trial, mug: Variant) -> None:
    rehearsal = begin(trial.agent, user=None, now=timezone.now())

    with pytest.raises(BusyError):
        begin(trial.agent, user=None, now=timezone.now())

    assert advance_due(now=timezone.now()) == 1
    assert advance_due(now=timezone.now()) == 0
    assert Rehearsal.objects.get() == rehearsal
