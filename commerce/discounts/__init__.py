"""Codes and automatic discounts, and how often they may be used.

A use is reserved when a buyer confirms and counted when the order is placed; a payment that fails gives it back.
"""
