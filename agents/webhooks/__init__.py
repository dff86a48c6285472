"""Tells agents what became of their orders: signed, in order, until they have heard it.

A delivery is one entry of an order's log for one endpoint. Only the first undelivered entry of an order is
sent; its body is the whole order as it is when it is first sent, and stays the same for every repetition,
as does its `Request-Id`. States: pending -> delivered, or dead once the schedule is used up; a dead one can
be replayed.
"""
