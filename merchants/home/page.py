"""Puts the first page together. Everything is text and links by the time the template sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from commerce import clock
from commerce.backoffice.rights import Area, Right
from commerce.backoffice.scope import Scope, scope_of
from commerce.backoffice.worklists import Waiting, waiting
from commerce.checkout.states import Status
from commerce.money import decimal_text
from merchants.admin.navigation import MENU
from merchants.home.charts import amounts_by_day, counts_by_day
from merchants.home.figures import Asked, Period, Sold, agent_names, asked, sold
from merchants.home.purposes import PARAMETER as PURPOSE
from merchants.home.purposes import SALES
from merchants.home.reasons import GIVEN_UP, NEWEST, PARAMETER, GaveUp, Reason, why_agents_gave_up


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it is, where it leads, and what is said below it."""

    title: str
    values: list[str]
    link: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AgentRow:
    name: str
    orders: int
    amounts: list[str]
    sessions: int
    conversion: str
    orders_link: str
    sessions_link: str


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the context what the first page shows the person asking."""
    scope = scope_of(request)
    waits = list(_waiting(request))
    if not scope.may(Area.ORDERS, Right.VIEW):
        return {**context, "waiting": waits}
    period = Period.until(clock.now(), scope.merchant.time_zone if scope.merchant else "UTC")
    sales, sessions = sold(scope, period), asked(scope, period)
    return {
        **context,
        "waiting": waits,
        "zone": str(period.zone),
        "figures": _figures(period, sales, sessions),
        "agents": _by_agent(period, sales, sessions),
        "days": _by_day(period, sales, sessions),
        "chart_of_sales": amounts_by_day(period, sales),
        "chart_of_sessions": counts_by_day(period, sales, sessions),
        "gave_up": _gave_up(scope, period),
    }


def _waiting(request: HttpRequest) -> Iterable[Waiting]:
    pages = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
    for group in MENU:
        for entry in group.entries:
            page: Any = pages[entry.model]
            if page.worklists and page.has_view_permission(request):
                yield from waiting(page, request)


def _figures(period: Period, sales: list[Sold], sessions: list[Asked]) -> list[Figure]:
    today = [one for one in sales if one.day == period.today]
    opened, completed = _opened(sessions), _completed(sessions)
    orders_today, orders = _orders_since(period, period.today), _orders_since(period, period.days[0])
    return [
        Figure("Sold today", _amounts(today), orders_today, _orders(sum(one.orders for one in today))),
        Figure("Sold in 30 days", _amounts(sales), orders, _orders(sum(one.orders for one in sales))),
        Figure(
            "Sessions that became orders",
            [_share(completed, opened)],
            _sessions_since(period, status__exact=Status.COMPLETED),
            f"{completed:,} of {opened:,} in 30 days",
        ),
        Figure(
            "Sessions given up",
            [_share(_given_up(sessions), opened)],
            _sessions_since(period, status__in=",".join(GIVEN_UP)),
            f"{_given_up(sessions):,} of {opened:,} in 30 days",
        ),
    ]


def _by_agent(period: Period, sales: list[Sold], sessions: list[Asked]) -> list[AgentRow]:
    ids = {one.agent_id for one in sales} | {one.agent_id for one in sessions}
    names = agent_names(ids)
    rows = []
    for agent_id in ids:
        own = [one for one in sales if one.agent_id == agent_id]
        asked_by = [one for one in sessions if one.agent_id == agent_id]
        opened = _opened(asked_by)
        rows.append(
            AgentRow(
                name=names.get(agent_id, agent_id),
                orders=sum(one.orders for one in own),
                amounts=_amounts(own),
                sessions=opened,
                conversion=_share(_completed(asked_by), opened),
                orders_link=_orders_since(period, period.days[0], agent__id__exact=agent_id),
                sessions_link=_sessions_since(period, agent__id__exact=agent_id),
            )
        )
    return sorted(rows, key=lambda row: (-row.orders, -row.sessions, row.name))


def _by_day(period: Period, sales: list[Sold], sessions: list[Asked]) -> list[tuple[date, int, list[str], int]]:
    """Return the charts as a table: the day, its orders, what they came to, and its sessions."""
    rows = []
    for day in reversed(period.days):
        own = [one for one in sales if one.day == day]
        opened = sum(one.count for one in sessions if one.day == day)
        if own or opened:
            rows.append((day, sum(one.orders for one in own), _amounts(own), opened))
    return rows


def _gave_up(scope: Scope, period: Period) -> dict[str, Any]:
    told: GaveUp = why_agents_gave_up(scope, period)
    return {
        "read": told.read,
        "is_all": told.read < NEWEST,
        "words": told.words,
        "reasons": [
            {
                "said": reason.kind == "said",
                "words": reason.code.replace("_", " "),
                "count": reason.count,
                "share": round(100 * reason.count / told.read),
                "link": _reason_link(period, reason),
            }
            for reason in told.reasons
        ],
    }


def _reason_link(period: Period, reason: Reason) -> str:
    return _sessions_since(period, **{PARAMETER: reason.key})


def _amounts(sales: Iterable[Sold]) -> list[str]:
    """Return the sum of each currency, the largest number of orders first."""
    minor: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    for one in sales:
        minor[one.currency] += one.minor
        orders[one.currency] += one.orders
    return [_readable(minor[currency], currency) for currency, _ in orders.most_common()] or ["0"]


def _readable(minor: int, currency: str) -> str:
    return f"{Decimal(decimal_text(minor, currency)):,} {currency.upper()}"


def _opened(sessions: Iterable[Asked]) -> int:
    return sum(one.count for one in sessions)


def _completed(sessions: Iterable[Asked]) -> int:
    return sum(one.count for one in sessions if one.status == Status.COMPLETED)


def _given_up(sessions: Iterable[Asked]) -> int:
    return sum(one.count for one in sessions if one.status in GIVEN_UP)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"  # noqa: RUF001 - a dash for people


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count:,} orders"


def _orders_since(period: Period, day: date, **filters: str) -> str:
    start = {"placed_at__gte": period.begin_of(day).isoformat(), "status__in": _STANDING, PURPOSE: SALES}
    return _list("orders_order", {**start, **filters})


_STANDING = "confirmed,processing,shipped,completed"
"""Every status of an order but canceled: what the sums above are of."""


def _sessions_since(period: Period, **filters: str) -> str:
    start = {"created_at__gte": period.start.isoformat(), PURPOSE: SALES}
    return _list("checkout_checkoutsession", {**start, **filters})


def _list(name: str, filters: Mapping[str, str]) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(filters)}"
