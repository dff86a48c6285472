"""A receiver that is busy, slow, dead or gone is left alone, and keeps nobody else waiting."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from celery.signals import worker_process_shutdown
from django.db import connections
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from agents.webhooks import delivery, tasks
from agents.webhooks.claiming import ENDPOINT_SLOTS, SUSPECT_SLOTS, Due, claim
from agents.webhooks.delivery import await_senders, deliver_due
from agents.webhooks.models import Delivery, DeliveryAttempt, Endpoint
from agents.webhooks.recording import FAILURES_TO_OPEN, record
from agents.webhooks.services import disable_endpoint, enable_endpoint, plan_deliveries, register_endpoint
from commerce.accounts.models import Agent
from commerce.celery import app
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order
from commerce.outbox.relay import drain
from commerce.outgoing.retrying import requested_pause
from commerce.outgoing.sending import Answer
from tests.factories import AgentFactory
from tests.orders.building import placed_order
from tests.outgoing.lines import listening as listening_on
from tests.receiver import Receiver
from tests.waiting import HANG_GUARD, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def plan(agent: Agent, orders: int = 1) -> Order:
    for _ in range(orders):
        order = placed_order(1, agent=agent)
        plan_deliveries(order.pk, up_to=1, now=timezone.now())
    return order


def answer_all(taken: list[Due], answer: Answer, *, now: datetime) -> None:
    for due in taken:
        record(due, answer, now=now)


def ahead(moment: datetime | None, now: datetime) -> float:
    assert moment is not None
    return (moment - now).total_seconds()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("999999", 86_400),
        (format_datetime(NOON + timedelta(minutes=2), usegmt=True), 120),
        (format_datetime(NOON - timedelta(minutes=2), usegmt=True), 0),
        (format_datetime(NOON + timedelta(days=30), usegmt=True), 86_400),
        ("Monday, 23-Nov-26 12:02:00 GMT", 120),
        ("soon", 0),
        ("-5", 0),
        ("1.5", 0),
        ("", 0),
    ],
)
def test_retry_after_is_read(text: str, seconds: int) -> None:
    answer = Answer(503, headers={"retry-After": text})

    assert requested_pause(answer, now=NOON) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("status", "rests"), [(500, False), (302, False), (429, True), (503, True)])
def test_retry_after_puts_the_delivery_off(
    agent: Agent, secret: str, listening: Receiver, status: int, rests: bool
) -> None:
    plan(agent)
    listening.answers = [(status, {"Retry-After": "7200"})]
    now = timezone.now()

    deliver_due()

    assert 7200 <= ahead(Delivery.objects.get().due_at, now) < 7210
    rest = Endpoint.objects.get().open_until
    assert (rest is not None and 7200 <= ahead(rest, now) < 7210) == rests


def test_an_endpoint_that_is_gone_is_switched_off_and_misses_nothing(
    agent: Agent, secret: str, listening: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    order = plan(agent)
    listening.answers = [(410, {})]

    deliver_due()
    deliver_due()

    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.disabled_reason) == (False, "it answered 410 Gone")
    assert "an endpoint was switched off: it answered 410 Gone" in caplog.text
    assert list(Delivery.objects.values_list("status", "tries")) == [("pending", 0)]
    assert len(listening.received) == 1

    record_step(order.pk, Parcel(), Step("shipped", timezone.now()), now=timezone.now())
    drain()
    assert Delivery.objects.count() == 1

    enable_endpoint(endpoint, now=timezone.now())
    drain()
    deliver_due()
    assert list(Delivery.objects.order_by("sequence").values_list("sequence", "status")) == [
        (1, "delivered"),
        (2, "delivered"),
    ]


@pytest.mark.parametrize("is_registered_anew", [False, True])
def test_what_waited_in_the_outbox_when_an_endpoint_went_off_is_told(
    agent: Agent, secret: str, listening: Receiver, is_registered_anew: bool
) -> None:
    order, untouched = plan(agent), plan(agent)
    deliver_due()
    record_step(order.pk, Parcel(), Step("shipped", timezone.now()), now=timezone.now())
    endpoint = Endpoint.objects.get()
    disable_endpoint(endpoint, reason="it answered 410 Gone", now=timezone.now() + timedelta(hours=19))
    drain()
    assert Delivery.objects.count() == 2

    if is_registered_anew:
        register_endpoint(agent, listening.url)
    else:
        enable_endpoint(endpoint, now=timezone.now())
    drain()
    deliver_due()

    told = Delivery.objects.filter(status="delivered").order_by("sequence")
    assert list(told.filter(order=order).values_list("sequence", flat=True)) == [1, 2]
    assert list(told.filter(order=untouched).values_list("sequence", flat=True)) == [1]
    assert len(listening.received) == 3


def test_a_new_endpoint_is_told_nothing_of_what_was_before_it(agent: Agent, listening: Receiver) -> None:
    placed_order(1, agent=agent)
    drain()
    endpoint, _ = register_endpoint(agent, listening.url)
    disable_endpoint(endpoint, reason="switched off", now=timezone.now())

    enable_endpoint(endpoint, now=timezone.now())
    drain()

    assert Delivery.objects.count() == 0


def test_switching_off_twice_keeps_the_first_reason(agent: Agent, secret: str) -> None:
    endpoint = Endpoint.objects.get()
    disable_endpoint(endpoint, reason="first", now=NOON)
    disable_endpoint(endpoint, reason="second", now=NOON + timedelta(days=1))

    endpoint.refresh_from_db()
    assert (endpoint.disabled_reason, endpoint.disabled_at) == ("first", NOON)


def test_a_circuit_opens_lets_one_through_and_closes(agent: Agent, secret: str) -> None:
    plan(agent, 8)
    now = timezone.now()
    taken = claim(now=now, limit=40)

    answer_all(taken, Answer(500), now=now)
    Delivery.objects.update(due_at=now)
    rest = ahead(Endpoint.objects.get().open_until, now)
    while_open = claim(now=now + timedelta(seconds=29), limit=40)

    probing = now + timedelta(seconds=31)
    probe = claim(now=probing, limit=40)
    beside = claim(now=probing, limit=40)
    answer_all(probe, Answer(None, "no answer"), now=probing)
    longer_rest = ahead(Endpoint.objects.get().open_until, probing)

    back = probing + timedelta(seconds=61)
    Delivery.objects.update(due_at=now)
    answer_all(claim(now=back, limit=40), Answer(200), now=back)
    endpoint = Endpoint.objects.get()
    after = claim(now=back, limit=40)

    assert (rest, longer_rest) == (30, 60)
    assert [len(taken), len(while_open), len(probe), len(beside), len(after)] == [8, 0, 1, 0, 7]
    assert (endpoint.failures, endpoint.failing_since, endpoint.open_until) == (0, None, None)


def test_rests_do_not_grow_forever(agent: Agent, secret: str) -> None:
    plan(agent)
    Endpoint.objects.update(failures=FAILURES_TO_OPEN + 90)
    now = timezone.now()

    answer_all(claim(now=now, limit=1), Answer(500), now=now)

    assert ahead(Endpoint.objects.get().open_until, now) == 900


def test_one_endpoint_takes_so_many_at_once(agent: Agent, secret: str, listening: Receiver) -> None:
    plan(agent, ENDPOINT_SLOTS + 4)
    other = AgentFactory.create()
    register_endpoint(other, listening.url)
    plan(other)

    taken = claim(now=timezone.now(), limit=40)
    more = claim(now=timezone.now(), limit=40)

    per_agent = [
        sum(one.endpoint_id == end.pk for one in taken) for end in Endpoint.objects.order_by("created_at")
    ]
    assert (per_agent, more) == ([ENDPOINT_SLOTS, 1], [])


def test_a_process_that_is_replaced_lets_its_deliveries_end(
    agent: Agent, secret: str, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def take(_headers: dict[str, str], _body: bytes) -> tuple[int, dict[str, str]]:
        asked.set()
        return (200, {}) if answer.wait(HANG_GUARD) else (500, {})

    def await_an_answer(*, seconds: float) -> bool:
        answer.set()
        return await_senders(seconds=seconds)

    app.loader.import_default_modules()
    monkeypatch.setattr(delivery, "LOOK_AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(tasks, "LAST_SECONDS", HANG_GUARD)
    monkeypatch.setattr(tasks, "await_senders", await_an_answer)
    monkeypatch.setattr(listening, "take", take)
    plan(agent)
    wait_until(lambda: deliver_due(patience=0.02) == 0 and asked.is_set(), "a delivery under way")

    worker_process_shutdown.send(sender=None, pid=0, exitcode=0)

    assert Delivery.objects.get().status == "delivered"
    assert DeliveryAttempt.objects.count() == 1


@pytest.mark.parametrize("standing", [{"failures": 1}, {"is_slow": True}])
def test_a_suspect_takes_fewer(agent: Agent, secret: str, standing: dict[str, object]) -> None:
    plan(agent, 4)
    Endpoint.objects.update(**standing)

    assert len(claim(now=timezone.now(), limit=40)) == SUSPECT_SLOTS


def test_processes_that_claim_at_once_keep_the_limit(agent: Agent, secret: str) -> None:
    plan(agent, 40)
    now = timezone.now()

    def take(_: int) -> int:
        try:
            return len(claim(now=now, limit=10))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(take, range(6)))

    assert sum(taken) == ENDPOINT_SLOTS
    assert Delivery.objects.filter(tries=1).count() == ENDPOINT_SLOTS


def test_a_receiver_that_hangs_keeps_no_other_waiting(
    agent: Agent, secret: str, listening: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(delivery, "LOOK_AGAIN_SECONDS", 0.02)
    settings.WEBHOOK_TIMEOUT_SECONDS = 2 * HANG_GUARD
    other, is_over = AgentFactory.create(), threading.Event()
    tried = DeliveryAttempt.objects.all()

    def others_have_heard() -> bool:
        deliver_due(patience=0.3)
        return tried.filter(status=200).count() == 3

    with listening_on(lambda line: is_over.wait(2 * HANG_GUARD)) as port:
        hanging, _ = register_endpoint(other, f"http://127.0.0.1:{port}/")
        plan(other, 30)
        plan(agent, 3)

        wait_until(others_have_heard, "the deliveries to the receiver that answers")

        assert (len(listening.received), tried.exclude(status=200).count()) == (3, 0)
        is_over.set()
        wait_until(lambda: tried.filter(status=None).count() == ENDPOINT_SLOTS, "the end of those that hung")

    hanging.refresh_from_db()
    assert hanging.open_until is not None
    assert tried.count() == 3 + ENDPOINT_SLOTS


def test_an_endpoint_that_only_fails_is_switched_off(
    agent: Agent, secret: str, listening: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    plan(agent)
    Endpoint.objects.update(failures=3, failing_since=timezone.now() - timedelta(days=5))
    listening.answers = [(500, {})]

    deliver_due()

    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.disabled_reason) == (False, "nothing but failures for 5 days")
    (line,) = [line for line in caplog.records if line.levelno == logging.ERROR]
    assert "switched off" in line.message
    assert Delivery.objects.get().status == "pending"


def test_a_success_ends_the_five_days(agent: Agent, secret: str) -> None:
    plan(agent)
    Endpoint.objects.update(failures=3, failing_since=timezone.now() - timedelta(days=6))

    deliver_due()

    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.failing_since, endpoint.failures) == (True, None, 0)


def test_a_try_is_recorded_with_one_statement(
    agent: Agent, secret: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plan(agent)
    (due,) = claim(now=timezone.now(), limit=1)

    with django_assert_num_queries(1):
        record(due, Answer(200), now=timezone.now())


def test_who_lost_the_lease_changes_nothing_but_the_log(agent: Agent, secret: str) -> None:
    plan(agent)
    now = timezone.now()
    (late,) = claim(now=now, limit=1)
    (held,) = claim(now=now + timedelta(seconds=61), limit=1)

    record(late, Answer(500), now=now)

    assert Delivery.objects.get().leased_until == held.leased_until
    assert [(one.number, one.status) for one in DeliveryAttempt.objects.all()] == [(1, 500)]
