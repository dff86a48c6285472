"""Our books of payments against the provider's. Every difference is a row for a person; nothing is put right here.

    open -> gone       a later look does not find it any more
    open -> settled    a person says why it is no matter; told otherwise by the provider or by us, it opens anew

What may be under way is not compared: see `comparing.py`. Payments and refunds are never written, and no locks
are taken but those of the differences themselves.
"""
