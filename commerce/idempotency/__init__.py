"""One answer for one key: claims, answers kept as bytes, and the end of both.

A claim is committed by itself before any work, so that a second request sees it at once. The answer is
written in the transaction of the work it answers for. What is kept is the key's, never the truth about
what was bought: that is the session's state.

Source: Agentic Commerce Protocol, rfc.agentic_checkout section 6.
"""
