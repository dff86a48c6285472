"""What could be had instead of what is not there: other variants of the product, with ids and prices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from commerce.checkout.document import Document
from commerce.checkout.evaluation import Evaluation
from commerce.checkout.messages import Issue
from commerce.checkout.shop import Shop
from commerce.inventory.alternatives import offers_beside, offers_text
from commerce.inventory.offers import Offer

_SHORT = frozenset({"unavailable", "out_of_stock", "insufficient_stock"})


def with_alternatives(evaluation: Evaluation, *, shop: Shop, now: datetime) -> Evaluation:
    """Name in each message of missing stock what else of the product can be had. Reads only where there is one."""
    document = evaluation.document
    short = {index: document.lines[index] for issue in document.issues if (index := _line_of(issue)) is not None}
    if not short:
        return evaluation
    products = {line.product_id for line in short.values() if line.product_id}
    gone = [line.variant_id for line in short.values()]
    offers = offers_beside(shop.id, products, now=now, without=gone)
    issues = tuple(_advised(issue, document, offers) for issue in document.issues)
    return replace(evaluation, document=replace(document, issues=issues))


def _line_of(issue: Issue) -> int | None:
    """Return the index of the line of which there is not enough."""
    is_short = issue.code in _SHORT and len(issue.target) > 1 and issue.target[0] == "lines"
    return int(issue.target[1]) if is_short else None


def _advised(issue: Issue, document: Document, offers: list[Offer]) -> Issue:
    index = _line_of(issue)
    if index is None:
        return issue
    beside = [offer for offer in offers if offer.product_id == document.lines[index].product_id]
    if beside:
        return replace(issue, text=f"{issue.text} To be had instead: {offers_text(beside)}.")
    return replace(issue, text=f"{issue.text} No other variant of it can be had.")
