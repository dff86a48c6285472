"""Whether anything that must stay secret was written down: in a log line, or in a row of the database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from agents.soak.world import World

PATTERNS = {
    "a shared payment token": r"spt_[A-Za-z0-9]{8,}",
    "a card number": r"\b4242424242424242\b|\b4000000000\d{6}\b",
    "a secret key": r"\b(?:sk|rk)_(?:test|live)_[A-Za-z0-9]{8,}",
    "a payment's client secret": r"\bpi_[A-Za-z0-9]+_secret_[A-Za-z0-9]+",
    "a webhook secret": r"whsec_[A-Za-z0-9+/=]{8,}",
}


def leaks(world: World) -> list[tuple[str, str]]:
    """Return where a secret was found, and which. Known secrets are looked for in binary columns, too."""
    facts, stack = world.facts, world.stack
    known = {
        "the agent's key": facts.agent_key,
        "the provider's key": stack.stripe_secret_key,
        "the agent's webhook secret": facts.webhook_secret,
        "the carrier's webhook secret": facts.fulfillment_secret,
        "the provider's webhook secret": stack.stripe_webhook_secret,
    }
    looked_for = _expressions(known)
    places = [(path.name, _lines(path)) for path in sorted(world.places.logs.glob("*.log"))]
    found = [one for name, lines in places for one in _found(name, lines, looked_for)]
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        for (table,) in connection.execute(_TABLES).fetchall():
            found += _found(table, _rows(connection, table), looked_for)
    return found


def _expressions(known: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    """Look for patterns in text, and for the same bytes in hexadecimal, as a dump shows a binary column."""
    expressions = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
    for name, secret in known.items():
        expressions[name] = re.compile(f"{re.escape(secret)}|{secret.encode().hex()}")
    expressions["a shared payment token, in bytes"] = re.compile(b"spt_".hex())
    return expressions


def _found(place: str, lines: Iterator[str], looked_for: Mapping[str, re.Pattern[str]]) -> list[tuple[str, str]]:
    """Return each kind of secret once a place."""
    left = dict(looked_for)
    found = []
    for line in lines:
        for name in [name for name, pattern in left.items() if pattern.search(line)]:
            found.append((place, name))
            del left[name]
    return found


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as log:
        yield from log


def _rows(connection: psycopg.Connection, table: str) -> Iterator[str]:
    """Return a table as a dump has it, line by line."""
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as rows,
    ):
        for chunk in rows:
            yield bytes(chunk).decode(errors="replace")


_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
