"""How somebody with a shop comes to sell through agents, in one sitting and without writing to anybody.

`opening` makes a shop, which is not live yet, and its first owner. `setup_pages` and the forms beside them are
the back office's way through what a shop needs; `checks` look whether it is there; `living` lets a shop go live
and takes it off again. What others contribute (webhook endpoints, the test purchase) is named in the settings as
`READINESS_CHECKS`; merchants and agents do not know each other.
"""
