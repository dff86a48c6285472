"""Who the shop is, whom buyers ask, and which pages they can read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commerce.accounts.models import Merchant
from commerce.backoffice.readiness import Check, Finding, missing, ok, unknown, warning
from commerce.backoffice.rights import Area
from commerce.places import NEEDS_REGION, NO_POSTAL_CODE
from merchants.onboarding.countries import country_name
from merchants.onboarding.probing import keep, kept, open_pages

POLICY_PAGES = {
    "terms_url": "Terms of use",
    "privacy_url": "Privacy policy",
    "return_policy_url": "Return policy",
    "shipping_policy_url": "Shipping policy",
}
NEEDED_PAGES = ("terms_url", "privacy_url")


def look_at_profile(merchant: Merchant, _now: datetime) -> Finding:
    absent = []
    if merchant.country in NEEDS_REGION and not merchant.region:
        absent.append("the state or province")
    if merchant.country not in NO_POSTAL_CODE and not merchant.postal_code:
        absent.append("the postal code")
    if absent:
        return missing(f"Where the shop is at home is not complete. Still to be said: {' and '.join(absent)}.")
    return ok(
        f"{merchant.name} in {country_name(merchant.country)}, prices in {merchant.currency.upper()}, "
        f"time zone {merchant.time_zone}."
    )


def look_at_support(merchant: Merchant, _now: datetime) -> Finding:
    if merchant.support_email or merchant.support_phone:
        return ok(f"Buyers reach you at {merchant.support_email or merchant.support_phone}.")
    return missing("Buyers cannot ask anybody: give an e-mail address or a telephone number.")


def look_at_policies(merchant: Merchant, _now: datetime) -> Finding:
    absent = [POLICY_PAGES[name] for name in POLICY_PAGES if not getattr(merchant, name)]
    if needed := [POLICY_PAGES[name] for name in NEEDED_PAGES if not getattr(merchant, name)]:
        return missing(f"Agents show these pages to buyers, and they are not named: {', '.join(needed)}.")
    answers = kept(merchant, "policies")
    pages = _pages(merchant)
    closed = [(title, answers[url]) for url, title in pages if url in answers and not answers[url].is_ok]
    if problems := [f"{title}: {answer.words}" for title, answer in closed]:
        return missing("Not every page opens.", *problems)
    if any(url not in answers for url, _ in pages):
        return unknown("The pages are named. Whether they open was not looked at yet.")
    if absent:
        return warning(f"All pages open. Still to be named: {', '.join(absent)}.")
    return ok("All pages are named and open.")


def _pages(merchant: Merchant) -> list[tuple[str, str]]:
    return [(getattr(merchant, name), title) for name, title in POLICY_PAGES.items() if getattr(merchant, name)]


def ask_for_policies(merchant: Merchant, now: datetime) -> None:
    keep(merchant, "policies", open_pages(list(_urls(merchant))), now=now)


def _urls(merchant: Merchant) -> Iterator[str]:
    yield from dict.fromkeys(url for url, _ in _pages(merchant))


PROFILE = Check(
    id="profile",
    title="Shop profile",
    why="The name, the currency and the home of your shop stand in every offer that an agent makes.",
    page="admin:setup_profile",
    area=Area.SETTINGS,
    look=look_at_profile,
)
SUPPORT = Check(
    id="support",
    title="Support contact",
    why="Agents tell buyers whom to ask. They will not ask you without an address.",
    page="admin:setup_support",
    area=Area.SETTINGS,
    look=look_at_support,
)
POLICIES = Check(
    id="policies",
    title="Policy pages",
    why="Agent platforms open your terms and privacy policy before they list a shop, and show them to buyers.",
    page="admin:setup_support",
    area=Area.SETTINGS,
    look=look_at_policies,
    probe=ask_for_policies,
)
