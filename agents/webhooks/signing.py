"""The headers of a try, signed in two ways: as the protocol asks, and as Standard Webhooks asks.

Both use the same secret, `whsec_` and 40 letters and digits. `Merchant-Signature` takes the bytes of the whole
text as its key (ACP 2026-04-17); Standard Webhooks takes what comes after `whsec_`, read as base64: 30 bytes,
and 40 characters need no padding. So the secret an endpoint already has works with the ready-made libraries.

Source: Standard Webhooks specification, "Signature scheme".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from standardwebhooks import Webhook

from commerce import sealing
from commerce.signatures import sign


@dataclass(frozen=True, slots=True)
class SealedSecrets:
    """What an endpoint's deliveries are signed with, and what takes its place at `planned_at`."""

    present: bytes
    planned: bytes | None = None
    planned_at: datetime | None = None

    def unsealed(self, *, now: datetime) -> list[str]:
        """Return the secrets to sign with at a time; only the first of them is in place already."""
        if self.planned is None or self.planned_at is None:
            return [sealing.unseal(self.present)]
        if self.planned_at <= now:
            return [sealing.unseal(self.planned)]
        return [sealing.unseal(self.present), sealing.unseal(self.planned)]


def signed_headers(body: bytes, *, request_id: str, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """Return the headers of one try. The time is new with each try, the id is not.

    The first secret signs for the protocol, which knows one signature only; each signs for Standard Webhooks.
    """
    timestamp = int(now.timestamp())
    standard = (Webhook(secret).sign(request_id, now.astimezone(UTC), body.decode()) for secret in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "agentic-commerce-engine",
        "Request-Id": request_id,
        "Timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Merchant-Signature": sign(body, secret=secrets[0], timestamp=timestamp),
        "webhook-id": request_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(standard),
    }
