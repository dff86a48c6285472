"""Whether a test purchase went through in a shop as it is now."""

from __future__ import annotations

from datetime import datetime

from agents.rehearsals.models import Rehearsal
from commerce.accounts.models import Merchant
from commerce.backoffice.readiness import Check, Finding, missing, ok
from commerce.backoffice.rights import Area
from commerce.checkout.shop import load_shop, terms_fingerprint


def look_at_rehearsals(merchant: Merchant, _now: datetime) -> Finding:
    """Judge the newest test purchase. A live account takes no test card, so there one at a test account counts."""
    last = Rehearsal.objects.filter(merchant=merchant).order_by("-started_at", "-pk").first()
    if last is None:
        return missing("Nobody has tried your shop out yet. A scripted agent does, in a few seconds.")
    if last.status == Rehearsal.Status.RUNNING:
        return missing("A test purchase is under way.")
    if last.status == Rehearsal.Status.FAILED:
        return missing("The last test purchase failed.", last.problem)
    shop = load_shop(merchant)
    if last.terms != terms_fingerprint(shop):
        return missing("Delivery, tax or the currency have changed since the last test purchase.")
    account = shop.payments.account if shop.payments else None
    is_live = shop.payments is not None and shop.payments.is_live
    if not is_live and last.account != (account.id if account else ""):
        return missing("Payments go to another account since the last test purchase.")
    return ok(f"A test purchase went through on {last.started_at:%d %B %Y at %H:%M} UTC.")


TEST_PURCHASE = Check(
    id="test_purchase",
    title="Test purchase",
    why="A scripted agent searches, buys with a test card and hears of the order, as real ones will.",
    page="admin:rehearsals_rehearsal_begin",
    area=Area.AGENTS,
    look=look_at_rehearsals,
)
