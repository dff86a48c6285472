"""What was sold, and what agents asked for, by day and agent. One statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from commerce.accounts.models import Agent
from commerce.backoffice.scope import Scope
from commerce.checkout.models import CheckoutSession
from commerce.orders.models import Order
from merchants.home.purposes import for_sale

DAYS = 30


@dataclass(frozen=True, slots=True)
class Period:
    """The last days up to today, in the calendar of the shop."""

    today: date
    zone: ZoneInfo

    @classmethod
    def until(cls, now: datetime, zone: str) -> Period:
        return cls(now.astimezone(ZoneInfo(zone)).date(), ZoneInfo(zone))

    @property
    def days(self) -> list[date]:
        return [self.today - timedelta(days=back) for back in reversed(range(DAYS))]

    @property
    def start(self) -> datetime:
        return self.begin_of(self.days[0])

    def begin_of(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class Sold:
    """What one agent sold on one day, in one currency. Orders that were canceled are not in it."""

    day: date
    agent_id: str
    currency: str
    orders: int
    minor: int


@dataclass(frozen=True, slots=True)
class Asked:
    """How many sessions one agent opened on one day that stand like this now."""

    day: date
    agent_id: str
    status: str
    count: int


def sold(scope: Scope, period: Period) -> list[Sold]:
    """Return what was sold in a period, test purchases apart."""
    placed = scope.rows(for_sale(Order.objects.filter(placed_at__gte=period.start)), "merchant")
    rows = (
        placed.exclude(status=Order.Status.CANCELED)
        .annotate(day=TruncDate("placed_at", tzinfo=period.zone))
        .values("day", "agent_id", "currency")
        .annotate(orders=Count("pk"), minor=Sum("total_minor"))
        .order_by()
    )
    return [Sold(**row) for row in rows]


def asked(scope: Scope, period: Period) -> list[Asked]:
    """Return what was asked for in a period, test purchases apart."""
    opened = scope.rows(for_sale(CheckoutSession.objects.filter(created_at__gte=period.start)), "merchant")
    rows = (
        opened.annotate(day=TruncDate("created_at", tzinfo=period.zone))
        .values("day", "agent_id", "status")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return [Asked(**row) for row in rows]


def agent_names(ids: set[str]) -> dict[str, str]:
    """Return what agents are called."""
    return dict(Agent.objects.filter(pk__in=ids).values_list("pk", "name"))
