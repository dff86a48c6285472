"""Takes what is due: the head of each order's line, and of each endpoint no more than it can bear.

States of an endpoint's circuit: closed; open while `open_until` is ahead; half-open once it has passed, when
one delivery goes to see whether the endpoint is back. The first success closes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from agents.webhooks.signing import SealedSecrets

LEASE = timedelta(seconds=60)

ENDPOINT_SLOTS = 16
"""How many deliveries to one endpoint run at once, in all processes together."""

SUSPECT_SLOTS = 2
"""The same for an endpoint that failed or took long when it was last heard of."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that this process holds until `leased_until`, and where it goes. `tries` counts this one."""

    id: str
    tries: int
    body: bytes
    leased_until: datetime
    endpoint_id: str
    url: str
    failing_since: datetime | None
    secrets: SealedSecrets


def claim(*, now: datetime, limit: int) -> list[Due]:
    """Take deliveries that are due, for the length of a lease. One process at a time, so that counts are right."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
        cursor.execute(_CLAIM, {"now": now, "lease": now + LEASE, "limit": limit})
        return [_due(*row) for row in cursor.fetchall()]


def _due(
    id: str,  # noqa: A002 - the columns in their order
    tries: int,
    body: memoryview,
    leased_until: datetime,
    endpoint_id: str,
    url: str,
    failing_since: datetime | None,
    *sealed: Any,
) -> Due:
    secrets = SealedSecrets(*sealed)
    return Due(id, tries, bytes(body), leased_until, endpoint_id, url, failing_since, secrets)


_TURN = 0x77656268
"""The advisory lock of claiming: a statement sees what was committed before it began, so its turn comes first."""

# `waiting` steps from one endpoint to the next through the index; `able` counts what each may still take.
# "IS NULL" and not "NOT EXISTS": the planner would read the whole backlog of an endpoint to join it with itself.
_CLAIM = f"""
    WITH RECURSIVE waiting AS (
        (SELECT endpoint_id FROM webhooks_delivery WHERE status = 'pending' ORDER BY endpoint_id LIMIT 1)
        UNION ALL
        SELECT (SELECT next.endpoint_id FROM webhooks_delivery next
                WHERE next.status = 'pending' AND next.endpoint_id > waiting.endpoint_id
                ORDER BY next.endpoint_id LIMIT 1)
        FROM waiting WHERE waiting.endpoint_id IS NOT NULL
    ), able AS (
        SELECT e.id, greatest(0,
            CASE WHEN e.open_until IS NOT NULL THEN 1
                 WHEN e.failures > 0 OR e.is_slow THEN {SUSPECT_SLOTS}
                 ELSE {ENDPOINT_SLOTS} END
            - (SELECT count(*) FROM webhooks_delivery held
               WHERE held.endpoint_id = e.id AND held.leased_until > %(now)s)) AS slots
        FROM waiting JOIN webhooks_endpoint e ON e.id = waiting.endpoint_id
        WHERE e.is_active AND (e.open_until IS NULL OR e.open_until <= %(now)s)
    ), taken AS (
        SELECT head.id FROM able CROSS JOIN LATERAL (
            SELECT d.id, d.due_at FROM webhooks_delivery d
            WHERE d.endpoint_id = able.id AND d.status = 'pending' AND d.due_at <= %(now)s
              AND (d.leased_until IS NULL OR d.leased_until <= %(now)s)
              AND (SELECT 1 FROM webhooks_delivery earlier
                   WHERE earlier.endpoint_id = d.endpoint_id AND earlier.order_id = d.order_id
                     AND earlier.sequence < d.sequence AND earlier.status = 'pending' LIMIT 1) IS NULL
            ORDER BY d.due_at, d.id LIMIT able.slots
        ) head
        ORDER BY head.due_at, head.id LIMIT %(limit)s
    )
    UPDATE webhooks_delivery d SET leased_until = %(lease)s, tries = d.tries + 1
    FROM taken, webhooks_endpoint e
    WHERE d.id = taken.id AND e.id = d.endpoint_id
    RETURNING d.id, d.tries, d.body, d.leased_until, e.id, e.url, e.failing_since,
              e.sealed_secret, e.sealed_planned_secret, e.planned_secret_at
"""
