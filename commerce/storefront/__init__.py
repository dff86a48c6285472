"""What is on show: found by words and filters, looked up by codes, with the price and stock of this moment.

A product is on show where it is active and one of its variants is; `Product.search` has its words, kept by
triggers. Found is only what has all that was asked for. What comes near is told apart from it, with the
reason, so that nobody takes the one for the other.
"""
