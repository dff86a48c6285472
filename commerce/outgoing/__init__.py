"""The way out to addresses that others have named: checked, pinned, and over in time.

`addresses` says which hosts may be reached, `sending` sends one request to exactly what was checked. Webhooks
to agents and product feeds to their platforms go this way; nothing else in the house calls an address that
came from outside.
"""
