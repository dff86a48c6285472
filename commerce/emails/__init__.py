"""E-mails to the people who buy: what they bought, where it is, what comes back.

What the order's log tells becomes a row here, once however often it is told (`planning`); the row is written out
when it is sent (`letters`), by a task of its own, for a mail server may be slow (`sending`). States of an e-mail:

    pending -> sent
    pending -> refused    the mail server wants neither this address nor this message: trying again changes nothing
    pending -> failed     given up after two days of trying

What was refused or failed, or went astray, is sent again by hand.
"""
