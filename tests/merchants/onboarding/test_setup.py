"""The setup's forms: each writes what it asks, says what is wrong, and loses nothing that was typed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from commerce.accounts.models import AgentKey, Merchant, StaffAction
from commerce.accounts.services import authenticate
from commerce.catalog.models import Product, Variant
from commerce.fulfillment.models import FulfillmentRate, ShippingZone
from commerce.payments.models import ProviderAccount
from commerce.tax.models import TaxRate
from tests.factories import TaxRateFactory, VariantFactory
from tests.merchants.admin_forms import refused
from tests.merchants.staff import member
from tests.stripe_account import StripeAccount, secret_key

pytestmark = pytest.mark.django_db

SETUP = "/admin/accounts/merchant/setup/"
PROFILE = {
    "name": "Harbor Supply",
    "country": "US",
    "region": "california",
    "postal_code": "94111",
    "currency": "usd",
    "time_zone": "America/Los_Angeles",
}
PRODUCT = {
    "name": "Canvas Tote",
    "description": "A tote of heavy cotton canvas.",
    "price": "24.00",
    "on_hand": "10",
    "weight_grams": "400",
    "image_url": "https://cdn.harborsupply.example/tote.jpg",
}
SHIPPING = {"name": "Standard", "amount": "5", "free_from": "75.00", "min_days": "2", "max_days": "5"}


def send(browser: Client, step: str, data: dict[str, Any]) -> Any:
    return browser.post(f"{SETUP}{step}/", data)


def saved(answer: Any) -> bool:
    return (answer.status_code, answer.headers.get("Location")) == (302, SETUP)


def test_the_list_says_what_is_missing_and_leads_there(owner: Client) -> None:
    page = owner.get(SETUP).content.decode()

    assert "Harbor Supply is not live yet" in page
    assert "Nothing is offered yet." in page
    assert page.count('<span class="setup-state">ready</span>') == 1
    assert page.count('<span class="setup-state">missing</span>') == 9
    assert f'href="{SETUP}products/"' in page
    assert ">Go live<" not in page


def test_the_profile_is_written(owner: Client, shop: Merchant) -> None:
    assert saved(send(owner, "profile", PROFILE))

    shop.refresh_from_db()
    assert (shop.region, shop.postal_code, shop.time_zone) == ("CA", "94111", "America/Los_Angeles")


def test_another_country_brings_what_is_usual_there(owner: Client, shop: Merchant) -> None:
    there = {**PROFILE, "country": "DE", "region": "", "postal_code": "10115", "time_zone": shop.time_zone}

    assert saved(send(owner, "profile", there))

    shop.refresh_from_db()
    assert (shop.country, shop.currency, shop.time_zone) == ("DE", "eur", "Europe/Berlin")


def test_the_currency_stays_once_something_is_priced(owner: Client, shop: Merchant) -> None:
    assert saved(send(owner, "profile", {**PROFILE, "currency": "eur"}))
    assert saved(send(owner, "products", PRODUCT))
    assert saved(send(owner, "profile", {**PROFILE, "currency": "usd"}))

    shop.refresh_from_db()
    assert shop.currency == "eur"


@pytest.mark.parametrize(
    ("step", "data", "words"),
    [
        ("profile", {**PROFILE, "region": ""}, "Tax and delivery in your country depend on it."),
        ("profile", {**PROFILE, "region": "Atlantis"}, "no state or province of that name"),
        ("profile", {**PROFILE, "country": "DE", "region": "Nordrhein-Westfalen"}, "Give its short code."),
        ("profile", {**PROFILE, "name": ""}, "This field is required."),
        ("profile", {**PROFILE, "name": "Win at https://evil.example"}, "one line, and no web address"),
        (
            "support",
            {"terms_url": "https://harborsupply.example/terms", "return_days": "30"},
            "Give an e-mail address or a telephone",
        ),
        (
            "support",
            {"support_email": "help@harborsupply.example", "terms_url": "no address"},
            "Enter a valid URL.",
        ),
        ("support", {"support_email": "help@harborsupply.example", "return_days": "-1"}, "greater than or equal"),
        ("products", {**PRODUCT, "price": "0"}, "What costs nothing cannot be tried out"),
        ("products", {**PRODUCT, "price": "2.005"}, "has more digits than USD knows"),
        ("products", {**PRODUCT, "price": "-2"}, "An amount is not below zero"),
        ("products", {**PRODUCT, "on_hand": "-1"}, "greater than or equal to 0"),
        ("shipping", {**SHIPPING, "amount": "a lot"}, "is not a number"),
        ("shipping", {**SHIPPING, "min_days": "6"}, "It takes no fewer days at worst than at best."),
        ("shipping", {**SHIPPING, "free_from": "0"}, "set its price to 0"),
        ("tax", {}, "Tick a tax, enter one, or say that you charge none."),
        ("tax", {"jurisdiction": "California"}, "A tax has a name and a percentage."),
        (
            "tax",
            {"charges_none": "on", "jurisdiction": "California", "percentage": "7"},
            "Either you charge these",
        ),
        ("tax", {"jurisdiction": "California", "percentage": "101"}, "less than or equal to 100"),
        ("payments", {"connect": "1", "key": "pk_test_51Nx"}, "begins with sk_test_"),
        ("payments", {"connect": "1", "key": ""}, "This field is required."),
        ("agent", {"name": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_is_said(
    owner: Client, shop: Merchant, stripe_account: StripeAccount, step: str, data: dict[str, str], words: str
) -> None:
    before = Merchant.objects.values().get(pk=shop.pk)

    answer = send(owner, step, data)

    refused(answer, words)
    typed = data.get("name") or data.get("jurisdiction")
    assert not typed or typed in answer.content.decode()
    assert Merchant.objects.values().get(pk=shop.pk) == before


def test_a_product_is_put_on_sale(owner: Client, shop: Merchant) -> None:
    assert saved(send(owner, "products", PRODUCT))
    again = send(owner, "products", {**PRODUCT, "price": "24,50", "again": "1"})

    assert again["Location"] == f"{SETUP}products/"
    first, second = Variant.objects.filter(merchant=shop).order_by("price_minor")
    assert (first.price_minor, second.price_minor, first.stock.on_hand) == (2400, 2450, 10)
    assert first.product.handle == "canvas-tote"
    assert second.product.handle.startswith("canvas-tote-")
    assert [one.url for one in first.product.media.all()] == [PRODUCT["image_url"]]


def on_sale(shop: Merchant) -> list[str]:
    found = Product.objects.filter(merchant=shop, status="active").order_by("title")
    return list(found.values_list("title", flat=True))


def test_samples_are_put_on_sale_and_taken_off_again(owner: Client, shop: Merchant) -> None:
    send(owner, "products", {"samples": "1"})

    assert on_sale(shop) == [
        "Canvas Tote (sample)",
        "Enamel Mug (sample)",
        "Linen Towel (sample)",
        "Wool Socks (sample)",
    ]
    assert Variant.objects.filter(merchant=shop, currency="usd", stock__on_hand=100).count() == 7
    assert 'name="samples"' not in owner.get(f"{SETUP}products/").content.decode()

    for _ in range(2):
        send(owner, "products", {"no_samples": "1"})
    assert on_sale(shop) == []

    send(owner, "products", {"samples": "1"})
    assert len(on_sale(shop)) == 4


def test_samples_leave_other_products_alone(owner: Client, shop: Merchant) -> None:
    VariantFactory.create(merchant=shop, product__title="Kettle")

    page = owner.get(f"{SETUP}products/").content.decode()
    send(owner, "products", {"no_samples": "1"})

    assert ('name="samples"' in page, 'name="no_samples"' in page) == (False, False)
    (upload,) = re.findall(r'href="(/admin/imports/[^"]*upload[^"]*)"', page)
    assert owner.get(upload).status_code == 200
    assert on_sale(shop) == ["Kettle"]


def test_delivery_at_home_has_one_price(owner: Client, shop: Merchant) -> None:
    assert saved(send(owner, "shipping", SHIPPING))
    assert saved(send(owner, "shipping", {**SHIPPING, "amount": "6.50", "free_from": ""}))

    (zone,) = ShippingZone.objects.filter(merchant=shop)
    (method,) = shop.fulfillment_methods.all()
    assert (zone.name, zone.countries, method.title, method.max_days) == ("United States", ["US"], "Standard", 5)
    (rate,) = FulfillmentRate.objects.filter(method=method)
    assert (rate.amount_minor, rate.max_subtotal_minor) == (650, None)


def test_delivery_is_free_from_an_amount_on(owner: Client, shop: Merchant) -> None:
    send(owner, "shipping", SHIPPING)

    rates = FulfillmentRate.objects.filter(method__merchant=shop).order_by("-amount_minor")
    assert [(one.amount_minor, one.min_subtotal_minor, one.max_subtotal_minor) for one in rates] == [
        (500, 0, 7500),
        (0, 7500, None),
    ]


def test_a_suggested_tax_is_entered_only_when_ticked(owner: Client, shop: Merchant) -> None:
    send(owner, "profile", PROFILE)
    page = owner.get(f"{SETUP}tax/").content.decode()
    assert "CA sales tax, 7.25 %" in page
    assert 'name="rate_0" checked' not in page
    assert not TaxRate.objects.exists()

    assert saved(send(owner, "tax", {"rate_0": "on", "jurisdiction": "San Francisco", "percentage": "1.375"}))

    rates = TaxRate.objects.filter(merchant=shop).order_by("percentage")
    assert [(one.jurisdiction, one.region, one.percentage, one.is_inclusive) for one in rates] == [
        ("San Francisco", "CA", Decimal("1.375"), False),
        ("CA sales tax", "CA", Decimal("7.25"), False),
    ]


def test_a_tax_counts_in_the_whole_country_where_addresses_need_no_region(owner: Client, shop: Merchant) -> None:
    send(owner, "profile", {**PROFILE, "country": "DE", "region": "BE"})

    send(owner, "tax", {"jurisdiction": "Umsatzsteuer", "percentage": "7", "is_inclusive": "on"})

    assert shop.tax_rates.values_list("country", "region").get() == ("DE", "")


def test_no_tax_is_declared_and_taken_back(owner: Client, shop: Merchant) -> None:
    assert saved(send(owner, "tax", {"charges_none": "on"}))
    shop.refresh_from_db()
    assert shop.charges_no_tax is True

    send(owner, "tax", {"jurisdiction": "California", "percentage": "7.25", "applies_to_shipping": "on"})

    shop.refresh_from_db()
    assert (shop.charges_no_tax, TaxRate.objects.get().applies_to_shipping) == (False, True)


def test_no_tax_is_declared_of_rates_that_stand_only_with_a_yes(owner: Client, shop: Merchant) -> None:
    TaxRateFactory.create(merchant=shop, percentage="10")
    other = TaxRateFactory.create()

    asked = send(owner, "tax", {"charges_none": "on"})
    asked_back = send(owner, "tax", {"ends_rates": "on", "jurisdiction": "City", "percentage": "1"})
    shop.refresh_from_db()
    before = (shop.charges_no_tax, shop.tax_rates.count())
    ended = send(owner, "tax", {"charges_none": "on", "ends_rates": "on"})

    refused(asked, "You charge California 10 % (US, CA). Tick this to end it, or leave it as it is.")
    refused(asked_back, "Rates are ended here only where you charge no tax at all.")
    assert before == (False, 1)
    assert saved(ended)
    shop.refresh_from_db()
    assert (shop.charges_no_tax, list(TaxRate.objects.all())) == (True, [other])
    assert StaffAction.objects.get(model="accounts.merchant", kind="changed").changes == [
        {"field": "Tax rate", "before": "California 10 % (US, CA)", "after": ""}
    ]


def test_a_rate_that_is_entered_takes_back_that_none_is_due(owner: Client, shop: Merchant) -> None:
    send(owner, "tax", {"charges_none": "on"})
    rate = {"merchant": shop.pk, "jurisdiction": "California", "country": "US", "percentage": "7.25"}

    owner.post("/admin/tax/taxrate/add/", rate)

    shop.refresh_from_db()
    assert (shop.charges_no_tax, shop.tax_rates.count()) == (False, 1)


def test_a_key_is_tried_out_and_never_shown_again(
    owner: Client, shop: Merchant, stripe_account: StripeAccount
) -> None:
    key = secret_key()

    assert saved(send(owner, "payments", {"connect": "1", "key": key}))

    account = ProviderAccount.objects.get(merchant=shop)
    page = owner.get(f"{SETUP}payments/").content.decode()
    assert f"Key sk_test_…{key[-4:]}, test mode" in page
    assert key not in page
    assert "Stripe answers for your account, in test mode." in owner.get(SETUP).content.decode()
    assert bytes(account.sealed_key) != key.encode()


def test_the_installations_test_account_will_do(
    owner: Client, shop: Merchant, stripe_account: StripeAccount
) -> None:
    assert saved(send(owner, "payments", {"installation": "1"}))

    shop.refresh_from_db()
    assert (shop.uses_installation_account, shop.has_chosen_test_account) == (True, True)
    assert "The test account of this installation answers." in owner.get(SETUP).content.decode()


def test_an_endpoint_made_by_hand_is_believed(
    owner: Client, shop: Merchant, stripe_account: StripeAccount, settings: Any
) -> None:
    settings.PUBLIC_BASE_URL = "https://shop.example.com"
    send(owner, "payments", {"connect": "1", "key": secret_key()})
    account = ProviderAccount.objects.get(merchant=shop)
    assert f"/payments/webhooks/stripe/{account.pk}" in owner.get(f"{SETUP}payments/").content.decode()

    refused(send(owner, "payments", {"notices": "1", "secret": "sk_test_1"}), "begins with whsec_")
    assert saved(send(owner, "payments", {"notices": "1", "secret": "whsec_byhand"}))

    account.refresh_from_db()
    assert (account.notice_problem, account.sealed_notice_secret is None) == ("", False)


def test_an_agents_key_is_shown_once(owner: Client, shop: Merchant) -> None:
    page = send(owner, "agent", {"name": "Shopping assistant"}).content.decode()

    (token,) = [word for word in page.replace("<", " ").replace(">", " ").split() if word.startswith("ack_")]
    key = AgentKey.objects.get(agent__merchant=shop)
    assert f"/admin/webhooks/endpoint/add/?agent={key.agent_id}" in page
    assert token not in owner.get(SETUP).content.decode()
    Merchant.objects.filter(pk=shop.pk).update(status="active")
    assert authenticate(token, now=key.created_at).agent_name == "Shopping assistant"


STEPS = ("profile", "support", "products", "shipping", "tax", "payments", "agent")
ALLOWED = {
    "owner": STEPS,
    "manager": ("products", "shipping", "tax"),
    "support": (),
    "reader": (),
}


@pytest.mark.parametrize("role", ALLOWED)
def test_each_step_is_for_those_whose_role_allows_it(shop: Merchant, role: str) -> None:
    browser = member(shop, role)

    opened = [step for step in STEPS if browser.get(f"{SETUP}{step}/").status_code == 200]
    answered = browser.post(f"{SETUP}live/").status_code

    assert tuple(opened) == ALLOWED[role]
    assert browser.get(SETUP).status_code == (403 if role == "support" else 200)
    assert answered == (302 if role == "owner" else 403)


def test_strangers_and_visitors_are_kept_out(shop: Merchant, client: Client) -> None:
    assert client.get(SETUP).status_code == 302
    assert client.post(f"{SETUP}live/").status_code == 302
    shop.refresh_from_db()
    assert shop.status == "new"


def test_the_operator_chooses_a_shop_first(shop: Merchant, chief: Client) -> None:
    assert "Choose a shop" in chief.get(SETUP).content.decode()

    chief.post("/admin/shop/", {"shop": shop.pk})
    assert "Harbor Supply is not live yet" in chief.get(SETUP).content.decode()
