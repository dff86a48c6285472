"""What the OpenAPI document says of each operation: the very shapes that are checked and sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from agents.acp.v2026_04_17 import VERSION, bodies, schemas
from agents.openapi import body_of

View = TypeVar("View", bound=Callable[..., Any])

_SESSION = body_of(bodies.CheckoutSession)
_CART = body_of(bodies.Cart)
_ERROR = body_of(bodies.Error)

_VERSION = OpenApiParameter(
    "API-Version", str, OpenApiParameter.HEADER, required=True, enum=[VERSION], description="The dialect spoken."
)
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Opaque, up to 255 characters. The same key with the same body gets the same answer.",
)
_OPTIONAL_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)
REQUEST_ID = OpenApiParameter("Request-Id", str, OpenApiParameter.HEADER, description="Echoed.")

_MEANINGS = {
    400: "The request cannot be understood; `param` names the place.",
    401: "No valid key.",
    403: "The key does not have the scope, or the shop has stopped selling or paused the agent.",
    404: "There is no such thing that this agent may know of.",
    405: "The thing is over and can only be read.",
    409: "Somebody is at work on it; repeat after `Retry-After` seconds.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The key was used before with another body.",
    429: "Too many calls; repeat after `Retry-After` seconds.",
    503: "Not decided yet, or overloaded; repeat after `Retry-After` seconds.",
}
READ_ERRORS = (400, 401, 403, 404, 429, 503)
WRITE_ERRORS = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503)


class BearerSchema(AutoSchema):
    """Says of every operation that it needs an agent key."""

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{"agentKey": []}]


def responses(
    body: Any, *, status: int = 200, meaning: str = "The whole state.", errors: tuple[int, ...] = READ_ERRORS
) -> dict[int, OpenApiResponse]:
    """Return what an operation may answer: its success, and each refusal with what it means."""
    return {
        status: OpenApiResponse(body, description=meaning),
        **{code: OpenApiResponse(_ERROR, description=_MEANINGS[code]) for code in errors},
    }


def _operation(
    name: str,
    tag: str,
    body: Any,
    *,
    request: Any = None,
    status: int = 200,
    key: OpenApiParameter | None = KEY,
) -> Callable[[View], View]:
    parameters = [_VERSION, REQUEST_ID, *([key] if key else [])]
    errors = WRITE_ERRORS if key else READ_ERRORS
    return extend_schema(
        operation_id=name,
        tags=[tag],
        parameters=parameters,
        request=request if request is not None else OpenApiTypes.NONE,
        responses=responses(body, status=status, errors=errors),
    )


create_session = _operation(
    "create_checkout_session",
    "checkout sessions",
    _SESSION,
    request=schemas.CheckoutSessionCreateRequest,
    status=201,
)
get_session = _operation("get_checkout_session", "checkout sessions", _SESSION, key=None)
update_session = _operation(
    "update_checkout_session", "checkout sessions", _SESSION, request=schemas.CheckoutSessionUpdateRequest
)
complete_session = _operation(
    "complete_checkout_session", "checkout sessions", _SESSION, request=schemas.CheckoutSessionCompleteRequest
)
cancel_session = _operation(
    "cancel_checkout_session", "checkout sessions", _SESSION, request=schemas.CancelSessionRequest
)
create_cart = _operation("create_cart", "carts", _CART, request=schemas.CartCreateRequest, status=201)
get_cart = _operation("get_cart", "carts", _CART, key=None)
replace_cart = _operation("replace_cart", "carts", _CART, request=schemas.CartUpdateRequest, key=_OPTIONAL_KEY)
cancel_cart = _operation("cancel_cart", "carts", _CART)
