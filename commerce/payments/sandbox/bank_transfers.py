"""Bank transfers: a customer sends money of their own accord, and what has come is put to what they owe.

Source: Stripe's guides to bank transfers and to reconciliation. Money of one transfer goes to the one payment
that waits for just that amount, otherwise to those that wait, the oldest first; Stripe also looks for groups of
payments. Refunds of such payments and reconciliation by hand are not emulated.
"""

import hashlib
from typing import Any

import orjson

from commerce.payments.sandbox import bank_charges
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.currencies import check_currency
from commerce.payments.sandbox.documents import Document, Params, public
from commerce.payments.sandbox.errors import InvalidParameter, InvalidRequest, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.listing import list_objects

TRANSFER_BY_CURRENCY = {"jpy": "jp_bank_transfer", "usd": "us_bank_transfer"}
KIND = "customer_cash_balance_transaction"
WAITING = """
SELECT document FROM objects WHERE account = ? AND object = 'payment_intent' AND customer = ?
AND json_extract(document, '$.next_action.type') = 'display_bank_transfer_instructions' ORDER BY sequence
"""


def start(account: Account, intent: Document, _method: Document, _params: Params) -> Document:
    """Put a customer's money to an intent, and ask for what is missing."""
    _check(intent)
    intent.setdefault("_funded", 0)
    customer = account.retrieve("customer", intent["customer"])
    if _cash(customer, intent["currency"]):
        _apply(account, customer, intent)
    if intent["status"] != "succeeded":
        intent.update(status="requires_action", next_action=_instructions(customer, intent))
        account.save(intent)
        emit(account, "payment_intent.requires_action", intent)
    return intent


def _check(intent: Document) -> None:
    if intent["customer"] is None:
        raise InvalidRequest(
            "A customer is required to confirm a PaymentIntent with the payment method type customer_balance.",
            code="parameter_missing",
            param="customer",
            payment_intent=public(intent),
        )
    options = intent["payment_method_options"].get("customer_balance") or {}
    kind = (options.get("bank_transfer") or {}).get("type")
    if options.get("funding_type") != "bank_transfer" or kind is None:
        raise InvalidRequest(
            "payment_method_options[customer_balance] needs funding_type and bank_transfer[type].",
            code="parameter_missing",
            param="payment_method_options[customer_balance][funding_type]",
            payment_intent=public(intent),
        )
    if TRANSFER_BY_CURRENCY.get(intent["currency"]) != kind:
        raise unsupported(f"payment_method_options[customer_balance][bank_transfer][type]={kind}")


def _instructions(customer: Document, intent: Document) -> Document:
    currency = intent["currency"]
    return {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": {
            "amount_remaining": intent["amount"] - intent["_funded"],
            "currency": currency,
            "financial_addresses": [_address(customer["id"], currency)],
            "hosted_instructions_url": None,
            "reference": _digits(intent["id"], 12),
            "type": TRANSFER_BY_CURRENCY[currency],
        },
    }


def _address(customer_id: str, currency: str) -> Document:
    """Return the virtual account that a customer sends money to; it is the customer's own, and stays."""
    number = _digits(customer_id, 7 if currency == "jpy" else 12)
    if currency == "jpy":
        zengin = {
            "account_holder_name": "Sandbox",
            "account_number": number,
            "account_type": "futsu",
            "bank_code": "0000",
            "bank_name": "Test Bank",
            "branch_code": "000",
            "branch_name": "Test Branch",
        }
        return {"supported_networks": ["zengin"], "type": "zengin", "zengin": zengin}
    aba = {"account_number": number, "bank_name": "Test Bank", "routing_number": "110000000"}
    return {"aba": aba, "supported_networks": ["ach", "domestic_wire_us"], "type": "aba"}


def _digits(text: str, length: int) -> str:
    return str(int(hashlib.sha256(text.encode()).hexdigest(), 16))[:length]


