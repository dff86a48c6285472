"""An order at a shop, and the browser of somebody of its support."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order, OrderLine
from tests.factories import AgentFactory, VariantFactory
from tests.orders.building import order_record, place


def buy(merchant: Merchant, *quantities: int, **changes: Any) -> Order:
    """Place an order of one variant a quantity, a moment ago."""
    agent = AgentFactory.create(merchant=merchant)
    wanted = [(VariantFactory.create(merchant=merchant), quantity) for quantity in quantities or (2,)]
    return place(order_record(agent, *wanted, **{"placed_at": timezone.now() - timedelta(minutes=1), **changes}))


def lines(order: Order) -> list[OrderLine]:
    return list(order.lines.order_by("position"))


def deliver(order: Order) -> None:
    now = timezone.now()
    record_step(order.pk, Parcel("P1"), Step("delivered", now), now=now)


def address(row: Model, action: str) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{quote(str(row.pk))}/{action}/"


def ask(browser: Client, row: Model, action: str, **data: Any) -> str:
    """Send a form as its page has it, with some values changed, and return the page that follows."""
    where = address(row, action)
    page = browser.get(where).content.decode()
    answer = browser.post(where, {**_fields(page), **data}, follow=True)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer)


def _fields(page: str) -> dict[str, str]:
    """Return what a form would send as it stands: what is typed in, ticked and chosen."""
    form = page.partition("novalidate")[2].partition("</form>")[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        told = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        is_box = told.get("type") == "checkbox"
        if "name" in told and (not is_box or re.search(r"\schecked(?=[\s>])", tag)):
            found[told["name"]] = unescape(told.get("value", "on" if is_box else ""))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


def text_of(answer: HttpResponse | Any) -> str:
    html = re.sub(r"<script.*?</script>|<style.*?</style>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
