"""Stripe behind the gateway port; beside it, the other modules whose names begin alike.

Shapes and errors follow docs.stripe.com (API version pinned by the installed SDK): PaymentIntents with a
shared payment granted token need a preview version per request; an error without a `code` says nothing
about the token, so the token itself is asked what became of it.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import quote

import stripe
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from commerce.payments.authentication import Proof
from commerce.payments.checks import check_payment_settings, why_key_cannot_be_meant
from commerce.payments.event_kinds import REPAIRED
from commerce.payments.gateway import (
    KEY_REFUSED,
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
    NoticeTerms,
    ProviderNotice,
    ProviderUnreachableError,
    RefundResult,
    Refused,
    Unknown,
    Voided,
    VoidResult,
)
from commerce.payments.stripe_events import notice_of, read_event
from commerce.payments.stripe_http import client_for
from commerce.payments.stripe_records import StripeRecords, found_refund, refunded

logger = logging.getLogger(__name__)

stripe.enable_telemetry = False  # else the SDK writes a file into the home directory

KEY_KEPT = timedelta(days=1)

_TOKEN_PROBLEMS = {
    "consumed": "The payment token has been used before.",
    "expired": "The payment token has expired.",
    "revoked": "The payment token was revoked.",
    "resolved": "The payment token is no longer active.",
}


class StripeGateway(StripeRecords):
    """Implements `commerce.payments.gateway.Gateway`. Safe to share between threads."""

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
        return cls(client_for(key, base=base), spt_version=settings.STRIPE_SPT_API_VERSION)

    @classmethod
    def for_key(cls, key: str, *, notices: NoticeTerms) -> StripeGateway:
        """Connect to a merchant's own account. Raises ImproperlyConfigured for a key that may not be used here."""
        if problem := why_key_cannot_be_meant(key):
            raise ImproperlyConfigured(problem)
        client = client_for(key, base=settings.STRIPE_API_BASE)
        return cls(client, spt_version=settings.STRIPE_SPT_API_VERSION, notices=notices)

    def authorize(self, charge: Charge) -> AuthorizeResult:
        proof = {"payment_method_options": _three_d_secure(charge.proof)} if charge.proof else {}
        # Asked raw: building the SDK's objects from an answer costs as much as the call itself.
        try:
            response = self._client.raw_request(
                "post",
                "/v1/payment_intents",
                amount=charge.amount_minor,
                currency=charge.currency,
                confirm=True,
                capture_method="automatic" if charge.is_captured_at_once else "manual",
                automatic_payment_methods={"enabled": True},
                payment_method_data={"shared_payment_granted_token": charge.token},
                # With it an issuer's challenge is a page to be led to, without it a matter for Stripe.js
                # (docs.stripe.com, "3D Secure authentication flow", section on manual redirects).
                return_url=charge.return_url,
                metadata={**charge.metadata, "payment_attempt": charge.attempt_id},
                idempotency_key=f"{charge.attempt_id}:authorize",
                stripe_version=self._spt_version,
                **proof,
            )
        except stripe.CardError as problem:
            return _declined(problem)
        except stripe.InvalidRequestError as problem:
            return self._invalid(problem, charge)
        except _KEY_PROBLEMS:
            logger.exception("stripe refuses the configured key")
            return Refused(KEY_REFUSED, "Payments are not available at the moment.")
        except stripe.StripeError as problem:
            return _undecided(problem)
        return self._decided(cast(Any, response).data)

    def authenticate(
        self, *, attempt_id: str, provider_reference: str, proof: Proof, return_url: str, request_key: str
    ) -> AuthorizeResult:
        try:
            response = self._client.raw_request(
                "post",
                f"/v1/payment_intents/{quote(provider_reference, safe='')}/confirm",
                payment_method_options=_three_d_secure(proof),
                return_url=return_url,
                idempotency_key=f"{attempt_id}:authenticate:{request_key}",
                stripe_version=self._spt_version,
            )
        except stripe.CardError as problem:
            return _declined(problem)
        except stripe.InvalidRequestError as problem:
            if problem.code == "payment_intent_unexpected_state":  # the buyer was faster on the issuer's page
                return self.look_up_payment(provider_reference)
            logger.warning("stripe refused a proof", extra={"attempt": attempt_id, "code": problem.code})
            return Declined(problem.code or "invalid_request", str(problem.user_message), provider_reference)
        except stripe.StripeError as problem:
            return _undecided(problem)
        return self._decided(cast(Any, response).data)

    def look_up_payment(self, provider_reference: str) -> AuthorizeResult:
        try:
            response = self._client.raw_request(
                "get",
                f"/v1/payment_intents/{quote(provider_reference, safe='')}",
                expand=["payment_method"],
                stripe_version=self._spt_version,
            )
        except stripe.StripeError as problem:
            return Unknown(f"{type(problem).__name__} {problem.http_status or ''}".strip())
        return _payment(cast(Any, response).data)

    def find_payment(
        self, attempt_id: str, *, since: datetime, until: datetime | None = None, is_thorough: bool = True
    ) -> AuthorizeResult | None:
        try:
            found = self._intent_of(attempt_id, since, until, is_thorough=is_thorough)
        except stripe.StripeError as problem:
            return Unknown(f"{type(problem).__name__} {problem.http_status or ''}".strip())
        return self._decided(found) if found else None

    def capture(self, *, attempt_id: str, provider_reference: str, amount_minor: int) -> CaptureResult:
        def ask(again: str) -> stripe.PaymentIntent:
            return self._client.v1.payment_intents.capture(
                provider_reference,
                {"amount_to_capture": amount_minor},
                {"idempotency_key": f"{attempt_id}:capture:{amount_minor}{again}"},
            )

        intent = self._settled(ask, provider_reference)
        if not isinstance(intent, stripe.PaymentIntent):
            return intent
        if intent.status == "succeeded":
            return Captured(intent.amount_received, intent.currency)
        if intent.status == "canceled":
            return Gone(intent.status)
        return Unknown(f"the intent is {intent.status} after its capture")

    def void(self, *, attempt_id: str, provider_reference: str) -> VoidResult:
        def ask(again: str) -> stripe.PaymentIntent:
            return self._client.v1.payment_intents.cancel(
                provider_reference,
                {"cancellation_reason": "abandoned"},
                {"idempotency_key": f"{attempt_id}:void{again}"},
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
                    return refunded(refund)
            wanted: dict[str, Any] = {
                "payment_intent": provider_reference,
                "amount": amount_minor,
                "metadata": {"refund": refund_id},
            }
            if reason:
                wanted["reason"] = reason
            options = {"idempotency_key": f"{refund_id}:refund"}
            return refunded(self._client.v1.refunds.create(cast(Any, wanted), cast(Any, options)))
        except stripe.InvalidRequestError as problem:
            return Refused(problem.code or "invalid_request", str(problem.user_message))
        except stripe.StripeError as problem:
            return _undecided(problem)

    def look_up_refund(self, provider_reference: str) -> FoundRefund | Unknown:
        try:
            refund = self._client.v1.refunds.retrieve(provider_reference)
        except stripe.StripeError as problem:
            return Unknown(f"{type(problem).__name__} {problem.http_status or ''}".strip())
        return found_refund(refund)

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
        terms = self._notices or NoticeTerms(tuple(settings.STRIPE_WEBHOOK_SECRETS), settings.PAYMENTS_LIVE)
        return read_event(body, signature=signature, secrets=terms.secrets, is_live=terms.is_live, now=now)

    def notices_since(self, moment: datetime, *, until: datetime | None = None) -> Iterator[ProviderNotice]:
        created: stripe.params.EventListParamsCreated = {"gte": int(moment.timestamp())}
        if until is not None:
            created["lt"] = int(until.timestamp())
        try:
            events = self._client.v1.events.list({"created": created, "types": list(REPAIRED), "limit": 100})
            for event in events.auto_paging_iter():
                yield notice_of(event.to_dict())
        except stripe.StripeError as problem:
            raise ProviderUnreachableError(str(problem)) from problem

    def _settled(
        self, ask: Callable[[str], stripe.PaymentIntent], provider_reference: str
    ) -> stripe.PaymentIntent | Refused | Unknown:
        """Change an intent; where its state has moved on already, look what it is now.

        An error that is stored under the key would be told for ever: the same is asked under another one then.
        That takes effect once all the same, for an intent is captured or canceled once.
        """
        try:
            try:
                return ask("")
            except stripe.APIError as problem:
                if not _is_stored(problem):
                    raise
                return ask(f":{uuid.uuid4()}")
        except stripe.InvalidRequestError as problem:
            if problem.code != "payment_intent_unexpected_state":
                return Refused(problem.code or "invalid_request", str(problem.user_message))
        except stripe.StripeError as problem:
            return _undecided(problem)
        try:
            return self._client.v1.payment_intents.retrieve(provider_reference)
        except stripe.StripeError as problem:
            return _undecided(problem)

    def _decided(self, intent: Mapping[str, Any]) -> AuthorizeResult:
        """Read the answer to a confirmation; a card that has to be authenticated is looked at once more."""
        if intent["status"] == "requires_action":
            return self.look_up_payment(intent["id"])
        return _payment(intent)

    def _invalid(self, problem: stripe.InvalidRequestError, charge: Charge) -> AuthorizeResult:
        if problem.code in ("amount_too_small", "amount_too_large"):
            return Refused(problem.code, str(problem.user_message))
        reason = self._token_problem(charge)
        if reason is not None:
            return reason
        logger.error("stripe refused a charge", extra={"attempt": charge.attempt_id, "code": problem.code})
        return Refused(problem.code or "invalid_request", "The payment provider refused the request.")

    def _token_problem(self, charge: Charge) -> AuthorizeResult | None:
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
        reason = token.get("deactivated_reason")
        begun = datetime.now(tz=UTC) - KEY_KEPT
        if reason == "consumed" and (ours := self.find_payment(charge.attempt_id, since=begun, is_thorough=False)):
            return ours  # by this very attempt, whose key the provider has forgotten
        if reason:
            return Declined(f"token_{reason}", _TOKEN_PROBLEMS.get(reason, _TOKEN_PROBLEMS["resolved"]))
        if limits.get("currency") != charge.currency:
            return Declined("token_currency", "The payment token is for another currency.")
        if charge.amount_minor > limits.get("max_amount", 0):
            return Declined("token_limit", "The total is above the limit of the payment token.")
        return None


def _three_d_secure(proof: Proof) -> dict[str, Any]:
    """Write a proof as Stripe takes it (docs.stripe.com, "Import 3D Secure results")."""
    return {
        "card": {
            "three_d_secure": {
                "cryptogram": proof.cryptogram,
                "electronic_commerce_indicator": proof.electronic_commerce_indicator,
                "transaction_id": proof.transaction_id,
                "version": proof.version,
            }
        }
    }


def _payment(intent: Mapping[str, Any]) -> AuthorizeResult:
    status = intent["status"]
    if status in ("requires_capture", "succeeded"):
        return Authorized(
            provider_reference=intent["id"],
            amount_minor=intent["amount"],
            currency=intent["currency"],
            is_captured=status == "succeeded",
        )
    if status == "requires_action":
        return _challenge(intent)
    problem = intent.get("last_payment_error") or {}
    if status in ("processing", "requires_confirmation") or (status == "requires_payment_method" and not problem):
        return Unknown(f"the intent is {status}", provider_reference=intent["id"])
    code = problem.get("decline_code") or problem.get("code") or "not_authorized"
    return Declined(code, problem.get("message") or "The payment was not authorized.", intent["id"])


def _challenge(intent: Mapping[str, Any]) -> ActionRequired:
    """Read which page the buyer has to go to, and of what brand the card is."""
    action = intent.get("next_action") or {}
    method = intent.get("payment_method")
    card = (method.get("card") or {}) if isinstance(method, Mapping) else {}
    page = action.get("redirect_to_url") or {}
    return ActionRequired(intent["id"], url=page.get("url") or "", brand=card.get("brand") or "")


def _declined(problem: stripe.CardError) -> Declined:
    error = problem.error
    code = (error.decline_code if error else None) or problem.code or "card_declined"
    intent = error.payment_intent if error else None
    message = str(problem.user_message or "The payment was declined.")
    return Declined(code, message, str(intent.id) if intent else "")


_KEY_PROBLEMS = (stripe.AuthenticationError, stripe.PermissionError)


def _undecided(problem: stripe.StripeError) -> Unknown:
    if isinstance(problem, _KEY_PROBLEMS):  # says nothing of what was asked before, or will be asked with another
        logger.error("stripe refuses the configured key", extra={"code": problem.code})
    elif isinstance(problem, stripe.IdempotencyError):
        logger.error("a Stripe idempotency key met other parameters", extra={"code": problem.code})
    return Unknown(f"{type(problem).__name__} {problem.http_status or ''}".strip(), is_final=_is_stored(problem))


def _is_stored(problem: stripe.StripeError) -> bool:
    """Say whether it is told because it was told before: Stripe keeps a 500 under its key like any answer."""
    headers = problem.headers or {}
    return problem.http_status == 500 and headers.get("Idempotent-Replayed") == "true"
