"""The checkout session: from the first line item to the order, charged exactly once.

    incomplete  <->  blocked  <->  ready                 every update prices and judges anew
    ready  -> completing -> completed                    complete, in three phases
    completing -> ready                                  declined, or the provider did nothing
    incomplete, blocked, ready -> canceled, expired
    completed, canceled, expired: terminal

Complete: **reserve** (commit: stock held, payment attempt written, session completing), **authorize**
(no transaction), **settle** (commit: order placed, stock committed, or everything given back). Whoever
finds a session completing whose attempt nobody is at work on, resumes it with the same attempt.

Lock order: session, then the payment attempt, then discount usage by id, then stock by variant id.
"""
