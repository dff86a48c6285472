"""How much there is: stock on hand, what is reserved of it, and reservations that expire.

Available is on hand minus reserved. Rows are locked in the order of their variants' ids, always.
"""
