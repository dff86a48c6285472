"""Test purchases: a scripted agent buys in a shop over the public API, and gives everything back.

It is one of the shop's own agents with a key for the occasion, so that all that a real purchase meets is met:
search, delivery, tax, the payment provider, the agent's endpoint, a cancellation. A rehearsal is a row; `script`
has its steps, `performing` does one after the other and puts a step that has to wait off to a later time, so
that no worker sleeps and a process that dies leaves nothing undone. States: running -> passed, or failed with
the readiness check that mends it. Whatever happens, the last step cancels what was bought and revokes the key.
"""
