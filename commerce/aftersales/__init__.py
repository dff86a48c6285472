"""What may still become of an order: its units canceled or sent back, its money given back.

A change is one entry of the order's log, one adjustment that agents and buyers see, and, where money is concerned,
one refund that the outbox sees through. States of a return:

    requested -> approved -> received -> refunded          (received again where the refund fails)
    requested, approved -> declined, canceled;  received -> closed

Lock order: the order, then its returns, then stock and the payment.
"""
