"""What the sandbox shows of itself: an overview for people, the ledger and a health check for programs."""

import html
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs

import orjson

from commerce.payments.sandbox import ledger
from commerce.payments.sandbox.account import account_id
from commerce.payments.sandbox.api import Answer
from commerce.payments.sandbox.chaos import Chaos
from commerce.payments.sandbox.currencies import decimal_text
from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.store import Store
from commerce.payments.sandbox.versions import Version

PAGE_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Cache-Control": "no-store",
}
COLUMNS = ("authorized", "held", "captured", "voided", "refunded", "disputed")
MAX_PAYMENTS = 100
EMPTY = '<p class="empty">Nothing has been charged yet.</p>'


class Pages:
    """The pages under /_sandbox/. They read, and change nothing."""

    def __init__(
        self, store: Store, chaos: Chaos, *, clock: Callable[[], float], account_version: Version
    ) -> None:
        self._store = store
        self._chaos = chaos
        self._clock = clock
        self._account_version = account_version
        self._template = Template(Path(__file__).with_name("overview.html").read_text(encoding="utf-8"))

    def answer(self, method: str, path: str, query: str) -> Answer:
        """Answer a request for one of the pages."""
        if method not in ("GET", "HEAD"):
            return json_answer(405, {"error": "These pages are only read."})
        if path in ("/_sandbox", "/_sandbox/"):
            return Answer(200, self._overview().encode(), PAGE_HEADERS)
        if path == "/_sandbox/ledger":
            return self._ledger(query)
        if path == "/_sandbox/health":
            return self._health()
        return json_answer(404, {"error": "There is no such page."})

    def _health(self) -> Answer:
        with self._store.reading() as connection:
            connection.execute("SELECT 1 FROM ledger LIMIT 1").fetchone()
        return json_answer(
            200,
            {"status": "ok", "now": int(self._clock()), "account_api_version": str(self._account_version)},
        )

    def _ledger(self, query: str) -> Answer:
        keys = parse_qs(query).get("key")
        if not keys:
            return json_answer(400, {"error": "Name the secret key whose ledger you want: ?key=sk_test_…"})
        account = account_id(keys[0])
        with self._store.reading() as connection:
            rows = ledger.rows(connection, account)
        return json_answer(200, {"account": account, "rows": rows, "payment_intents": ledger.sums(rows)})

    def _overview(self) -> str:
        with self._store.reading() as connection:
            accounts = connection.execute("SELECT id, key_hint FROM accounts ORDER BY created, id").fetchall()
            sections = [_section(connection, *account) for account in accounts]
        return self._template.substitute(accounts="\n".join(sections) or EMPTY, chaos=self._chaos_in_words())

    def _chaos_in_words(self) -> str:
        count = len(self._chaos.rules())
        if not count:
            return "Nothing goes wrong on purpose."
        return f"<strong>Things go wrong on purpose: {count} {'rule' if count == 1 else 'rules'}.</strong>"


def json_answer(status: int, document: dict[str, Any]) -> Answer:
    """Answer a program."""
    return Answer(status, orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _section(connection: sqlite3.Connection, account: str, hint: str) -> str:
    rows = ledger.rows(connection, account)
    title = f"<h2>{_safe(hint)}</h2><p><code>{_safe(account)}</code></p>"
    if not rows:
        return f"<section>{title}{EMPTY}</section>"
    totals = _table(
        "Currency", [(_safe(name.upper()), sums) for name, sums in ledger.sums(rows, "currency").items()]
    )
    return f"<section>{title}{totals}{_payments(rows)}{_disputes(connection, account)}</section>"


def _payments(rows: list[dict[str, Any]]) -> str:
    """List the latest payments, newest first."""
    started: dict[str, int] = {}
    for row in rows:
        started.setdefault(row["payment_intent"] or row["charge"], row["created"])
    latest = list(reversed(ledger.sums(rows).items()))[:MAX_PAYMENTS]
    return _table("Payment", [(_payment_cell(name, started[name], sums), sums) for name, sums in latest])


def _payment_cell(name: str, created: int, sums: dict[str, Any]) -> str:
    moment = datetime.fromtimestamp(created, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"<code>{_safe(name)}</code><small>{_safe(sums['currency'].upper())} · {moment}</small>"


def _disputes(connection: sqlite3.Connection, account: str) -> str:
    """List the latest disputes, newest first, or nothing."""
    found = connection.execute(
        "SELECT document FROM objects WHERE account = ? AND object = 'dispute' ORDER BY sequence DESC LIMIT ?",
        (account, MAX_PAYMENTS),
    )
    lines = "".join(_dispute_line(orjson.loads(row[0])) for row in found)
    names = ("Dispute", "Amount", "Reason", "Status", "Due")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>" if lines else ""


def _dispute_line(dispute: Document) -> str:
    """Show what a dispute is about; its reason and status in words."""
    due = datetime.fromtimestamp(dispute["evidence_details"]["due_by"], tz=UTC).strftime("%Y-%m-%d")
    cells = {
        "Amount": f"{decimal_text(dispute['amount'], dispute['currency'])} {dispute['currency'].upper()}",
        "Reason": dispute["reason"].replace("_", " "),
        "Status": dispute["status"].replace("_", " "),
        "Due": due,
    }
    shown = "".join(f'<td data-label="{name}">{_safe(text)}</td>' for name, text in cells.items())
    payment = _safe(dispute["payment_intent"] or dispute["charge"])
    return f'<tr><th scope="row"><code>{_safe(dispute["id"])}</code><small>{payment}</small></th>{shown}</tr>'


def _table(first: str, lines: list[tuple[str, dict[str, Any]]]) -> str:
    head = "".join(f'<th scope="col">{name.capitalize()}</th>' for name in COLUMNS)
    body = "".join(f'<tr><th scope="row">{cell}</th>{_amounts(sums)}</tr>' for cell, sums in lines)
    return f'<table><thead><tr><th scope="col">{first}</th>{head}</tr></thead><tbody>{body}</tbody></table>'


def _amounts(sums: dict[str, Any]) -> str:
    return "".join(
        f'<td data-label="{name.capitalize()}"{"" if sums[name] else " class=zero"}>'
        f"{_safe(decimal_text(sums[name], sums['currency']))}</td>"
        for name in COLUMNS
    )


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
