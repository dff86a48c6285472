"""Which of Stripe's events matter here (docs.stripe.com, "Types of events")."""

from __future__ import annotations

WATCHED = (
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
)
"""What an endpoint should be told at once: it happens without us. What we ask for, its answer tells."""

REPAIRED = (*WATCHED, "payment_intent.amount_capturable_updated", "payment_intent.succeeded")
"""What is looked through every hour, in case an answer or a message was lost."""
