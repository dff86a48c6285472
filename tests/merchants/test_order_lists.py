"""Many orders at once: shipped, packed, taken along."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.buyers import Address, Buyer, Recipient
from commerce.fulfillment.dispatch import create_shipment
from commerce.fulfillment.models import Shipment
from commerce.fulfillment.services import Parcel, Step
from commerce.inventory.services import set_shelf
from commerce.orders.models import Adjustment, Order
from commerce.orders.records import ChosenOption
from merchants.exports import order_lines
from merchants.exports.cells import text_cell
from merchants.exports.order_lines import COLUMNS, csv_lines
from tests.factories import AgentFactory, MerchantFactory, VariantFactory
from tests.merchants.order_work import address, ask, buy, deliver, lines, text_of
from tests.merchants.staff import member
from tests.orders.building import order_record, place

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/order/"


@pytest.fixture
def merchant() -> Merchant:
    return MerchantFactory.create()


@pytest.fixture
def support(merchant: Merchant) -> Client:
    return member(merchant, "support")


def act(browser: Client, action: str, *orders: Order, **data: Any) -> Any:
    chosen = {"action": action, ACTION_CHECKBOX_NAME: [order.pk for order in orders], **data}
    return browser.post(LIST, chosen, follow=True)


def test_what_buyers_collect_gets_no_number(merchant: Merchant, support: Client) -> None:
    collected = buy(merchant, 1, fulfillment=(ChosenOption("fm_x", "pickup", "Pick up", 500, ()),))

    page = text_of(act(support, "ship_with_tracking", collected))

    assert "Nothing of the selected orders is left to be sent." in page


def test_many_are_shipped_with_their_numbers(merchant: Merchant, support: Client) -> None:
    first, second, third, sent = (buy(merchant, 2) for _ in range(4))
    deliver(sent)
    asked = text_of(act(support, "ship_with_tracking", first, second, third, sent))
    numbers = {first.pk: "1Z1", second.pk: " 1Z2 ", third.pk: ""}

    for _ in range(2):
        done = act(support, "ship_with_tracking", first, second, third, sent, key="k", carrier="UPS", **numbers)

    assert [f"Tracking number of {one.number}" in asked for one in (first, second, third, sent)] == [True] * 3 + [
        False
    ]
    shipments = Shipment.objects.exclude(order=sent).order_by("tracking_number")
    assert [(one.order_id, one.tracking_number, one.status) for one in shipments] == [
        (first.pk, "1Z1", "shipped"),
        (second.pk, "1Z2", "shipped"),
    ]
    assert "handed over." in text_of(done)


def test_one_that_cannot_be_shipped_keeps_no_other(merchant: Merchant, support: Client) -> None:
    first, second = buy(merchant), buy(merchant)
    support.get(LIST)
    too_long = act(support, "ship_with_tracking", first, second, key="k", **{first.pk: "1" * 101, second.pk: "1Z"})

    assert "at most 100 characters" in text_of(too_long)
    assert not Shipment.objects.exists()
    assert "Nothing of the selected orders is left" in text_of(act(support, "ship_with_tracking", _sent(merchant)))


def _sent(merchant: Merchant) -> Order:
    order = buy(merchant)
    deliver(order)
    return order


def test_a_packing_list_for_every_parcel(merchant: Merchant, support: Client) -> None:
    order, other = buy(merchant, 3, 1, notes="Leave it at the door"), buy(merchant, 1)
    tote, cap = lines(order)
    set_shelf(cap.variant_id, "A1")
    set_shelf(tote.variant_id, "B7")
    now = timezone.now()
    create_shipment(order.pk, Parcel(quantities={tote.pk: 1}), Step("processing", now), now=now)

    page = act(support, "packing_lists", order, other).content.decode()

    rows = re.findall(
        r'<th scope="row">(.*?)(?:<small>.*?)?</th><td>(.*?)</td><td class="number">(\d+)</td>', page
    )
    assert [(shelf, count) for _, shelf, count in rows] == [("B7", "1"), ("A1", "1"), ("B7", "2"), ("", "1")]
    assert page.count("<article") == 3
    for words in (
        "Leave it at the door",
        "1234 Chat Road",
        "Being packed",
        "To be packed",
        "3 more units of this",
    ):
        assert words in page
    assert "24.00" not in page
    assert "$" not in page


def test_a_shelf_is_named_on_the_stocks_page(merchant: Merchant) -> None:
    stock = lines(buy(merchant))[0].variant.stock

    page = ask(member(merchant, "manager"), stock, "change", shelf="B7")

    stock.refresh_from_db()
    assert "changed successfully" in page
    assert (stock.shelf, stock.on_hand) == ("B7", 100)


def test_a_packing_list_of_one_parcel_or_of_nothing(merchant: Merchant, support: Client) -> None:
    order = _sent(merchant)
    shipment = order.shipments.get()

    assert "Nothing is left to be packed" in text_of(support.get(address(order, "packing_list")))
    assert "Canvas Tote" in text_of(support.get(address(shipment, "packing_list")))
    assert "Delivered" in text_of(support.get(address(shipment, "packing_list")))


def test_none_or_too_many_is_said(merchant: Merchant, support: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [buy(merchant) for _ in range(3)]
    monkeypatch.setattr("merchants.admin.order_lists.MANY", 2)

    for action in ("ship_with_tracking", "packing_lists"):
        assert "Select from 1 to 2 orders." in text_of(act(support, action, *orders))


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert isinstance(answer, StreamingHttpResponse)
    content = b"".join(answer).decode()
    assert content.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"), newline="")))


def test_what_is_selected_is_exported_line_by_line(merchant: Merchant, support: Client) -> None:
    order, other = buy(merchant, 3, 1), buy(merchant)
    deliver(order)
    Shipment.objects.update(tracking_number="1Z9")
    Adjustment.objects.create(order=order, kind="refund", amount_minor=1250, occurred_at=timezone.now())
    Adjustment.objects.create(
        order=order, kind="refund", status="failed", amount_minor=1, occurred_at=timezone.now()
    )

    answer = act(support, "export", order)
    rows = rows_of(answer)

    assert re.fullmatch(r'attachment; filename="orders-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["order_number"] for row in rows] == [order.number] * 2
    told = rows[0]
    assert {
        name: told[name]
        for name in ("ordered", "sent", "currency", "unit_price", "line_total", "order_total", "order_refunded")
    } == {
        "ordered": "3",
        "sent": "3",
        "currency": "USD",
        "unit_price": "24.00",
        "line_total": "72.00",
        "order_total": "101.00",
        "order_refunded": "12.50",
    }
    assert (told["recipient"], told["city"], told["tracking_numbers"]) == ("Ada Park", "San Francisco", "1Z9")
    assert told["placed_at"].endswith(("-08:00", "-07:00"))
    assert len(rows_of(act(support, "export", order, other, select_across="1"))) == 3


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "|calc", "\uff1d1", '=HYPERLINK("https://evil.example")']


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    merchant = MerchantFactory.create()
    variant = VariantFactory.create(merchant=merchant, sku=text, product__title=text)
    where = Recipient(text, address=Address(text, text, text, text, text, text, text, "US"))
    agent = AgentFactory.create(merchant=merchant, name=text)
    buyer = Buyer(email="ada@example.com", first_name=text)
    place(order_record(agent, (variant, 1), destination=where, buyer=buyer))

    (row,) = csv.DictReader(io.StringIO("".join(csv_lines(Order.objects.all())).removeprefix("\ufeff")))

    for name in ("agent", "buyer_name", "recipient", "address_line_one", "city", "sku", "title"):
        assert row[name] == "'" + " ".join(text.split()), name
    assert not [name for name, cell in row.items() if cell[:1] in "=+-@|%\t\r\uff1d" and cell]


def test_innocent_cells_stay_as_they_are() -> None:
    assert [text_cell(one) for one in ("Söhne & Co", "a-b", "5 = 5", "", "Two\nlines")] == [
        "Söhne & Co",
        "a-b",
        "5 = 5",
        "",
        "Two lines",
    ]


def test_a_large_file_is_read_in_pieces(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now()
    orders = [buy(merchant, 1, placed_at=moment) for _ in range(7)]
    monkeypatch.setattr(order_lines, "BATCH", 2)
    lines_written = csv_lines(Order.objects.all())
    with CaptureQueriesContext(connection) as captured:
        first = [next(lines_written) for _ in range(3)]
        early = len(captured)
        rest = list(lines_written)

    numbers = [line.split(",")[0] for line in [*first[2:], *rest]]
    assert sorted(numbers) == sorted(order.number for order in orders)
    assert early == 4  # a piece: its orders, lines, adjustments and shipments
    assert len(captured) == 4 * 4


def test_every_column_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "orders.md").read_text()

    assert re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE) == list(COLUMNS)


def test_who_may_only_look_packs_and_exports_and_ships_nothing(merchant: Merchant) -> None:
    reader, order = member(merchant, "reader"), buy(merchant)

    assert "Packing list for order" in text_of(act(reader, "packing_lists", order))
    assert len(rows_of(act(reader, "export", order))) == 1
    act(reader, "ship_with_tracking", order, key="k", **{order.pk: "1Z"})
    assert not Shipment.objects.exists()
