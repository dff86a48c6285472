"""What beat asks for, and how often in seconds. What must happen is a row in PostgreSQL; this is only a clock."""

from __future__ import annotations

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
