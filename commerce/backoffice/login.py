"""How people log in: a password, a second factor, and the password again before secrets are shown.

allauth does the work. Passwords, codes of the second factor and repeated logins are counted together by account
and by address, in PostgreSQL, so that every process sees them.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.http import HttpRequest
from django.urls import reverse

from commerce.sealing import seal, unseal


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Leave it to the operator whether anybody may open an account."""
        return bool(settings.SIGN_UP_OPEN)

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Call who signs up by their e-mail address, which is theirs alone."""
        user.username = user.email[: User.username.field.max_length] if user.email else user.username
        super().populate_username(request, user)

    def get_login_stages(self) -> list[str]:
        ours = {_VERIFICATION: "commerce.backoffice.login_stages.EmailVerificationStage"}
        return [ours.get(path, path) for path in super().get_login_stages()]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead who has no shop yet to opening one, where that is possible."""
        if settings.SIGN_UP_OPEN and not getattr(request.user, "is_staff", False):
            return reverse("open_shop")
        return str(super().get_login_redirect_url(request))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)


_VERIFICATION = "allauth.account.stages.EmailVerificationStage"


class TwoFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of authenticator apps and the seeds of recovery codes sealed."""

    def encrypt(self, text: str) -> str:
        return seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text.encode())


def is_two_factor_missing(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Say whether somebody has to set up a second factor before going on."""
    return settings.TWO_FACTOR_REQUIRED and not is_mfa_enabled(user, [Authenticator.Type.TOTP])


def require_recent_login(request: HttpRequest) -> None:
    """Let a request go on if the person proved lately who they are.

    Raises ReauthenticationRequired. Then allauth asks for the password or a code, and repeats the request.
    """
    records = get_authentication_records(request, request.user)
    if not records or time.time() - records[-1]["at"] > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise ReauthenticationRequired
