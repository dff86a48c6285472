"""What happens behind a test purchase: events heard, money given back, nothing left lying about."""

from __future__ import annotations

import logging

from django.db.models import QuerySet, Sum

from agents.client import RefusedError
from agents.rehearsals.models import Rehearsal
from agents.rehearsals.outcomes import Done, Failed, Outcome, Skipped, Wait
from agents.rehearsals.stage import Stage
from agents.webhooks.models import Delivery, DeliveryAttempt, Endpoint
from commerce import clock
from commerce.accounts.models import AgentKey
from commerce.accounts.services import revoke_key
from commerce.aftersales.services import NothingToCancelError, cancel_order, refund_order
from commerce.checkout.confirmations import confirm as confirm_terms
from commerce.checkout.models import CheckoutSession
from commerce.checkout.sql import find_any_session
from commerce.checkout.terms import canonical_terms, terms_hash
from commerce.errors import NotFoundError
from commerce.inventory.models import StockItem
from commerce.orders.models import Adjustment, Order

logger = logging.getLogger(__name__)

WHY = "test_purchase"


def confirm(stage: Stage) -> None:
    """Say yes to the terms in the buyer's place, as the shop wants it of every buyer."""
    session = find_any_session(stage.facts["session"])
    if session is None:
        raise NotFoundError("The checkout is gone.")
    terms = terms_hash(canonical_terms(session))
    confirm_terms(session.id, terms=terms, evidence={"test purchase": stage.rehearsal.pk}, now=clock.now())
    stage.facts["is_confirmed"] = True


def heard(stage: Stage, *, upto: int, of: str) -> Outcome:
    """Wait until every endpoint of the agent has taken the order's events up to a number."""
    endpoints = Endpoint.objects.filter(agent=stage.rehearsal.agent_id, is_active=True)
    if not endpoints.exists():
        return Skipped("This agent has no endpoint, so nobody hears.")
    wanted = endpoints.count() * upto
    told = Delivery.objects.filter(order=stage.facts["order"], endpoint__in=endpoints, sequence__lte=upto)
    if told.filter(status=Delivery.Status.DELIVERED).count() >= wanted:
        return Done(f"The agent was told {of}, signed, and has taken it.")
    if problem := _refusal(told):
        return Failed(f"The agent's endpoint does not take it: {problem}")
    return Wait("The event is on its way.")


def _refusal(told: QuerySet[Delivery]) -> str:
    """Return what an endpoint last had against a delivery that it has not taken."""
    tried = DeliveryAttempt.objects.filter(delivery__in=told.filter(status=Delivery.Status.PENDING))
    last = tried.order_by("-attempted_at", "-pk").first()
    if last is None:
        return ""
    return f"it answers {last.status}" if last.status else last.error


def canceled(stage: Stage) -> Outcome:
    """Cancel the order as staff would, and wait until the buyer's card has everything back."""
    order = Order.objects.get(pk=stage.facts["order"])
    give_everything_back(order)
    order.refresh_from_db()
    if order.payment is None:
        return Done("The order is canceled; nothing was paid for it.")
    failed = order.adjustments.filter(kind=Adjustment.Kind.REFUND, status=Adjustment.Status.FAILED)
    if failed.exists():
        return Failed("The money could not be given back.")
    done = order.adjustments.filter(kind=Adjustment.Kind.REFUND, status=Adjustment.Status.COMPLETED)
    returned = done.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    if returned < order.payment.amount_minor:
        return Wait("The money is on its way back.")
    return Done(f"{stage.money(returned)} went back to the card, and the item back on the shelf.")


def give_everything_back(order: Order) -> None:
    """Cancel what is not sent, and give back what is left of the payment: of a download too. May run twice."""
    now = clock.now()
    try:
        cancel_order(order.pk, reason=WHY, note="Test purchase", now=now)
    except NothingToCancelError:
        payment = order.payment
        left = payment.amount_minor - payment.refunded_minor if payment else 0
        if left > 0:
            refund_order(order.pk, amount_minor=left, reason=WHY, note="Test purchase", request_key=WHY, now=now)


def tidied(stage: Stage) -> Outcome:
    """Leave nothing behind: no order that waits, no open checkout, no units held, no key that works."""
    order = Order.objects.filter(checkout_session_id=stage.facts.get("session")).first()
    if order is not None:
        give_everything_back(order)
    elif waiting := _unfinished(stage):
        return waiting
    key = AgentKey.objects.filter(agent=stage.rehearsal.agent_id, is_test=True).first()
    if key is not None:
        revoke_key(key, now=clock.now())
    Rehearsal.objects.filter(pk=stage.rehearsal.pk).update(sealed_key=None)
    stage.facts.pop("token", None)
    kept = " The order stays in your list, marked as a test." if order is not None else ""
    return Done(f"Nothing is left behind{_stock_words(stage)}.{kept}")


def _unfinished(stage: Stage) -> Wait | None:
    """Give a checkout up that was not paid; one that is being paid is waited for."""
    session = CheckoutSession.objects.filter(pk=stage.facts.get("session", "")).first()
    if session is None or session.status in ("canceled", "expired", "completed"):
        return None
    if session.status == "completing":
        return Wait("The payment is under way.")
    try:
        stage.send(f"{stage.session_path}/cancel", {}, "cancel")
    except RefusedError:
        logger.info("an open checkout is left to its end", extra={"session": session.pk})
    return None


def _stock_words(stage: Stage) -> str:
    item = StockItem.objects.filter(pk=stage.facts.get("variant", ""), is_tracked=True).first()
    return f": {item.on_hand} of “{stage.facts['title']}” are in stock" if item else ""
