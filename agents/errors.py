"""What is wrong with a request, before the domain hears of it. Protocols write it in their own shape."""

from __future__ import annotations

from collections.abc import Mapping


class RequestError(Exception):
    """A request that is answered with an HTTP status, a stable code and a sentence.

    `param` is a JSONPath (RFC 9535) into the request's body. `is_kept` says whether the answer belongs to
    the idempotency key: what is refused before the work begins does not.
    """

    supported_versions: list[str] | None = None

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        is_kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.headers = dict(headers or {})
        self.is_kept = is_kept
