"""What may still become of an order: its units canceled, its money given back.

A change is one entry of the order's log, one adjustment that agents and buyers see, and, where money is concerned,
one refund that the outbox sees through.
"""
