from __future__ import annotations

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone

from agents.webhooks.models import Delivery, Endpoint
from agents.webhooks.services import register_endpoint
from commerce.accounts.models import AgentKey, Merchant, StaffAction
from commerce.accounts.services import (
    PausedAgentError,
    PausedShopError,
    UnknownKeyError,
    authenticate,
    issue_key,
)
from commerce.outbox.models import OutboxEvent
from commerce.sealing import unseal
from tests.factories import AgentFactory, MerchantFactory
from tests.merchants.admin_forms import fields_of, formset
from tests.merchants.staff import member
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db


def run(client: Client, url: str, action: str, *rows: object) -> str:
    response = client.post(url, {"action": action, "_selected_action": rows}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_revoked_key_opens_nothing(chief: Client) -> None:
    agent = AgentFactory.create()
    key, token = issue_key(agent)
    other, kept = issue_key(agent)

    html = run(chief, "/admin/accounts/agentkey/", "revoke", key.pk)

    assert "1 revoked." in html
    with pytest.raises(UnknownKeyError):
        authenticate(token, now=timezone.now())
    assert authenticate(kept, now=timezone.now()).key_id == other.pk
    assert AgentKey.objects.filter(revoked_at__isnull=True).count() == 1


def test_selected_dead_events_are_due_again(chief: Client) -> None:
    now = timezone.now()
    dead, other, pending = (
        OutboxEvent.objects.create(
            topic="order.placed", subscriber="s", key="ord_1", status=status, tries=15, due_at=now, created_at=now
        )
        for status in ("dead", "dead", "pending")
    )

    html = run(chief, "/admin/outbox/outboxevent/", "replay", dead.pk, pending.pk)

    assert "1 due again; others were not dead." in html
    rows = OutboxEvent.objects.order_by("pk").values_list("pk", "status", "tries")
    assert list(rows) == [(dead.pk, "pending", 0), (other.pk, "dead", 15), (pending.pk, "pending", 15)]


def test_selected_deliveries_are_sent_again(chief: Client) -> None:
    add_rows(MerchantFactory.create(), 0, 2)
    Delivery.objects.update(status="dead", tries=9)
    one, other = Delivery.objects.order_by("pk")

    html = run(chief, "/admin/webhooks/delivery/", "replay_deliveries", one.pk)

    assert "1 will be sent again." in html
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.status, one.tries, other.status, other.tries) == ("pending", 0, "dead", 9)


def test_endpoint_is_switched_off_and_keeps_its_secret(chief: Client) -> None:
    add_rows(MerchantFactory.create(), 0, 1)
    endpoint = Endpoint.objects.get()
    url = f"/admin/webhooks/endpoint/{quote(endpoint.pk)}/change/"

    assert chief.post(url, formset("test", initial=0)).status_code == 302

    endpoint.refresh_from_db()
    assert (endpoint.is_active, bytes(endpoint.sealed_secret)) == (False, b"sealed")


def shown_secret(response: object) -> str:
    assert "no-store" in response["Cache-Control"]  # type: ignore[index]
    html = response.content.decode()  # type: ignore[attr-defined]
    return str(html.partition("<code>")[2].partition("</code>")[0])


def test_what_a_link_has_filled_in_is_taken(chief: Client) -> None:
    agent = AgentFactory.create()
    url = f"/admin/webhooks/endpoint/add/?agent={agent.pk}"
    form = fields_of(chief.get(url), "endpoint")

    chief.post(url, {**form, "url": "https://agent.example/orders"})

    assert Endpoint.objects.get().agent == agent


def test_a_new_endpoint_shows_its_secret_once(chief: Client) -> None:
    agent = AgentFactory.create()
    url = "https://agent.example/orders"

    refused = chief.post(
        "/admin/webhooks/endpoint/add/", {"agent": agent.pk, "url": "http://agent.example/orders"}
    )
    secret = shown_secret(chief.post("/admin/webhooks/endpoint/add/", {"agent": agent.pk, "url": url}))
    twice = chief.post("/admin/webhooks/endpoint/add/", {"agent": agent.pk, "url": url})

    endpoint = Endpoint.objects.get()
    assert "https addresses" in refused.content.decode()
    assert "already exists" in twice.content.decode()
    assert (endpoint.url, endpoint.agent, endpoint.is_active) == (url, agent, True)
    assert unseal(bytes(endpoint.sealed_secret)) == secret
    page = chief.get(f"/admin/webhooks/endpoint/{quote(endpoint.pk)}/change/").content.decode()
    assert secret not in page


def test_an_endpoint_gets_a_new_secret(chief: Client) -> None:
    endpoint, old = register_endpoint(AgentFactory.create(), "https://agent.example/orders")

    page = f"/admin/webhooks/endpoint/{quote(endpoint.pk)}/renew_secret/"
    asked = chief.get(page).content.decode()
    endpoint.refresh_from_db()
    kept = unseal(bytes(endpoint.sealed_secret))
    secret = shown_secret(chief.post(page))

    endpoint.refresh_from_db()
    assert "signs nothing any more" in asked
    assert kept == old
    assert unseal(bytes(endpoint.sealed_secret)) == secret != old


def test_a_merchant_gets_a_secret_for_its_carriers(chief: Client) -> None:
    merchant, other = MerchantFactory.create(), MerchantFactory.create()

    secret = shown_secret(chief.post(f"/admin/accounts/merchant/{quote(merchant.pk)}/fulfillment_secret/"))

    merchant.refresh_from_db()
    other.refresh_from_db()
    assert unseal(bytes(merchant.sealed_fulfillment_secret or b"")) == secret
    assert other.sealed_fulfillment_secret is None


