"""Signed requests, for keys that ask for them: `Signature` and `Timestamp` headers.

What is signed is the canonical JSON body (RFC 8785), a full stop and the value of the `Timestamp` header;
for what is read, without a body, only the full stop and the time. What changes something has a body, if only `{}`:
else the signature of any reading would do for it. `Signature` is base64url without padding. Algorithms:
`hmac-sha256`, `ed25519`, `es256` (raw r‖s, as in JWS). The protocol leaves all this to be agreed.

Neither method nor path are signed, as the protocol has it: see the README for what that means.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

import orjson
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from commerce import sealing
from commerce.accounts.services import Caller

TOLERANCE_SECONDS = 300


def check_request_signature(request: HttpRequest, caller: Caller, *, now: datetime) -> None:
    """Raise AuthenticationFailed unless the request is signed with the caller's key, just now."""
    stamp = request.headers.get("Timestamp", "")
    try:
        signed_at = datetime.fromisoformat(stamp)
    except ValueError as problem:
        raise AuthenticationFailed("This key requires a Timestamp header (RFC 3339).") from problem
    if signed_at.tzinfo is None or abs((now - signed_at).total_seconds()) > TOLERANCE_SECONDS:
        raise AuthenticationFailed("The Timestamp is too far away.")
    if request.method not in ("GET", "HEAD") and not request.body.strip():
        raise AuthenticationFailed("This key signs what it sends: send {} where there is nothing to say.")
    signature = _decoded(request.headers.get("Signature", ""))
    content = _canonical(request.body) + b"." + stamp.encode()
    key = sealing.unseal(caller.sealed_signature_key or b"")
    try:
        _VERIFIERS[caller.signature_algorithm](key, signature, content)
    except (InvalidSignature, ValueError) as problem:
        raise AuthenticationFailed("The Signature does not match the request.") from problem


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as problem:
        raise AuthenticationFailed("This key requires a Signature header (base64url).") from problem


def _canonical(body: bytes) -> bytes:
    if not body.strip():
        return b""
    try:
        return rfc8785.dumps(orjson.loads(body))
    except (orjson.JSONDecodeError, rfc8785.CanonicalizationError):
        return body


def _verify_hmac(key: str, signature: bytes, content: bytes) -> None:
    if not hmac.compare_digest(signature, hmac.new(key.encode(), content, hashlib.sha256).digest()):
        raise InvalidSignature


def _verify_ed25519(key: str, signature: bytes, content: bytes) -> None:
    public_key = load_pem_public_key(key.encode())
    if not isinstance(public_key, ed25519.Ed25519PublicKey):
        raise InvalidSignature
    public_key.verify(signature, content)


def _verify_es256(key: str, signature: bytes, content: bytes) -> None:
    public_key = load_pem_public_key(key.encode())
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or len(signature) != 64:
        raise InvalidSignature
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    public_key.verify(encode_dss_signature(r, s), content, ec.ECDSA(hashes.SHA256()))


_VERIFIERS: dict[str, Callable[[str, bytes, bytes], None]] = {
    "hmac-sha256": _verify_hmac,
    "ed25519": _verify_ed25519,
    "es256": _verify_es256,
}
