"""Whether somebody hears what becomes of a shop's orders."""

from __future__ import annotations

from datetime import datetime

from agents.webhooks.models import Delivery, Endpoint, EndpointTest
from commerce.accounts.models import Merchant
from commerce.backoffice.readiness import Check, Finding, missing, ok, unknown, warning
from commerce.backoffice.rights import Area


def look_at_endpoints(merchant: Merchant, _now: datetime) -> Finding:
    """Judge each endpoint by what was sent to it last, order events or a test event."""
    endpoints = Endpoint.objects.filter(agent__merchant=merchant, agent__is_active=True)
    problems = {endpoint.url: _problem(endpoint) for endpoint in endpoints.order_by("created_at", "pk")}
    if not problems:
        return missing("No agent hears what becomes of its orders: no endpoint is named.")
    untried = [url for url, problem in problems.items() if problem is None]
    silent = [f"{url}: {problem}" for url, problem in problems.items() if problem]
    heard = len(problems) - len(untried) - len(silent)
    if heard and (silent or untried):
        return warning(f"{heard} of {len(problems)} endpoints hear.", *silent, *untried)
    if silent:
        return missing("No endpoint takes what is sent to it.", *silent)
    if untried:
        return unknown("Nothing was sent yet. Send a test event from the endpoint's page.", *untried)
    return ok("The endpoint hears." if heard == 1 else f"All {heard} endpoints hear.")


def _problem(endpoint: Endpoint) -> str | None:
    """Say what is wrong with an endpoint: "" for nothing, None where nothing was sent to it yet."""
    if not endpoint.is_active:
        return f"it is switched off ({endpoint.disabled_reason or 'by staff'})"
    if endpoint.failures:
        return f"the last {endpoint.failures} events failed"
    delivered = Delivery.objects.filter(endpoint=endpoint, status=Delivery.Status.DELIVERED)
    test = EndpointTest.objects.filter(endpoint=endpoint).first()
    if test is None:
        return "" if delivered.exists() else None
    if test.is_success or delivered.filter(delivered_at__gt=test.tested_at).exists():
        return ""
    return f"it answers {test.status}" if test.status else test.error or "no answer"


ENDPOINT = Check(
    id="endpoint",
    title="Webhook endpoint",
    why="The agent tells the buyer when the order is sent, delivered or refunded. It hears of that from you.",
    page="admin:webhooks_endpoint_changelist",
    area=Area.KEYS,
    look=look_at_endpoints,
)
