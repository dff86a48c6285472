"""Merchants' own accounts at the provider: connected, given a new key, looked at, and left again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from commerce import sealing
from commerce.accounts.models import Merchant
from commerce.errors import CommerceError, UnavailableError
from commerce.ids import new_id
from commerce.payments.checks import is_live_key, why_key_cannot_be_meant
from commerce.payments.connections import AccountRef, Connection, connection_of, gateway_at, latest
from commerce.payments.gateway import Identity, NoticeTerms, Refused, Unknown, Watch, gateway_for_key
from commerce.payments.models import ProviderAccount


class KeyRefusedError(CommerceError):
    """The key does not open an account, or not one that may be used here."""

    code = "key_refused"


class InstallationAccountError(CommerceError):
    """The installation's account is not for this merchant."""

    code = "installation_account"


def connect_account(merchant: Merchant, key: str, *, now: datetime) -> ProviderAccount:
    """Have a merchant's new payments go to the account that a key opens, once the provider has said whose it is.

    Another key of an account that is known takes the place of the one before. Opens a transaction of its own,
    and calls the provider before and after it. Raises KeyRefusedError, UnavailableError.
    """
    identity = _identify(key)
    account = _keep(merchant, key, identity, now=now)
    if account.sealed_notice_secret is None:
        watch_account(account)
    return account


def _identify(key: str) -> Identity:
    if problem := why_key_cannot_be_meant(key):
        raise KeyRefusedError(problem, target=("key",))
    is_live = is_live_key(key)
    found = gateway_for_key(key, notices=NoticeTerms((), is_live)).identify()
    match found:
        case Unknown():
            raise UnavailableError("Stripe does not answer at the moment. Nothing was changed; try again.")
        case Refused(message=message):
            raise KeyRefusedError(f"Stripe does not accept this key: {message}", target=("key",))
        case Identity(can_be_charged=can_be_charged):
            if is_live and not can_be_charged:
                text = "Stripe does not let this account take payments yet. Its dashboard says what is missing."
                raise KeyRefusedError(text, target=("key",))
    return found


@transaction.atomic
def _keep(merchant: Merchant, key: str, identity: Identity, *, now: datetime) -> ProviderAccount:
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
    is_live = is_live_key(key)
    accounts = ProviderAccount.objects.filter(merchant=merchant)
    accounts.filter(is_current=True).exclude(reference=identity.reference, is_live=is_live).update(
        is_current=False
    )
    account, is_new = accounts.get_or_create(
        merchant=merchant,
        reference=identity.reference,
        is_live=is_live,
        defaults={
            "id": new_id("pac"),
            "name": identity.name,
            "sealed_key": sealing.seal(key),
            "key_hint": key_hint(key),
            "connected_at": now,
        },
    )
    if not is_new:
        accounts.filter(pk=account.pk).update(
            name=identity.name,
            sealed_key=sealing.seal(key),
            key_hint=key_hint(key),
            is_current=True,
            version=F("version") + 1,
            connected_at=now,
        )
        account.refresh_from_db()
    merchant.payment_account = identity.reference
    merchant.save(update_fields=["payment_account"])
    return account


def key_hint(key: str) -> str:
    """Return what may be shown of a key: its kind and its last four characters."""
    kind = "_".join(key.split("_")[:2])
    return f"{kind}_…{key[-4:]}"


def watch_account(account: ProviderAccount) -> None:
    """Have the provider tell us what happens at an account. Where it will not, it is asked every hour anyway."""
    found = gateway_at(AccountRef(account.pk, account.version)).watch(notice_url(account))
    values: dict[str, object]
    match found:
        case Watch(reference=reference, secret=secret):
            values = {
                "sealed_notice_secret": sealing.seal(secret),
                "notice_reference": reference,
                "notice_problem": "",
            }
        case Refused(message=message):
            values = {"notice_problem": message[:300]}
        case Unknown():
            values = {"notice_problem": "Stripe did not answer."}
    ProviderAccount.objects.filter(pk=account.pk).update(**values, version=F("version") + 1)
    account.refresh_from_db()


def notice_url(account: ProviderAccount) -> str:
    """Return the address that the provider tells of what happens at an account."""
    return f"{settings.PUBLIC_BASE_URL}/payments/webhooks/stripe/{account.pk}"


def keep_notice_secret(account: ProviderAccount, secret: str) -> None:
    """Take the secret of an endpoint that the merchant has made at the provider by hand."""
    ProviderAccount.objects.filter(pk=account.pk).update(
        sealed_notice_secret=sealing.seal(secret), notice_problem="", version=F("version") + 1
    )
    account.refresh_from_db()


@transaction.atomic
def use_installation_account(merchant: Merchant) -> None:
    """Have a merchant's new payments go to the installation's account, for as long as it charges no real cards.

    Raises InstallationAccountError where the installation's account is live: its money is the operator's.
    """
    if settings.PAYMENTS_LIVE:
        raise InstallationAccountError("The account of this installation charges real cards. Connect your own.")
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
    ProviderAccount.objects.filter(merchant=merchant, is_current=True).update(is_current=False)
    merchant.uses_installation_account = merchant.has_chosen_test_account = True
    merchant.payment_account = new_id("acct")
    merchant.save(update_fields=["uses_installation_account", "has_chosen_test_account", "payment_account"])


@dataclass(frozen=True, slots=True)
class Standing:
    """How a merchant's payments stand, as the provider says now. `problem` is empty where all is well."""

    connection: Connection | None
    name: str = ""
    problem: str = ""


def standing_of(merchant: Merchant) -> Standing:
    """Ask the provider whether a merchant's payments would go through. Calls it; raises nothing."""
    connection = connection_of(merchant)
    if connection is None:
        return Standing(None, problem="No account is connected.")
    account = latest(connection.account.id) if connection.account else None
    match gateway_at(account).identify():
        case Identity(name=name, can_be_charged=can_be_charged):
            is_stuck = connection.is_live and not can_be_charged
            problem = "Stripe does not let this account take payments." if is_stuck else ""
            return Standing(connection, name=name, problem=problem)
        case Refused(message=message):
            return Standing(connection, problem=f"Stripe does not accept the key any more: {message}")
        case Unknown():
            return Standing(connection, problem="Stripe does not answer at the moment.")
