"""What happens after an event is committed: topic -> functions(event), each tried until it succeeds."""

from __future__ import annotations

SUBSCRIBERS: dict[str, list[str]] = {
    "order.placed": [
        "agents.webhooks.subscribers.announce_order",
        "commerce.emails.subscribers.tell_buyer",
        "agents.chat.subscribers.follow",
    ],
    "order.downloads_due": ["commerce.fulfillment.subscribers.deliver_digital_lines"],
    "order.updated": [
        "agents.webhooks.subscribers.announce_order",
        "commerce.emails.subscribers.tell_buyer",
        "agents.chat.subscribers.follow",
    ],
    "order.brought_back": ["commerce.aftersales.subscribers.note_brought_back"],
    "inbox.received": ["commerce.inbox.subscribers.handle_message"],
    "provider.noticed": ["commerce.inbox.subscribers.handle_provider_event"],
    "payment.capture_due": ["commerce.payments.subscribers.capture_attempt"],
    "payment.void_due": ["commerce.payments.subscribers.void_attempt"],
    "payment.lapsed": ["commerce.aftersales.subscribers.cancel_unpaid"],
    "payment.refund_due": ["commerce.payments.subscribers.send_refund"],
    "payment.refund_changed": ["commerce.aftersales.subscribers.note_refund"],
    "payment.dispute_changed": ["commerce.aftersales.subscribers.note_dispute"],
    "feed.push_due": ["merchants.feeds.subscribers.push_feed"],
    "invitation.made": ["merchants.onboarding.subscribers.send_invitation"],
}

ASKING = [
    "provider.noticed",
    "payment.capture_due",
    "payment.void_due",
    "payment.refund_due",
    "feed.push_due",
    "invitation.made",
]
"""Topics whose subscribers ask a server of somebody else, who may take his time. See commerce.outbox.relay."""
