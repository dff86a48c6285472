"""Stripe accounts themselves: whose a key is, who is told what happens there, and tokens for test cards.

Source: docs.stripe.com, "Retrieve account", "Create a webhook endpoint", "Shared Payment Tokens: testing".
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, cast

import stripe

from commerce.payments.event_kinds import WATCHED
from commerce.payments.gateway import (
    GrantedToken,
    GrantResult,
    IdentifyResult,
    Identity,
    NoticeTerms,
    Refused,
    Unknown,
    Watch,
    WatchResult,
)

logger = logging.getLogger(__name__)

TEST_CARD = "pm_card_visa"


class StripeAccount:
    """One account at Stripe, opened by the client's key. Without `notices` the settings say what may be told."""

    def __init__(
        self, client: stripe.StripeClient, *, spt_version: str, notices: NoticeTerms | None = None
    ) -> None:
        self._client = client
        self._spt_version = spt_version
        self._notices = notices

    def identify(self) -> IdentifyResult:
        try:
            account = self._client.v1.accounts.retrieve_current().to_dict()
        except stripe.StripeError as problem:
            return _refused(problem)
        profile, shown = account.get("business_profile") or {}, account.get("settings") or {}
        name = (shown.get("dashboard") or {}).get("display_name") or profile.get("name") or ""
        return Identity(str(account["id"]), str(name)[:150], can_be_charged=bool(account.get("charges_enabled")))

    def watch(self, url: str) -> WatchResult:
        """Register an endpoint in place of earlier ones there: Stripe shows a secret only when it makes it."""
        endpoints = self._client.v1.webhook_endpoints
        try:
            for known in endpoints.list({"limit": 100}).auto_paging_iter():
                if known.url == url:
                    endpoints.delete(known.id)
            wanted: Any = {"url": url, "enabled_events": list(WATCHED), "description": "Agentic commerce"}
            made = endpoints.create(wanted)
        except stripe.StripeError as problem:
            return _refused(problem)
        return Watch(made.id, str(made.secret))

    def unwatch(self, watch_reference: str) -> None:
        """Remove an endpoint. One that stays is refused when it calls, so a failure is only noted."""
        try:
            self._client.v1.webhook_endpoints.delete(watch_reference)
        except stripe.StripeError as problem:
            logger.info("an endpoint at stripe stays: %s", type(problem).__name__)

    def grant_test_token(
        self,
        *,
        amount_minor: int,
        currency: str,
        method: str = "",
        expires_at: datetime | None = None,
        key: str = "",
    ) -> GrantResult:
        limits: dict[str, Any] = {"currency": currency, "max_amount": amount_minor}
        if expires_at is not None:
            limits["expires_at"] = int(expires_at.timestamp())
        try:
            granted = self._client.raw_request(
                "post",
                "/v1/test_helpers/shared_payment/granted_tokens",
                payment_method=method or TEST_CARD,
                usage_limits=limits,
                stripe_version=self._spt_version,
                **({"idempotency_key": f"{key}:grant"} if key else {}),
            )
        except stripe.StripeError as problem:
            return _refused(problem)
        return GrantedToken(str(cast(Any, granted).data["id"]))


def _refused(problem: stripe.StripeError) -> Refused | Unknown:
    status = problem.http_status or 0
    if status == 429 or status >= 500 or isinstance(problem, stripe.APIConnectionError):
        return Unknown(f"{type(problem).__name__} {problem.http_status or ''}".strip())
    code = problem.code or ("invalid_key" if status == 401 else "refused")
    return Refused(code, str(problem.user_message or "Stripe refused the request."))
