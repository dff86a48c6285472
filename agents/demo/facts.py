"""What is known of the demo's shop once it is prepared, and how programs are told of it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.demo.stack import Stack


@dataclass(frozen=True, slots=True)
class Facts:
    """What `agents.demo.shop` printed."""

    merchant: str
    merchant_name: str
    currency: str
    agent_key: str
    agent_key_2: str
    items: dict[str, Any]
    search: str
    discount_codes: dict[str, str]
    handler_id: str
    webhook_secret: str
    fulfillment_secret: str
    admin: dict[str, str] | None


def ready_document(stack: Stack, facts: Facts) -> dict[str, Any]:
    """Return what `--ready-file` says: addresses, keys, what can be bought, and who runs."""
    return {
        "base_url": stack.base_url,
        "acp_base_url": f"{stack.base_url}/acp",
        "agent_key": facts.agent_key,
        "agent_key_2": facts.agent_key_2,
        "merchant": facts.merchant,
        "items": facts.items,
        "discount_codes": facts.discount_codes,
        "handler_id": facts.handler_id,
        "stripe_api_base": stack.stripe_api_base,
        "stripe_secret_key": stack.stripe_secret_key,
        "stripe_webhook_secret": stack.stripe_webhook_secret,
        "webhook": {"url": stack.webhook_url, "secret": facts.webhook_secret},
        "fulfillment_secret": facts.fulfillment_secret,
        "receiver_url": stack.receiver_url,
        "database_url": stack.database_url,
        "redis_url": stack.redis_url,
        "admin": facts.admin,
        "logs": str(stack.places.logs),
        "pids": stack.ids(),
    }


def write_ready_file(file: Path, document: dict[str, Any]) -> None:
    """Write the whole file or nothing; only its owner may read the keys in it."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
        json.dump(document, new, indent=2)
    unfinished.replace(file)
