"""Who may get in: agents with a key, and people with two factors."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q

from commerce.accounts.models import Agent, AgentKey, Membership, Merchant
from commerce.backoffice.readiness import Check, Finding, missing, ok, warning
from commerce.backoffice.rights import Area


def look_at_agents(merchant: Merchant, now: datetime) -> Finding:
    agents = Agent.objects.filter(merchant=merchant, is_active=True)
    running = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    keys = AgentKey.objects.filter(running, agent__in=agents, revoked_at__isnull=True, is_test=False)
    names = list(agents.filter(keys__in=keys).distinct().order_by("name").values_list("name", flat=True))
    if names:
        return ok(f"May sell for you: {', '.join(names[:5])}{' and others' if len(names) > 5 else ''}.")
    if agents.exists():
        return missing("An agent is named, and it has no key that works.")
    return missing("No agent may sell for you yet.")


def look_at_two_factors(merchant: Merchant, _now: datetime) -> Finding:
    owners = User.objects.filter(memberships__merchant=merchant, memberships__role=Membership.Role.OWNER)
    if not owners.exists():
        return warning("The shop has no owner; the operator of this installation looks after it.")
    safe = Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user")
    without = list(owners.exclude(pk__in=safe).order_by("username").values_list("username", flat=True))
    if without:
        return warning(f"A password alone opens your shop's keys and money for: {', '.join(without)}.")
    return ok("Every owner logs in with two factors.")


def look_at_address(_merchant: Merchant, _now: datetime) -> Finding:
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    if parts.scheme == "https":
        return ok(f"Agents reach you at {settings.PUBLIC_BASE_URL}, encrypted.")
    return warning(
        f"Agents on the internet cannot reach {settings.PUBLIC_BASE_URL}: the operator of this installation has "
        "to give it a public address with HTTPS. For trying things out it is good enough."
    )


AGENT = Check(
    id="agent",
    title="Agent and key",
    why="An agent shows its key with every request. You see what each sells, limit it, and switch it off.",
    page="admin:setup_agent",
    area=Area.KEYS,
    look=look_at_agents,
)
TWO_FACTOR = Check(
    id="two_factor",
    title="Two-factor login",
    why="Who gets hold of an owner's password gets hold of keys, money and members.",
    page="mfa_index",
    area=Area.SETTINGS,
    look=look_at_two_factors,
    is_required=False,
)
ADDRESS = Check(
    id="address",
    title="Public address",
    why="Agent platforms call shops over HTTPS only, with a certificate that browsers trust.",
    page="",
    area=Area.SETTINGS,
    look=look_at_address,
    is_required=False,
)
