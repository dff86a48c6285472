"""Tells agents what became of their orders: signed, in order, until they have heard it.

A delivery is one entry of an order's log for one endpoint. Only the first undelivered entry of an order is
sent; its body is the whole order as it was when planned, and stays the same for every repetition, as does its
`Request-Id`. States: pending -> delivered, or dead once the schedule is used up. A replay tells the order as it
is by then.

`claiming` takes what is due, `delivery` sends it in threads through `commerce.outgoing`, `signing` makes the
headers, `recording` decides what follows. An endpoint has a circuit (see `claiming`); locks are taken on the
delivery first, then on the endpoint.
"""
