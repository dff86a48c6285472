"""Going live. The way back, and on again, is `commerce.accounts.services.pause_shop` and `resume_shop`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from commerce.accounts.models import Merchant
from commerce.backoffice.readiness import Item, look_at, probe_all
from commerce.errors import CommerceError

logger = logging.getLogger(__name__)


class NotReadyError(CommerceError):
    """Something is missing without which the shop may not sell. `items` says what."""

    code = "not_ready"

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(f"The shop is not ready: {', '.join(item.check.title for item in items)}.")
        self.items = items


def go_live(merchant: Merchant, *, now: datetime) -> None:
    """Let agents buy, if every check that is needed finds what it wants at this moment. May run twice.

    Asks elsewhere what can only be known there; not inside a transaction. Raises NotReadyError.
    """
    probe_all(merchant, now=now)
    in_the_way = [item for item in look_at(merchant, now=now) if item.is_in_the_way]
    if in_the_way:
        raise NotReadyError(in_the_way)
    Merchant.objects.filter(pk=merchant.pk).update(status=Merchant.Status.ACTIVE)
    logger.info("a shop went live", extra={"merchant": merchant.pk})
