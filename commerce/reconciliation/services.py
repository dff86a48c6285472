"""Both books of an account compared, and what differs written down for a person. Nothing else is changed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from commerce.errors import CommerceError
from commerce.ids import new_id
from commerce.payments.models import PaymentAttempt, ProviderAccount
from commerce.reconciliation.books import Entry, read_again, read_books
from commerce.reconciliation.comparing import Finding, compare, is_under_way, returned_minor, sent_minor
from commerce.reconciliation.models import Difference

LOOKING_FOR = 120.0
"""For how many seconds a look goes on; it must end, whatever it meets."""

AT_A_TIME = 50
"""How many payments are read by themselves before what came of it is kept."""

KNOWN_AT_ONCE = 300
SETTLED_REST = timedelta(days=1)
"""How long what somebody has put away is not looked at again."""


class NotOpenError(CommerceError):
    """Somebody has settled the difference already, or it is gone."""

    code = "difference_not_open"


@dataclass(frozen=True, slots=True)
class Side:
    """What one side has of some payments: how many, and how much was authorized, captured and given back."""

    payments: int = 0
    authorized_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0

    def plus(self, authorized_minor: int, captured_minor: int, refunded_minor: int) -> Side:
        return Side(
            self.payments + 1,
            self.authorized_minor + authorized_minor,
            self.captured_minor + captured_minor,
            self.refunded_minor + refunded_minor,
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """Both sides of the payments in one currency."""

    currency: str
    provider: Side
    ours: Side


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a look at one account.

    `new` are differences that were not known before; `others` are payments of other installations, `unread` those
    that looked different and for which no time was left to read them once more.
    """

    account: ProviderAccount | None
    sums: Sequence[Sums]
    under_way: int
    others: int
    unread: int
    new: Sequence[Difference]


