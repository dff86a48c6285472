"""Stripe's events as notices: verified over the raw body, and read whatever version wrote them.

Source: docs.stripe.com, "Receive Stripe events in your webhook endpoint" and "Types of events".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import stripe

from commerce.payments.gateway import NoticeRefusedError, ProviderNotice

TOLERANCE_SECONDS = 300

_TIME = re.compile(r"(?:^|,)t=(\d{1,12})(?:,|$)")


def read_event(
    body: bytes, *, signature: str, secrets: Sequence[str], is_live: bool, now: datetime
) -> ProviderNotice:
    """Return an event that is signed with one of the secrets, at most five minutes old and not of the future.

    Raises NoticeRefusedError.
    """
    if not any(_is_signed(body, signature, secret) for secret in secrets):
        raise NoticeRefusedError("The signature does not match the body.")
    moment = _TIME.search(signature)
    if moment is None or abs(now.timestamp() - int(moment[1])) > TOLERANCE_SECONDS:
        raise NoticeRefusedError(f"The signature's time is more than {TOLERANCE_SECONDS} seconds away.")
    try:
        notice = notice_of(json.loads(body))
    except (ValueError, KeyError, TypeError) as problem:
        raise NoticeRefusedError("The body is no event.") from problem
    if bool(notice.payload.get("livemode")) != is_live:
        raise NoticeRefusedError("The event is of the other mode, live or test, than the configured key.")
    return notice


def notice_of(event: Mapping[str, Any]) -> ProviderNotice:
    """Read an event. Raises KeyError or TypeError for what is none."""
    return ProviderNotice(
        id=str(event["id"]),
        kind=str(event["type"]),
        subject=str(event["data"]["object"].get("id", "")),
        payload=event,
    )


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, signature, secret))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
