"""How good the shop's assistant is: scripted shoppers who make decisions, judged by what the database says after.

Nothing the assistant says counts, only what was ordered, charged and confirmed. The method is that of tau-bench
(the end state of the database, repeated runs) and AgentDojo (attacks in the data the tools return); the
scenarios are our own.
"""
