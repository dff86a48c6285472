"""An event on its way to a webhook endpoint."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint, as it will be sent. Of a copy nothing is noted."""

    event_id: str
    endpoint_id: str
    attempts: int
    account: str
    event_type: str
    url: str
    secret: str
    body: bytes
    is_copy: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Name the delivery."""
        return self.event_id, self.endpoint_id
