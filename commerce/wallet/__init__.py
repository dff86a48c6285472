"""Shoppers of our own chat: their cards, what they allow themselves to spend, and tokens that pay once.

A token is minted for one confirmation and no more than its total, at the payment provider of the shop that
sells. Agents of other houses bring tokens of their own: this is the same, for ours.
Lock order: shopper, then confirmation.

The cards are test cards of Stripe's. A wallet for real cards needs a party that may keep them, and is not here.
"""
