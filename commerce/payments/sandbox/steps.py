"""The steps that objects take by themselves when their time has come."""

from collections.abc import Callable, Mapping

from commerce.payments.sandbox import (
    authorizations,
    bank_debits,
    disputes,
    refunds,
    shared_payment_tokens,
    timers,
)
from commerce.payments.sandbox.account import Account

STEPS: Mapping[str, Callable[[Account, str], object]] = {
    authorizations.EXPIRE: authorizations.expire,
    bank_debits.DECIDE: bank_debits.decide,
    disputes.DECIDE: disputes.decide,
    disputes.MISS_DEADLINE: disputes.miss_deadline,
    disputes.CLOSE_INQUIRY: disputes.close_inquiry,
    refunds.SETTLE: refunds.settle,
    refunds.FAIL: refunds.fail,
    shared_payment_tokens.EXPIRE: shared_payment_tokens.retrieve,
}


def run_due(account: Account, until: int) -> list[timers.Timer]:
    """Take every step that is due by a time, the earliest first, each at the time it was due."""
    taken = []
    while (timer := timers.take(account, until)) is not None:
        account.now = timer.due
        STEPS[timer.step](account, timer.object_id)
        taken.append(timer)
    account.now = until
    return taken
