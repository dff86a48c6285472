"""Choosing a way of sending by what the shopper wishes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agents.shopper.rules.results import Way, amount
from agents.shopper.rules.shipping import Speed, Wish
from agents.shopper.rules.words import stems


@dataclass(frozen=True, slots=True)
class Pick:
    """The way that fits a wish best, None where none does. `is_late`: nothing is sure to be there in time."""

    way: Way | None
    is_late: bool = False


def pick_way(ways: Sequence[Way], wish: Wish) -> Pick:
    """Choose the way that a wish means; of those in time the cheapest, unless the fastest was wanted."""
    if wish.speed is Speed.PICKUP:
        return Pick(next((one for one in ways if one.kind == "pickup"), None))
    sent = [one for one in ways if one.kind != "pickup"] or list(ways)
    if wish.speed is Speed.NAMED:
        named = _named(ways, wish.name)
        return Pick(named, is_late=bool(named and wish.by and not _is_in_time(named, wish.by)))
    if not sent:
        return Pick(None)
    if wish.by is not None:
        in_time = [one for one in sent if _is_in_time(one, wish.by)]
        if not in_time:
            return Pick(min(sent, key=_soonest), is_late=True)
        sent = in_time
    if wish.speed is Speed.FASTEST:
        return Pick(min(sent, key=_soonest))
    return Pick(min(sent, key=lambda one: (amount(one.price), *_soonest(one))))


def _named(ways: Sequence[Way], name: str) -> Way | None:
    wanted = stems(name)
    whole = [one for one in ways if wanted <= stems(one.title)]
    some = whole or [one for one in ways if wanted & stems(one.title)]
    return min(some, key=lambda one: len(one.title), default=None)


def _is_in_time(way: Way, day: date) -> bool:
    return way.latest is not None and way.latest <= day


def _soonest(way: Way) -> tuple[date, date, object]:
    return (way.latest or date.max, way.earliest or date.max, amount(way.price))