def compare_account(
    account_id: str | None, *, since: datetime, now: datetime, until: datetime | None = None
) -> Comparison:
    """Compare what was paid at an account within a time, and keep what differs. Not inside a transaction.

    What looks different is read once more before it counts. Without `until` what is known to differ is looked at
    again, too, however old it is. May run twice, and at once. Raises ProviderUnreachableError; what it had kept by
    then stands.
    """
    deadline = time.monotonic() + LOOKING_FOR
    account = ProviderAccount.objects.get(pk=account_id) if account_id else None
    books = read_books(account_id, since=since, until=until, now=now)
    settled = [entry for entry in books.entries if not is_under_way(entry, now=now)]
    suspects = [entry for entry in settled if compare(entry)]
    if until is None:  # what was given back later is not among what was read: nothing is gone by such a look alone
        clean = {entry.subject for entry in settled} - {entry.subject for entry in suspects}
        _keep(account, [], subjects=clean, now=now)
    named = [_Named(one.reference, one.attempt.pk if one.attempt else "") for one in suspects]
    known = _known(account_id, now) if until is None else []
    looked = _look_again(account, [*named, *known], now=now, deadline=deadline)
    return Comparison(
        account=account,
        sums=_sums(settled),
        under_way=len(books.entries) - len(settled),
        others=books.others,
        unread=len(set(named) - looked.at),
        new=looked.new,
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """What is read by itself: a payment as the provider calls it, an attempt, or both."""

    reference: str
    attempt_id: str


@dataclass(slots=True)
class _Looked:
    at: set[_Named] = field(default_factory=set)
    new: list[Difference] = field(default_factory=list)


def _look_again(
    account: ProviderAccount | None, named: Iterable[_Named], *, now: datetime, deadline: float
) -> _Looked:
    """Read some payments by themselves, a few at a time, and keep what differs. The first few always."""
    waiting, looked = list(dict.fromkeys(named)), _Looked()
    while waiting and (not looked.at or time.monotonic() < deadline):
        part, waiting = waiting[:AT_A_TIME], waiting[AT_A_TIME:]
        look = _look_at(account.pk if account else None, part, now)
        looked.new += _keep(account, look.findings, subjects=look.subjects, now=now)
        looked.at.update(part)
    return looked


@dataclass(frozen=True, slots=True)
class _Look:
    """What differs, and the subjects of which nothing else does."""

    findings: Sequence[Finding]
    subjects: set[str]


def _look_at(account_id: str | None, part: Iterable[_Named], now: datetime) -> _Look:
    references = {one.reference for one in part}
    attempts = {one.attempt_id for one in part if one.attempt_id}
    entries = read_again(account_id, references=references, attempts=attempts, now=now)
    done = [entry for entry in entries if not is_under_way(entry, now=now)]
    names = {name for entry in done if not entry.is_busy for name in (entry.subject, entry.reference)}
    nowhere = references - {entry.reference for entry in entries}
    return _Look([one for entry in done for one in compare(entry)], names | nowhere)


def settle_difference(difference_id: str, *, user_id: int | None, note: str, now: datetime) -> None:
    """Put a difference away with a reason. Neither side's books change. Raises NotOpenError."""
    open_ones = Difference.objects.open().filter(pk=difference_id)
    if not open_ones.update(settled_at=now, settled_by=user_id, note=note):
        raise NotOpenError("This difference is settled already, or gone.")


def _known(account_id: str | None, now: datetime) -> list[_Named]:
    """Return what is known to differ, what was looked at longest ago first; what is settled after a rest."""
    is_due = Q(settled_at=None) | Q(last_seen_at__lte=now - SETTLED_REST)
    known = Difference.objects.filter(is_due, account=account_id, gone_at__isnull=True)
    rows = known.order_by(F("settled_at").desc(nulls_first=True), "last_seen_at", "pk")
    names = rows.values_list("provider_reference", "attempt_id")[:KNOWN_AT_ONCE]
    return [_Named(reference, attempt_id or "") for reference, attempt_id in names]


def _sums(entries: Iterable[Entry]) -> list[Sums]:
    provider: defaultdict[str, Side] = defaultdict(Side)
    ours: defaultdict[str, Side] = defaultdict(Side)
    for entry in entries:
        payment, attempt = entry.payment, entry.attempt
        if payment and (payment.held_minor or payment.captured_minor):
            amounts = payment.amount_minor, payment.captured_minor, returned_minor(entry)
            provider[payment.currency] = provider[payment.currency].plus(*amounts)
        if attempt and attempt.status in (PaymentAttempt.Status.AUTHORIZED, PaymentAttempt.Status.CAPTURED):
            amounts = attempt.amount_minor, attempt.captured_minor, sent_minor(entry)
            ours[attempt.currency] = ours[attempt.currency].plus(*amounts)
    return [Sums(one, provider[one], ours[one]) for one in sorted({*provider, *ours})]


@transaction.atomic
def _keep(
    account: ProviderAccount | None, findings: Sequence[Finding], *, subjects: Collection[str], now: datetime
) -> list[Difference]:
    """Write down what differs, once each, and what differs no more. Returns what is new."""
    rows = Difference.objects.filter(account=account, gone_at__isnull=True, subject__in=subjects)
    # What is open comes last, and stands for what was settled before.
    known = {(row.kind, row.subject): row for row in _locked(rows)}
    gone, new = set(known), []
    for row in (_row(account, finding, now) for finding in findings):
        before = known.get((row.kind, row.subject))
        gone.discard((row.kind, row.subject))
        if before is None or (before.settled_at and _says(before) != _says(row)):
            new.append(row)
        else:
            _see_again(before, row)
    for kind, subject in gone:
        # Another look, begun later, may have seen it meanwhile.
        rows.filter(kind=kind, subject=subject, last_seen_at__lte=now).update(gone_at=now)
    Difference.objects.bulk_create(new, ignore_conflicts=True)
    return list(Difference.objects.filter(pk__in=[row.pk for row in new]).order_by("pk"))


def _locked(rows: QuerySet[Difference]) -> QuerySet[Difference]:
    return rows.select_for_update(no_key=True).order_by(F("settled_at").asc(nulls_last=True), "pk")


def _says(row: Difference) -> tuple[str, str]:
    return (row.provider_says, row.we_say)


def _see_again(before: Difference, row: Difference) -> None:
    Difference.objects.filter(pk=before.pk).update(
        provider_says=row.provider_says,
        we_say=row.we_say,
        amount_minor=row.amount_minor,
        last_seen_at=row.last_seen_at,
    )


def _row(account: ProviderAccount | None, finding: Finding, now: datetime) -> Difference:
    entry = finding.entry
    merchant_id = account.merchant_id if account else entry.merchant_id
    return Difference(
        id=new_id("dif"),
        kind=finding.kind,
        subject=entry.subject,
        merchant_id=merchant_id or None,
        account=account,
        attempt=entry.attempt,
        provider_reference=entry.reference,
        provider_says=finding.provider_says[:300],
        we_say=finding.we_say[:300],
        amount_minor=finding.amount_minor,
        currency=finding.currency[:3],
        first_seen_at=now,
        last_seen_at=now,
    )
