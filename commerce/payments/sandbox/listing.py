"""Lists with cursors, newest first, and the search by metadata."""

import re
from typing import Any

import orjson

from commerce.payments.sandbox.account import MISSING, Account
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.errors import InvalidParameter, InvalidRequest, unsupported

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
END_OF_TIME = 2**62

# Statements are fixed text: a filter that is not given is null and matches everything.
MATCHING = """
FROM objects
WHERE account = :account AND object = :object AND deleted = 0
AND created BETWEEN :earliest AND :latest
AND (:customer IS NULL OR customer = :customer)
AND (:payment_intent IS NULL OR payment_intent = :payment_intent)
AND (:charge IS NULL OR charge = :charge)
AND (:email IS NULL OR email = :email)
AND (:type IS NULL OR type GLOB :type)
AND (:types IS NULL OR type IN (SELECT value FROM json_each(:types)))
AND (:delivery_success IS NULL OR :delivery_success = NOT EXISTS (
    SELECT 1 FROM deliveries WHERE deliveries.event = objects.id AND delivered_at IS NULL))
"""
OLDER = "SELECT document" + MATCHING + "AND sequence < :cursor ORDER BY sequence DESC LIMIT :limit"
NEWER = "SELECT document" + MATCHING + "AND sequence > :cursor ORDER BY sequence ASC LIMIT :limit"
FILTERS = ("customer", "payment_intent", "charge", "email", "type", "types", "delivery_success")
SUPPORTED = frozenset((*FILTERS, "created", "ending_before", "expand", "limit", "starting_after"))

SEARCH = """
SELECT sequence, document FROM objects
WHERE account = :account AND object = :object AND deleted = 0 AND sequence < :cursor
AND NOT EXISTS (
    SELECT 1 FROM json_each(:conditions) AS term
    WHERE json_extract(document, json_extract(term.value, '$[0]')) IS NOT json_extract(term.value, '$[1]'))
ORDER BY sequence DESC LIMIT :limit
"""
METADATA_CONDITION = re.compile(r"""metadata\[(["'])(?P<key>[^"'\\]+)\1\]\s*:\s*(["'])(?P<value>[^"'\\]*)\3""")
FIELD_CONDITION = re.compile(r"""(?P<key>status|currency|customer)\s*:\s*(["'])(?P<value>[^"'\\]*)\2""")


def list_objects(account: Account, kind: str, params: Params, *, url: str, not_before: int = 0) -> Document:
    """Return one page of objects. Limits outside 1 to 100 are clamped, as Stripe does silently."""
    for name in sorted(params.keys() - SUPPORTED):
        raise unsupported(name)
    if "starting_after" in params and "ending_before" in params:
        raise InvalidParameter(
            "Received both starting_after and ending_before parameters. Please pass in only one."
        )
    limit = max(1, min(params.get("limit", DEFAULT_LIMIT), MAX_LIMIT))
    bindings = {**_bindings(account, kind, params, not_before), "limit": limit + 1}
    if "ending_before" in params:
        bindings["cursor"] = _cursor(account, kind, params, "ending_before")
        found = account.connection.execute(NEWER, bindings).fetchall()
        page = found[:limit][::-1]
    else:
        bindings["cursor"] = _cursor(account, kind, params, "starting_after")
        found = account.connection.execute(OLDER, bindings).fetchall()
        page = found[:limit]
    data = [orjson.loads(row[0]) for row in page]
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def _bindings(account: Account, kind: str, params: Params, not_before: int) -> dict[str, Any]:
    earliest, latest = _period(params.get("created"))
    bindings: dict[str, Any] = {name: params.get(name) for name in FILTERS}
    if bindings["types"] is not None:
        bindings["types"] = orjson.dumps(bindings["types"]).decode()
    return {
        **bindings,
        "account": account.id,
        "object": kind,
        "earliest": max(earliest, not_before),
        "latest": latest,
    }


def _period(created: dict[str, int] | int | None) -> tuple[int, int]:
    """Translate `created` or `created[gte|gt|lte|lt]` into the first and last second that match."""
    if created is None:
        return 0, END_OF_TIME
    if isinstance(created, int):
        return created, created
    earliest = max(created.get("gte", 0), created.get("gt", -1) + 1)
    latest = min(created.get("lte", END_OF_TIME), created.get("lt", END_OF_TIME + 1) - 1)
    return earliest, latest


def _cursor(account: Account, kind: str, params: Params, name: str) -> int:
    object_id = params.get(name)
    if object_id is None:
        return END_OF_TIME
    row = account.connection.execute(
        "SELECT sequence FROM objects WHERE id = ? AND account = ? AND object = ?",
        (object_id, account.id, kind),
    ).fetchone()
    if row is None:
        raise InvalidRequest(f"No such {MISSING[kind][0]}: '{object_id}'", code="resource_missing", param=name)
    return int(row[0])


def search_objects(account: Account, kind: str, params: Params, *, url: str) -> Document:
    """Return the objects that match a query such as `metadata['order']:'17' AND status:'succeeded'`."""
    limit = max(1, min(params.get("limit", DEFAULT_LIMIT), MAX_LIMIT))
    bindings = {
        "account": account.id,
        "object": kind,
        "conditions": orjson.dumps(_conditions(params["query"])).decode(),
        "cursor": _search_cursor(params.get("page")),
        "limit": limit + 1,
    }
    found = account.connection.execute(SEARCH, bindings).fetchall()
    has_more = len(found) > limit
    return {
        "object": "search_result",
        "data": [orjson.loads(row[1]) for row in found[:limit]],
        "has_more": has_more,
        "next_page": str(found[limit - 1][0]) if has_more else None,
        "url": url,
    }


def _search_cursor(page: str | None) -> int:
    if page is None:
        return END_OF_TIME
    if not page.isdigit():
        raise InvalidParameter("Invalid page: use the next_page of an earlier search.", param="page")
    return int(page)


def _conditions(query: str) -> list[tuple[str, str]]:
    """Read a query into JSON paths and the values they must have."""
    conditions = []
    for part in re.split(r"\s+AND\s+", query.strip(), flags=re.IGNORECASE):
        if match := METADATA_CONDITION.fullmatch(part):
            conditions.append((f'$.metadata."{match["key"]}"', match["value"]))
        elif match := FIELD_CONDITION.fullmatch(part):
            conditions.append((f"$.{match['key']}", match["value"]))
        else:
            raise InvalidParameter(
                "This sandbox searches for metadata['key']:'value', status, currency and customer, joined by AND.",
                param="query",
            )
    return conditions
