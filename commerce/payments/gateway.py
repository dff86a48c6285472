"""The port of a payment provider: what may be asked of it and what it may answer. Provider words stay out.

An answer is one of a few types. `Unknown` is not a decline: the same question, with the same idempotency
key, has to be asked again until the provider says what happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from commerce.payments.authentication import Proof


@dataclass(frozen=True, slots=True)
class Charge:
    """What to authorize. Every field comes from a stored row, so that a repetition asks the same.

    `return_url` is where the buyer comes back to from the page of the card's issuer, `proof` what an issuer
    that was asked beforehand has answered.
    """

    attempt_id: str
    amount_minor: int
    currency: str
    token: str
    is_captured_at_once: bool
    return_url: str
    proof: Proof | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Authorized:
    """The amount is held, or taken already where `is_captured`."""

    provider_reference: str
    amount_minor: int
    currency: str
    is_captured: bool = False
    capture_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """The issuer or the token's limits refused. Another card or token may do."""

    code: str
    message: str
    provider_reference: str = ""


@dataclass(frozen=True, slots=True)
class ActionRequired:
    """The buyer has to authenticate, on the page `url` or elsewhere. Nothing is held until then.

    `brand` is the card's, such as visa: it names the directory server that authenticates.
    """

    provider_reference: str
    url: str = ""
    brand: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider understood and will not do it, whatever card comes: nothing is held.

    Our own mistake or its configuration, such as an amount below its minimum.
    """

    code: str
    message: str


KEY_REFUSED = "provider_configuration"
"""The code of a `Refused` by which the provider did not even look at what was asked: our key is not, or no longer,
what it wants. Of what was asked before it says nothing."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or one that does not say what happened. `reason` is for the log.

    Where `is_final` the provider will answer the same question in the same way for good, so that only looking for
    its effect tells what happened. A `provider_reference` names a payment that was begun and not ended.
    """

    reason: str
    is_final: bool = False
    provider_reference: str = ""


AuthorizeResult = Authorized | Declined | ActionRequired | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Captured:
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The hold does not exist any more: it lapsed or was given back."""

    status: str


CaptureResult = Captured | Gone | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Voided:
    pass


@dataclass(frozen=True, slots=True)
class AlreadyCaptured:
    """The amount was taken before the hold could be given back; only a refund returns it."""

    amount_minor: int


VoidResult = Voided | AlreadyCaptured | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Refunded:
    """What became of a refund: `status` is pending, succeeded or failed, then with a `failure_code`."""

    provider_reference: str
    status: str
    amount_minor: int
    failure_code: str = ""


RefundResult = Refunded | Refused | Unknown


@dataclass(frozen=True, slots=True)
class FoundRefund:
    """A refund as the provider knows it. `refund_id` is ours, empty where somebody else made it."""

    refund: Refunded
    refund_id: str
    payment_reference: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FoundPayment:
    """A payment as the provider's books have it.

    `attempt_id` and `merchant_id` are what was written into it, empty where somebody else made it. `status` is in
    the provider's own words, for people. Refunds have books of their own.
    """

    provider_reference: str
    attempt_id: str
    merchant_id: str
    status: str
    amount_minor: int
    currency: str
    held_minor: int
    captured_minor: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FoundDispute:
    """A dispute as the provider knows it; `status` in the words of `Dispute.Status`."""

    provider_reference: str
    payment_reference: str
    amount_minor: int
    reason: str
    status: str
    respond_by: datetime | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderNotice:
    """Something that happened at the provider: which object it is about, and what it was like then."""

    id: str
    kind: str
    subject: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What a notice must be to be taken: signed with one of the secrets, and of this mode, live or test."""

    secrets: tuple[str, ...]
    is_live: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose account a key opens, and whether real cards can be charged there. Test cards always can."""

    reference: str
    name: str
    can_be_charged: bool


IdentifyResult = Identity | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Watch:
    """The provider tells what happens at an account from now on, signed with the secret."""

    reference: str
    secret: str = field(repr=False)


WatchResult = Watch | Refused | Unknown


@dataclass(frozen=True, slots=True)
class GrantedToken:
    """A payment token for a test card, as an agent's payment provider would grant it."""

    token: str = field(repr=False)


GrantResult = GrantedToken | Refused | Unknown


