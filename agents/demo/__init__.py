"""`manage.py demo`: the whole shop as real processes on this machine, and an agent that buys in it.

`command` is the way through it. `processes` and `signals` start, watch and end children, `servers` and
`stack` say which; `shop` prepares the database in a child of its own, so that the demo itself needs neither
settings nor a connection; `purchase` is what an agent does, `receiver` where it hears of its orders.
"""
