"""Fill a shop with sessions and orders and print how long the back office takes: `python -m tests.bench.home`."""

from __future__ import annotations

import argparse
import re
import time
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import psycopg

from tests.bench import report
from tests.bench.stack import Stack, running_stack, wait_until_quiet

PAGES = {
    "home": "/admin/",
    "sessions": "/admin/checkout/checkoutsession/",
    "a session by its id": "/admin/checkout/checkoutsession/?q=cs_bench_500",
    "sessions given up for a reason": "/admin/checkout/checkoutsession/?why=said:shipping_cost",
    "orders": "/admin/orders/order/",
    "orders to ship": "/admin/orders/order/?todo=ship",
    "search everywhere": "/admin/search/?extended=1&s=tote",
}

_SAID = """replace(document, '"intent_trace":null', '"intent_trace":{"reason_code":"shipping_cost"}')"""

# The same session and order again and again, over the last forty days; one session in eight was canceled.
_SESSION = {
    "id": "'cs_bench_' || n",
    "status": "(array['completed','completed','completed','canceled','expired','expired','expired','ready'])"
    "[1 + mod(n, 8)]",
    "document": f"CASE WHEN mod(n, 16) = 3 THEN {_SAID} ELSE document END",
    "created_at": "now() - n * interval '40 days' / {count}",
    "attempt_id": "''",
    "order_id": "''",
}
_ORDER = {
    "id": "'ord_bench_' || n",
    "number": "'B' || n",
    "permalink_token": "'bench_' || n",
    "checkout_session_id": "'cs_bench_' || n",
    "payment_id": "NULL",
    "status": "(array['completed','shipped','confirmed','canceled'])[1 + mod(n, 4)]",
    "placed_at": "now() - n * interval '40 days' / {count}",
}


def fill(url: str, *, sessions: int) -> None:
    """Copy the demo's session and order many times, a third as many orders as sessions."""
    with psycopg.connect(url, autocommit=True) as connection:
        _copy(connection, "checkout_checkoutsession", _SESSION, sessions)
        _copy(connection, "orders_order", _ORDER, sessions // 3)
        connection.execute("VACUUM (ANALYZE) checkout_checkoutsession, orders_order")


def _copy(
    connection: psycopg.Connection[tuple[object, ...]], table: str, changed: dict[str, str], count: int
) -> None:
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [table],
    )
    names = [str(row[0]) for row in found]
    values = ", ".join(changed.get(name, name).replace("{count}", str(count)) for name in names)
    one = f"SELECT * FROM {table} WHERE id NOT LIKE '%%_bench_%%' ORDER BY id LIMIT 1"
    statement = f"SELECT {values} FROM ({one}) one, generate_series(1, {count}) n"
    connection.execute(f"INSERT INTO {table} ({', '.join(names)}) {statement}".encode())


def logged_in(stack: Stack) -> OpenerDirector:
    """Return a browser of the operator, at work in the demo's shop."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    login = f"{stack.base_url}/account/login/"
    admin = stack.ready["admin"]
    _send(browser, login, login, {"login": admin["username"], "password": admin["password"]})
    with psycopg.connect(stack.database_url) as connection:
        row = connection.execute(
            "SELECT id FROM accounts_merchant WHERE slug = %s", [stack.ready["merchant"]]
        ).fetchone()
    assert row is not None
    _send(browser, f"{stack.base_url}/admin/", f"{stack.base_url}/admin/shop/", {"shop": row[0]})
    return browser


def _send(browser: OpenerDirector, form: str, to: str, told: dict[str, str]) -> None:
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', browser.open(form).read().decode())
    assert token is not None
    browser.open(to, urlencode({"csrfmiddlewaretoken": token[1], **told}).encode()).read()


def measure(browser: OpenerDirector, address: str, rounds: int) -> list[float]:
    """Return how long a page took each time, in milliseconds."""
    times = []
    for _ in range(rounds + 2):
        started = time.perf_counter()
        assert browser.open(address).read()
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times[2:])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.home", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with running_stack() as stack:
        fill(stack.database_url, sessions=options.sessions)
        browser = logged_in(stack)
        report.console.print(f"waiting for a quiet machine: {wait_until_quiet():.2f} cores are busy")
        rows = []
        for name, path in PAGES.items():
            times = measure(browser, stack.base_url + path, options.rounds)
            rows.append((name, times[len(times) // 2], times[-1]))
        title = f"Pages with {options.sessions} sessions and {options.sessions // 3} orders"
        report.table(title, ("", "p50 ms", "slowest ms"), rows)


if __name__ == "__main__":
    main()
