"""How people come in: somebody who signed up opens a shop, somebody who was invited joins one."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from commerce import clock
from commerce.accounts.invitations import InvitationOverError, accept, find_open
from commerce.accounts.models import Invitation, shop_name
from commerce.backoffice.scope import SESSION_KEY, choose_shop
from commerce.errors import CommerceError
from merchants.onboarding.countries import country_choices
from merchants.onboarding.opening import open_shop


class NewShopForm(forms.Form):
    name = forms.CharField(
        label="Name of the shop",
        max_length=100,
        validators=[shop_name],
        help_text="As buyers know it; it can be changed later.",
    )
    country = forms.ChoiceField(
        label="Country", help_text="Where you sell from. Currency and time zone follow, and can be changed."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ChoiceField, self.fields["country"]).choices = [("", "Choose …"), *country_choices()]


@never_cache
@login_required
def new_shop(request: HttpRequest) -> HttpResponse:
    """Ask for a name and a country, and make the shop; everything else is asked in the back office."""
    if not settings.SIGN_UP_OPEN:
        return render(request, "account/signup_closed.html", status=403)
    form = NewShopForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            merchant = open_shop(cast(User, request.user), name=told["name"], country=told["country"])
        except CommerceError as problem:
            form.add_error(None, problem.message)
        else:
            choose_shop(request, merchant.pk)
            messages.success(request, f"{merchant} is yours. This is what it still needs.")
            return redirect("admin:setup")
    return render(request, "account/new_shop.html", {"form": form})


class PasswordForm(forms.Form):
    """The first password of somebody who was invited."""

    password = forms.CharField(
        label="Choose a password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )

    def __init__(self, email: str, *args: Any, **options: Any) -> None:
        self._email = email
        super().__init__(*args, **options)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        try:
            validate_password(password, User(username=self._email, email=self._email))
        except ValidationError as problem:
            raise forms.ValidationError(problem.messages) from problem
        return password


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let somebody in who was invited: with the account they have, or with a new one."""
    try:
        invited = find_open(token, now=clock.now())
        return _welcomed(request, invited)
    except InvitationOverError as problem:
        return render(request, "account/invitation_over.html", {"problem": problem.message}, status=410)


def _welcomed(request: HttpRequest, invited: Invitation) -> HttpResponse:
    if request.user.is_authenticated:
        return _joined(request, invited, request.user)
    if User.objects.filter(email__iexact=invited.email).exists():
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
    form = PasswordForm(invited.email, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        user = _new_user(request, invited, form.cleaned_data["password"])
        request.session[SESSION_KEY] = invited.merchant_id
        record_authentication(request, user, method="password")
        response: HttpResponse = perform_login(
            request, user, email_verification="none", redirect_url=reverse("admin:index")
        )
        return response
    return render(request, "account/invitation.html", {"form": form, "invitation": invited})


def _joined(request: HttpRequest, invited: Invitation, user: User) -> HttpResponse:
    """Ask somebody who is logged in whether they want to, and let them in if the invitation is theirs."""
    is_theirs = user.email.lower() == invited.email
    if request.method == "POST" and is_theirs:
        accept(invited, user, now=clock.now())
        choose_shop(request, invited.merchant_id)
        messages.success(request, f"Welcome to {invited.merchant}.")
        return redirect("admin:index")
    context = {"invitation": invited, "is_theirs": is_theirs}
    return render(request, "account/invitation.html", context, status=200 if is_theirs else 403)


@transaction.atomic
def _new_user(request: HttpRequest, invited: Invitation, password: str) -> User:
    """Make the account of somebody who was invited. The link has come to the address, so it is theirs."""
    user = User(email=invited.email)
    get_adapter().populate_username(request, user)
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=invited.email, verified=True, primary=True)
    accept(invited, user, now=clock.now())
    return user
