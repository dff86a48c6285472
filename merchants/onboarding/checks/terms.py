"""Whether what is bought can be sent home, taxed and paid."""

from __future__ import annotations

from datetime import datetime

from commerce.accounts.models import Merchant
from commerce.backoffice.readiness import Check, Finding, missing, ok, unknown, warning
from commerce.backoffice.rights import Area
from commerce.checkout.shop import Shop, load_shop
from commerce.example_addresses import example_address
from commerce.fulfillment.quotes import Option, Parcel, quote
from commerce.money import Money
from commerce.payments.accounts import standing_of
from commerce.payments.connections import Connection, connection_of
from commerce.places import Place
from commerce.tax.table import covers, rates_for
from merchants.onboarding.checks.catalog import buyable, for_sale
from merchants.onboarding.countries import country_name
from merchants.onboarding.probing import keep, kept

QUOTED = 50
"""For how many variants a price of delivery is computed."""


def look_at_shipping(merchant: Merchant, now: datetime) -> Finding:
    """Compute what it costs to send things to the shop's own country, as a checkout does."""
    shop, place = load_shop(merchant), home_of(merchant)
    variants = buyable(merchant).filter(is_digital=False).select_related("product").order_by("pk")[:QUOTED]
    if not variants:
        if for_sale(merchant).filter(is_digital=True).exists():
            return ok("What is offered is downloaded; nothing has to be sent.")
        quoted = {"": _options(shop, place, Parcel(500, 1000), now)}
    else:
        quoted = {
            str(one): _options(shop, place, Parcel(one.weight_grams, one.price_at(now)), now) for one in variants
        }
    where = country_name(merchant.country)
    if unsent := [title for title, options in quoted.items() if not options]:
        if len(unsent) == len(quoted):
            return missing(f"Nothing is sent to {where}: no way of delivery covers it.")
        return missing(f"Not everything can be sent to {where}.", f"There is no way for {unsent[0]}.")
    cheapest = min((options[0] for options in quoted.values()), key=lambda option: option.amount_minor)
    return ok(f"To {where} from {Money(cheapest.amount_minor, shop.currency)} ({cheapest.title}).")


def _options(shop: Shop, place: Place, parcel: Parcel, now: datetime) -> list[Option]:
    return quote(shop.methods, place=place, parcel=parcel, now=now, zone=shop.zone)


def home_of(merchant: Merchant) -> Place:
    """Return a place in the shop's own country, its own where it is known."""
    return example_address(merchant.country, region=merchant.region, postal_code=merchant.postal_code).place


def look_at_tax(merchant: Merchant, _now: datetime) -> Finding:
    shop, place = load_shop(merchant), home_of(merchant)
    if merchant.charges_no_tax and shop.tax_table:
        charged = ", ".join(sorted({row.jurisdiction for row in shop.tax_table}))
        return warning(f"You have said that you charge no tax, and yet this is charged: {charged}.")
    here = rates_for([row for row in shop.tax_table if covers(row, place)], "")
    if here:
        told = ", ".join(f"{rate.jurisdiction} {rate.percentage.normalize():f} %" for rate in here)
        how = "contained in the prices" if here[0].is_inclusive else "added to the prices"
        return ok(f"At home: {told}, {how}.")
    if merchant.charges_no_tax:
        return ok("You have said that you charge no tax.")
    where = country_name(merchant.country)
    if shop.tax_table:
        return warning(f"There are tax rates, and none of them is for {where}, where your shop is at home.")
    return missing("No tax is set up. Enter your rates, or say that you charge none.")


def look_at_payments(merchant: Merchant, _now: datetime) -> Finding:
    connection = connection_of(merchant)
    if connection is None:
        return missing("No account is connected, so nobody can pay.")
    answer = kept(merchant, "payments").get(_subject(connection))
    if answer is None:
        return unknown("An account is connected. Whether it takes payments was not asked yet.")
    if not answer.is_ok:
        return missing(answer.words)
    if connection.is_live:
        return ok("Stripe answers for your account. Real cards are charged.")
    if connection.account is None:
        return ok("The test account of this installation answers. No real money moves.")
    return ok("Stripe answers for your account, in test mode. No real money moves.")


def _subject(connection: Connection) -> str:
    return f"{connection.account.id} {connection.account.version}" if connection.account else "installation"


def ask_for_payments(merchant: Merchant, now: datetime) -> None:
    """Ask the provider, with the key that payments use, whether it would take them."""
    standing = standing_of(merchant)
    if standing.connection is not None:
        keep(merchant, "payments", {_subject(standing.connection): standing.problem}, now=now)


SHIPPING = Check(
    id="shipping",
    title="Delivery",
    why="A buyer has to see what delivery costs before paying. A real price is computed for your own country.",
    page="admin:setup_shipping",
    area=Area.TERMS,
    look=look_at_shipping,
)
TAX = Check(
    id="tax",
    title="Tax",
    why="What is charged is what the buyer was shown, tax included. Nobody adds it later.",
    page="admin:setup_tax",
    area=Area.TERMS,
    look=look_at_tax,
)
PAYMENTS = Check(
    id="payments",
    title="Payments",
    why="Agents pay with a token of your account at Stripe. The key is tried out with a real call.",
    page="admin:setup_payments",
    area=Area.KEYS,
    look=look_at_payments,
    probe=ask_for_payments,
)
