"""What beat asks for, and how often in seconds. What must happen is a row in PostgreSQL; this is only a clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "relay the outbox": {"task": "commerce.outbox.tasks.relay", "schedule": 2.0},
    "deliver webhooks": {"task": "agents.webhooks.tasks.deliver", "schedule": 2.0},
    "send e-mails": {"task": "commerce.emails.tasks.send", "schedule": 10.0},
    "go on with test purchases": {"task": "agents.rehearsals.tasks.advance", "schedule": 1.0},
    "resume interrupted checkouts": {"task": "commerce.checkout.tasks.resume_interrupted", "schedule": 5.0},
    "look after 3-D Secure challenges": {
        "task": "commerce.checkout.tasks.look_after_challenges",
        "schedule": 10.0,
    },
    "look after conversations": {"task": "agents.chat.tasks.sweep", "schedule": 5.0},
    "forget old conversations": {"task": "agents.chat.tasks.forget_old_conversations", "schedule": 3600.0},
    "expire checkout sessions": {"task": "commerce.checkout.tasks.expire_sessions", "schedule": 60.0},
    "release expired reservations": {
        "task": "commerce.checkout.tasks.release_reservations",
        "schedule": 60.0,
    },
    "chase captures": {"task": "commerce.payments.tasks.chase_captures", "schedule": 3600.0},
    "chase refunds": {"task": "commerce.payments.tasks.chase_refunds", "schedule": 3600.0},
    "ask the provider what was missed": {
        "task": "commerce.inbox.tasks.fetch_missed_provider_events",
        "schedule": 3600.0,
    },
    "compare books with the provider": {
        "task": "commerce.reconciliation.tasks.compare_lately",
        "schedule": crontab(minute=35),
    },
    "compare books of the last days": {
        "task": "commerce.reconciliation.tasks.compare_thoroughly",
        "schedule": crontab(hour=3, minute=50),
    },
    "expire carts": {"task": "commerce.carts.tasks.expire_carts", "schedule": 600.0},
    "forget old deliveries": {"task": "agents.webhooks.tasks.forget_old_deliveries", "schedule": 3600.0},
    "forget old events of the provider": {
        "task": "commerce.inbox.tasks.forget_old_provider_events",
        "schedule": 3600.0,
    },
    "go on with imports": {"task": "merchants.imports.tasks.work", "schedule": 5.0},
    "forget old imports": {"task": "merchants.imports.tasks.forget_old_files", "schedule": 3600.0},
    "forget idempotency keys": {"task": "commerce.idempotency.tasks.forget_keys", "schedule": 600.0},
    "notice changes for feeds": {"task": "merchants.feeds.tasks.follow_changes", "schedule": 15.0},
    "build feeds": {"task": "merchants.feeds.tasks.build_due", "schedule": 20.0},
    "compare feeds with what is live": {
        "task": "merchants.feeds.tasks.check_all",
        "schedule": crontab(hour=3, minute=20),
    },
    "forget old builds of feeds": {
        "task": "merchants.feeds.tasks.forget_old_builds",
        "schedule": crontab(hour=4, minute=10),
    },
}

MUST_NOT_WAIT: dict[str, float] = {
    SCHEDULE[name]["task"]: SCHEDULE[name]["schedule"]
    for name in (
        "relay the outbox",
        "deliver webhooks",
        "send e-mails",
        "resume interrupted checkouts",
        "look after 3-D Secure challenges",
        "expire checkout sessions",
        "release expired reservations",
        "chase captures",
        "chase refunds",
    )
}
"""What workers do unasked where they hear nothing of it, see commerce.standing_in. None of it needs the broker."""

ROUTES: dict[str, dict[str, str]] = {
    "agents.chat.tasks.run": {"queue": "chat"},
    "commerce.inbox.tasks.*": {"queue": "books"},
    "commerce.reconciliation.tasks.*": {"queue": "books"},
    "merchants.feeds.tasks.*": {"queue": "files"},
    "merchants.imports.tasks.*": {"queue": "files"},
}
"""Which queue a task stands in, if not with what must not wait."""

SHORTEST_LIFE_SECONDS = 30.0
"""Clocks of two machines differ, and what is void on arrival is never done."""

CALENDAR_LIFE_SECONDS = 3600.0


def expiring(schedule: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a schedule of which nothing piles up: what nobody has begun when it is asked for again is void."""
    return {name: {**entry, "options": {"expires": _life(entry["schedule"])}} for name, entry in schedule.items()}


def _life(schedule: float | crontab) -> float:
    return max(schedule, SHORTEST_LIFE_SECONDS) if isinstance(schedule, float) else CALENDAR_LIFE_SECONDS
