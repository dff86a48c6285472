from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from commerce import sealing
from commerce.accounts.models import Merchant
from commerce.errors import CommerceError, NotFoundError
from commerce.ids import random_text
from commerce.inbox.models import InboxMessage
from commerce.outbox.services import record_event
from commerce.signatures import SignatureError, verify


class ForgedMessageError(CommerceError):
    """The message is not signed with the merchant's secret, or its time is too far away."""

    code = "invalid_signature"


def new_fulfillment_secret(merchant: Merchant) -> str:
    """Give a merchant a new secret for what carriers and warehouses send. Shown once; the old one is void."""
    secret = f"fsec_{random_text(32)}"
    Merchant.objects.filter(pk=merchant.pk).update(sealed_fulfillment_secret=sealing.seal(secret))
    return secret


def authenticate(slug: str, *, body: bytes, signature: str, now: datetime) -> Merchant:
    """Return the merchant a message is for, having checked its signature over the raw body.

    Raises NotFoundError, ForgedMessageError.
    """
    merchant = Merchant.objects.filter(slug=slug).first()
    if merchant is None or merchant.sealed_fulfillment_secret is None:
        raise NotFoundError("There is no such address.")
    secret = sealing.unseal(merchant.sealed_fulfillment_secret)
    try:
        verify(body, header=signature, secrets=[secret], now=int(now.timestamp()))
    except SignatureError as problem:
        raise ForgedMessageError(str(problem)) from problem
    return merchant


def store_message(
    merchant: Merchant, *, external_id: str, kind: str, payload: Mapping[str, Any], now: datetime
) -> bool:
    """Keep a message and have it handled. False where the same id was kept before: nothing happens then."""
    with transaction.atomic():
        message, is_new = InboxMessage.objects.get_or_create(
            merchant=merchant,
            source=InboxMessage.Source.FULFILLMENT,
            external_id=external_id,
            defaults={"kind": kind, "payload": dict(payload), "received_at": now},
        )
        if is_new:
            record_event("inbox.received", key=str(message.pk), now=now)
    return is_new
