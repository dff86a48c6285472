"""What the scripted agent does, step by step. Each step may be done again after a crash.

The steps follow what agent platforms try before they list a shop (OpenAI's launch certification): no tax before
an address, delivery and tax with one, totals that add up, one order however often it is asked for, events that
are heard, and a cancellation that reaches the buyer's card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from agents.rehearsals import aftermath
from agents.rehearsals.outcomes import Done, Failed, Outcome, Wait
from agents.rehearsals.stage import EMAIL, Stage, address_body, adds_up, amount, first_message
from commerce import sealing
from commerce.checkout.shop import load_shop
from commerce.payments.connections import gateway_at
from commerce.payments.gateway import GrantedToken, Refused, Unknown

BUYER = {"first_name": "Test", "last_name": "Buyer", "email": EMAIL}
CAPABILITIES = {"interventions": {"supported": ["3ds"]}}
BUYABLE = ("in_stock", "low_stock", "backorder")


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `mend` is the readiness check that says where its failure is mended; `patience` is in seconds."""

    name: str
    title: str
    mend: str
    do: Callable[[Stage], Outcome]
    patience: int = 60


def discover(stage: Stage) -> Outcome:
    told = stage.agent.discover()
    return Done(f"The shop is found at {told['api_base_url']}, and speaks version {told['protocol']['version']}.")


def search(stage: Stage) -> Outcome:
    """Look for something to buy: a thing to be sent rather than one to be downloaded, in stock, with a price."""
    products = stage.agent.search("")["products"]
    offered = [(one, variant) for one in products for variant in one["variants"] if _is_buyable(variant)]
    if not offered:
        return Failed("The agent found nothing that it can buy.")
    product, variant = min(offered, key=lambda pair: pair[1]["is_digital"])
    found = [one["id"] for one in stage.agent.search(product["title"])["products"]]
    stage.facts |= {"variant": variant["id"], "title": product["title"], "is_sent": not variant["is_digital"]}
    price = stage.money(variant["price"]["amount"])
    if product["id"] not in found:
        return Done(f"“{product['title']}” costs {price}. Asked for by name, the search does not find it.")
    return Done(f"“{product['title']}” is found by its name, and costs {price}.")


def _is_buyable(variant: dict[str, Any]) -> bool:
    is_sold = variant.get("is_checkout_enabled", True)
    return bool(variant["availability"] in BUYABLE and variant["price"]["amount"] > 0 and is_sold)


def open_session(stage: Stage) -> Outcome:
    item = {"id": stage.facts["variant"], "quantity": 1}
    body = {"currency": stage.merchant.currency, "line_items": [item], "capabilities": CAPABILITIES}
    session = stage.send("/checkout_sessions", body, "open")
    stage.facts["session"] = session["id"]
    if amount(session, "tax") and stage.facts["is_sent"]:  # a download is taxed where the shop is at home
        return Failed("Tax was charged before anybody knew where the order goes.", mend="tax")
    return Done(f"A checkout is open: {stage.money(amount(session, 'total'))}, before delivery and tax.")


def give_address(stage: Stage) -> Outcome:
    address = stage.address
    body = {"buyer": BUYER, "fulfillment_details": {"name": address.name, "address": address_body(address)}}
    session = stage.send(stage.session_path, body, "address")
    options = session["fulfillment_options"]
    tax = amount(session, "tax")
    told = f"tax is {stage.money(tax)}" if tax else "no tax is added"
    if not stage.facts["is_sent"]:
        return Done(f"The buyer lives in {address.city}, {address.country}; {told}. Nothing has to be sent.")
    if not options:
        return Failed(f"Nothing is sent to {address.city}, {address.country}: {first_message(session)}")
    ways = "one way" if len(options) == 1 else f"{len(options)} ways"
    return Done(f"There {'is' if len(options) == 1 else 'are'} {ways} to {address.city}, and {told}.")


def choose_delivery(stage: Stage) -> Outcome:
    """Choose another way than the one that was chosen for the buyer, where there is one, and add up again."""
    session = stage.agent.read(stage.session_path)
    chosen = {one["option_id"] for one in session["selected_fulfillment_options"]}
    sent = [one for one in session["fulfillment_options"] if one["type"] != "digital"]
    option = next((one for one in sent if one["id"] not in chosen), sent[0] if sent else None)
    if option is not None:
        wanted = {"type": option["type"], "option_id": option["id"], "item_ids": []}
        body = {"selected_fulfillment_options": [wanted]}
        session = stage.send(stage.session_path, body, "delivery")
    if not adds_up(session):
        return Failed("The parts of the price do not add up to its total.")
    if session["status"] != "ready_for_payment":
        return Failed(f"The checkout cannot be paid: {first_message(session) or session['status']}")
    stage.facts["total"] = amount(session, "total")
    how = f"“{option['title']}” for {stage.money(amount(session, 'fulfillment'))}" if option else "A download"
    return Done(f"{how}; to pay: {stage.money(stage.facts['total'])}. The parts add up.")


