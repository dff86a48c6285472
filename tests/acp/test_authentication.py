"""Who may call, and whose sessions they see (AUTH-*)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone

from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.accounts.services import (
    issue_key,
    pause_agent,
    pause_shop,
    require_signature,
    resume_agent,
    resume_shop,
    revoke_key,
)
from commerce.checkout.models import CheckoutSession
from tests.api import AcpClient, Answer
from tests.factories import AgentFactory, VariantFactory


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer ack_wrong_key", "bearer  "]
)
def test_refuses_who_shows_no_valid_key(acp: AcpClient, authorization: str | None) -> None:
    answer = acp.get("/checkout_sessions/cs_x", headers={"Authorization": authorization})

    assert (answer.status, answer.body["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_at_once(agent: Agent) -> None:
    key, token = issue_key(agent)
    client = AcpClient(token)

    before = client.get("/checkout_sessions/cs_x")
    revoke_key(key, now=timezone.now())
    after = client.get("/checkout_sessions/cs_x")

    assert (before.status, after.status) == (404, 401)


def test_an_expired_key_is_refused(agent: Agent) -> None:
    _, token = issue_key(agent, expires_at=timezone.now() - timedelta(seconds=1))

    assert AcpClient(token).get("/checkout_sessions/cs_x").status == 401


def test_a_paused_shop_says_that_it_sells_nothing(agent: Agent, acp: AcpClient) -> None:
    headers = {"Authorization": f"Bearer {acp.token}"}
    pause_shop(agent.merchant)
    paused = acp.get("/checkout_sessions/cs_x")
    search = acp.http.get("/catalog/search?q=tote", headers=headers)
    resume_shop(agent.merchant)

    assert (paused.status, search.status_code) == (403, 403)
    assert (
        paused.body
        == search.json()
        == {
            "type": "invalid_request",
            "code": "shop_paused",
            "message": "The shop has stopped selling for now; orders that were placed are not touched.",
        }
    )
    assert acp.get("/checkout_sessions/cs_x").status == 404
    assert acp.http.get("/catalog/search?q=tote", headers=headers).status_code == 200


def test_a_paused_agent_is_told_so_and_changes_nothing(agent: Agent, acp: AcpClient, merchant: Merchant) -> None:
    session = acp.create(VariantFactory.create(merchant=merchant).pk)
    path, body = f"/checkout_sessions/{session.body['id']}", {"buyer": {"email": "ada@example.com"}}
    pause_agent(agent)
    update = acp.post(path, body, key="one")
    colleague = AcpClient(issue_key(AgentFactory.create(merchant=merchant))[1]).get("/checkout_sessions/cs_x")
    resume_agent(agent)
    unchanged, again = acp.get(path), acp.post(path, body, key="one")

    assert update.status == 403
    assert update.body == {
        "type": "invalid_request",
        "code": "agent_paused",
        "message": "The shop has paused this agent; orders that were placed are not touched.",
    }
    assert (colleague.status, again.status, unchanged.raw) == (404, 200, session.raw)


def test_only_a_good_key_hears_of_a_pause(agent: Agent) -> None:
    key, token = issue_key(agent)
    revoke_key(key, now=timezone.now())
    pause_agent(agent)
    pause_shop(agent.merchant)

    assert AcpClient(token).get("/checkout_sessions/cs_x").body["code"] == "unauthorized"


def test_a_key_without_the_scope_is_forbidden(agent: Agent) -> None:
    _, token = issue_key(agent, scopes=("carts",))
    client = AcpClient(token)

    assert client.get("/checkout_sessions/cs_x").status == 403
    assert client.get("/carts/cart_x").status == 404


def test_only_a_hash_of_the_key_is_kept(agent: Agent) -> None:
    key, token = issue_key(agent)

    row = str(AgentKey.objects.filter(pk=key.pk).values().get())

    assert token.rsplit("_", 1)[1] not in row
    assert hashlib.sha256(token.encode()).hexdigest() in row


Call = Callable[[AcpClient, str], Answer]

CALLS: dict[str, Call] = {
    "read": lambda client, session_id: client.read(session_id),
    "update": lambda client, session_id: client.update(session_id, order_notes="mine"),
    "complete": lambda client, session_id: client.complete(session_id, "spt_x"),
    "cancel": lambda client, session_id: client.cancel(session_id),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("other", ["another merchant's agent", "another agent of the merchant"])
def test_nobody_else_sees_a_session(acp: AcpClient, merchant: Merchant, other: str, call: Call) -> None:
    session = acp.create(VariantFactory.create(merchant=merchant).pk)
    is_same_merchant = other == "another agent of the merchant"
    _, token = issue_key(AgentFactory.create(merchant=merchant) if is_same_merchant else AgentFactory.create())

    answer = call(AcpClient(token), session.body["id"])

    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert acp.read(session.body["id"]).raw == session.raw


def test_another_key_of_the_agent_sees_the_session(acp: AcpClient, agent: Agent, merchant: Merchant) -> None:
    session = acp.create(VariantFactory.create(merchant=merchant).pk)
    _, token = issue_key(agent)

    assert AcpClient(token).read(session.body["id"]).status == 200


def test_another_merchants_items_do_not_exist(acp: AcpClient, stranger: AcpClient) -> None:
    foreign = VariantFactory.create()

    answer = acp.create(foreign.pk)

    assert (answer.status, answer.body["code"], answer.body["param"]) == (
        400,
        "invalid_item_id",
        "$.line_items[0].id",
    )


def test_ids_cannot_be_guessed(acp: AcpClient, merchant: Merchant) -> None:
    tote = VariantFactory.create(merchant=merchant)

    ids = [acp.create(tote.pk).body["id"] for _ in range(5)]

    tails = [one.removeprefix("cs_") for one in ids]
    assert len(set(ids)) == 5
    assert all(len(tail) >= 16 for tail in tails)
    assert len({tail[:4] for tail in tails}) == 5


# --- signed requests -------------------------------------------------------------------------------------

BODY = b'{"capabilities":{},"currency":"usd","line_items":[{"id":"%s"}]}'


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _hmac_key() -> tuple[str, Callable[[bytes], bytes]]:
    return "shared-secret", lambda content: hmac.new(b"shared-secret", content, hashlib.sha256).digest()


def _ed25519_key() -> tuple[str, Callable[[bytes], bytes]]:
    private = ed25519.Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode(), private.sign


def _es256_key() -> tuple[str, Callable[[bytes], bytes]]:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(content: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(content, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return public.decode(), sign


@pytest.mark.parametrize(
    ("algorithm", "make"), [("hmac-sha256", _hmac_key), ("ed25519", _ed25519_key), ("es256", _es256_key)]
)
def test_a_key_that_asks_for_signatures_gets_them(
    agent: Agent, merchant: Merchant, algorithm: str, make: Callable[[], tuple[str, Callable[[bytes], bytes]]]
) -> None:
    material, sign = make()
    key, token = issue_key(agent)
    require_signature(key, algorithm=algorithm, secret_or_public_key=material)
    client = AcpClient(token)
    raw = BODY % VariantFactory.create(merchant=merchant).pk.encode()
    stamp = timezone.now().isoformat()
    signature = _base64url(sign(raw + b"." + stamp.encode()))

    def post(**headers: str) -> int:
        return client.post("/checkout_sessions", raw=raw, headers=dict(headers)).status

    assert post(Signature=signature, Timestamp=stamp) == 201
    assert post(Signature=signature) == 401
    assert post(Timestamp=stamp) == 401
    assert post(Signature=_base64url(sign(b"other." + stamp.encode())), Timestamp=stamp) == 401
    assert CheckoutSession.objects.count() == 1


def test_an_old_signature_is_refused(agent: Agent, merchant: Merchant) -> None:
    key, token = issue_key(agent)
    require_signature(key, algorithm="hmac-sha256", secret_or_public_key="shared-secret")
    raw = BODY % VariantFactory.create(merchant=merchant).pk.encode()
    stamp = (timezone.now() - timedelta(minutes=6)).isoformat()
    signature = hmac.new(b"shared-secret", raw + b"." + stamp.encode(), hashlib.sha256).digest()

    answer = AcpClient(token).post(
        "/checkout_sessions", raw=raw, headers={"Signature": _base64url(signature), "Timestamp": stamp}
    )

    assert answer.status == 401


def test_the_signature_of_a_reading_changes_nothing(agent: Agent, merchant: Merchant) -> None:
    key, token = issue_key(agent)
    client = AcpClient(token)
    path = f"/checkout_sessions/{client.create(VariantFactory.create(merchant=merchant).pk).body['id']}"
    require_signature(key, algorithm="hmac-sha256", secret_or_public_key="shared-secret")
    stamp = timezone.now().isoformat()

    def signed(body: bytes) -> dict[str, str]:
        signature = hmac.new(b"shared-secret", body + b"." + stamp.encode(), hashlib.sha256).digest()
        return {"Signature": _base64url(signature), "Timestamp": stamp}

    assert client.get(path, headers=signed(b"")).status == 200
    refused = client.post(f"{path}/cancel", raw=b"", headers=signed(b""))
    assert (refused.status, refused.body["message"].rpartition(": ")[2]) == (
        401,
        "send {} where there is nothing to say.",
    )
    assert client.post(f"{path}/cancel", raw=b"{}", headers=signed(b"")).status == 401
    assert client.post(f"{path}/cancel", raw=b"{}", headers=signed(b"{}")).status == 200


def test_a_signature_covers_the_meaning_of_the_body(agent: Agent, merchant: Merchant) -> None:
    key, token = issue_key(agent)
    require_signature(key, algorithm="hmac-sha256", secret_or_public_key="shared-secret")
    canonical = BODY % VariantFactory.create(merchant=merchant).pk.encode()
    spaced = canonical.replace(b":", b": ").replace(b",", b",\n ")
    stamp = timezone.now().isoformat()
    signature = hmac.new(b"shared-secret", canonical + b"." + stamp.encode(), hashlib.sha256).digest()

    answer = AcpClient(token).post(
        "/checkout_sessions", raw=spaced, headers={"Signature": _base64url(signature), "Timestamp": stamp}
    )

    assert answer.status == 201
