"""What Stripe's books have: payments and refunds, listed by when they were made.

Lists are read, not the search: "search is not read-after-write consistent" (docs.stripe.com, "Search"). It only
spares reading on where it has found what is looked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

import stripe

from commerce.payments.gateway import FoundPayment, FoundRefund, ProviderUnreachableError, Refunded
from commerce.payments.stripe_accounts import StripeAccount

PAGE = 100


class StripeRecords(StripeAccount):
    """One account's payments and refunds."""

    def payments_since(self, moment: datetime, *, until: datetime | None = None) -> Iterator[FoundPayment]:
        with _reachable():
            for intent in self._intents(moment, until):
                yield _found_payment(intent)

    def refunds_since(self, moment: datetime, *, until: datetime | None = None) -> Iterator[FoundRefund]:
        with _reachable():
            refunds = self._client.v1.refunds.list({"created": cast(Any, _created(moment, until)), "limit": PAGE})
            for refund in refunds.auto_paging_iter():
                yield found_refund(refund)

    def payment_record(self, provider_reference: str) -> FoundPayment | None:
        with _reachable():
            try:
                response = self._client.raw_request(
                    "get",
                    f"/v1/payment_intents/{quote(provider_reference, safe='')}",
                    stripe_version=self._spt_version,
                )
            except stripe.InvalidRequestError as problem:
                if problem.code != "resource_missing":
                    raise
                return None
            return _found_payment(cast(Any, response).data)

    def refunds_of(self, provider_reference: str) -> Sequence[FoundRefund]:
        with _reachable():
            refunds = self._client.v1.refunds.list({"payment_intent": provider_reference, "limit": PAGE})
            return [found_refund(refund) for refund in refunds.auto_paging_iter()]

    def _intent_of(
        self, attempt_id: str, since: datetime, until: datetime | None, *, is_thorough: bool
    ) -> Mapping[str, Any] | None:
        """Return an attempt's payment among those made within a time. Raises stripe.StripeError."""
        intents = self._intents(since, until)
        if not is_thorough:
            intents = itertools.chain(itertools.islice(intents, PAGE), self._searched(attempt_id))
        return next((intent for intent in intents if _told(intent, "payment_attempt") == attempt_id), None)

    def _searched(self, attempt_id: str) -> Iterator[Mapping[str, Any]]:
        response = self._client.raw_request(
            "get",
            "/v1/payment_intents/search",
            query=f"metadata['payment_attempt']:'{attempt_id}'",
            stripe_version=self._spt_version,
        )
        yield from cast(Any, response).data["data"]

    def _intents(self, moment: datetime, until: datetime | None = None) -> Iterator[Mapping[str, Any]]:
        """Return the payment intents made since, the newest first: asked raw, for there may be very many."""
        further: dict[str, str] = {}
        while True:
            response = self._client.raw_request(
                "get",
                "/v1/payment_intents",
                created=_created(moment, until),
                limit=PAGE,
                stripe_version=self._spt_version,
                **further,
            )
            page: dict[str, Any] = cast(Any, response).data
            yield from page["data"]
            if not page["has_more"]:
                return
            further = {"starting_after": page["data"][-1]["id"]}


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as problem:
        raise ProviderUnreachableError(str(problem)) from problem


def _created(moment: datetime, until: datetime | None) -> dict[str, int]:
    before = {"lt": int(until.timestamp())} if until else {}
    return {"gte": int(moment.timestamp()), **before}


def _told(intent: Mapping[str, Any], name: str) -> str:
    return str((intent.get("metadata") or {}).get(name, ""))


def _found_payment(intent: Mapping[str, Any]) -> FoundPayment:
    return FoundPayment(
        provider_reference=intent["id"],
        attempt_id=_told(intent, "payment_attempt"),
        merchant_id=_told(intent, "merchant"),
        status=str(intent["status"]),
        amount_minor=intent["amount"],
        currency=intent["currency"],
        held_minor=intent.get("amount_capturable") or 0,
        captured_minor=intent.get("amount_received") or 0,
        created_at=datetime.fromtimestamp(intent["created"], tz=UTC),
    )


def found_refund(refund: stripe.Refund) -> FoundRefund:
    """Read a refund with what was written into it."""
    return FoundRefund(
        refund=refunded(refund),
        refund_id=str(getattr(refund.metadata, "refund", "")) if refund.metadata else "",
        payment_reference=str(refund.payment_intent or ""),
        created_at=datetime.fromtimestamp(refund.created, tz=UTC),
    )


_REFUND_STATUSES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def refunded(refund: stripe.Refund) -> Refunded:
    """Read what became of a refund. A canceled one gave nothing back; what else there may be is under way."""
    status = _REFUND_STATUSES.get(str(refund.status), "pending")
    return Refunded(refund.id, status, refund.amount, getattr(refund, "failure_reason", None) or "")
