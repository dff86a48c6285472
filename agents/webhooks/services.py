from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from agents.webhooks.models import Delivery, Endpoint
from commerce import sealing
from commerce.accounts.models import Agent
from commerce.errors import CommerceError
from commerce.ids import random_text
from commerce.orders.models import Order, OrderEvent


class ForbiddenUrlError(CommerceError):
    """The address is none that webhooks may be sent to."""

    code = "forbidden_url"


def register_endpoint(agent: Agent, url: str) -> tuple[Endpoint, str]:
    """Have an agent's order events sent to a URL. The second value is the signing secret, shown once.

    Raises ForbiddenUrlError unless the URL is https, or its host is allowed for tests.
    """
    require_allowed(url)
    secret = _random_secret()
    endpoint, _ = Endpoint.objects.update_or_create(
        agent=agent, url=url, defaults={"sealed_secret": sealing.seal(secret), "is_active": True}
    )
    return endpoint, secret


def new_secret(endpoint: Endpoint) -> str:
    """Give an endpoint a new signing secret. Shown once; the old one is void."""
    secret = _random_secret()
    Endpoint.objects.filter(pk=endpoint.pk).update(sealed_secret=sealing.seal(secret))
    return secret


def _random_secret() -> str:
    return f"whsec_{random_text(40)}"


def require_allowed(url: str) -> None:
    """Raise ForbiddenUrlError for what is not https, names a user, or has no host."""
    parts = urlsplit(url)
    if parts.hostname in settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise ForbiddenUrlError("Webhooks are sent to https addresses without user names only.", target=("url",))


def plan_deliveries(order_id: str, *, up_to: int, now: datetime) -> int:
    """Plan a delivery of each entry of an order's log to each of its agent's endpoints. May run twice.

    Entries before `up_to` are planned too, so that none is overtaken by a later one. Returns how many
    endpoints there are.
    """
    agent_id = Order.objects.values_list("agent_id", flat=True).get(pk=order_id)
    endpoints = Endpoint.objects.filter(agent_id=agent_id, is_active=True).order_by("pk")
    endpoint_ids = list(endpoints.values_list("pk", flat=True))
    if not endpoint_ids:
        return 0
    entries = OrderEvent.objects.filter(order_id=order_id, sequence__lte=up_to).order_by("sequence")
    sequences = list(entries.values_list("sequence", flat=True))
    Delivery.objects.bulk_create(
        [
            Delivery(
                endpoint_id=endpoint_id,
                order_id=order_id,
                sequence=sequence,
                kind=Delivery.Kind.ORDER_CREATE if sequence == 1 else Delivery.Kind.ORDER_UPDATE,
                due_at=now,
                created_at=now,
            )
            for endpoint_id in endpoint_ids
            for sequence in sequences
        ],
        ignore_conflicts=True,
    )
    return len(endpoint_ids)


def replay(deliveries: list[str], *, now: datetime) -> int:
    """Send deliveries again that were given up, or were delivered already. Returns how many."""
    return Delivery.objects.filter(pk__in=deliveries).update(
        status=Delivery.Status.PENDING, tries=0, due_at=now, delivered_at=None
    )
