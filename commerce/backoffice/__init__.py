"""What every screen for a shop's own staff shares: whose rows are seen, and what a role may do with them.

There is one mechanism. Each page of the admin names the way from its model to the merchant (`merchant_path`)
and the part of the shop it belongs to (`area`); `Scoped` uses both for lists, choices, filters, object pages,
actions and saving. A page that names neither is not registered at all. Django's own permissions play no part:
what somebody may do follows from the role in the shop at hand, see `rights`.
"""
