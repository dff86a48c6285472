from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from commerce import sealing
from commerce.accounts.models import SCOPES, Agent, AgentKey, Merchant
from commerce.errors import CommerceError
from commerce.ids import random_text


class UnknownKeyError(CommerceError):
    """No usable key: unknown, expired or revoked."""

    code = "unauthorized"


class PausedAgentError(CommerceError):
    """The key is good, but the shop does not let its agent in for now."""

    code = "agent_paused"


class PausedShopError(CommerceError):
    """The key is good, but the shop sells nothing for now."""

    code = "shop_paused"


class SpendingLimitError(CommerceError):
    """The purchase is above what the key may spend in one order or on one day."""

    code = "spending_limit"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from, and what its key allows. Limits are minor units of the merchant's currency."""

    key_id: str
    agent_id: str
    agent_name: str
    merchant_id: str
    merchant_revision: int
    scopes: tuple[str, ...] = SCOPES
    requires_confirmation: bool = False
    is_test: bool = False
    limit_per_order_minor: int | None = None
    limit_per_day_minor: int | None = None
    signature_algorithm: str = ""
    sealed_signature_key: bytes | None = None

    @property
    def has_limits(self) -> bool:
        return self.limit_per_order_minor is not None or self.limit_per_day_minor is not None


def issue_key(
    agent: Agent,
    *,
    scopes: tuple[str, ...] = SCOPES,
    requires_confirmation: bool = False,
    always_confirms: bool = False,
    limit_per_order_minor: int | None = None,
    limit_per_day_minor: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[AgentKey, str]:
    """Make a key for an agent. The second value is the token: it is not stored and cannot be shown again.

    With a key that `always_confirms` nobody can do without the buyers' confirmation later.
    """
    prefix = random_text(8)
    token = f"ack_{prefix}_{random_text(32)}"
    key = AgentKey.objects.create(
        agent=agent,
        prefix=prefix,
        secret_hash=_hash(token),
        scopes=list(scopes),
        requires_confirmation=requires_confirmation or always_confirms,
        always_confirms=always_confirms,
        limit_per_order_minor=limit_per_order_minor,
        limit_per_day_minor=limit_per_day_minor,
        expires_at=expires_at,
    )
    return key, token


def issue_test_key(agent: Agent, *, expires_at: datetime) -> tuple[AgentKey, str]:
    """Make the key of an agent's next test purchase; one before it is void. The second value is the token.

    It may buy while the shop is not live, and what it buys is marked.
    """
    prefix = random_text(8)
    token = f"ack_{prefix}_{random_text(32)}"
    key, _ = AgentKey.objects.update_or_create(
        agent=agent,
        is_test=True,
        defaults={
            "prefix": prefix,
            "secret_hash": _hash(token),
            "expires_at": expires_at,
            "revoked_at": None,
        },
    )
    return key, token


def revoke_key(key: AgentKey, *, now: datetime) -> None:
    """Make a key useless from this moment on."""
    AgentKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now)


def pause_agent(agent: Agent) -> None:
    """Refuse all keys of an agent from this moment on. What is being paid right now is finished."""
    Agent.objects.filter(pk=agent.pk).update(is_active=False)


def resume_agent(agent: Agent) -> None:
    """Let an agent's keys in again, those that were revoked apart."""
    Agent.objects.filter(pk=agent.pk).update(is_active=True)


def pause_shop(merchant: Merchant) -> None:
    """Refuse all agents of a shop from this moment on. What is being paid right now is finished.

    A shop that is not live yet stays that: resumed, it would sell though nobody has looked whether it is ready.
    """
    Merchant.objects.filter(pk=merchant.pk, status=Merchant.Status.ACTIVE).update(status=Merchant.Status.PAUSED)


def resume_shop(merchant: Merchant) -> None:
    """Let the agents of a shop in again that was paused."""
    Merchant.objects.filter(pk=merchant.pk, status=Merchant.Status.PAUSED).update(status=Merchant.Status.ACTIVE)