def fund(account: Account, customer_id: str, params: Params) -> Document:
    """Let a bank transfer of a customer arrive, for tests."""
    customer = account.retrieve("customer", customer_id)
    currency = check_currency(params["currency"])
    if currency not in TRANSFER_BY_CURRENCY:
        raise unsupported(f"currency={currency}")
    if params["amount"] < 1:
        raise InvalidParameter(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    arrived = _move(account, customer, currency, params["amount"], "funded", _sender(currency, params))
    for intent in _in_turn(account, customer_id, currency, params["amount"]):
        if _cash(customer, currency):
            _apply(account, customer, intent)
    if _cash(customer, currency):
        emit(account, "cash_balance.funds_available", cash_balance(account, customer_id))
    return arrived


def _sender(currency: str, params: Params) -> Document:
    kind = TRANSFER_BY_CURRENCY[currency]
    return {"bank_transfer": {kind: {}, "reference": params.get("reference"), "type": kind}}


def _in_turn(account: Account, customer_id: str, currency: str, amount: int) -> list[Document]:
    """Return the payments that wait for money: the one that waits for just this much, else the oldest first."""
    rows = account.connection.execute(WAITING, (account.id, customer_id))
    waiting = [intent for row in rows if (intent := orjson.loads(row[0]))["currency"] == currency]
    exact = [intent for intent in waiting if intent["amount"] - intent["_funded"] == amount]
    return exact[:1] or waiting


def _apply(account: Account, customer: Document, intent: Document) -> None:
    """Put as much of a customer's money to an intent as both allow, and tell how it stands."""
    amount = min(_cash(customer, intent["currency"]), intent["amount"] - intent["_funded"])
    _move(account, customer, intent["currency"], -amount, "applied_to_payment", {"payment_intent": intent["id"]})
    intent["_funded"] += amount
    if intent["_funded"] < intent["amount"]:
        intent["next_action"] = _instructions(customer, intent)
        account.save(intent)
        emit(account, "payment_intent.partially_funded", intent)
        return
    method = account.retrieve("payment_method", intent["payment_method"])
    charge = bank_charges.new_charge(account, intent, method, {})
    bank_charges.pay(account, intent, charge)
    account.insert(charge)
    bank_charges.tell(account, intent, charge)


def release(account: Account, intent: Document) -> None:
    """Give a customer back what has come for an intent that ends otherwise. The caller stores the intent."""
    if amount := intent.pop("_funded", 0):
        customer = account.retrieve("customer", intent["customer"])
        detail = {"payment_intent": intent["id"]}
        _move(account, customer, intent["currency"], amount, "unapplied_from_payment", detail)


def _cash(customer: Document, currency: str) -> int:
    return int(customer.get("_cash", {}).get(currency, 0))


def _move(
    account: Account, customer: Document, currency: str, amount: int, kind: str, detail: dict[str, Any]
) -> Document:
    """Change a customer's cash balance, and write down why."""
    customer.setdefault("_cash", {})[currency] = _cash(customer, currency) + amount
    account.save(customer)
    transaction = account.insert(
        {
            "id": new_id("ccsbtxn_1"),
            "object": KIND,
            "created": account.now,
            "currency": currency,
            "customer": customer["id"],
            "customer_account": None,
            "ending_balance": _cash(customer, currency),
            kind: detail,
            "livemode": False,
            "net_amount": amount,
            "type": kind,
        }
    )
    emit(account, f"{KIND}.created", transaction)
    return transaction


def cash_balance(account: Account, customer_id: str) -> Document:
    """Return what a customer has sent and nothing was paid with yet."""
    customer = account.retrieve("customer", customer_id)
    available = {currency: amount for currency, amount in customer.get("_cash", {}).items() if amount}
    return {
        "object": "cash_balance",
        "available": available or None,
        "customer": customer_id,
        "customer_account": None,
        "livemode": False,
        "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
    }


def list_transactions(account: Account, customer_id: str, params: Params) -> Document:
    """Return how a customer's cash balance came about, newest first."""
    account.retrieve("customer", customer_id)
    url = f"/v1/customers/{customer_id}/cash_balance_transactions"
    return list_objects(account, KIND, {**params, "customer": customer_id}, url=url)
