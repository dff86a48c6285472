"""How Stripe refuses: exceptions that know their status and render Stripe's error body."""

from commerce.payments.sandbox.documents import Document


class Refusal(Exception):
    """A request that is answered with an error body.

    `is_stored`: the answer is kept under the request's idempotency key and replayed.
    `keeps_effects`: what the endpoint wrote before it refused stays (a declined charge is a fact).
    """

    status = 400
    kind = "invalid_request_error"
    is_stored = True
    keeps_effects = False

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, **details: object
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.details = details

    def body(self) -> Document:
        """Render Stripe's error envelope; fields without a value are left out, as Stripe leaves them out."""
        error = {
            **self.details,
            "code": self.code,
            "doc_url": documentation_url(self.code),
            "message": self.message,
            "param": self.param,
            "type": self.kind,
        }
        return {"error": {name: error[name] for name in sorted(error) if error[name] is not None}}


class InvalidRequest(Refusal):
    """The endpoint ran and refused, usually because of the state of an object."""


class InvalidParameter(InvalidRequest):
    """The request is malformed: no endpoint ran, so nothing is kept under the idempotency key."""

    is_stored = False


class NotFound(InvalidRequest):
    """The object or URL named by the path does not exist."""

    status = 404


class Unauthenticated(Refusal):
    """The secret key is missing or not a test key."""

    status = 401
    is_stored = False


class CardError(Refusal):
    """The issuer, the network or Radar said no."""

    status = 402
    kind = "card_error"
    keeps_effects = True


class CardNotSaved(CardError):
    """The issuer declined a card as it was being saved: nothing is saved with it either."""

    keeps_effects = False


class UnknownCard(CardError):
    """A number that is no published test card. Nothing is kept of it, not even a fingerprint."""

    is_stored = False
    keeps_effects = False


class IdempotencyMismatch(Refusal):
    """The key was first used with another request."""

    kind = "idempotency_error"
    is_stored = False


class IdempotencyKeyInUse(Refusal):
    """Another request with this key is being executed at this moment."""

    status = 409
    kind = "idempotency_error"
    is_stored = False


class RateLimited(Refusal):
    """Too many requests at a time."""

    status = 429
    is_stored = False


class InternalError(Refusal):
    """The sandbox itself failed. Stripe replays its 500s too."""

    status = 500
    kind = "api_error"


def documentation_url(code: str | None) -> str | None:
    """Return where Stripe documents an error code."""
    return None if code is None else "https://stripe.com/docs/error-codes/" + code.replace("_", "-")


def unsupported(param: str) -> InvalidParameter:
    """Refuse a parameter that Stripe has and the sandbox does not emulate, rather than ignore it."""
    return InvalidParameter(f"This sandbox does not emulate the parameter {param}.", param=param)
