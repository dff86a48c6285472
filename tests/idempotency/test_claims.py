"""A key is claimed by one, answered once, taken over from the dead and forgotten when it is old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from commerce.idempotency.models import IdempotencyRecord
from commerce.idempotency.services import (
    Answer,
    Claim,
    KeyConflictError,
    KeyInFlightError,
    answer_write,
    claim,
    forget,
    forget_old,
    keep_answer,
    release,
)
from commerce.statements import write

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def ask(
    now: datetime = NOON, *, caller: str = "key_1", key: str = "k", fingerprint: str = "same"
) -> Claim | Answer:
    return claim(caller=caller, path="/checkout_sessions", key=key, fingerprint=fingerprint, now=now)


def claimed(now: datetime = NOON) -> Claim:
    result = ask(now)
    assert isinstance(result, Claim)
    return result


def test_a_key_has_one_owner_until_it_is_answered() -> None:
    first = claimed()

    with pytest.raises(KeyInFlightError):
        ask(NOON + timedelta(seconds=39))
    write(answer_write(first, status=201, body=b'{"id":"cs_1"}'))

    assert ask(NOON + timedelta(seconds=39)) == Answer(201, b'{"id":"cs_1"}')


def test_another_body_is_refused_before_and_after_the_answer() -> None:
    first = claimed()

    with pytest.raises(KeyConflictError):
        ask(fingerprint="another")
    keep_answer(first, status=400, body=b"{}")
    with pytest.raises(KeyConflictError):
        ask(fingerprint="another")

    assert ask() == Answer(400, b"{}")


def test_the_claim_of_a_dead_process_is_taken_over_when_its_lease_ends(settings: Settings) -> None:
    settings.IDEMPOTENCY_LEASE_SECONDS = 40
    first = claimed()

    second = claimed(NOON + timedelta(seconds=41))

    assert (second.record_id, second.until > first.until) == (first.record_id, True)
    with pytest.raises(KeyInFlightError):
        ask(NOON + timedelta(seconds=42))


def test_a_dead_process_leaves_its_key_to_the_same_body_only() -> None:
    claimed()

    with pytest.raises(KeyConflictError):
        ask(NOON + timedelta(minutes=5), fingerprint="another")


def test_a_claim_given_back_is_free_at_once_an_answer_is_not() -> None:
    release(claimed(), now=NOON)
    with pytest.raises(KeyConflictError):
        ask(fingerprint="another")
    second = claimed()
    keep_answer(second, status=201, body=b"{}")

    release(second, now=NOON)

    assert ask() == Answer(201, b"{}")


def test_what_was_never_begun_leaves_its_key_to_any_body() -> None:
    forget(claimed())

    assert isinstance(ask(fingerprint="another"), Claim)


@pytest.mark.parametrize("late", ["answer", "keep", "release", "forget"])
def test_who_comes_back_after_its_lease_changes_nothing(late: str) -> None:
    first = claimed()
    second = claimed(NOON + timedelta(minutes=5))

    match late:
        case "answer":
            write(answer_write(first, status=201, body=b"first"))
        case "keep":
            keep_answer(first, status=400, body=b"first")
        case "release":
            release(first, now=NOON + timedelta(minutes=5))
        case "forget":
            forget(first)

    with pytest.raises(KeyInFlightError):
        ask(NOON + timedelta(minutes=5, seconds=1))
    write(answer_write(second, status=201, body=b"second"))
    assert ask(NOON + timedelta(minutes=6)) == Answer(201, b"second")


def test_callers_and_keys_are_apart() -> None:
    claimed()

    assert isinstance(ask(caller="key_2"), Claim)
    assert isinstance(ask(key="K"), Claim)


def test_an_old_answer_is_forgotten_even_before_it_is_deleted(settings: Settings) -> None:
    settings.IDEMPOTENCY_RETENTION_HOURS = 48
    keep_answer(claimed(), status=201, body=b"{}")

    assert ask(NOON + timedelta(hours=47, minutes=59)) == Answer(201, b"{}")
    assert isinstance(ask(NOON + timedelta(hours=48, seconds=1), fingerprint="another"), Claim)


def test_only_what_is_old_is_deleted() -> None:
    keep_answer(claimed(), status=201, body=b"{}")
    ask(NOON + timedelta(hours=30), key="newer")

    assert forget_old(now=NOON + timedelta(hours=47)) == 0
    assert forget_old(now=NOON + timedelta(hours=49)) == 1

    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["newer"]
