"""Who takes part: merchants, the agents that sell for them, and the keys that agents show.

A key is `ack_<prefix>_<secret>`; only its SHA-256 is stored. The key names the agent, the agent names the
merchant: whatever a request touches is looked up below that merchant and that agent.
"""
