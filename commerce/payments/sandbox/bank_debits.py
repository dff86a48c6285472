"""SEPA Direct Debit: the bank is asked for the money under a mandate, and decides days later.

In test mode it decides within minutes. Refunds and disputes of debits, saved bank accounts and debits in other
places than the euro area are not emulated. Which failure code a test account gives is not documented.
"""

from commerce.payments.sandbox import bank_charges, timers
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.bank_accounts import BY_IBAN
from commerce.payments.sandbox.documents import Document, Params, public
from commerce.payments.sandbox.errors import InvalidRequest, documentation_url, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id

DECIDE = "decide_debit"
FAILURE_CODE = "insufficient_funds"
FAILED_ATTEMPT = "payment_intent_payment_attempt_failed"
MANDATE_NEEDED = (
    "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from "
    "the customer and try again, providing acceptance data in the mandate_data parameter."
)


def start(account: Account, intent: Document, method: Document, params: Params) -> Document:
    """Ask the bank for the money of an intent."""
    _check(intent, params)
    mandate = _accept_mandate(account, method, params["mandate_data"])
    shown = {name: method["sepa_debit"][name] for name in ("bank_code", "branch_code", "country", "last4")}
    details = {
        **shown,
        "expected_debit_date": None,
        "fingerprint": method["sepa_debit"]["fingerprint"],
        "mandate": mandate["id"],
    }
    charge = bank_charges.new_charge(account, intent, method, details)
    account.insert(charge)
    intent.update(status="processing", latest_charge=charge["id"])
    account.save(intent)
    account.save({**method, "_is_spent": True})
    timers.schedule(account, DECIDE, charge["id"], due=account.now + BY_IBAN[method["_iban"]].decides_after)
    emit(account, "payment_intent.processing", intent)
    emit(account, "charge.pending", charge)
    return intent


def _check(intent: Document, params: Params) -> None:
    if intent["currency"] != "eur":
        raise InvalidRequest(
            f"The currency provided ({intent['currency']}) is invalid for one or more payment methods on this "
            "PaymentIntent: sepa_debit.",
            param="currency",
            payment_intent=public(intent),
        )
    for name, is_asked in (
        ("capture_method", intent["capture_method"] == "manual"),
        ("setup_future_usage", intent["setup_future_usage"] is not None),
    ):
        if is_asked:
            raise unsupported(f"{name} with sepa_debit")
    if not params.get("mandate_data"):
        raise InvalidRequest(MANDATE_NEEDED, param="mandate_data", payment_intent=public(intent))


def _accept_mandate(account: Account, method: Document, given: Params) -> Document:
    acceptance = given["customer_acceptance"]
    kind = acceptance["type"]
    mandate_id = new_id("mandate_1")
    return account.insert(
        {
            "id": mandate_id,
            "object": "mandate",
            "customer_acceptance": {
                "accepted_at": acceptance.get("accepted_at", account.now),
                kind: acceptance.get(kind) or {},
                "type": kind,
            },
            "livemode": False,
            "multi_use": {},
            "payment_method": method["id"],
            "payment_method_details": {
                "sepa_debit": {"reference": mandate_id[-12:].upper(), "url": f"{account.origin}/_sandbox/"},
                "type": "sepa_debit",
            },
            "status": "active",
            "type": "multi_use",
        }
    )


def retrieve_mandate(account: Account, mandate_id: str) -> Document:
    """Return one mandate."""
    return account.retrieve("mandate", mandate_id)


def decide(account: Account, charge_id: str) -> None:
    """Let the bank pay a debit or send it back, as its account does."""
    charge = account.retrieve("charge", charge_id)
    intent = account.retrieve("payment_intent", charge["payment_intent"])
    method = account.retrieve("payment_method", charge["payment_method"])
    if BY_IBAN[method["_iban"]].pays:
        bank_charges.pay(account, intent, charge)
        account.save(charge)
        bank_charges.tell(account, intent, charge)
    else:
        _fail(account, intent, charge, method)


def _fail(account: Account, intent: Document, charge: Document, method: Document) -> None:
    give_up(account, charge)
    intent["last_payment_error"] = {
        "charge": charge["id"],
        "code": FAILED_ATTEMPT,
        "doc_url": documentation_url(FAILED_ATTEMPT),
        "message": "The payment failed.",
        "payment_method": public(method),
        "payment_method_type": "sepa_debit",
        "type": "invalid_request_error",
    }
    intent.update(status="requires_payment_method", payment_method=None)
    account.save(intent)
    emit(account, "payment_intent.payment_failed", intent)


def give_up(account: Account, charge: Document) -> None:
    """End a debit that brought nothing."""
    timers.drop(account, charge["id"])
    charge.update(status="failed", failure_code=FAILURE_CODE, failure_message="The bank did not pay the debit.")
    account.save(charge)
    emit(account, "charge.failed", charge)
