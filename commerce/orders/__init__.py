"""What was bought: orders with lines, what changed since (adjustments), and the append-only log of both.

Lock order: an order before its lines, shipments and adjustments. Every change appends an event with the
order's next sequence number and an outbox row in the same transaction; the sequence orders the webhooks.
"""
