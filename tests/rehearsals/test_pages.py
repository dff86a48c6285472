"""The pages of a test purchase: begun by those who may, watched, and led from to what is to be mended."""

from __future__ import annotations

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone

from agents.rehearsals.models import Rehearsal
from agents.rehearsals.performing import begin
from agents.webhooks.services import register_endpoint
from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Variant
from tests.factories import AgentFactory
from tests.merchants.staff import member
from tests.receiver import Receiver
from tests.rehearsals.conftest import Trial

BEGIN = "/admin/rehearsals/rehearsal/begin/"


def page_of(rehearsal: Rehearsal) -> str:
    return f"/admin/rehearsals/rehearsal/{quote(rehearsal.pk)}/change/"


@pytest.mark.django_db
def test_an_agent_that_hears_is_offered_first(merchant: Merchant, listening: Receiver) -> None:
    AgentFactory.create(merchant=merchant, name="Deaf")
    hearing = AgentFactory.create(merchant=merchant, name="Hearing")
    register_endpoint(hearing, listening.url)

    page = member(merchant, "owner").get(BEGIN).content.decode()

    assert page.index(">Hearing<") < page.index(">Deaf<")


@pytest.mark.django_db
def test_without_an_agent_one_is_asked_for(merchant: Merchant) -> None:
    page = member(merchant, "owner").get(BEGIN).content.decode()

    assert "It needs an agent in whose name it buys" in page
    assert "/admin/accounts/merchant/setup/agent/" in page


@pytest.mark.django_db
def test_it_begins_and_is_watched(agent: Agent) -> None:
    browser = member(agent.merchant, "manager")

    answer = browser.post(BEGIN, {"agent": agent.pk})

    rehearsal = Rehearsal.objects.get()
    assert answer["Location"] == page_of(rehearsal)
    page = browser.get(page_of(rehearsal)).content.decode()
    assert "The scripted agent is at work" in page
    assert '<meta http-equiv="refresh"' in page
    assert "A test purchase is under way." in browser.get(BEGIN).content.decode()
    again = browser.post(BEGIN, {"agent": agent.pk}, follow=True).content.decode()
    assert "A test purchase is under way." in again
    assert Rehearsal.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("support", 403), ("reader", 403)])
def test_only_some_roles_begin_one(agent: Agent, role: str, status: int) -> None:
    browser = member(agent.merchant, role)

    assert browser.get(BEGIN).status_code == status
    browser.post(BEGIN, {"agent": agent.pk})

    assert Rehearsal.objects.exists() is (status == 200)


@pytest.mark.django_db
def test_nobody_begins_one_in_another_shop(agent: Agent) -> None:
    stranger = AgentFactory.create()

    member(agent.merchant, "owner").post(BEGIN, {"agent": stranger.pk})
    Client().post(BEGIN, {"agent": agent.pk})

    assert not Rehearsal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_each_step_and_leads_to_what_is_missing(trial: Trial, mug: Variant, shop: Merchant) -> None:
    mug.stock.on_hand = 0
    mug.stock.save(update_fields=["on_hand"])
    rehearsal = begin(trial.agent, user=None, now=timezone.now())
    trial.go_on()

    page = member(shop, "owner").get(page_of(rehearsal)).content.decode()

    assert "An agent cannot buy in your shop yet" in page
    assert 'href="/admin/accounts/merchant/setup/products/"' in page
    assert "GET /catalog/search?q=" in page
    assert "http-equiv" not in page.replace('http-equiv="X-UA', "")
