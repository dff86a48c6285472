"""What no document of Stripe's says for sure about shared payment tokens. Each is asked, and told at the end.

Only what the shop would get wrong is asserted; the rest is how the sandbox was built until somebody has asked.
"""

from __future__ import annotations

import json
import uuid

import pytest
import stripe

from commerce.payments.authentication import Proof
from commerce.payments.gateway import ActionRequired, Authorized, Declined, Unknown
from tests.payments.contract.conftest import RETURN_URL, TOTAL, Findings, Provider, authorized, eventually


def reason(provider: Provider, token: str) -> str:
    known = provider.token(token)
    captured = (known.get("usage_details") or {}).get("amount_captured") or {}
    return f"{known['deactivated_reason']}, captured {captured.get('value')}"


def test_when_a_hold_uses_a_token_up(provider: Provider, findings: Findings) -> None:
    charge, held = provider.held()
    findings.add("a token after its hold", reason(provider, charge.token))
    findings.outcome("a token again while its hold stands", lambda: provider.pay(charge.token, amount=100))
    provider.gateway.capture(
        attempt_id=charge.attempt_id, provider_reference=held.provider_reference, amount_minor=TOTAL
    )
    findings.add("a token after the capture", reason(provider, charge.token))

    replayed = provider.gateway.authorize(charge)

    assert isinstance(replayed, Authorized)
    assert replayed.provider_reference == held.provider_reference  # else a crash would cost the order


def test_when_a_limit_is_checked(provider: Provider, findings: Findings) -> None:
    token = provider.account.mint(TOTAL)
    findings.outcome("a hold above a token's limit", lambda: provider.pay(token, amount=TOTAL + 1))
    findings.add("a token after a hold above its limit", reason(provider, token))

    assert isinstance(provider.gateway.authorize(provider.charge(token=token)), Authorized)


def test_whether_a_void_gives_a_token_back(provider: Provider, findings: Findings) -> None:
    charge, held = provider.held()
    provider.gateway.void(attempt_id=charge.attempt_id, provider_reference=held.provider_reference)

    findings.add("a token after its hold is given back", reason(provider, charge.token))


def test_whether_a_decline_uses_a_token_up(provider: Provider, findings: Findings) -> None:
    charge = provider.charge("pm_card_visa_chargeDeclined")

    assert isinstance(provider.gateway.authorize(charge), Declined)
    findings.add("a token after a decline", reason(provider, charge.token))
    findings.outcome("a token again after a decline", lambda: provider.pay(charge.token))


def test_how_a_token_that_does_not_fit_is_refused(provider: Provider, findings: Findings) -> None:
    consumed, revoked = provider.account.mint(TOTAL), provider.account.mint(TOTAL)
    euros = provider.account.mint(TOTAL, currency="eur")
    provider.pay(consumed)
    provider.account.revoke(revoked)

    findings.outcome("a token of another currency", lambda: provider.pay(euros))
    findings.outcome("a token nobody granted", lambda: provider.pay("spt_1NobodyHasGrantedThis"))
    findings.outcome("a token that is used up", lambda: provider.pay(consumed))
    findings.outcome("a token that was revoked", lambda: provider.pay(revoked))
    findings.outcome("looking at a token nobody granted", lambda: provider.token("spt_1NobodyHasGrantedThis"))


@pytest.mark.parametrize("version", ["2026-09-30.preview", "2026-10-28.preview", stripe.api_version])
def test_which_versions_know_tokens(provider: Provider, findings: Findings, version: str) -> None:
    token = provider.account.mint(TOTAL)

    findings.outcome(f"paying in version {version}", lambda: provider.pay(token, stripe_version=version))


@pytest.mark.parametrize("redirects", ["never", "always"])
def test_whether_the_shops_version_combines_with_automatic_methods(provider: Provider, redirects: str) -> None:
    methods = {"enabled": True, "allow_redirects": redirects}

    answer = provider.pay(
        provider.account.mint(TOTAL),
        capture_method="manual",
        automatic_payment_methods=methods,
        return_url=RETURN_URL,
    )

    assert answer["status"] == "requires_capture"


def test_whether_events_of_tokens_are_listed(provider: Provider, findings: Findings) -> None:
    charge, held = provider.held()

    def kinds(version: str, mark: str) -> list[str]:
        events = provider.ask("get", "/v1/events", limit=100, stripe_version=version)["data"]
        return sorted({str(one["type"]) for one in events if mark in json.dumps(one)})

    eventually(lambda: kinds(provider.version, held.provider_reference) or None)
    for version in (provider.version, stripe.api_version):
        told = [kind for kind in kinds(version, charge.token) if kind.startswith("shared_payment.")]
        findings.add(f"events of a token in version {version}", told)


def test_whether_a_charge_is_repeated_after_its_token_is_used_up(provider: Provider, findings: Findings) -> None:
    charge = provider.charge(at_once=True)
    first = authorized(provider.gateway.authorize(charge))

    findings.add("a token after a charge at once", reason(provider, charge.token))
    assert provider.gateway.authorize(charge) == first


@pytest.mark.parametrize("card", ["pm_card_radarBlock", "pm_card_riskLevelHighest"])
def test_what_a_blocked_payment_is_called(provider: Provider, findings: Findings, card: str) -> None:
    answer = provider.gateway.authorize(provider.charge(card))

    assert not isinstance(answer, Authorized)
    findings.add(f"a payment with {card}", f"{type(answer).__name__} {getattr(answer, 'code', '')}")


def test_what_happens_where_authentication_is_an_error(provider: Provider, findings: Findings) -> None:
    token = provider.account.mint(TOTAL, card="pm_card_authenticationRequired")
    findings.outcome("authentication as an error", lambda: provider.pay(token, error_on_requires_action=True))
    findings.add("a token after authentication was an error", reason(provider, token))
    charge = provider.charge("pm_card_authenticationRequired")

    assert isinstance(provider.gateway.authorize(charge), ActionRequired)
    findings.add("a token while the buyer authenticates", reason(provider, charge.token))


def test_whether_a_proof_from_elsewhere_is_taken(provider: Provider, findings: Findings) -> None:
    proof = Proof("M6+990I6FLD8Y2rZz9d5QbfrMNY=", "05", str(uuid.uuid4()), "2.2.0")
    charge = provider.charge("pm_card_threeDSecure2Required", proof=proof)

    answer = provider.gateway.authorize(charge)

    assert not isinstance(answer, Unknown)
    findings.add("a payment with a proof from elsewhere", f"{type(answer).__name__} {getattr(answer, 'code', '')}")
