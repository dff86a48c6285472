"""Stripe behind the gateway port; beside it only `stripe_events.py` imports stripe in the shop.

Shapes and errors follow docs.stripe.com (API version pinned by the installed SDK): PaymentIntents with a
shared payment granted token need a preview version per request; an error without a `code` says nothing
about the token, so the token itself is asked what became of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, cast
from urllib.parse import quote

import stripe
import urllib3
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from commerce.payments.checks import check_payment_settings
from commerce.payments.event_kinds import REPAIRED
from commerce.payments.gateway import (
    ActionRequired,
    AlreadyCaptured,
    Authorized,
    AuthorizeResult,
    Captured,
    CaptureResult,
    Charge,
    Declined,
    FoundDispute,
    FoundRefund,
    Gone,
    ProviderNotice,
    ProviderUnreachableError,
    Refunded,
    RefundResult,
    Refused,
    Unknown,
    Voided,
    VoidResult,
)
from commerce.payments.stripe_events import notice_of, read_event

logger = logging.getLogger(__name__)

stripe.enable_telemetry = False  # else the SDK writes a file into the home directory

_TOKEN_PROBLEMS = {
    "consumed": "The payment token has been used before.",
    "expired": "The payment token has expired.",
    "revoked": "The payment token was revoked.",
    "resolved": "The payment token is no longer active.",
}


class PooledHttpClient(stripe.HTTPClient):
    """The SDK's transport over one pool of kept connections, shared by all threads of a process."""

    name = "urllib3"

    def __init__(self, *, connect_seconds: float, read_seconds: float) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(
            maxsize=64,
            retries=False,
            timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            ca_certs=stripe.ca_bundle_path,
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            response = self._pool.request(
                method.upper(), url, body=post_data, headers=dict(headers or {}), redirect=False
            )
        except urllib3.exceptions.HTTPError as problem:
            self._fail(problem)
        return response.data.decode(), response.status, response.headers

    def close(self) -> None:
        self._pool.clear()

    def _fail(self, problem: urllib3.exceptions.HTTPError) -> NoReturn:
        should_retry = not isinstance(problem, urllib3.exceptions.SSLError)
        raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
            str(problem), should_retry=should_retry
        ) from problem


