"""The last days as the theme's charts want to be told: labels, and a row of numbers for each line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from commerce.money import decimal_text
from merchants.home.figures import Asked, Period, Sold

COLORS = ("--color-primary-600", "--color-primary-300", "--color-base-400", "--color-base-600")


def amounts_by_day(period: Period, sales: list[Sold]) -> str:
    """Return what was sold by day, a row of bars for each of the currencies sold in most."""
    currencies = [name for name, _ in Counter(one.currency for one in sales).most_common(len(COLORS))]
    rows = {}
    for currency in currencies:
        minor = _summed((one.day, one.minor) for one in sales if one.currency == currency)
        rows[currency.upper()] = [decimal_text(minor[day], currency) for day in period.days]
    return _chart(period, rows)


def counts_by_day(period: Period, sales: list[Sold], sessions: list[Asked]) -> str:
    """Return sessions and orders by day."""
    opened = _summed((one.day, one.count) for one in sessions)
    ordered = _summed((one.day, one.orders) for one in sales)
    rows = {"Sessions": opened, "Orders": ordered}
    return _chart(period, {label: [str(counts[day]) for day in period.days] for label, counts in rows.items()})


def _summed(pairs: Iterable[tuple[date, int]]) -> Counter[date]:
    sums: Counter[date] = Counter()
    for day, number in pairs:
        sums[day] += number
    return sums


def _chart(period: Period, rows: Mapping[str, list[str]]) -> str:
    datasets = [
        {
            "label": label,
            "data": numbers,
            "borderColor": f"var({color})",
            "backgroundColor": f"var({color})",
            "displayYAxis": True,
            "maxTicksXLimit": 10,
        }
        for (label, numbers), color in zip(rows.items(), COLORS, strict=False)
    ]
    return json.dumps({"labels": [f"{day:%-d %b}" for day in period.days], "datasets": datasets})
