"""The checkout session: from the first line item to the order, charged exactly once.

    incomplete  <->  blocked  <->  ready                 every update prices and judges anew
    ready  -> completing -> completed                    complete, in three phases
    completing -> ready                                  declined, or the provider did nothing
    completing -> challenged -> completing, completed    the issuer asks the buyer to authenticate (3-D Secure)
    challenged -> ready, canceled                        the buyer fails, gives up, or lets the time pass
    incomplete, blocked, ready -> canceled, expired
    completed, canceled, expired: terminal

Complete: **reserve** (commit: stock held, payment attempt written, session completing), **authorize**
(no transaction), **settle** (commit: order placed, stock committed, or everything given back; or the
session challenged, its stock still held). A challenge ends by a proof that comes with another complete, by
what the provider says after the buyer was on the issuer's page, or by being given up. Whoever finds a session
completing whose attempt nobody is at work on, resumes it with the same attempt.

A session is read without holding it and written only in the version that was read; who loses a race looks again
with the row held. Lock order: session, what an agent's key has spent, discount usage by id, stock by variant id,
the payment attempt.
"""
