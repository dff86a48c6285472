"""An agent's side of the wire: plain HTTP with a key, as any other program would do it."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import urllib3

from commerce.payments.event_kinds import WATCHED
from commerce.signatures import sign

API_VERSION = "2026-04-17"
STRIPE_PREVIEW = "2026-04-22.preview"
TIMEOUT = urllib3.Timeout(connect=3, read=30)


class RefusedError(RuntimeError):
    """A server answered something else than was hoped for."""


class Http:
    """One server and what is sent along with every call."""

    def __init__(self, base_url: str, headers: dict[str, str] | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = headers or {}
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT, maxsize=4)

    def get(self, path: str) -> Any:
        return self._call("GET", path, None, {})

    def post(self, path: str, body: bytes, **headers: str) -> Any:
        """Send a body. Names of headers are written with underscores."""
        return self._call("POST", path, body, {name.replace("_", "-"): text for name, text in headers.items()})

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        try:
            answer = self._pool.request(
                method, self.base_url + path, body=body, headers={**self._headers, **headers}, redirect=False
            )
        except urllib3.exceptions.HTTPError as problem:
            raise RefusedError(f"{method} {path}: {type(problem).__name__}") from problem
        if not 200 <= answer.status < 300:
            raise RefusedError(f"{method} {path} answered {answer.status}: {answer.data.decode()[:300]}")
        return json.loads(answer.data)


class Agent:
    """Finds and buys things in one shop."""

    def __init__(self, base_url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}", "API-Version": API_VERSION}
        self._anonymous = Http(base_url)
        self._shop = Http(base_url, headers)

    def discover(self) -> Any:
        return self._anonymous.get("/.well-known/acp.json")

    def search(self, words: str) -> Any:
        return self._shop.get(f"/catalog/search?{urlencode({'q': words})}")

    def read(self, path: str) -> Any:
        return self._shop.get(f"/acp{path}")

    def send(self, path: str, body: dict[str, Any], key: str = "") -> Any:
        """Send a request of the protocol. The same `key` means the same request, whatever became of it."""
        return self._shop.post(
            f"/acp{path}",
            json.dumps(body).encode(),
            Content_Type="application/json",
            Idempotency_Key=key or str(uuid.uuid4()),
        )


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