class StripeGateway:
    """Implements `commerce.payments.gateway.Gateway`. Safe to share between threads."""

    def __init__(self, client: stripe.StripeClient, *, spt_version: str) -> None:
        self._client = client
        self._spt_version = spt_version

    @classmethod
    def from_settings(cls) -> StripeGateway:
        """Connect with the configured key; without one to this checkout's own sandbox.

        Raises ImproperlyConfigured for a key that cannot be meant: servers start without Django's checks.
        """
        if problems := check_payment_settings():
            raise ImproperlyConfigured(" ".join(problem.msg for problem in problems))
        key, base = settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE
        if settings.STRIPE_EMBEDDED_SANDBOX:
            from commerce.embedded import EmbeddedStripeSandbox

            key, base = "sk_test_embedded", EmbeddedStripeSandbox(settings.DATA_DIR).attach()
        client = stripe.StripeClient(
            key,
            base_addresses={"api": base} if base else None,
            max_network_retries=settings.STRIPE_MAX_NETWORK_RETRIES,
            http_client=PooledHttpClient(
                connect_seconds=settings.STRIPE_CONNECT_TIMEOUT_SECONDS,
                read_seconds=settings.STRIPE_READ_TIMEOUT_SECONDS,
            ),
        )
        return cls(client, spt_version=settings.STRIPE_SPT_API_VERSION)

    def authorize(self, charge: Charge) -> AuthorizeResult:
        # Asked raw: building the SDK's objects from an answer costs as much as the call itself.
        try:
            response = self._client.raw_request(
                "post",
                "/v1/payment_intents",
                amount=charge.amount_minor,
                currency=charge.currency,
                confirm=True,
                capture_method="automatic" if charge.is_captured_at_once else "manual",
                automatic_payment_methods={"enabled": True, "allow_redirects": "never"},
                payment_method_data={"shared_payment_granted_token": charge.token},
                metadata={**charge.metadata, "payment_attempt": charge.attempt_id},
                idempotency_key=f"{charge.attempt_id}:authorize",
                stripe_version=self._spt_version,
            )
        except stripe.CardError as problem:
            return _declined(problem)
        except stripe.InvalidRequestError as problem:
            return self._invalid(problem, charge)
        except stripe.StripeError as problem:
            return _undecided(problem)
        return _authorized(cast(Any, response).data)

    def capture(self, *, attempt_id: str, provider_reference: str, amount_minor: int) -> CaptureResult:
        def ask() -> stripe.PaymentIntent:
            return self._client.v1.payment_intents.capture(
                provider_reference,
                {"amount_to_capture": amount_minor},
                {"idempotency_key": f"{attempt_id}:capture:{amount_minor}"},
            )

        intent = self._settled(ask, provider_reference)
        if not isinstance(intent, stripe.PaymentIntent):
            return intent
        if intent.status == "succeeded":
            return Captured(intent.amount_received, intent.currency)
        return Gone(intent.status)

    def void(self, *, attempt_id: str, provider_reference: str) -> VoidResult:
        def ask() -> stripe.PaymentIntent:
            return self._client.v1.payment_intents.cancel(
                provider_reference,
                {"cancellation_reason": "abandoned"},
                {"idempotency_key": f"{attempt_id}:void"},
            )

        intent = self._settled(ask, provider_reference)
        if not isinstance(intent, stripe.PaymentIntent):
            return intent
        if intent.status == "canceled":
            return Voided()
        if intent.status == "succeeded":
            return AlreadyCaptured(intent.amount_received)
        return Unknown(f"the intent is {intent.status} after its cancellation")

    def refund(self, *, refund_id: str, provider_reference: str, amount_minor: int, reason: str) -> RefundResult:
        # The provider forgets idempotency keys after a day, and keeps a 500 for as long: its own list does not.
        try:
            known = self._client.v1.refunds.list({"payment_intent": provider_reference, "limit": 100})
            for refund in known.auto_paging_iter():
                if refund.metadata and getattr(refund.metadata, "refund", "") == refund_id:
                    return _refunded(refund)
            wanted: dict[str, Any] = {
                "payment_intent": provider_reference,
                "amount": amount_minor,
                "metadata": {"refund": refund_id},
            }
            if reason:
                wanted["reason"] = reason
            options = {"idempotency_key": f"{refund_id}:refund"}
            return _refunded(self._client.v1.refunds.create(cast(Any, wanted), cast(Any, options)))
        except stripe.InvalidRequestError as problem:
            return Refused(problem.code or "invalid_request", str(problem.user_message))
        except stripe.StripeError as problem:
            return _undecided(problem)

    def look_up_refund(self, provider_reference: str) -> FoundRefund | Unknown:
        try:
            refund = self._client.v1.refunds.retrieve(provider_reference)
        except stripe.StripeError as problem:
            return Unknown(f"{type(problem).__name__} {problem.http_status or ''}".strip())
        return FoundRefund(
            refund=_refunded(refund),
            refund_id=str(getattr(refund.metadata, "refund", "")) if refund.metadata else "",
            payment_reference=str(refund.payment_intent or ""),
        )

    def look_up_dispute(self, provider_reference: str) -> FoundDispute | Unknown:
        try:
            dispute = self._client.v1.disputes.retrieve(provider_reference)
        except stripe.StripeError as problem:
            return Unknown(f"{type(problem).__name__} {problem.http_status or ''}".strip())
        due_by = dispute.evidence_details.due_by
        return FoundDispute(
            provider_reference=dispute.id,
            payment_reference=str(dispute.payment_intent or ""),
            amount_minor=dispute.amount,
            reason=dispute.reason,
            status=str(dispute.status),
            respond_by=datetime.fromtimestamp(due_by, tz=UTC) if due_by else None,
            opened_at=datetime.fromtimestamp(dispute.created, tz=UTC),
        )

    def read_notice(self, body: bytes, *, signature: str, now: datetime) -> ProviderNotice:
        secrets: list[str] = settings.STRIPE_WEBHOOK_SECRETS
        return read_event(body, signature=signature, secrets=secrets, is_live=settings.PAYMENTS_LIVE, now=now)

    def notices_since(self, moment: datetime) -> Iterator[ProviderNotice]:
        try:
            events = self._client.v1.events.list(
                {"created": {"gte": int(moment.timestamp())}, "types": list(REPAIRED), "limit": 100}
            )
            for event in events.auto_paging_iter():
                yield notice_of(event.to_dict())
        except stripe.StripeError as problem:
            raise ProviderUnreachableError(str(problem)) from problem

    def _settled(
        self, ask: Callable[[], stripe.PaymentIntent], provider_reference: str
    ) -> stripe.PaymentIntent | Refused | Unknown:
        """Change an intent; where its state has moved on already, look what it is now."""
        try:
            try:
                return ask()
            except stripe.InvalidRequestError as problem:
                if problem.code != "payment_intent_unexpected_state":
                    return Refused(problem.code or "invalid_request", str(problem.user_message))
                return self._client.v1.payment_intents.retrieve(provider_reference)
        except stripe.StripeError as problem:
            return _undecided(problem)

    def _invalid(self, problem: stripe.InvalidRequestError, charge: Charge) -> AuthorizeResult:
        if problem.code in ("amount_too_small", "amount_too_large"):
            return Refused(problem.code, str(problem.user_message))
        reason = self._token_problem(charge)
        if reason is not None:
            return reason
        logger.error("stripe refused a charge", extra={"attempt": charge.attempt_id, "code": problem.code})
        return Refused(problem.code or "invalid_request", "The payment provider refused the request.")

    def _token_problem(self, charge: Charge) -> Declined | Refused | Unknown | None:
        """Ask the token why it cannot be charged; None where the token is not the reason."""
        try:
            response = self._client.raw_request(
                "get",
                f"/v1/shared_payment/granted_tokens/{quote(charge.token, safe='')}",
                stripe_version=self._spt_version,
            )
        except stripe.InvalidRequestError:
            return Declined("token_unknown", "The payment token is not known.")
        except stripe.StripeError as problem:
            return _undecided(problem)
        token: dict[str, Any] = cast(Any, response).data
        limits = token.get("usage_limits") or {}
        if reason := token.get("deactivated_reason"):
            return Declined(f"token_{reason}", _TOKEN_PROBLEMS.get(reason, _TOKEN_PROBLEMS["resolved"]))
        if limits.get("currency") != charge.currency:
            return Declined("token_currency", "The payment token is for another currency.")
        if charge.amount_minor > limits.get("max_amount", 0):
            return Declined("token_limit", "The total is above the limit of the payment token.")
        return None


