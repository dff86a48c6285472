"""Keys and merchants for whom nothing is charged without the buyer's own yes to just these terms."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.accounts.services import issue_key
from commerce.aftersales.evidence import evidence_pack
from commerce.catalog.models import Variant
from commerce.checkout.models import Confirmation
from commerce.fulfillment.models import FulfillmentMethod
from commerce.inventory.models import StockItem
from commerce.orders.models import Order
from commerce.pages.wording import day_text
from tests.api import AcpClient, Answer
from tests.challenge import CARD, PROOF, stock
from tests.concurrency.racing import race
from tests.factories import DiscountFactory
from tests.pages.reading import Page
from tests.stripe_account import StripeAccount


@pytest.fixture
def careful(agent: Agent) -> AcpClient:
    """An agent whose key wants its buyers to confirm."""
    return AcpClient(issue_key(agent, requires_confirmation=True)[1])


class Buyer:
    """Somebody at the page to which the agent leads."""

    def __init__(self, session: Answer) -> None:
        self.browser = Client(enforce_csrf_checks=True, headers={"User-Agent": "A browser"})
        self.path = session.body["continue_url"].removeprefix("http://127.0.0.1:8000")
        self.look()

    def look(self) -> Page:
        response = self.browser.get(self.path)
        assert response.status_code == 200
        self.page = Page(response.content.decode())
        return self.page

    def confirm(self) -> int:
        """Say yes to what the page shows, or has shown."""
        form = {"csrfmiddlewaretoken": self.browser.cookies["csrftoken"].value, "terms": self.page.value("terms")}
        return self.browser.post(f"{self.path}/confirm", form).status_code


def test_nothing_is_charged_without_a_yes(
    careful: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = careful.create(tote.pk)

    answer = careful.complete(session.body["id"], stripe_account.mint(session.total()))

    assert (answer.status, answer.body["status"]) == (200, "ready_for_payment")
    assert answer.codes == ["approval_required"]
    assert answer.messages[0]["resolution"] == "requires_buyer_review"
    assert answer.body["continue_url"].endswith(f"/checkout/{session.body['id']}")
    assert (stripe_account.ledger(), stock(tote), Order.objects.count()) == ([], (10, 0), 0)


def test_a_yes_is_kept_with_the_address_that_the_proxy_names(
    careful: AcpClient, tote: Variant, settings: Settings
) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    buyer = Buyer(careful.create(tote.pk))
    buyer.browser.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.9, 198.51.100.7"

    buyer.confirm()

    assert Confirmation.objects.get().evidence == {"address": "198.51.100.7", "user_agent": "A browser"}


def test_a_yes_is_for_the_terms_that_are_charged(
    careful: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = careful.create({"id": tote.pk, "quantity": 2})
    buyer = Buyer(session)
    assert "Confirm your purchase of $56.48" in buyer.page.texts
    assert buyer.page.row("Canvas Tote")[-2:] == ["2", "$48.00"]
    assert {"Ada Park", "1234 Chat Road", "San Francisco CA 94131"} <= set(buyer.page.texts)

    assert buyer.confirm() == 302
    assert "Confirmed: $56.48" in buyer.look().texts
    done = careful.complete(session.body["id"], stripe_account.mint(session.total()))

    assert done.body["status"] == "completed"
    assert "continue_url" not in done.body
    assert "Paid: $56.48" in buyer.look().texts
    assert stripe_account.ledger() == [("authorization", 5648)]
    used = Confirmation.objects.get()
    assert used.attempt_id == Order.objects.get().payment_id
    assert json.loads(used.terms)["totals"]["total"] == used.total_minor == 5648


def test_a_yes_is_used_once(careful: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = careful.create(tote.pk)
    Buyer(session).confirm()
    declined = careful.complete(
        session.body["id"], stripe_account.mint(session.total(), card="pm_card_visa_chargeDeclined")
    )

    answer = careful.complete(session.body["id"], stripe_account.mint(session.total()))

    assert (declined.codes, answer.codes) == (["payment_declined"], ["approval_required"])
    assert stripe_account.ledger() == []


def test_many_buyers_confirm_at_the_same_time(
    careful: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    sessions = [careful.create(tote.pk) for _ in range(3)]

    assert [Buyer(session).confirm() for session in sessions] == [302, 302, 302]

    paid = [careful.complete(one.body["id"], stripe_account.mint(one.total())).body["status"] for one in sessions]
    assert paid == ["completed"] * 3


def test_a_yes_runs_out(careful: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = careful.create(tote.pk)
    Buyer(session).confirm()
    Confirmation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    answer = careful.complete(session.body["id"], stripe_account.mint(session.total()))

    assert answer.codes == ["approval_required"]


@pytest.mark.parametrize("change", ["there and back", "quantity", "address", "code"])
def test_any_change_voids_it(
    careful: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount, change: str
) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN")
    session = careful.create(tote.pk)
    Buyer(session).confirm()
    update = partial(careful.update, session.body["id"])

    if change == "address":
        address = {**session.body["fulfillment_details"]["address"], "line_one": "9 Other Street"}
        changed = update(fulfillment_details={"name": "Ada Park", "address": address})
    elif change == "code":
        changed = update(discounts={"codes": ["TEN"]})
    else:
        changed = update(line_items=[{"id": tote.pk, "quantity": 2}])
    if change == "there and back":
        changed = update(line_items=[{"id": tote.pk, "quantity": 1}])

    answer = careful.complete(session.body["id"], stripe_account.mint(changed.total()))
    assert answer.codes == ["approval_required"]
    assert stripe_account.ledger() == []


def test_changed_prices_are_shown_before_they_are_confirmed(
    careful: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = careful.create(tote.pk)
    buyer = Buyer(session)
    buyer.confirm()
    Variant.objects.update(price_minor=3000)

    answer = careful.complete(session.body["id"], stripe_account.mint(session.total()))

    assert "conflict" in answer.codes
    text = next(one["content"] for one in answer.messages if one.get("code") == "conflict")
    assert "30.74 USD" in text
    assert "37.18 USD" in text
    assert stripe_account.ledger() == []
    assert buyer.confirm() == 200  # the page as it was says yes to terms that are no more
    assert "Confirm your purchase of $37.18" in buyer.look().texts


def promise(days: int) -> None:
    FulfillmentMethod.objects.update(min_days=days, max_days=days)


def test_a_later_day_is_shown_before_it_is_confirmed(
    careful: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    promise(5)
    session = careful.create(tote.pk)
    buyer = Buyer(session)
    buyer.confirm()
    promise(6)

    answer = careful.complete(session.body["id"], stripe_account.mint(session.total()))

    assert answer.codes == ["conflict"]
    before, after = (day_of(one) for one in (session, answer))
    (text,) = (one["content"] for one in answer.messages if one.get("code") == "conflict")
    assert text == (
        f"Nothing was charged: it was to arrive by {before:%a, %b} {before.day}, "
        f"and would arrive by {after:%a, %b} {after.day} now."
    )
    assert stripe_account.ledger() == []
    assert f"At the latest on {day_text(after)}" in buyer.look().texts
    assert buyer.confirm() == 302
    done = careful.complete(session.body["id"], stripe_account.mint(session.total()))
    assert done.body["status"] == "completed"


def test_an_earlier_day_needs_no_other_yes(
    careful: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    promise(5)
    session = careful.create(tote.pk)
    Buyer(session).confirm()
    promise(4)

    answer = careful.complete(session.body["id"], stripe_account.mint(session.total()))

    assert answer.body["status"] == "completed"
    assert (
        Order.objects.get().fulfillment[0]["latest"]
        < session.body["fulfillment_options"][0]["latest_delivery_time"]
    )


def test_days_that_nobody_confirms_follow_the_clock(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    promise(5)
    session = acp.create(tote.pk)
    promise(6)

    answer = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert answer.body["status"] == "completed"


def day_of(answer: Answer) -> datetime:
    """Return the last day on which a session's delivery arrives, in the shop's zone."""
    option = answer.body["fulfillment_options"][0]
    zone = ZoneInfo(Merchant.objects.get().time_zone)
    return datetime.fromisoformat(option["latest_delivery_time"]).astimezone(zone)


def test_a_yes_to_other_terms_is_none(careful: AcpClient, tote: Variant) -> None:
    session = careful.create(tote.pk)
    buyer = Buyer(session)
    careful.update(session.body["id"], line_items=[{"id": tote.pk, "quantity": 3}])

    assert buyer.confirm() == 200

    assert not Confirmation.objects.exists()


def test_the_merchant_may_want_it_of_every_agent(
    acp: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount
) -> None:
    Merchant.objects.update(requires_confirmation=True)
    session = acp.create(tote.pk)

    refused = acp.complete(session.body["id"], stripe_account.mint(session.total()))
    Buyer(session).confirm()
    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert (refused.codes, done.body["status"]) == (["approval_required"], "completed")


def test_free_things_are_confirmed_too(careful: AcpClient, merchant: Merchant, tote: Variant) -> None:
    Variant.objects.update(price_minor=0, is_digital=True)
    session = careful.create(tote.pk)
    refused = careful.complete(session.body["id"], "spt_none")
    Buyer(session).confirm()

    done = careful.complete(session.body["id"], "spt_none")

    assert (refused.codes, done.body["status"]) == (["approval_required"], "completed")
    assert Confirmation.objects.get().used_at is not None


def test_a_confirmed_card_may_still_be_challenged(
    careful: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = careful.create(tote.pk)
    Buyer(session).confirm()
    token = stripe_account.mint(session.total(), card=CARD)

    waiting = careful.complete(session.body["id"], token)
    result = {"outcome": "authenticated", "outcome_details": PROOF}
    done = careful.complete(session.body["id"], token, authentication_result=result)

    assert (waiting.body["status"], done.body["status"]) == ("authentication_required", "completed")


def test_it_is_kept_as_evidence(careful: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = careful.create(tote.pk)
    Buyer(session).confirm()
    careful.complete(session.body["id"], stripe_account.mint(session.total()))

    pack = evidence_pack(Order.objects.get().pk, now=timezone.now())

    with zipfile.ZipFile(io.BytesIO(pack)) as opened:
        kept = json.loads(opened.read("confirmed_by_buyer.json"))
    assert kept["evidence"] == {"address": "127.0.0.1", "user_agent": "A browser"}
    assert json.loads(kept["terms"])["checkout_session"] == session.body["id"]


def test_forged_and_unasked_confirmations_do_nothing(
    careful: AcpClient, acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    unasked, asked = acp.create(tote.pk), careful.create(tote.pk)

    forged = Client(enforce_csrf_checks=True).post(f"/checkout/{asked.body['id']}/confirm", {"terms": "x"})

    assert forged.status_code == 403
    assert Client().get(f"/checkout/{unasked.body['id']}").status_code == 404
    assert Client().get(f"/checkout/{asked.body['id']}/confirm").status_code == 405
    assert not Confirmation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_yes_pays_one_of_many_at_once(agent: Agent, tote: Variant, stripe_account: StripeAccount) -> None:
    acp = AcpClient(issue_key(agent, requires_confirmation=True)[1])
    session = acp.create(tote.pk)
    Buyer(session).confirm()
    tokens = [stripe_account.mint(session.total()) for _ in range(8)]

    answers = race([partial(acp.complete, session.body["id"], token, key=token) for token in tokens])

    assert {answer.status for answer in answers} <= {200, 405, 409}
    assert stripe_account.ledger() == [("authorization", session.total())]
    assert (StockItem.objects.get().on_hand, Order.objects.count()) == (9, 1)
    assert AgentKey.objects.get().requires_confirmation
