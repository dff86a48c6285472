"""Customers: whom payment methods are saved for."""

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document, Params, blank_address, blank_shipping, merge
from commerce.payments.sandbox.errors import NotFound, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id, random_text
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata
from commerce.payments.sandbox.payment_methods import attach_to, referenced

TEXTS = ("description", "email", "name", "phone")
PARAMS = frozenset((*TEXTS, "address", "expand", "invoice_settings", "metadata", "preferred_locales", "shipping"))
CUSTOMER_SHIPPING = {
    name: value for name, value in blank_shipping().items() if name in ("address", "name", "phone")
}


def create(account: Account, params: Params) -> Document:
    """Create a customer, with a payment method if one is given."""
    for name in sorted(params.keys() - PARAMS - {"payment_method"}):
        raise unsupported(name)
    customer = _new_customer(account)
    _apply(account, customer, params)
    account.insert(customer)
    emit(account, "customer.created", customer)
    if "payment_method" in params:
        attach_to(account, referenced(account, params["payment_method"]), customer["id"])
    return customer


def _new_customer(account: Account) -> Document:
    return {
        "id": new_id("cus_", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": account.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": random_text(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def _apply(account: Account, customer: Document, params: Params) -> None:
    for name in TEXTS:
        if name in params:
            customer[name] = params[name] or None
    for name, blank in (("address", blank_address()), ("shipping", CUSTOMER_SHIPPING)):
        if name in params:
            customer[name] = merge(customer[name], params[name], blank) if params[name] else None
    customer["preferred_locales"] = params.get("preferred_locales", customer["preferred_locales"])
    customer["metadata"] = merge_metadata(customer["metadata"], params.get("metadata"))
    if "invoice_settings" in params:
        customer["invoice_settings"]["default_payment_method"] = _default_method(
            account, params["invoice_settings"]
        )


def _default_method(account: Account, settings: Params) -> str | None:
    for name in sorted(settings.keys() - {"default_payment_method"}):
        raise unsupported(f"invoice_settings[{name}]")
    method_id = settings.get("default_payment_method")
    if not method_id:
        return None
    return str(referenced(account, method_id, "invoice_settings[default_payment_method]")["id"])


def retrieve(account: Account, customer_id: str) -> Document:
    """Return one customer, or what is left of a deleted one."""
    return account.retrieve("customer", customer_id)


def living(account: Account, customer_id: str) -> Document:
    """Return a customer that a path names and that is not deleted, or answer 404."""
    customer = account.retrieve("customer", customer_id)
    if customer.get("deleted"):
        raise NotFound(f"No such customer: '{customer_id}'", code="resource_missing", param="id")
    return customer


def list_customers(account: Account, params: Params) -> Document:
    """Return customers, newest first."""
    return list_objects(account, "customer", params, url="/v1/customers")


def update(account: Account, customer_id: str, params: Params) -> Document:
    """Change a customer."""
    for name in sorted(params.keys() - PARAMS):
        raise unsupported(name)
    customer = living(account, customer_id)
    before = {name: customer[name] for name in params if name in customer}
    before["invoice_settings"] = dict(customer["invoice_settings"])
    _apply(account, customer, params)
    account.save(customer)
    previous = {name: value for name, value in before.items() if value != customer[name]}
    emit(account, "customer.updated", customer, previous=previous)
    return customer


def delete(account: Account, customer_id: str) -> Document:
    """Delete a customer; its payments stay."""
    customer = living(account, customer_id)
    emit(account, "customer.deleted", customer)
    return account.save({"id": customer_id, "object": "customer", "deleted": True})
