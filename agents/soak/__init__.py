"""`manage.py soak`: a crowd of agents buys while things break, and four witnesses are heard afterwards.

`world.py` runs the processes and breaks them, `buyers.py` behaves as agents do, `faults.py` decides by a seed what
breaks when, `witnesses.py` asks the provider's ledger, the database, the receiver's log and the agents, and
`invariants.py` compares what they say. What is promised, and what is not covered: docs/RELIABILITY.md.
"""