def take_token(stage: Stage) -> Outcome:
    """Have the shop's payment provider grant a token for a test card, as the agent's would for a real one."""
    if "token" in stage.facts:
        return Done("A token for a test card is at hand.")
    connection = load_shop(stage.merchant).payments
    if connection is None:
        return Failed("No account is connected, so nobody can pay.")
    if connection.is_live:
        return Failed("This account charges real cards, and takes no test card. Connect its test key for this.")
    total = max(stage.facts["total"], 1)
    granted = gateway_at(connection.account).grant_test_token(amount_minor=total, currency=stage.merchant.currency)
    match granted:
        case GrantedToken(token=token):
            stage.facts["token"] = sealing.seal(token).decode()
            return Done(f"Stripe has granted a token for a test card, good for {stage.money(total)}.")
        case Refused(message=message):
            return Failed(f"Stripe grants no token for a test card: {message}")
        case Unknown():
            return Wait("Stripe does not answer.")


def pay(stage: Stage) -> Outcome:
    session = _completed(stage, "pay")
    if stage.facts.get("is_confirmed") is None and _wants_confirmation(session):
        aftermath.confirm(stage)
        session = _completed(stage, "pay-confirmed")
    if session["status"] == "complete_in_progress":
        return Wait("The payment is under way.")
    if session["status"] != "completed":
        return Failed(f"The payment did not go through: {first_message(session) or session['status']}")
    stage.facts |= {"order": session["order"]["id"], "page": session["order"]["permalink_url"]}
    said = " after the buyer has said yes on your page" if stage.facts.get("is_confirmed") else ""
    return Done(f"{stage.money(stage.facts['total'])} paid{said}; order {session['order']['order_number']}.")


def _completed(stage: Stage, name: str) -> dict[str, Any]:
    token = sealing.unseal(stage.facts["token"].encode())
    name = "pay-confirmed" if stage.facts.get("is_confirmed") else name
    return stage.send(f"{stage.session_path}/complete", {"payment_data": stage.payment(token)}, name)


def _wants_confirmation(session: dict[str, Any]) -> bool:
    return any(one.get("resolution") == "requires_buyer_review" for one in session.get("messages", []))


def pay_again(stage: Stage) -> Outcome:
    again = _completed(stage, "pay")
    if again["status"] != "completed" or again["order"]["id"] != stage.facts["order"]:
        return Failed("The same request brought another answer the second time.")
    return Done("The same request again brings the same order, and nothing is paid twice.")


def open_order_page(stage: Stage) -> Outcome:
    address: str = stage.facts["page"]
    if not address.startswith(f"{settings.PUBLIC_BASE_URL}/"):
        return Failed(f"The order's page is at {address}, which is not here.", mend="address")
    stage.agent.page(address.removeprefix(settings.PUBLIC_BASE_URL))
    return Done("The page that shows the buyer the order opens.")


def hear(stage: Stage) -> Outcome:
    return aftermath.heard(stage, upto=1, of="that the order was placed")


def cancel(stage: Stage) -> Outcome:
    return aftermath.canceled(stage)


def hear_again(stage: Stage) -> Outcome:
    return aftermath.heard(stage, upto=2, of="that it was canceled")


def tidy(stage: Stage) -> Outcome:
    return aftermath.tidied(stage)


SCRIPT = (
    Step("discover", "The agent looks for the shop", "address", discover),
    Step("search", "It searches your products", "products", search),
    Step("open", "It opens a checkout", "products", open_session),
    Step("address", "It says where the buyer lives", "shipping", give_address),
    Step("delivery", "It chooses a way of delivery", "shipping", choose_delivery),
    Step("token", "The buyer agrees to pay", "payments", take_token, patience=30),
    Step("pay", "It pays", "payments", pay, patience=90),
    Step("again", "It asks once more, by mistake", "payments", pay_again),
    Step("page", "The buyer looks at the order", "address", open_order_page),
    Step("hear", "The agent hears of the order", "endpoint", hear, patience=45),
    Step("cancel", "The order is canceled", "payments", cancel, patience=90),
    Step("hear_again", "The agent hears of that, too", "endpoint", hear_again, patience=45),
)
TIDY = Step("tidy", "Everything is put away", "", tidy, patience=120)
