"""Pages that a person meets: shops and their products, an order, a cart, a payment that waits for its buyer.

Shops and products are for everybody, search engines included. All else but the front page is shown to whoever has
its unguessable address, so nothing of it is kept by caches, found by search engines or told to the sites it
links to. Everything a page shows is prepared as text beforehand; templates run no query and compute nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST, require_safe

from commerce import clock
from commerce.accounts.models import Merchant
from commerce.carts.services import shared_cart
from commerce.checkout.challenges import Visit, abandon_challenge, visit_payment
from commerce.checkout.confirmations import OtherTermsError, confirm
from commerce.checkout.states import Status
from commerce.client_address import client_address
from commerce.errors import NotFoundError
from commerce.fulfillment.models import PickupLocation
from commerce.fulfillment.selectors import order_details
from commerce.orders.selectors import order_id_by_permalink, permalink_of
from commerce.pages.carts import cart_view
from commerce.pages.orders import order_view
from commerce.pages.payments import payment_view
from commerce.pages.rendering import page, private


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    """Say what is running here and where to go."""
    context = {"base_url": settings.PUBLIC_BASE_URL, "version": settings.SPECTACULAR_SETTINGS["VERSION"]}
    return page(request, "front_page.html", context)


@require_safe
def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show an order to whoever has its unguessable address."""
    try:
        details = order_details(order_id_by_permalink(token))
    except NotFoundError as problem:
        raise Http404(problem.message) from problem
    merchant = Merchant.objects.get(pk=details.order.merchant_id)
    method_ids = [option.id for option in details.order.fulfillment if option.kind == "pickup"]
    places = PickupLocation.objects.filter(fulfillmentmethod__in=method_ids) if method_ids else ()
    view = order_view(details, merchant=merchant, pickup_places=list(places))
    return private(page(request, "orders/order.html", {"order": view, "merchant": merchant}))


@require_safe
def cart_page(request: HttpRequest, cart_id: str) -> HttpResponse:
    """Show a cart that an agent has collected. Who it is for is not shown: carts are passed around."""
    try:
        cart = shared_cart(cart_id, now=clock.now())
    except NotFoundError as problem:
        raise Http404(problem.message) from problem
    merchant = Merchant.objects.get(carts=cart_id)
    view = cart_view(cart, merchant=merchant)
    return private(page(request, "carts/cart.html", {"cart": view, "merchant": merchant}))


@require_safe
def payment_page(request: HttpRequest, session_id: str) -> HttpResponse:
    """Let a buyer confirm the terms, or finish a payment that the card's issuer asks about.

    The provider leads back to it with what it calls the payment in the address; that is dropped.
    """
    try:
        visit = visit_payment(session_id, now=clock.now())
    except NotFoundError as problem:
        raise Http404(problem.message) from problem
    if request.GET:
        is_waited_for = visit.session.status is Status.CHALLENGED
        way_back = "" if is_waited_for else _way_back(session_id)
        return private(redirect(way_back) if way_back else redirect("payment_page", session_id=session_id))
    return _payment(request, visit)


def _way_back(session_id: str) -> str:
    """Return the address of the conversation on this site that a payment belongs to, if there is one."""
    return str(import_string(settings.PAYMENT_WAY_BACK)(session_id))


def _payment(request: HttpRequest, visit: Visit, *, is_changed: bool = False) -> HttpResponse:
    merchant = Merchant.objects.get(pk=visit.session.merchant_id)
    permalink = permalink_of(visit.session.order_id) if visit.session.order_id else ""
    view = payment_view(visit, order_token=permalink, now=clock.now())
    context = {
        "payment": view,
        "merchant": merchant,
        "is_changed": is_changed,
        "way_back": _way_back(visit.session.id),
    }
    response = private(page(request, "checkout/payment.html", context))
    response["Referrer-Policy"] = "same-origin"  # else a browser does not say of its own form where it is from
    return response


@require_POST
def confirm_payment(request: HttpRequest, session_id: str) -> HttpResponse:
    """Keep a buyer's yes to the terms that were shown; other terms are shown again instead."""
    evidence = {
        "address": client_address(request),
        "user_agent": request.META.get("HTTP_USER_AGENT", "")[:300],
    }
    try:
        confirm(session_id, terms=request.POST.get("terms", ""), evidence=evidence, now=clock.now())
    except NotFoundError as problem:
        raise Http404(problem.message) from problem
    except OtherTermsError:
        return _payment(request, visit_payment(session_id, now=clock.now()), is_changed=True)
    return private(redirect("payment_page", session_id=session_id))


@require_POST
def abandon_payment(request: HttpRequest, session_id: str) -> HttpResponse:  # noqa: ARG001 - a view
    """Give up a payment that the card's issuer asks about."""
    try:
        abandon_challenge(session_id, now=clock.now())
    except NotFoundError as problem:
        raise Http404(problem.message) from problem
    return private(redirect("payment_page", session_id=session_id))
