"""For every test: a busy machine is no busy shop, and what one test has counted is forgotten before the next.

A shop turns people away when something takes seconds. A test that is about such a limit sets it itself; to all the
others it is as far away as the time after which they are taken to hang.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import hypothesis
import pytest
import urllib3
from django.conf import settings
from django.test import override_settings
from schemathesis.pytest.plugin import SchemathesisFunction

from agents.throttling import forget_counts
from tests.waiting import HANG_GUARD

SECONDS = int(HANG_GUARD)

hypothesis.settings.register_profile(
    "shop",
    deadline=None,
    derandomize=True,  # what fails once fails each time, and not by luck
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("shop")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each operation of a fuzzed test an id of its own: of several with one id, xdist runs but one.

    pytest 9.2 takes the function's name for it, and not the name that schemathesis gives.
    """
    for item in items:
        if isinstance(item, SchemathesisFunction) and item.parent and not item.nodeid.endswith(f"::{item.name}"):
            item._id = item.parent.id.child(item.name)
    repeated = [nodeid for nodeid, times in Counter(item.nodeid for item in items).items() if times > 1]
    if repeated:
        raise pytest.UsageError(f"several tests have one id: {', '.join(repeated[:5])}")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:  # noqa: ARG001 - comes first
    """Let the database, and the pool of connections to it, take their time."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options["connect_timeout"] = str(SECONDS)
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
