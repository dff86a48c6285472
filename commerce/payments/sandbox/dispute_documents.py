"""What a dispute looks like, and when it stands in the way of a refund."""

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.cards import Dispute
from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.listing import list_objects

CLOSED = ("won", "lost", "warning_closed")
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
    "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation",
    "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip
# The card network's code of each reason, for Visa, whose brand all disputed test cards have.
REASONS: dict[Dispute, tuple[str, str]] = {
    "fraudulent": ("fraudulent", "10.4"),
    "product_not_received": ("product_not_received", "13.1"),
    "inquiry": ("general", "10"),
}


def new_dispute(account: Account, charge: Document, kind: Dispute, *, due_by: int) -> Document:
    """Return a dispute about all that was captured, before any money has moved."""
    reason, network_code = REASONS[kind]
    card = charge["payment_method_details"]["card"]
    return {
        "id": new_id("du_1"),
        "object": "dispute",
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": account.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": True,
        "livemode": False,
        "metadata": {},
        "network_reason_code": network_code,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if kind == "inquiry" else "chargeback",
                "network": card["network"],
                "network_reason_code": network_code,
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if kind == "inquiry" else "needs_response",
    }


def is_open(dispute: Document) -> bool:
    """Tell whether a dispute can still be answered or decided."""
    return dispute["status"] not in CLOSED


def is_charged_back(account: Account, charge: Document) -> bool:
    """Tell whether a dispute has taken the money of a charge, so that none is left to refund."""
    if not charge["disputed"]:
        return False
    page = list_objects(account, "dispute", {"charge": charge["id"]}, url="/v1/disputes")
    return any(not dispute["is_charge_refundable"] for dispute in page["data"])
