"""Where the next page of a search begins: a signed text that fits the search it came from and no other."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime

import orjson
from django.core import signing

from commerce.errors import CommerceError
from commerce.storefront.sql import After
from commerce.storefront.wanted import Question, Wanted

_SALT = "commerce.storefront.cursor"
MAX_LENGTH = 4000


class InvalidCursorError(CommerceError):
    """The cursor was changed, or comes from a search with other words, filters or order."""

    code = "invalid_cursor"


def write_cursor(merchant_id: str, wanted: Wanted, *, question: Question, after: After) -> str:
    """Return the cursor behind a product. `question` is what the words were understood as."""
    key = after.key.isoformat() if isinstance(after.key, datetime) else after.key
    told = [_fingerprint(merchant_id, wanted), question.all_of, question.none_of, key, after.product_id]
    return signing.dumps(told, salt=_SALT, compress=True)


def read_cursor(merchant_id: str, wanted: Wanted, cursor: str) -> tuple[Question, After]:
    """Return what the words were understood as, and where the page begins. Raises InvalidCursorError."""
    try:
        told = signing.loads(cursor[:MAX_LENGTH], salt=_SALT)
    except signing.BadSignature as problem:
        raise InvalidCursorError("The cursor is not one that this shop has given out.") from problem
    fingerprint, all_of, none_of, key, product_id = told
    if fingerprint != _fingerprint(merchant_id, wanted):
        text = "The cursor belongs to another search. Repeat all parameters but limit, and change none."
        raise InvalidCursorError(text)
    question = Question(tuple(tuple(group) for group in all_of), tuple(none_of))
    return question, After(key, product_id)


def _fingerprint(merchant_id: str, wanted: Wanted) -> str:
    return hashlib.sha256(orjson.dumps([merchant_id, asdict(wanted)])).hexdigest()[:20]
