"""What the shop does while a part of it is away: it answers fast, loses nothing, and comes to rest by itself.

Real processes, one shop for all tests. Bounds of time are wide, for machines that are busy; what they rule out is
a request that waits for something that does not come.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.conf import settings

from agents.demo.stack import WEB_THREADS
from agents.soak.leaks import leaks
from agents.soak.witnesses import stock_of
from agents.soak.world import World
from tests.faults.calling import UNAVAILABLE, Answer, Caller, Payment
from tests.faults.trial import what_is_broken
from tests.journeys.running import wait_until
from tests.journeys.shopper import total_of
from tests.journeys.witnesses import Money, agreed, ask
from tests.waiting import HANG_GUARD

POOL_SIZE = 6

TOLD = {
    "DB_POOL_SIZE": str(POOL_SIZE),
    "CLOCK_SILENCE_SECONDS": "3",
    "IDEMPOTENCY_LEASE_SECONDS": "5",
    "PAYMENT_LEASE_SECONDS": "5",
    "WORKER_NICENESS": "0",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"), environment=TOLD, web_processes=1)
    try:
        world.start(without=("chat",))
        yield world
        assert leaks(world) == []
    finally:
        world.stop()


@pytest.fixture(scope="module")
def stock(running: World) -> dict[str, int]:
    """What there is to sell at first."""
    return stock_of(running)


@pytest.fixture
def world(running: World, stock: dict[str, int]) -> Iterator[World]:
    """The shop, with all of it running before and after each test, and nothing amiss in it."""
    yield running
    for name in ("valkey", "sandbox", "worker", "beat"):
        running.go_on(name)
    running.revive()
    assert what_is_broken(running, stock=stock) == []


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller(world)


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    """Threads for calls that take their time."""
    with ThreadPoolExecutor(WEB_THREADS + POOL_SIZE) as pool:
        yield pool


@pytest.fixture
def outsider(world: World) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else in the shop's database."""
    with psycopg.connect(world.stack.database_url) as connection:
        yield connection


def is_sold_once(caller: Caller, session: dict[str, Any]) -> bool:
    """Wait until all is quiet; then there is one order, one charge of its total, and all news of it was told once."""
    money = agreed(caller.shopper, session)
    orders = ask(caller.shopper, "SELECT count(*) FROM orders_order WHERE checkout_session_id = %s", session["id"])
    charged = caller.shopper.charged(session)
    total = total_of(session)
    return (money, orders, charged) == (Money(charged=total), [(1,)], (total, total))


def buys(caller: Caller) -> tuple[dict[str, Any], list[Answer]]:
    """Buy something and read it again. Returns the session and the answers to both."""
    session, payment = caller.ready_to_pay()
    return session, [payment.make(), caller.read(session)]


def kill_postgres(world: World) -> None:
    """End the server as `pg_ctl stop -m immediate` does: no goodbye, no checkpoint."""
    world.kill("postgres", signal.SIGQUIT)
    wait_until(lambda: "postgres" in world.processes.fallen(), "PostgreSQL did not end")


def is_under_way(caller: Caller, session: dict[str, Any]) -> bool:
    statement = "SELECT count(*) FROM payments_paymentattempt WHERE reference = %s AND status = 'submitting'"
    return ask(caller.shopper, statement, session["id"]) == [(1,)]


def asked_while_the_provider_hangs(
    world: World, caller: Caller, aside: ThreadPoolExecutor
) -> tuple[dict[str, Any], Payment, Future[Answer]]:
    """Pay while the provider keeps its answer to itself. Returns once it is being asked."""
    session, payment = caller.ready_to_pay()
    world.pause("sandbox")
    answer = aside.submit(payment.make)
    wait_until(lambda: is_under_way(caller, session), "the payment was not begun")
    return session, payment, answer


@pytest.mark.parametrize("mode", ["hung", "dead"])
def test_without_a_broker_everything_is_sold_and_told(world: World, caller: Caller, mode: str) -> None:
    if mode == "hung":
        world.pause("valkey")
    else:
        world.kill("valkey")
    session, answers = buys(caller)
    health = caller.call("GET", "/health/ready")

    assert [answer.status for answer in answers] == [200, 200]
    assert (health.status, health.body["status"]) == (200, "degraded")
    assert is_sold_once(caller, session)  # the broker is still away
    assert set(world.processes.fallen()) <= {"valkey"}
    world.go_on("valkey")
    world.revive()
    assert is_sold_once(caller, buys(caller)[0])


def test_a_worker_with_work_in_hand_outlives_its_broker(world: World, caller: Caller) -> None:
    world.kill("worker")
    session, _ = buys(caller)
    world.pause("sandbox")
    world.revive()
    wait_until(lambda: ask(caller.shopper, _CAPTURING, session["id"]) == [(1,)], "no capture began")
    world.kill("valkey")
    wait_until(lambda: "valkey" in world.processes.fallen(), "the broker did not end")
    world.revive()
    world.go_on("sandbox")

    assert is_sold_once(caller, session)
    assert is_sold_once(caller, buys(caller)[0])
    assert world.processes.fallen() == {}


