"""Webhook endpoints: where an account wants to be told of events. Only addresses of this machine are told."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.errors import InvalidParameter, unsupported
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata

URL = "/v1/webhook_endpoints"
PARAMS = frozenset(("description", "enabled_events", "expand", "metadata", "url"))


def create(account: Account, params: Params) -> Document:
    """Register an endpoint; its signing secret is shown in this answer only."""
    for name in sorted(params.keys() - PARAMS - {"api_version"}):
        raise unsupported(name)
    secret = new_id("whsec_", 32)
    endpoint = account.insert(
        {
            "id": new_id("we_1"),
            "object": "webhook_endpoint",
            "api_version": params.get("api_version"),
            "application": None,
            "created": account.now,
            "description": params.get("description") or None,
            "enabled_events": params["enabled_events"],
            "livemode": False,
            "metadata": merge_metadata({}, params.get("metadata")),
            "status": "enabled",
            "url": check_loopback(params["url"]),
            "_secret": secret,
        }
    )
    return {**endpoint, "secret": secret}


def retrieve(account: Account, endpoint_id: str) -> Document:
    """Return one endpoint."""
    return account.retrieve("webhook_endpoint", endpoint_id)


def list_endpoints(account: Account, params: Params) -> Document:
    """Return endpoints, newest first."""
    return list_objects(account, "webhook_endpoint", params, url=URL)


def update(account: Account, endpoint_id: str, params: Params) -> Document:
    """Change what an endpoint is told and where, or switch it off."""
    for name in sorted(params.keys() - PARAMS - {"disabled"}):
        raise unsupported(name)
    endpoint = account.retrieve("webhook_endpoint", endpoint_id)
    if "url" in params:
        endpoint["url"] = check_loopback(params["url"])
    if "description" in params:
        endpoint["description"] = params["description"] or None
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint["enabled_events"] = params.get("enabled_events", endpoint["enabled_events"])
    endpoint["metadata"] = merge_metadata(endpoint["metadata"], params.get("metadata"))
    return account.save(endpoint)


def delete(account: Account, endpoint_id: str) -> Document:
    """Remove an endpoint; what it has not been told yet it never will be."""
    account.retrieve("webhook_endpoint", endpoint_id)
    account.connection.execute("DELETE FROM deliveries WHERE endpoint = ?", (endpoint_id,))
    account.connection.execute("DELETE FROM objects WHERE id = ?", (endpoint_id,))
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def check_loopback(url: str) -> str:
    """Return a URL that leads to this machine, or refuse it: test events go nowhere else."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and is_loopback(parts.hostname or "") and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise InvalidParameter(
            "Invalid URL: this sandbox delivers events to this machine only, at http(s)://127.0.0.1, [::1] "
            "or localhost.",
            code="url_invalid",
            param="url",
        )
    return url


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
