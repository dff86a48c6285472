"""Cards and limits beside the conversation."""

from __future__ import annotations

import pytest

from commerce.wallet.models import Card, Mandate
from tests.chat.browsing import Browsing, browsing
from tests.chat.conftest import Chat


@pytest.fixture
def browser(chat: Chat) -> Browsing:
    return browsing(chat)


def test_cards_come_and_go(browser: Browsing) -> None:
    browser.send("wallet", action="add", method="pm_card_mastercard")
    master = Card.objects.get(name="pm_card_mastercard")
    browser.send("wallet", action="prefer", card=master.pk)
    shown = browser.send("wallet", action="remove", card=browser.chat.card.pk).content.decode()

    assert "Mastercard •••• 4444 <small>proposed first</small>" in shown
    assert "Propose first" not in shown
    assert Card.objects.filter(removed_at=None).get() == master


def test_limits_are_set_and_removed(browser: Browsing) -> None:
    shown = browser.send(
        "wallet", action="add_limit", per_order="50", per_period="120.50", period="week", where="here"
    ).content.decode()
    mandate = Mandate.objects.get()

    assert (mandate.limit_per_order_minor, mandate.limit_per_period_minor, mandate.period) == (5000, 12050, "week")
    assert "$50.00 for one order and $120.50 a week <small>at Harbor Supply</small>" in shown
    shown = browser.send("wallet", action="revoke_limit", limit=mandate.pk).content.decode()
    assert "None. Whatever you confirm is paid." in shown
    mandate.refresh_from_db()
    assert mandate.revoked_at is not None


def test_wishes_that_make_no_sense_change_nothing(browser: Browsing) -> None:
    for form, says in (
        ({"action": "add", "method": "pm_live"}, "There is no such test card."),
        ({"action": "prefer", "card": "crd_other"}, "There is no such card in this wallet."),
        ({"action": "remove", "card": ""}, "There is no such card in this wallet."),
        ({"action": "add_limit"}, "Write an amount: for one order, for a time, or both."),
        ({"action": "add_limit", "per_order": "-1"}, "An amount must be above zero."),
        ({"action": "add_limit", "per_order": "1e999999"}, "An amount must be a number such as 50."),
        ({"action": "add_limit", "per_order": "5", "period": "year"}, "There is no such time."),
        ({"action": "revoke_limit", "limit": "mnd_other"}, "There is no such limit."),
        ({"action": "steal"}, "There is no such change."),
    ):
        assert says in browser.send("wallet", **form).content.decode()
    assert (Card.objects.get().is_default, Mandate.objects.count()) == (True, 0)


def test_without_a_script_the_page_says_what_is_wrong(browser: Browsing) -> None:
    answer = browser.client.post(f"{browser.path}/wallet", {"action": "add", "method": "pm_live"})

    assert answer["Location"] == f"{browser.path}#wallet"
    assert "There is no such test card." in browser.page().texts
