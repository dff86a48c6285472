"""What the demo calls besides the shop's protocol: the payment provider as agent and merchant, and a carrier."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from agents.client import Http
from commerce.payments.event_kinds import WATCHED
from commerce.signatures import sign

STRIPE_PREVIEW = "2026-04-22.preview"


class Stripe:
    """Stripe's test mode, or the sandbox in its place, as agent and merchant may call it."""

    def __init__(self, api_base: str, secret_key: str) -> None:
        authorization = {"Authorization": f"Bearer {secret_key}"}
        self._api = Http(api_base, {**authorization, "Stripe-Version": STRIPE_PREVIEW})
        self._pages = Http(api_base)
        self._secret_key = secret_key

    def check(self) -> None:
        """Raise RefusedError where the key is not accepted."""
        self._api.get("/v1/payment_intents?limit=1")

    def grant_token(self, amount_minor: int, currency: str) -> str:
        """Mint the token an agent's payment provider would grant: one payment, up to an amount."""
        form = {
            "payment_method": "pm_card_visa",
            "usage_limits[currency]": currency,
            "usage_limits[max_amount]": amount_minor,
        }
        granted = self._api.post("/v1/test_helpers/shared_payment/granted_tokens", urlencode(form).encode())
        return str(granted["id"])

    def send_events_to(self, url: str) -> str:
        """Have what happens to payments told to a URL, and nowhere else. Returns the signing secret."""
        for endpoint in self._api.get("/v1/webhook_endpoints?limit=100")["data"]:
            self._api.post(f"/v1/webhook_endpoints/{endpoint['id']}", urlencode({"disabled": "true"}).encode())
        wanted = [("url", url), *(("enabled_events[]", kind) for kind in WATCHED)]
        return str(self._api.post("/v1/webhook_endpoints", urlencode(wanted).encode())["secret"])

    def payments_of(self, session_id: str) -> list[dict[str, Any]]:
        """Return the newest payment intents that name a checkout session."""
        newest = self._api.get("/v1/payment_intents?limit=50")["data"]
        return [one for one in newest if one["metadata"].get("checkout_session") == session_id]

    def payments(self) -> Iterator[dict[str, Any]]:
        """Return every payment intent there is, the newest first."""
        path = "/v1/payment_intents?limit=100"
        page = self._api.get(path)
        yield from page["data"]
        while page["has_more"]:
            page = self._api.get(f"{path}&starting_after={page['data'][-1]['id']}")
            yield from page["data"]

    def ledger(self) -> dict[str, Any]:
        """Return what the sandbox has authorized and captured, by payment intent."""
        told = self._pages.get(f"/_sandbox/ledger?{urlencode({'key': self._secret_key})}")
        return dict(told["payment_intents"])


class Carrier:
    """Tells a shop what became of a parcel, signed with the secret the shop gave out."""

    def __init__(self, base_url: str, merchant: str, secret: str) -> None:
        self._shop = Http(base_url)
        self._path = f"/fulfillment/webhooks/{merchant}"
        self._secret = secret

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        message = {"id": str(uuid.uuid4()), "type": kind, "occurred_at": moment, "data": data}
        body = json.dumps(message).encode()
        signature = sign(body, secret=self._secret, timestamp=int(time.time()))
        self._shop.post(self._path, body, Content_Type="application/json", Fulfillment_Signature=signature)
