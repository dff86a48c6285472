"""Begins test purchases, and does their steps one after the other, as far as nothing has to be waited for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from agents.client import RefusedError
from agents.rehearsals.models import REHEARSAL_TRANSITIONS, Rehearsal, RehearsalStep
from agents.rehearsals.outcomes import Done, Failed, Outcome, Skipped, Wait
from agents.rehearsals.script import SCRIPT, TIDY, Step
from agents.rehearsals.stage import Stage
from commerce import clock, sealing
from commerce.accounts.models import Agent
from commerce.accounts.services import issue_test_key
from commerce.checkout.shop import load_shop, terms_fingerprint
from commerce.errors import BusyError, CommerceError
from commerce.outbox.nudge import Nudge

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
AT_ONCE = timedelta(seconds=15)
"""How long one task goes on before it leaves the rest to the next, well within its time limit."""

PAUSE = timedelta(seconds=1)
KEY_FOR = timedelta(minutes=15)
MOST_AN_HOUR = 20

_advance = Nudge("agents.rehearsals.tasks.advance")


class TooManyRehearsalsError(CommerceError):
    """The shop was tried so often within the hour that something else must be wrong."""

    code = "too_many"


def begin(agent: Agent, *, user: User | None, now: datetime) -> Rehearsal:
    """Have a test purchase made in an agent's name. Raises BusyError while one is under way."""
    merchant = agent.merchant
    recent = Rehearsal.objects.filter(merchant=merchant, started_at__gt=now - timedelta(hours=1))
    if recent.count() >= MOST_AN_HOUR:
        raise TooManyRehearsalsError("There were 20 test purchases within the hour. Try again later.")
    shop = load_shop(merchant)
    account = shop.payments.account if shop.payments else None
    try:
        with transaction.atomic():
            rehearsal = Rehearsal.objects.create(
                merchant=merchant,
                agent=agent,
                started_by=user,
                step=SCRIPT[0].name,
                terms=terms_fingerprint(shop),
                account=account.id if account else "",
                due_at=now,
                started_at=now,
            )
            _, token = issue_test_key(agent, expires_at=now + KEY_FOR)
            Rehearsal.objects.filter(pk=rehearsal.pk).update(sealed_key=sealing.seal(token))
    except IntegrityError as problem:
        raise BusyError("A test purchase is under way.") from problem
    _advance.send()
    return rehearsal


def advance_due(*, now: datetime) -> int:
    """Go on with every test purchase that is due. Returns how many were."""
    due = Rehearsal.objects.filter(status=Rehearsal.Status.RUNNING, due_at__lte=now)
    return sum(advance(pk, now=now) for pk in due.order_by("due_at", "pk").values_list("pk", flat=True)[:20])


def advance(rehearsal_id: str, *, now: datetime) -> bool:
    """Do the steps of a test purchase until it ends or has to wait. False where somebody else is at it.

    Calls the shop over HTTP; not inside a transaction.
    """
    free = Rehearsal.objects.filter(pk=rehearsal_id, status=Rehearsal.Status.RUNNING, due_at__lte=now)
    if not free.update(due_at=now + LEASE):
        return False
    rehearsal = Rehearsal.objects.select_related("merchant", "agent").get(pk=rehearsal_id)
    while rehearsal.status == Rehearsal.Status.RUNNING:
        step = _steps()[rehearsal.step]
        outcome = _performed(rehearsal, step)
        if not isinstance(outcome, Wait):
            _go_on(rehearsal, step, outcome)
        if isinstance(outcome, Wait) or clock.now() - now > AT_ONCE:
            pause = PAUSE if isinstance(outcome, Wait) else timedelta()
            Rehearsal.objects.filter(pk=rehearsal_id).update(due_at=clock.now() + pause)
            break
    return True


def _steps() -> dict[str, Step]:
    return {step.name: step for step in (*SCRIPT, TIDY)}


def _performed(rehearsal: Rehearsal, step: Step) -> Outcome:
    """Do one step and keep what came of it."""
    position = [*_steps()].index(step.name)
    row, _ = RehearsalStep.objects.get_or_create(
        rehearsal=rehearsal, position=position, defaults={"name": step.name, "started_at": clock.now()}
    )
    stage = Stage(rehearsal, dict(rehearsal.facts))
    outcome = _outcome(stage, step)
    if isinstance(outcome, Wait) and clock.now() - row.started_at > timedelta(seconds=step.patience):
        outcome = Failed(f"{outcome.words} It took longer than {step.patience} seconds.")
    row.status, row.words = _STATUSES[type(outcome)], outcome.words[:500]
    row.exchanges = [*row.exchanges, *stage.exchanges][-20:]
    row.ended_at = None if isinstance(outcome, Wait) else clock.now()
    row.save(update_fields=["status", "words", "exchanges", "ended_at"])
    rehearsal.facts = stage.facts
    rehearsal.due_at = clock.now() + LEASE
    rehearsal.save(update_fields=["facts", "due_at"])
    return outcome


_STATUSES: dict[type[Any], RehearsalStep.Status] = {
    Done: RehearsalStep.Status.PASSED,
    Skipped: RehearsalStep.Status.SKIPPED,
    Wait: RehearsalStep.Status.RUNNING,
    Failed: RehearsalStep.Status.FAILED,
}


def _outcome(stage: Stage, step: Step) -> Outcome:
    try:
        return step.do(stage)
    except RefusedError as problem:
        exchange = problem.exchange
        if exchange.status in (409, 429, 503):
            return Wait("The shop is busy.")
        if exchange.status in (401, 403):
            return Failed("The shop does not let this agent in.", mend="agent")
        if exchange.status is None:
            return Failed(f"The shop does not answer at its public address: {exchange.error}.", mend="address")
        return Failed(f"The shop answered {exchange.status} to {exchange.method} {exchange.path}.")
    except CommerceError as problem:
        return Failed(problem.message)
    except Exception:
        logger.exception("a test purchase broke", extra={"rehearsal": stage.rehearsal.pk, "step": step.name})
        return Failed("Something here is broken, and not in your shop. It was noted for the operator.")


def _go_on(rehearsal: Rehearsal, step: Step, outcome: Outcome) -> None:
    """Turn to the next step; after a failure to the last, which puts everything away."""
    if isinstance(outcome, Failed) and not rehearsal.problem:
        rehearsal.problem, rehearsal.mend = outcome.words[:500], outcome.mend or step.mend
    if step is TIDY:
        status = Rehearsal.Status.FAILED if rehearsal.problem else Rehearsal.Status.PASSED
        REHEARSAL_TRANSITIONS.check(rehearsal.status, status)
        rehearsal.status, rehearsal.ended_at = status, clock.now()
    else:
        names = [*_steps()]
        is_over = isinstance(outcome, Failed)
        rehearsal.step = TIDY.name if is_over else names[names.index(step.name) + 1]
    rehearsal.save(update_fields=["problem", "mend", "status", "ended_at", "step"])