def test_a_broker_that_forgets_everything_loses_nothing(world: World, caller: Caller) -> None:
    import redis

    broker = redis.Redis.from_url(world.stack.redis_url)
    sold = []
    for _ in range(3):
        sold.append(buys(caller)[0])
        broker.flushall()
    world.kill("valkey")
    shutil.rmtree(world.places.directory / "valkey" / "appendonlydir")
    sold.append(buys(caller)[0])
    world.revive()

    assert all(is_sold_once(caller, session) for session in sold)


def test_without_a_clock_what_failed_is_tried_again(world: World, caller: Caller) -> None:
    world.kill("beat")
    world.kill("receiver")
    session, _ = buys(caller)
    failed = "SELECT count(*) FROM webhooks_delivery WHERE status = 'pending' AND tries > 0"
    wait_until(lambda: ask(caller.shopper, failed) == [(1,)], "no delivery failed")
    world.stack.begin("receiver")

    assert is_sold_once(caller, session)
    assert "beat" in world.processes.fallen()


def test_two_clocks_do_nothing_twice(world: World, caller: Caller) -> None:
    celery = ("-m", "celery", "-A", "commerce.celery", "beat", "--loglevel", "WARNING", "--pidfile", "")
    schedule = ("--schedule", str(world.places.directory / "second-schedule"))
    world.processes.start(world.stack.python("beat-2", *celery, *schedule))
    wait_until(lambda: any(world.places.directory.glob("second-schedule*")), "the second clock did not start")
    sold = [buys(caller)[0] for _ in range(3)]

    assert all(is_sold_once(caller, session) for session in sold)
    ids = tuple(session["id"] for session in sold)
    tries = [ask(caller.shopper, _TRIES, one) for one in ids]
    world.processes.stop(["beat-2"])
    assert tries == [[(1,)]] * 3


_TRIES = """
    SELECT d.tries FROM webhooks_delivery d JOIN orders_order o ON o.id = d.order_id WHERE o.checkout_session_id = %s
"""


def test_database_started_anew_while_the_provider_is_asked(
    world: World, caller: Caller, aside: ThreadPoolExecutor
) -> None:
    session, payment, answer = asked_while_the_provider_hangs(world, caller, aside)
    kill_postgres(world)
    world.revive()
    world.go_on("sandbox")

    first, again = answer.result(30), payment.insist()

    assert (first.status, first.body["status"]) == (200, "completed")
    assert again.raw == first.raw
    assert is_sold_once(caller, session)


def test_database_gone_when_the_provider_answers(world: World, caller: Caller, aside: ThreadPoolExecutor) -> None:
    session, payment, answer = asked_while_the_provider_hangs(world, caller, aside)
    kill_postgres(world)
    world.go_on("sandbox")

    turned_away = answer.result(30)
    world.revive()
    decided = payment.insist()

    assert turned_away.error == UNAVAILABLE
    assert (decided.status, decided.body["status"]) == (200, "completed")
    assert payment.make().raw == decided.raw
    assert is_sold_once(caller, session)


def test_without_a_database_everybody_is_turned_away_soon(
    world: World, caller: Caller, aside: ThreadPoolExecutor
) -> None:
    session, payment = caller.ready_to_pay()
    kill_postgres(world)
    calls = [
        aside.submit(payment.make),
        aside.submit(caller.read, session),
        aside.submit(caller.call, "POST", "/acp/checkout_sessions", {"line_items": []}),
        aside.submit(caller.call, "GET", "/catalog/search?q="),
        aside.submit(caller.call, "GET", "/agent/orders"),
        aside.submit(caller.call, "GET", "/products"),
        aside.submit(caller.call, "GET", "/health/ready"),
    ]
    live = caller.call("GET", "/health/live")
    *turned_away, page, ready = [call.result(HANG_GUARD) for call in calls]
    world.revive()

    payment.insist()

    assert [answer.error for answer in turned_away] == [UNAVAILABLE] * 5
    assert (page.status, page.retry_after) == (503, "2")
    assert (live.status, ready.status) == (200, 503)
    assert is_sold_once(caller, session)


def test_with_every_connection_taken_others_are_turned_away_soon(
    caller: Caller, outsider: psycopg.Connection[Any], aside: ThreadPoolExecutor
) -> None:
    session, payment = caller.ready_to_pay()
    held = [caller.ready_to_pay() for _ in range(POOL_SIZE + 2)]
    ids = [one["id"] for one, _ in held]
    outsider.execute("SELECT 1 FROM checkout_checkoutsession WHERE id = ANY(%s) FOR UPDATE", [ids])
    waiting = [aside.submit(one.make) for _, one in held]
    wait_until(lambda: waiting_for_locks(caller) == POOL_SIZE, "the pool was not used up")

    turned_away = payment.make()
    told = [one.result(HANG_GUARD) for one in waiting]
    outsider.rollback()

    assert turned_away.error == UNAVAILABLE
    assert [answer.error for answer in told] == [UNAVAILABLE] * len(held)
    assert [caller.shopper.charged(one) for one, _ in held] == [(0, 0)] * len(held)
    assert caller.shopper.charged(session) == (0, 0)
    assert payment.insist().status == 200
    assert held[0][1].insist().status == 200
    assert all(is_sold_once(caller, one) for one in (session, held[0][0]))


