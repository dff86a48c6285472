"""The base of every anticipated failure. Protocols map these to their own codes and statuses."""

from __future__ import annotations


class CommerceError(Exception):
    """A failure the caller can understand and act on.

    `code` is a stable word of ours, the message is for people, `target` the way to what is meant in the
    domain's own terms, such as ("lines", 0, "quantity"); each protocol writes it in its own.
    """

    code = "invalid"

    def __init__(self, message: str, *, target: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.target = target


class NotFoundError(CommerceError):
    """What was named does not exist, or belongs to somebody else: the two are never told apart."""

    code = "not_found"


class BusyError(CommerceError):
    """Somebody else is at work on the same thing; the same call succeeds after a moment."""

    code = "busy"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(CommerceError):
    """A part we depend on did not answer; nothing is decided yet and the call may be repeated."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after: int = 2) -> None:
        super().__init__(message)
        self.retry_after = retry_after