def _authorized(intent: Mapping[str, Any]) -> AuthorizeResult:
    status = intent["status"]
    if status in ("requires_capture", "succeeded"):
        return Authorized(
            provider_reference=intent["id"],
            amount_minor=intent["amount"],
            currency=intent["currency"],
            is_captured=status == "succeeded",
        )
    if status == "requires_action":
        return ActionRequired(intent["id"])
    if status == "processing":
        return Unknown("the intent is processing")
    return Declined("not_authorized", "The payment was not authorized.", intent["id"])


_REFUND_STATUSES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def _refunded(refund: stripe.Refund) -> Refunded:
    """Read a refund. A canceled one gave nothing back; what else there may be is under way."""
    status = _REFUND_STATUSES.get(str(refund.status), "pending")
    return Refunded(refund.id, status, refund.amount, getattr(refund, "failure_reason", None) or "")


def _declined(problem: stripe.CardError) -> Declined:
    error = problem.error
    code = (error.decline_code if error else None) or problem.code or "card_declined"
    intent = error.payment_intent if error else None
    message = str(problem.user_message or "The payment was declined.")
    return Declined(code, message, str(intent.id) if intent else "")


def _undecided(problem: stripe.StripeError) -> Refused | Unknown:
    if isinstance(problem, (stripe.AuthenticationError, stripe.PermissionError)):
        logger.error("stripe refuses the configured key", extra={"code": problem.code})
        return Refused("provider_configuration", "Payments are not available at the moment.")
    if isinstance(problem, stripe.IdempotencyError):
        logger.error("a Stripe idempotency key met other parameters", extra={"code": problem.code})
    return Unknown(f"{type(problem).__name__} {problem.http_status or ''}".strip())