def require_signature(key: AgentKey, *, algorithm: str, secret_or_public_key: str) -> None:
    """Refuse from now on every request of a key that is not signed: a shared secret or a PEM public key."""
    AgentKey.objects.filter(pk=key.pk).update(
        signature_algorithm=algorithm, sealed_signature_key=sealing.seal(secret_or_public_key)
    )


def authenticate(token: str, *, now: datetime) -> Caller:
    """Return who shows a token.

    Raises UnknownKeyError, the same for every reason; PausedShopError and PausedAgentError, which nobody hears
    who does not hold a good key.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AUTHENTICATE, [_hash(token), now])
        row = cursor.fetchone()
    if row is None:
        raise UnknownKeyError("The bearer token is not valid.")
    _require_running(shop=row[11] == Merchant.Status.ACTIVE or row[13], agent=row[12])
    return Caller(
        key_id=row[0],
        agent_id=row[1],
        agent_name=row[2],
        merchant_id=row[3],
        merchant_revision=row[4],
        scopes=tuple(row[5]),
        limit_per_order_minor=row[6],
        limit_per_day_minor=row[7],
        signature_algorithm=row[8],
        sealed_signature_key=bytes(row[9]) if row[9] is not None else None,
        requires_confirmation=row[10],
        is_test=row[13],
    )


_AUTHENTICATE = """
    SELECT k.id, a.id, a.name, m.id, m.revision, k.scopes, k.limit_per_order_minor, k.limit_per_day_minor,
           k.signature_algorithm, k.sealed_signature_key, k.requires_confirmation OR m.requires_confirmation,
           m.status, a.is_active, k.is_test
    FROM accounts_agentkey k
    JOIN accounts_agent a ON a.id = k.agent_id
    JOIN accounts_merchant m ON m.id = a.merchant_id
    WHERE k.secret_hash = %s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %s)
"""


def _require_running(*, shop: bool, agent: bool) -> None:
    if not shop:
        raise PausedShopError("The shop has stopped selling for now; orders that were placed are not touched.")
    if not agent:
        raise PausedAgentError("The shop has paused this agent; orders that were placed are not touched.")


def spend(caller: Caller, amount_minor: int, *, day: date) -> None:
    """Count an amount against the key's limits, or raise SpendingLimitError. Needs an open transaction."""
    if caller.limit_per_order_minor is not None and amount_minor > caller.limit_per_order_minor:
        raise SpendingLimitError("The total is above what this agent may spend in one order.")
    if caller.limit_per_day_minor is None:
        return
    with connection.cursor() as cursor:
        if amount_minor <= caller.limit_per_day_minor:
            cursor.execute(_SPEND, [caller.key_id, day, amount_minor, caller.limit_per_day_minor])
            if cursor.rowcount == 1:
                return
    raise SpendingLimitError("The total is above what this agent may still spend today.")


_SPEND = """
    INSERT INTO accounts_agentkeyspend AS s (key_id, day, amount_minor) VALUES (%s, %s, %s)
    ON CONFLICT (key_id, day) DO UPDATE SET amount_minor = s.amount_minor + excluded.amount_minor
    WHERE s.amount_minor + excluded.amount_minor <= %s
"""


def unspend(key_id: str, amount_minor: int, *, day: date) -> None:
    """Give back what `spend` counted for a purchase that did not happen. Needs an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_agentkeyspend SET amount_minor = greatest(amount_minor - %s, 0)"
            " WHERE key_id = %s AND day = %s",
            [amount_minor, key_id, day],
        )


@transaction.atomic
def find_or_create_agent(merchant: Merchant, name: str) -> Agent:
    """Return the merchant's agent of that name, creating it where it is new."""
    agent, _ = Agent.objects.get_or_create(merchant=merchant, name=name)
    return agent


def _hash(token: str) -> str:
    """A key has 190 random bits, so a plain hash cannot be guessed backwards and stays fast."""
    return hashlib.sha256(token.encode()).hexdigest()
