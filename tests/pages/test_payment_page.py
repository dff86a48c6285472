"""Where a buyer finishes a payment that the card's issuer asks about."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.orders.models import Order
from commerce.payments.gateway import forget_gateway
from tests.api import AcpClient
from tests.challenge import Challenged, settle, stock
from tests.pages.reading import Page
from tests.stripe_account import StripeAccount


def page(challenged: Challenged) -> Page:
    response = Client().get(f"/checkout/{challenged.id}")
    assert response.status_code == 200
    return Page(response.content.decode())


def come_back(address: str) -> str:
    """Follow the issuer's way back; return where it ends."""
    parts = urlsplit(address)
    response = Client().get(f"{parts.path}?{parts.query}")
    assert response.status_code == 302
    return str(response["Location"])


def test_shows_what_is_paid_for_and_the_way_to_the_bank(challenged: Challenged) -> None:
    shown = page(challenged)

    assert "Your bank asks you to confirm $56.48" in shown.texts
    assert "Everything is held for you for 14 more minutes." in shown.text
    assert shown.row("Canvas Tote")[-2:] == ["2", "$48.00"]
    assert shown.row("Total in USD") == ["$56.48"]
    (link,) = [href for href in shown.links if "/_sandbox/3ds/" in href]
    assert link.startswith(challenged.stripe.base)
    assert CheckoutSession.objects.get().status == "challenged"


def test_buyer_passes_and_finds_the_order(challenged: Challenged, tote: Variant) -> None:
    assert come_back(challenged.decide("complete")) == f"/checkout/{challenged.id}"

    shown = page(challenged)

    assert "Paid: $56.48" in shown.texts
    assert f"/orders/{Order.objects.get().permalink_token}" in shown.links
    assert stock(tote) == (8, 0)
    assert challenged.acp.read(challenged.id).body["status"] == "completed"
    assert challenged.stripe.ledger() == [("authorization", challenged.total)]


def test_buyer_fails_and_may_choose_another_card(challenged: Challenged, tote: Variant) -> None:
    come_back(challenged.decide("fail"))

    shown = page(challenged)

    assert "This payment was not made" in shown.texts
    assert "form" not in shown.tags
    assert stock(tote) == (10, 0)
    assert challenged.acp.read(challenged.id).body["status"] == "ready_for_payment"


@pytest.mark.django_db(transaction=True)
def test_buyer_does_not_want_to_pay(challenged: Challenged, tote: Variant) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(f"/checkout/{challenged.id}")
    token = client.cookies["csrftoken"].value

    forged = Client(enforce_csrf_checks=True).post(f"/checkout/{challenged.id}/abandon")
    answer = client.post(f"/checkout/{challenged.id}/abandon", {"csrfmiddlewaretoken": token})

    assert (forged.status_code, answer.status_code) == (403, 302)
    assert "This payment was not made" in page(challenged).texts
    assert stock(tote) == (10, 0)
    settle()
    assert [intent.status for intent in challenged.stripe.intents()] == ["canceled"]
    again = client.post(f"/checkout/{challenged.id}/abandon", {"csrfmiddlewaretoken": token})
    assert again.status_code == 302


def test_provider_is_silent(challenged: Challenged, settings: Settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    forget_gateway()

    shown = page(challenged)

    assert "We are checking your payment" in shown.texts
    assert "form" not in shown.tags
    assert CheckoutSession.objects.get().status == "challenged"


def test_another_request_is_at_work(challenged: Challenged) -> None:
    CheckoutSession.objects.update(status="completing")

    assert "We are checking your payment" in page(challenged).texts


def test_canceled_checkout_is_over(challenged: Challenged) -> None:
    challenged.acp.cancel(challenged.id)

    shown = page(challenged)

    assert "This payment was not made" in shown.texts
    assert "The checkout is over." in shown.texts


def test_other_sessions_have_no_page(acp: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = acp.create(tote.pk)
    paid = acp.create(tote.pk)
    acp.complete(paid.body["id"], stripe_account.mint(paid.total()))

    for session_id in (session.body["id"], paid.body["id"], "cs_unknown", "\x00"):
        assert Client().get(f"/checkout/{session_id}").status_code == 404
    assert Client().post("/checkout/cs_unknown/abandon").status_code == 404
    assert Client().get(f"/checkout/{session.body['id']}/abandon").status_code == 405


def test_nobody_keeps_or_frames_the_page(challenged: Challenged) -> None:
    response = Client().get(f"/checkout/{challenged.id}")

    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
