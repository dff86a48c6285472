"""What a receiver says of when it wants to be asked again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from commerce.outgoing.sending import Answer

LONGEST_REQUESTED = timedelta(hours=24)
"""How far a `Retry-After` can put us off."""


def requested_pause(answer: Answer, *, now: datetime) -> timedelta:
    """Return how long an answer asks to be left alone, at most 24 hours; nothing where it does not say.

    `Retry-After` is a number of seconds or an HTTP date (RFC 9110 section 10.2.3).
    """
    named = {name.lower(): value.strip() for name, value in answer.headers.items()}
    text = named.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(timedelta(seconds=int(text)), LONGEST_REQUESTED)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return timedelta()
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), LONGEST_REQUESTED)