class NoticeRefusedError(ValueError):
    """A notice that is not the provider's, not for this installation, or not of this time."""


class ProviderUnreachableError(RuntimeError):
    """The provider has not answered."""


class Gateway(Protocol):
    def authorize(self, charge: Charge) -> AuthorizeResult:
        """Hold (or take) the amount. Repeating it with the same charge has no second effect."""

    def authenticate(
        self, *, attempt_id: str, provider_reference: str, proof: Proof, return_url: str, request_key: str
    ) -> AuthorizeResult:
        """Go on with a payment that waits for the buyer's authentication, given its proof; once for a request."""

    def look_up_payment(self, provider_reference: str) -> AuthorizeResult:
        """Return how a payment stands now."""

    def find_payment(
        self, attempt_id: str, *, since: datetime, until: datetime | None = None, is_thorough: bool = True
    ) -> AuthorizeResult | None:
        """Return how the payment of an attempt stands, None where the provider has made none within a time.

        All payments of that time are looked through, which takes a request for every hundred. Where that is not
        called for, two requests find what is new or known to the provider's search, and None proves nothing.
        """

    def capture(self, *, attempt_id: str, provider_reference: str, amount_minor: int) -> CaptureResult:
        """Take what is held, once however often it is asked."""

    def void(self, *, attempt_id: str, provider_reference: str) -> VoidResult:
        """Give back what is held, once however often it is asked."""

    def refund(self, *, refund_id: str, provider_reference: str, amount_minor: int, reason: str) -> RefundResult:
        """Give back what was taken, whole or in part, once however often it is asked."""

    def look_up_refund(self, provider_reference: str) -> FoundRefund | Unknown:
        """Return a refund as it stands now."""

    def look_up_dispute(self, provider_reference: str) -> FoundDispute | Unknown:
        """Return a dispute as it stands now."""

    def read_notice(self, body: bytes, *, signature: str, now: datetime) -> ProviderNotice:
        """Read what was sent to us. Raises NoticeRefusedError unless it is signed, of this time and meant."""

    def notices_since(self, moment: datetime, *, until: datetime | None = None) -> Iterator[ProviderNotice]:
        """Return what happened since, to whole seconds, the newest first. Raises ProviderUnreachableError."""

    def payments_since(self, moment: datetime, *, until: datetime | None = None) -> Iterator[FoundPayment]:
        """Return the payments made since, to whole seconds. Raises ProviderUnreachableError."""

    def refunds_since(self, moment: datetime, *, until: datetime | None = None) -> Iterator[FoundRefund]:
        """Return the refunds made since, to whole seconds. Raises ProviderUnreachableError."""

    def payment_record(self, provider_reference: str) -> FoundPayment | None:
        """Return one payment, None where the account has none of this name. Raises ProviderUnreachableError."""

    def refunds_of(self, provider_reference: str) -> Sequence[FoundRefund]:
        """Return all refunds of a payment. Raises ProviderUnreachableError."""

    def identify(self) -> IdentifyResult:
        """Ask whose account this is."""

    def watch(self, url: str) -> WatchResult:
        """Have what happens at the account told to a URL, and no more to the same URL a second time."""

    def unwatch(self, watch_reference: str) -> None:
        """Have nothing more told, where that can be had. Raises nothing."""

    def grant_test_token(
        self,
        *,
        amount_minor: int,
        currency: str,
        method: str = "",
        expires_at: datetime | None = None,
        key: str = "",
    ) -> GrantResult:
        """Have a token granted that pays once with a test card, up to an amount; under one `key` only one.

        `method` is the provider's name of the card, one that pays unless it is given.
        """


@lru_cache(maxsize=4)
def _gateway(path: str) -> Gateway:
    made: Gateway = import_string(path).from_settings()
    return made


def gateway() -> Gateway:
    """Return this process's connection to the installation's account at the payment provider."""
    return _gateway(settings.PAYMENT_GATEWAY)


def gateway_for_key(key: str, *, notices: NoticeTerms) -> Gateway:
    """Connect to a merchant's own account. Raises ImproperlyConfigured for a key that may not be used here."""
    made: Gateway = import_string(settings.PAYMENT_GATEWAY).for_key(key, notices=notices)
    return made


def forget_gateway() -> None:
    """Make the next call connect anew, after settings changed."""
    _gateway.cache_clear()
