"""Show documents as answers: without private keys, and with `expand[]` followed."""

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document, public
from commerce.payments.sandbox.errors import InvalidParameter
from commerce.payments.sandbox.listing import list_objects

KIND_BY_PREFIX = {
    "ch": "charge",
    "cus": "customer",
    "du": "dispute",
    "mandate": "mandate",
    "pi": "payment_intent",
    "pm": "payment_method",
    "re": "refund",
    "seti": "setup_intent",
    "txn": "balance_transaction",
}
MAX_LEVELS = 4


def present(account: Account, document: Document, paths: list[str]) -> Document:
    """Return what is sent for a document or a page of documents."""
    shown = public(document)
    is_page = isinstance(shown.get("data"), list)
    if is_page:
        shown["data"] = [public(item) for item in shown["data"]]
    for path in paths:
        steps = path.split(".")
        if len(steps) - is_page > MAX_LEVELS:
            raise InvalidParameter(
                f"You cannot expand more than {MAX_LEVELS} levels of a property.", param="expand"
            )
        if is_page:
            _expand_page(account, shown, steps, path)
        else:
            _expand(account, shown, steps)
    return shown


def _expand_page(account: Account, page: Document, steps: list[str], path: str) -> None:
    if steps[0] != "data" or len(steps) == 1:
        raise InvalidParameter(
            f"This property cannot be expanded ({path}). You may want to try expanding 'data.{path}' instead."
        )
    for item in page["data"]:
        _expand(account, item, steps[1:])


def _expand(account: Account, holder: Document, steps: list[str]) -> None:
    name, rest = steps[0], steps[1:]
    if name == "refunds" and holder.get("object") == "charge":
        holder[name] = refunds_of(account, holder["id"])
    elif name not in holder:
        raise InvalidParameter(f"This property cannot be expanded because it doesn't exist: {name}.")
    value = holder[name]
    if isinstance(value, str):
        holder[name] = value = _fetch(account, value, name)
    if value is None:
        return
    if not rest and not (isinstance(value, dict) and "object" in value):
        raise _not_expandable(name)
    if rest:
        _expand_within(account, value, rest)


def _expand_within(account: Account, value: object, steps: list[str]) -> None:
    """Follow the rest of a path into an expanded object, a hash or an embedded list."""
    if isinstance(value, dict) and value.get("object") == "list":
        _expand_page(account, value, steps, ".".join(steps))
    elif isinstance(value, dict):
        _expand(account, value, steps)
    else:
        raise _not_expandable(steps[0])


def _fetch(account: Account, object_id: str, name: str) -> Document:
    kind = KIND_BY_PREFIX.get(object_id.split("_")[0])
    document = account.find(kind, object_id) if kind else None
    if document is None:
        raise _not_expandable(name)
    return public(document)


def _not_expandable(name: str) -> InvalidParameter:
    return InvalidParameter(f"This property cannot be expanded ({name}).")


def refunds_of(account: Account, charge_id: str) -> Document:
    """Return the first page of a charge's refunds, newest first."""
    return list_objects(account, "refund", {"charge": charge_id}, url=f"/v1/charges/{charge_id}/refunds")