def waiting_for_locks(caller: Caller) -> int:
    ((count,),) = ask(caller.shopper, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return int(count)


def test_locked_session_is_not_paid_for_and_nobody_waits_long(
    caller: Caller, outsider: psycopg.Connection[Any]
) -> None:
    session, payment = caller.ready_to_pay()
    outsider.execute("SELECT 1 FROM checkout_checkoutsession WHERE id = %s FOR UPDATE", [session["id"]])

    turned_away, read = payment.make(), caller.read(session)
    charged = caller.shopper.charged(session)
    outsider.rollback()

    assert turned_away.error == UNAVAILABLE
    assert (read.status, read.body["status"]) == (200, "ready_for_payment")
    assert charged == (0, 0)
    assert payment.insist().status == 200
    assert is_sold_once(caller, session)


def test_connection_cut_while_the_order_is_written(
    world: World, caller: Caller, outsider: psycopg.Connection[Any], aside: ThreadPoolExecutor
) -> None:
    session, payment, answer = asked_while_the_provider_hangs(world, caller, aside)
    outsider.execute("SELECT 1 FROM checkout_checkoutsession WHERE id = %s FOR UPDATE", [session["id"]])
    world.go_on("sandbox")
    wait_until(lambda: waiting_for_locks(caller) == 1, "the order was not being written")
    outsider.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    outsider.rollback()

    first = answer.result(30)

    assert (first.status, first.body["status"]) == (200, "completed")
    assert payment.make().raw == first.raw
    assert is_sold_once(caller, session)


def test_deployment_of_workers_in_the_middle_of_a_capture(world: World, caller: Caller) -> None:
    world.kill("worker")
    session, _ = buys(caller)
    world.pause("sandbox")
    world.revive()
    wait_until(lambda: ask(caller.shopper, _CAPTURING, session["id"]) == [(1,)], "no capture began")
    world.kill("worker", signal.SIGTERM)
    world.go_on("sandbox")
    wait_until(lambda: "worker" in world.processes.fallen(), "the worker did not end")
    world.revive()

    assert is_sold_once(caller, session)


_CAPTURING = """
    SELECT count(*) FROM outbox_outboxevent e JOIN payments_paymentattempt a ON a.id = e.key
    WHERE a.reference = %s AND e.topic = 'payment.capture_due' AND e.tries = 1
"""


def test_workers_that_are_killed_again_and_again_lose_nothing(world: World, caller: Caller) -> None:
    sold = []
    for round_ in range(6):
        sold.append(buys(caller)[0])
        if round_ % 3 == 2:
            world.kill("worker")
            world.revive()
        else:
            world.kill_child("worker", round_)

    assert all(is_sold_once(caller, session) for session in sold)


def test_provider_that_refuses_connections_is_asked_again(world: World, caller: Caller) -> None:
    session, payment = caller.ready_to_pay()
    world.kill("sandbox")
    turned_away = [payment.make() for _ in range(3)]
    read = caller.read(session)
    world.revive()

    decided = payment.insist()

    assert turned_away[0].error == UNAVAILABLE
    assert all(answer.status in (409, 503) and answer.retry_after for answer in turned_away)
    assert (read.status, read.body["status"]) == (200, "complete_in_progress")
    assert (decided.status, decided.body["status"]) == (200, "completed")
    assert payment.make().raw == decided.raw
    assert is_sold_once(caller, session)


def test_while_the_provider_hangs_everybody_else_is_served(
    world: World, caller: Caller, aside: ThreadPoolExecutor
) -> None:
    sold = [caller.ready_to_pay() for _ in range(WEB_THREADS + POOL_SIZE)]  # more than there are threads
    world.pause("sandbox")
    paying = [aside.submit(payment.make) for _, payment in sold]
    wait_until(lambda: ask(caller.shopper, _ASKED) == [(len(sold),)], "not all payments were begun")
    paths = ("/health/live", "/health/ready", "/catalog/search?q=", "/products")
    others = [caller.call("GET", path) for path in paths]
    wait_until(lambda: sum(not one.done() for one in paying) == settings.STRIPE_CALLS_AT_ONCE, "all wait")
    world.go_on("sandbox")

    told = [one.result(HANG_GUARD) for one in paying]
    paid = [payment.insist() for _, payment in sold]

    assert [answer.status for answer in others] == [200] * 4
    assert {answer.status for answer in told} == {200, 503}
    assert [(answer.status, answer.body["status"]) for answer in paid] == [(200, "completed")] * len(sold)
    assert all(is_sold_once(caller, session) for session, _ in sold)


_ASKED = "SELECT count(*) FROM payments_paymentattempt WHERE status = 'submitting'"
