"""What every test runs in: a clock that stands still, limits that a busy machine does not reach, nothing left over.

A shop turns people away when something takes seconds. A test that is about such a limit sets it itself; to all the
others it is as far away as the time after which they are taken to hang.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Iterator

import hypothesis
import pytest
import urllib3
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase, override_settings
from schemathesis.pytest.plugin import SchemathesisFunction

from agents.throttling import forget_counts
from commerce.clock import _Comparison
from tests.clock import clock_of, mark_real_time
from tests.waiting import HANG_GUARD

SECONDS = int(HANG_GUARD)

KEPT = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables that a migration fills, the same at any time."""

_Comparison.next_at = math.inf  # the database's clock is real: what is frozen is never compared with it

hypothesis.settings.register_profile(
    "shop",
    deadline=None,
    derandomize=True,  # what fails once fails each time, and not by luck
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("shop")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_real_time(items)
    give_fuzzed_tests_ids(items)
    repeated = [nodeid for nodeid, times in Counter(item.nodeid for item in items).items() if times > 1]
    if repeated:
        raise pytest.UsageError(f"several tests have one id: {', '.join(repeated[:5])}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stop the clock for a test and all its fixtures, also those that several tests share."""
    with clock_of(item):
        return (yield)


def give_fuzzed_tests_ids(items: list[pytest.Item]) -> None:
    """Give each operation of a fuzzed test an id of its own: of several with one id, xdist runs but one.

    pytest 9.2 takes the function's name for it, and not the name that schemathesis gives.
    """
    for item in items:
        if isinstance(item, SchemathesisFunction) and item.parent and not item.nodeid.endswith(f"::{item.name}"):
            item._id = item.parent.id.child(item.name)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Let the database, and the pool of connections to it, take their time."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options["connect_timeout"] = str(SECONDS)
    options["options"] += " -c synchronous_commit=off"  # nobody pulls the plug of a test
    options["options"] += "".join(
        f" -c {limit}={seconds}s"
        for limit, seconds in (
            ("lock_timeout", SECONDS),
            ("statement_timeout", 2 * SECONDS),
            ("idle_in_transaction_session_timeout", 4 * SECONDS),
        )
    )
    options["pool"]["timeout"] = SECONDS


@pytest.fixture(scope="session", autouse=True)
def _patient_calls() -> Iterator[None]:
    """Let servers of this machine take their time to answer."""
    limits = {
        "STRIPE_CONNECT_TIMEOUT_SECONDS": SECONDS,
        "STRIPE_READ_TIMEOUT_SECONDS": SECONDS,
        "WEBHOOK_TIMEOUT_SECONDS": SECONDS,
        "EMAIL_TIMEOUT": SECONDS,
    }
    with override_settings(**limits), pytest.MonkeyPatch.context() as patched:
        patched.setattr("commerce.payments.stripe_http.WAIT_SECONDS", HANG_GUARD)
        patched.setattr("commerce.outgoing.sending.CONNECT_SECONDS", HANG_GUARD)
        patched.setattr("commerce.outgoing.sending.BODY_SECONDS", HANG_GUARD)
        patched.setattr("agents.webhooks.endpoint_tests.SECONDS", HANG_GUARD)
        patched.setattr("merchants.onboarding.probing.SECONDS", HANG_GUARD)
        patched.setattr("merchants.feeds.pushing.BUDGET_SECONDS", HANG_GUARD)
        patched.setattr("merchants.imports.working.SLICE_SECONDS", HANG_GUARD)
        patched.setattr("commerce.health.BROKER_SECONDS", HANG_GUARD)
        patched.setattr("agents.chat.recording.HINT_SECONDS", HANG_GUARD)
        patched.setattr("agents.chat.stream.HINT_SECONDS", HANG_GUARD)
        patched.setattr("agents.client.TIMEOUT", urllib3.Timeout(connect=HANG_GUARD, read=HANG_GUARD))
        yield


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """Forget how often somebody did something in this minute, which other tests did."""
    forget_counts()


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """Empty tables by deleting what is in them after tests that commit.

    Django truncates all of them, and writes content types and permissions anew: that takes longer than most tests.
    """

    def teardown(_: TransactionTestCase) -> None:
        tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys
            for name in tables:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Do not spend the third of a second on each password that makes guessing one slow."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
