from __future__ import annotations

from datetime import date

from agents.acp.v2026_04_17.orders import order
from agents.orders import bodies
from commerce.aftersales.choices import LineChoices, Obstacle
from commerce.aftersales.models import Return
from commerce.aftersales.requests import Page, Standing
from commerce.checkout.shop import Shop


def agent_order(standing: Standing, *, shop: Shop) -> bodies.AgentOrder:
    """Write an order, and what may be asked of it now."""
    choices = standing.choices
    body: bodies.AgentOrder = {
        "order": order(standing.details, shop=shop),
        "possible": {
            "may_cancel": any(line.cancelable for line in choices),
            "may_return": any(line.returnable for line in choices),
            "return_reasons": [{"value": value, "label": label} for value, label in Return.Reason.choices],
            "line_items": [_line(line) for line in choices],
        },
    }
    if standing.told:
        body["message"] = standing.told
    return body


def agent_orders(page: Page, *, shop: Shop) -> bodies.AgentOrders:
    body: bodies.AgentOrders = {"orders": [agent_order(one, shop=shop) for one in page.orders]}
    if page.next_cursor:
        body["next_cursor"] = page.next_cursor
    return body


def _line(line: LineChoices) -> bodies.LineChoices:
    return {
        "id": line.line_id,
        "title": line.title,
        "cancelable": _allowance(line.cancelable, line.cancel_obstacle),
        "returnable": _allowance(line.returnable, line.return_obstacle, until=line.return_until),
    }


def _allowance(quantity: int, refused: Obstacle | None, *, until: date | None = None) -> bodies.Allowance:
    written: bodies.Allowance = {"quantity": quantity}
    if until:
        written["until"] = until.isoformat()
    if refused:
        written["code"], written["message"] = refused.code, refused.text
    return written
