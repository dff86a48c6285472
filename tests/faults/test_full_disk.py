"""The disks run full, the database's and that of the logs: nothing is charged that nobody knows of, and it heals.

Real processes, one shop for all tests, its database on a small disk of its own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from agents.soak.leaks import leaks
from agents.soak.world import World
from tests.faults.calling import UNAVAILABLE, Answer, Caller
from tests.faults.trial import SHORTEST_WAITS, Trial
from tests.journeys.running import wait_until
from tests.journeys.shopper import total_of
from tests.journeys.witnesses import ask

DISK_BYTES = 128 << 20
BLOCK = 4096
PAYMENTS = 6
COMPLETED = (200, "completed")


class Disk:
    """A disk in memory that can be filled up to the last block."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ballast = directory / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            while not _is_full(file.fileno()):
                pass

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)


def _is_full(file: int) -> bool:
    try:
        os.write(file, bytes(BLOCK))
    except OSError:
        return True
    return False


@contextmanager
def small_disk(directory: Path) -> Iterator[Disk]:
    """Mount a small disk at a directory. Skips the test where only an administrator may."""
    directory.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(directory)]
    try:
        subprocess.run(mount, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"no small disk can be mounted here, which takes root: {getattr(problem, 'stderr', problem)}")
    try:
        yield Disk(directory)
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    with small_disk(tmp_path_factory.mktemp("trial") / "postgres") as disk:
        yield disk


@pytest.fixture(scope="module")
def logs(disk: Disk) -> Iterator[Disk]:
    with small_disk(disk.directory.parent / "logs") as logs:
        yield logs


@pytest.fixture(scope="module")
def trial(disk: Disk, logs: Disk) -> Iterator[Trial]:
    directory = disk.directory.parent
    also = {"EMAIL_URL": f"file://{directory}/mails", "LOG_LEVEL": "INFO", "CELERY_LOG_LEVEL": "INFO"}
    world = World(directory, environment={**SHORTEST_WAITS, **also})
    try:
        world.start(without=("chat",))
        keep_one_to_a_page(world, "orders_orderevent")
        trial = Trial(world)
        yield trial
        trial.close()
        assert leaks(world) == []
    finally:
        disk.empty()
        logs.empty()
        world.stop()


@pytest.fixture
def caller(trial: Trial, disk: Disk, logs: Disk) -> Iterator[Caller]:
    """An agent of the shop. It all runs and has room before and after each test, and nothing is amiss."""
    yield Caller(trial.world)
    disk.empty()
    logs.empty()
    trial.world.go_on("sandbox")
    trial.world.revive()
    trial.check()


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def keep_one_to_a_page(world: World, table: str) -> None:
    """See to it that each new row of a table that is only ever added to needs a page more.

    On a full disk a row may still find room on a page that is there. Here none of this table's does.
    """
    with psycopg.connect(world.stack.database_url, autocommit=True) as server:
        server.execute(f"""
            ALTER TABLE {table} ADD COLUMN width text NOT NULL DEFAULT repeat('x', 5000),
                ALTER COLUMN width SET STORAGE PLAIN, SET (autovacuum_enabled = false)
        """)


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["status"]


def test_nobody_is_charged_where_no_payment_can_be_written(trial: Trial, disk: Disk, caller: Caller) -> None:
    sold = [caller.ready_to_pay() for _ in range(PAYMENTS)]
    disk.fill()  # first of all: nothing was paid yet, and no page has room for a payment

    turned_away = [payment.make() for _, payment in sold]
    read = caller.read(sold[0][0])
    charged = [caller.shopper.charged(session) for session, _ in sold]
    disk.empty()
    decided = [payment.insist() for _, payment in sold]

    assert [answer.error for answer in turned_away] == [UNAVAILABLE] * PAYMENTS
    assert (read.status, read.body["status"]) == (200, "ready_for_payment")
    assert charged == [(0, 0)] * PAYMENTS
    assert [told(answer) for answer in decided] == [COMPLETED] * PAYMENTS
    trial.check()


def test_disk_that_is_full_when_the_provider_answers(
    trial: Trial, disk: Disk, caller: Caller, aside: ThreadPoolExecutor
) -> None:
    session, payment = caller.ready_to_pay()
    trial.world.pause("sandbox")
    answer = aside.submit(payment.make)
    wait_until(lambda: ask(caller.shopper, _ASKED, session["id"]) == [(1,)], "the payment was not begun")
    disk.fill()  # no page has room for the order's first event
    trial.world.go_on("sandbox")

    turned_away = answer.result(30)
    read, charged = caller.read(session), caller.shopper.charged(session)
    disk.empty()
    decided = payment.insist()

    assert turned_away.error == UNAVAILABLE
    assert (told(read), charged) == ((200, "complete_in_progress"), (total_of(session), 0))
    assert told(decided) == COMPLETED
    assert payment.make().raw == decided.raw
    trial.check()


_ASKED = "SELECT count(*) FROM payments_paymentattempt WHERE reference = %s AND status = 'submitting'"


def test_server_that_ends_for_want_of_room_for_its_log(trial: Trial, disk: Disk, caller: Caller) -> None:
    _, payment = caller.ready_to_pay()
    disk.fill()
    wait_until(lambda: has_ended(trial.world), "the server found room for its log")

    turned_away = payment.make()
    disk.empty()
    trial.world.revive()

    assert turned_away.error == UNAVAILABLE
    assert told(payment.insist()) == COMPLETED
    trial.check()


def has_ended(world: World) -> bool:
    """Use up a segment of the server's log, and say whether it has ended."""
    with suppress(psycopg.OperationalError), psycopg.connect(world.stack.database_url, autocommit=True) as server:
        server.execute("SELECT pg_switch_wal(), pg_logical_emit_message(true, 'full', repeat('x', 100000))")
    return "postgres" in world.processes.fallen()


def test_logs_that_cannot_be_written_hinder_nobody(trial: Trial, logs: Disk, caller: Caller) -> None:
    _, payment = caller.ready_to_pay()
    logs.fill()
    trial.world.kill("postgres")  # of which there is much to say
    turned_away = payment.make()
    trial.world.revive()

    decided = payment.insist()
    trial.cancel(trial.buy())
    trial.check()

    assert turned_away.error == UNAVAILABLE
    assert told(decided) == COMPLETED
    assert trial.world.processes.fallen() == {}
    sizes = [trial.world.processes.log(name).stat().st_size for name in ("web", "worker")]
    assert [size % BLOCK for size in sizes] == [0, 0]  # they had more to say
