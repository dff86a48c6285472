"""Entries made into rows and held against the rules, one product at a time: for files and pushes alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import orjson

from merchants.feeds.entries import Entry, described, digest_of
from merchants.feeds.items import Group
from merchants.feeds.profiles.profile import Profile, money_text
from merchants.feeds.rules import Effect, Problem, Row, check
from merchants.feeds.seller import Seller


@dataclass(frozen=True, slots=True)
class Judged:
    """An entry and what its profile says of it. `row` is None where it is refused, or not told of at all."""

    entry: Entry
    row: Row | None
    problems: tuple[Problem, ...] = ()

    @property
    def is_refused(self) -> bool:
        return self.row is None and any(one.effect is Effect.REFUSED for one in self.problems)

    @property
    def digest(self) -> bytes:
        return digest_of(orjson.dumps(self.row))


@dataclass(slots=True)
class _Pending:
    entry: Entry
    row: Row | None
    problems: list[Problem] = field(default_factory=list)


def judged(group: Group, profile: Profile, seller: Seller, *, now: datetime) -> list[Judged]:
    """Write a product's variants as a profile does and say of each whether it may be told."""
    pending = [_checked(entry, profile) for entry in described(group, seller, now=now)]
    good = [one.row for one in pending if one.row is not None]
    found = profile.group_problems(good) if good else {}
    for one in pending:
        further = found.get(one.entry.item.id, ())
        one.problems.extend(further)
        if any(problem.effect is Effect.REFUSED for problem in further):
            one.row = None
    return [Judged(one.entry, one.row, tuple(one.problems)) for one in pending]


def _checked(entry: Entry, profile: Profile) -> _Pending:
    row = profile.row(entry)
    if row is None:
        return _Pending(entry, None)
    checked = check(profile.columns, row)
    if entry.item.currency != entry.seller.currency:
        return _Pending(entry, None, [*checked.problems, _foreign(entry)])
    return _Pending(entry, checked.row, [*checked.problems, *profile.advice(entry)])


def _foreign(entry: Entry) -> Problem:
    """A checkout does not know what is priced in another currency than the shop's."""
    value, currency = money_text(entry.item.price_minor, entry.item.currency), entry.seller.currency.upper()
    advice = f"Enter the variant anew, with a price in {currency}: the shop sells in that only."
    return Problem("V-06", "price", value, advice, Effect.REFUSED)
