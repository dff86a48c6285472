"""Whose account at the provider a payment goes to: a merchant's own, or the installation's.

A payment stays with the account it began at, whatever the merchant connects later. Connections are kept in
memory: an `AccountRef` says which version of an account's key is wanted, and comes with what is read anyway (a
shop's terms, an attempt's row), so that no statement is needed to find out.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from django.conf import settings

from commerce import sealing
from commerce.accounts.models import Merchant
from commerce.payments.gateway import Gateway, NoticeTerms, gateway, gateway_for_key
from commerce.payments.models import PaymentAttempt, ProviderAccount

KEPT = 512
"""How many connections one process keeps; the one that was used longest ago is made anew when it is needed."""


@dataclass(frozen=True, slots=True)
class AccountRef:
    """A merchant's own account, with the key it has in a version or a later one."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a shop's new payments go. `account` is None for the installation's own."""

    account: AccountRef | None
    is_live: bool


def connection_of(merchant: Merchant) -> Connection | None:
    """Return where a merchant's new payments go, None where the shop cannot be paid.

    A merchant that chose the installation's test account gets nothing of it when it charges real cards: that money
    would be the operator's.
    """
    current = ProviderAccount.objects.filter(merchant=merchant, is_current=True)
    found = current.values_list("pk", "version", "is_live").first()
    if found is not None:
        return Connection(AccountRef(found[0], found[1]), is_live=found[2])
    is_for_tests = merchant.has_chosen_test_account and settings.PAYMENTS_LIVE
    if not merchant.uses_installation_account or is_for_tests:
        return None
    return Connection(None, is_live=settings.PAYMENTS_LIVE)


def takes_real_cards(merchant: Merchant) -> bool:
    """Say whether what is paid in a shop now is real money."""
    connection = connection_of(merchant)
    return connection is not None and connection.is_live


def gateway_of(row: PaymentAttempt) -> Gateway:
    """Return the connection through which an attempt was made."""
    return gateway_at(latest(row.account_id))


def latest(account_id: str | None) -> AccountRef | None:
    """Return an account as it is now; None for the installation's."""
    if account_id is None:
        return None
    version = ProviderAccount.objects.values_list("version", flat=True).get(pk=account_id)
    return AccountRef(account_id, version)


_kept: OrderedDict[str, tuple[int, Gateway]] = OrderedDict()
_lock = Lock()


def gateway_at(account: AccountRef | None) -> Gateway:
    """Return this process's connection to an account at the provider; to the installation's for None."""
    if account is None:
        return gateway()
    with _lock:
        kept = _kept.get(account.id)
        if kept is not None and kept[0] >= account.version:
            _kept.move_to_end(account.id)
            return kept[1]
    row = ProviderAccount.objects.get(pk=account.id)
    made = gateway_for_key(sealing.unseal(row.sealed_key), notices=_notice_terms(row))
    with _lock:
        _kept[account.id] = (row.version, made)
        _kept.move_to_end(account.id)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def _notice_terms(row: ProviderAccount) -> NoticeTerms:
    sealed = row.sealed_notice_secret
    return NoticeTerms((sealing.unseal(sealed),) if sealed else (), row.is_live)


def forget_connections() -> None:
    """Make the next call to any account connect anew, after settings changed."""
    with _lock:
        _kept.clear()
