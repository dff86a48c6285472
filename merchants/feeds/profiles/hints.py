"""Advice on rows that are good enough to be published."""

from __future__ import annotations

from merchants.feeds.entries import Entry
from merchants.feeds.rules import Effect, Problem


def hint(rule: str, field: str, advice: str) -> Problem:
    return Problem(rule, field, "", advice, Effect.ADVICE)


def shipping_unknown(entry: Entry, field: str) -> list[Problem]:
    """Where it is not known what sending it costs, agents cannot compare it."""
    if entry.item.is_digital or entry.shipping_minor is not None:
        return []
    text = (
        f"Agents cannot say what delivery costs: no way of shipping covers all of {entry.seller.country} for it."
    )
    return [hint("V-03", field, text)]


def sale_without_window(entry: Entry, field: str) -> list[Problem]:
    """A sale that does not say from when to when cannot be told as one; its price is told as the price."""
    item = entry.item
    if entry.sale_minor is None or (item.sale_starts_at and item.sale_ends_at):
        return []
    text = "Give the sale a beginning and an end, and agents can show the regular price beside it."
    return [hint("V-22", field, text)]