@pytest.mark.parametrize(
    ("url", "action"),
    [
        ("/admin/outbox/outboxevent/", "replay"),
        ("/admin/webhooks/delivery/", "replay_deliveries"),
        ("/admin/accounts/agentkey/", "revoke"),
    ],
)
def test_who_may_only_look_may_not_act(url: str, action: str) -> None:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 1)
    client = member(merchant, "reader")
    rows = [*OutboxEvent.objects.values_list("pk"), *AgentKey.objects.values_list("pk")]
    rows += [*Delivery.objects.values_list("pk"), *Endpoint.objects.values_list("pk"), (merchant.pk,)]

    html = client.get(url).content.decode()
    response = client.post(url, {"action": action, "_selected_action": [row[0] for row in rows]})

    assert f'value="{action}"' not in html
    assert response.status_code in (200, 302, 403)
    assert OutboxEvent.objects.filter(status="dead").count() == 1
    assert AgentKey.objects.filter(revoked_at__isnull=False).count() == 0


def buttons(merchant: Merchant) -> list[str]:
    """Return the addresses of what can be done on the page of one row."""
    endpoint = Endpoint.objects.select_related("agent").get()
    agent, key = endpoint.agent, endpoint.agent.keys.earliest("created_at")
    return [
        f"/admin/accounts/merchant/{quote(merchant.pk)}/stop/",
        f"/admin/accounts/merchant/{quote(merchant.pk)}/fulfillment_secret/",
        f"/admin/accounts/agent/{quote(agent.pk)}/pause/",
        f"/admin/accounts/agentkey/{quote(key.pk)}/revoke_this/",
        f"/admin/webhooks/endpoint/{quote(endpoint.pk)}/renew_secret/",
        f"/admin/webhooks/endpoint/{quote(endpoint.pk)}/plan_secret/",
    ]


def test_only_who_may_change_a_row_presses_its_buttons() -> None:
    merchant = MerchantFactory.create()
    add_rows(merchant, 0, 1)
    manager, reader = member(merchant, "manager"), member(merchant, "reader")
    for url in buttons(merchant):
        page = f"{url.rsplit('/', 2)[0]}/change/"
        is_agents = "/agent/" in url
        assert reader.post(url).status_code == 403, url
        assert (url in reader.get(page).content.decode()) is False
        assert manager.get(url).status_code == (200 if is_agents else 403), url
        assert (url in manager.get(page).content.decode()) is is_agents

    assert bytes(Endpoint.objects.get().sealed_secret) == b"sealed"
    assert Merchant.objects.get(pk=merchant.pk).sealed_fulfillment_secret is None
    assert AgentKey.objects.filter(revoked_at__isnull=False).count() == 0


def is_let_in(token: str) -> bool:
    try:
        return bool(authenticate(token, now=timezone.now()).key_id)
    except (UnknownKeyError, PausedShopError, PausedAgentError):
        return False


def test_the_kill_switch_stops_the_shop_and_no_other() -> None:
    agent, other = AgentFactory.create(), AgentFactory.create()
    _, token = issue_key(agent)
    _, elsewhere = issue_key(other)
    owner, page = member(agent.merchant, "owner"), f"/admin/accounts/merchant/{quote(agent.merchant_id)}"

    asked = owner.get(f"{page}/stop/").content.decode()
    before = is_let_in(token)
    stopped = owner.post(f"{page}/stop/", follow=True).content.decode()
    again = owner.post(f"{page}/stop/").status_code
    meanwhile = (is_let_in(token), is_let_in(elsewhere))
    home = owner.get("/admin/").content.decode()
    resumed = owner.post(f"{page}/resume/", follow=True).content.decode()

    assert "refused from this moment on" in asked
    assert before
    assert "sells nothing until you resume it." in stopped
    assert (f"{page}/resume/" in stopped, f"{page}/stop/" in stopped) == (True, False)
    assert (again, meanwhile) == (302, (False, True))
    assert "sell nothing for now" in home
    assert "sells again." in resumed
    assert is_let_in(token)


def test_an_agent_is_paused_and_resumed() -> None:
    agent = AgentFactory.create(name="Atlas")
    other = AgentFactory.create(merchant=agent.merchant)
    _, token = issue_key(agent)
    _, colleague = issue_key(other)
    manager, page = member(agent.merchant, "manager"), f"/admin/accounts/agent/{quote(agent.pk)}"

    manager.post(f"{page}/pause/")
    meanwhile = (is_let_in(token), is_let_in(colleague))
    resumed = manager.post(f"{page}/resume/", follow=True).content.decode()

    assert meanwhile == (False, True)
    assert "Atlas sells again." in resumed
    assert is_let_in(token)
    said = StaffAction.objects.order_by("pk").values_list("row", "what")
    assert list(said) == [(agent.pk, "Pause the agent"), (agent.pk, "Resume the agent")]


def test_a_key_is_revoked_on_its_page() -> None:
    key, token = issue_key(AgentFactory.create())
    owner = member(key.agent.merchant, "owner")

    owner.post(f"/admin/accounts/agentkey/{quote(key.pk)}/revoke_this/")

    assert not is_let_in(token)
    assert StaffAction.objects.get().what == "Revoke the key"


def test_who_has_one_shop_is_led_straight_to_it() -> None:
    merchant = MerchantFactory.create()

    answer = member(merchant, "owner").get("/admin/accounts/merchant/")

    assert answer["Location"] == f"/admin/accounts/merchant/{quote(merchant.pk)}/change/"
