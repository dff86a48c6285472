"""Units that a carrier brings back without a word of the buyer: a return that waits for its refund."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from commerce.aftersales.giving_back import left_to_give_back
from commerce.aftersales.models import Return, ReturnLine
from commerce.aftersales.shares import part_of
from commerce.fulfillment.services import lines_of
from commerce.orders.models import Adjustment
from commerce.orders.services import lock_order


@transaction.atomic
def note_brought_back(adjustment_id: str, *, gone: Mapping[str, int], is_restocked: bool) -> Return | None:
    """Make a received return of what an adjustment says was brought back, for the shop to refund or to close.

    `gone` is how many units of each line had gone before. May run twice. None where nothing is left of what was
    paid, and so nothing is to be decided.
    """
    told = Adjustment.objects.get(pk=adjustment_id)
    order = lock_order(told.order_id)
    if known := Return.objects.filter(adjustment=told).first():
        return known
    if not left_to_give_back(order):
        return None
    lines = lines_of(order)
    counts = {str(one["id"]): int(one["quantity"]) for one in told.lines}
    amounts = {one: part_of(lines[one], after=gone[one], units=count) for one, count in counts.items()}
    made = Return.objects.create(
        order=order,
        adjustment=told,
        status=Return.Status.RECEIVED,
        items_minor=sum(amounts.values()),
        requested_at=told.occurred_at,
        received_at=told.occurred_at,
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(
            of_return=made,
            order_line_id=line_id,
            quantity=count,
            received=count,
            is_restocked=is_restocked,
            amount_minor=amounts[line_id],
        )
        for line_id, count in sorted(counts.items())
    )
    return made
