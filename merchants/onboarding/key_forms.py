"""What opens doors: the key of a payment account, and the key of an agent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from commerce import clock
from commerce.accounts.models import Agent, Merchant
from commerce.accounts.services import issue_key
from commerce.payments.accounts import connect_account, keep_notice_secret, notice_url, use_installation_account
from commerce.payments.models import ProviderAccount
from merchants.onboarding.checks.terms import ask_for_payments
from merchants.onboarding.forms import SetupForm

_NEVER_KEPT = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


class PaymentsForm(SetupForm):
    title = "Payments"
    intro = (
        "What buyers pay goes to your own account at Stripe. You find the secret key there under Developers, API "
        "keys. It is tried out, kept encrypted, and never shown again."
    )
    button = "Connect this account"
    key = forms.CharField(
        label="Secret key",
        max_length=250,
        widget=UnfoldAdminPasswordWidget(attrs={**_NEVER_KEPT, "placeholder": "sk_test_…"}),
    )

    def __init__(self, merchant: Merchant, *args: Any, **options: Any) -> None:
        super().__init__(merchant, *args, **options)
        live = "A key of the live mode (sk_live_) charges real cards." if settings.PAYMENTS_LIVE else ""
        self.fields["key"].help_text = f"sk_test_ or rk_test_ for Stripe's test mode. {live}".strip()

    def apply(self) -> str:
        account = connect_account(self.merchant, self.cleaned_data["key"].strip(), now=clock.now())
        ask_for_payments(self.merchant, clock.now())
        return f"Payments go to {account.name or account.reference} now ({account.key_hint})."


class InstallationAccountForm(SetupForm):
    title = "Payments"
    intro = ""
    button = "Use the test account"

    def apply(self) -> str:
        use_installation_account(self.merchant)
        ask_for_payments(self.merchant, clock.now())
        return "Payments go to the test account of this installation. No real money moves."


class NoticeSecretForm(SetupForm):
    title = "What happens at Stripe"
    intro = ""
    button = "Keep this secret"
    secret = forms.CharField(
        label="Signing secret",
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={**_NEVER_KEPT, "placeholder": "whsec_…"}),
    )

    def account(self) -> ProviderAccount | None:
        """Return the account of which nothing tells us."""
        return ProviderAccount.objects.filter(
            merchant=self.merchant, is_current=True, sealed_notice_secret__isnull=True
        ).first()

    def address(self) -> str:
        account = self.account()
        return notice_url(account) if account else ""

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"].strip()
        if not secret.startswith("whsec_"):
            raise forms.ValidationError("A signing secret begins with whsec_; Stripe shows it with the endpoint.")
        return secret

    def apply(self) -> str:
        if account := self.account():
            keep_notice_secret(account, self.cleaned_data["secret"])
        return "The secret is kept. What happens at Stripe is known here at once."


class AgentForm(SetupForm):
    title = "An agent and its key"
    intro = (
        "An agent is a program that sells for you, such as an assistant people chat with. Its key is shown once; "
        "give it to whoever runs the agent. Limits, and more keys, are on the agent's own page."
    )
    button = "Make a key"
    name = forms.CharField(
        label="Name of the agent",
        max_length=100,
        help_text="orders are labelled with it",
        widget=UnfoldAdminTextInputWidget,
    )
    token = ""
    agent: Agent | None = None

    def apply(self) -> str:
        agent, _ = Agent.objects.get_or_create(merchant=self.merchant, name=self.cleaned_data["name"].strip())
        key, self.token = issue_key(agent)
        self.agent = agent
        return f"{agent} may sell with the key {key}."
