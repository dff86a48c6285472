from __future__ import annotations

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from commerce.accounts.models import Merchant, StaffAction
from commerce.payments.models import PaymentAttempt, Refund
from commerce.reconciliation.models import Difference
from tests.factories import MerchantFactory
from tests.merchants.staff import ROLES, member
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db

LIST = "/admin/reconciliation/difference/"
NOTE = {"note": "A gesture, by telephone."}


@pytest.fixture
def row() -> Difference:
    add_rows(MerchantFactory.create(), 0, 1)
    return Difference.objects.get()


def test_the_owner_settles_with_a_reason(row: Difference) -> None:
    before = (list(PaymentAttempt.objects.values()), list(Refund.objects.values()))
    browser = member(shop_of(row), "owner", "mona")

    assert (
        "Nothing is paid, given back or corrected"
        in browser.get(f"{LIST}{quote(row.pk)}/settle/").content.decode()
    )
    page = browser.post(f"{LIST}{quote(row.pk)}/settle/", NOTE, follow=True).content.decode()

    row.refresh_from_db()
    assert "The difference is settled." in page
    assert (row.note, row.settled_by, row.gone_at) == (NOTE["note"], User.objects.get(username="mona"), None)
    assert StaffAction.objects.filter(row=row.pk).values_list("what", flat=True).get() == "Settle the difference"
    assert (list(PaymentAttempt.objects.values()), list(Refund.objects.values())) == before


def test_a_reason_is_asked_for(row: Difference) -> None:
    page = member(shop_of(row), "owner").post(f"{LIST}{quote(row.pk)}/settle/", {"note": " "})

    assert "This field is required" in page.content.decode()
    assert Difference.objects.open().count() == 1


def test_what_is_gone_is_not_settled(row: Difference) -> None:
    Difference.objects.update(gone_at=timezone.now())
    browser = member(shop_of(row), "owner")

    assert f"{quote(row.pk)}/settle/" not in browser.get(f"{LIST}{quote(row.pk)}/change/").content.decode()
    page = browser.post(f"{LIST}{quote(row.pk)}/settle/", NOTE, follow=True)

    assert "settled already, or gone" in page.content.decode()
    assert Difference.objects.get().settled_at is None


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
def test_others_look_and_do_not_settle(row: Difference, role: str) -> None:
    browser = member(shop_of(row), role)

    assert browser.get(f"{LIST}{quote(row.pk)}/change/").status_code == 200
    assert browser.post(f"{LIST}{quote(row.pk)}/settle/", NOTE).status_code == 403
    assert Difference.objects.open().count() == 1


def test_what_is_no_shops_is_the_operators(row: Difference, chief: Client) -> None:
    shop = shop_of(row)
    Difference.objects.update(merchant=None)

    assert chief.get(f"{LIST}{quote(row.pk)}/change/").status_code == 200
    assert member(shop, "owner").get(f"{LIST}{quote(row.pk)}/change/").status_code == 404


def test_the_list_is_narrowed_by_state(chief: Client) -> None:
    add_rows(MerchantFactory.create(), 0, 3)
    first, second, _ = Difference.objects.order_by("pk")
    Difference.objects.filter(pk=first.pk).update(gone_at=timezone.now())
    Difference.objects.filter(pk=second.pk).update(settled_at=timezone.now())

    found = {state: len(chief.get(f"{LIST}?state={state}").context["cl"].result_list) for state in STATES}

    assert found == {"open": 1, "gone": 1, "settled": 1, "nonsense": 3}


STATES = ("open", "gone", "settled", "nonsense")


def shop_of(row: Difference) -> Merchant:
    assert row.merchant is not None
    return row.merchant
