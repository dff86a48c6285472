"""One account of the Stripe sandbox: what agents mint, and what the ledger says happened."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import stripe
import urllib3


def secret_key() -> str:
    """Return a key of a new account, as Stripe makes them: others of the same account begin alike."""
    return f"sk_test_51{secrets.token_hex(8)}{secrets.token_hex(8)}"


@dataclass(slots=True)
class StripeAccount:
    """One account of the sandbox: what agents mint, and what the ledger says happened."""

    base: str
    key: str

    @classmethod
    def open(cls, base: str) -> StripeAccount:
        """Return a new account whose clock says what the test's says, and stands still until it is advanced."""
        account = cls(base, secret_key())
        account._set_clock(stop=1)
        account.advance(int(time.time()) - account.now())
        return account

    def mint(
        self,
        amount: int,
        *,
        card: str = "pm_card_visa",
        currency: str = "usd",
        lives_seconds: int | None = None,
    ) -> str:
        """Return a shared payment token that allows one charge up to an amount, for so long by the provider's clock."""
        limits: dict[str, Any] = {"currency": currency, "max_amount": amount}
        if lives_seconds is not None:
            limits["expires_at"] = self.now() + lives_seconds
        token = self._client().raw_request(
            "post",
            "/v1/test_helpers/shared_payment/granted_tokens",
            payment_method=card,
            usage_limits=limits,
            stripe_version="2026-04-22.preview",
        )
        return str(token.data["id"])

    def revoke(self, token: str) -> None:
        path = f"/v1/test_helpers/shared_payment/granted_tokens/{token}/revoke"
        self._client().raw_request("post", path, stripe_version="2026-04-22.preview")

    def now(self) -> int:
        """Return what time it is at the provider, in Unix seconds."""
        return int(urllib3.request("GET", f"{self.base}/_sandbox/clock?key={self.key}").json()["now"])

    def advance(self, seconds: int) -> None:
        """Let time pass at the provider."""
        self._set_clock(advance=seconds)

    def client(self) -> stripe.StripeClient:
        """Return what the merchant may do at the provider."""
        return self._client()

    def ledger(self) -> list[tuple[str, int]]:
        """Return (entry, amount) of everything that ever happened to money, in order."""
        answer = urllib3.request("GET", f"{self.base}/_sandbox/ledger?key={self.key}").json()
        return [(row["entry"], row["amount"]) for row in answer["rows"]]

    def intents(self) -> list[stripe.PaymentIntent]:
        return list(self._client().v1.payment_intents.list({"limit": 100}).auto_paging_iter())

    def decide_challenge(self, result: str) -> str:
        """Pass ("complete") or fail ("fail") on the issuer's page; return where the buyer is led back to."""
        (intent,) = self.intents()
        page: Any = intent.to_dict()["next_action"]["redirect_to_url"]["url"]
        answer = urllib3.request("POST", page, body=f"result={result}", redirect=False, retries=False)
        assert answer.status == 303
        return str(answer.headers["Location"])

    def _set_clock(self, **change: int) -> None:
        body = urlencode({"key": self.key, **change})
        answer = urllib3.request("POST", f"{self.base}/_sandbox/clock", body=body)
        assert answer.status == 200, answer.data

    def _client(self) -> stripe.StripeClient:
        return stripe.StripeClient(self.key, base_addresses={"api": self.base})
