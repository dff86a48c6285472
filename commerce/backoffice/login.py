"""How people log in: a password, a second factor, and the password again before secrets are shown.

allauth does the work. Passwords, codes of the second factor and repeated logins are counted together by account
and by address, in PostgreSQL, so that every process sees them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

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

from commerce.backoffice.auditing import write_down_account
from commerce.client_address import client_address
from commerce.sealing import seal, unseal


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Leave it to the operator whether anybody may open an account."""
        return bool(settings.SIGN_UP_OPEN)

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Call people by their e-mail address, which is theirs alone, unless somebody is called so already."""
        name = user.email[: User.username.field.max_length] or user.username
        user.username = "" if User.objects.filter(username=name).exists() else name
        super().populate_username(request, user)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count by the address that everything else here counts by."""
        return client_address(request)

    def render_mail(self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None) -> Any:
        """Name this place by its public address: that of the request is what its sender says it is."""
        return super().render_mail(template_prefix, email, {**context, **_at_public_address(context)}, headers)

    def get_login_stages(self) -> list[str]:
        ours = {_VERIFICATION: "commerce.backoffice.login_stages.EmailVerificationStage"}
        return [ours.get(path, path) for path in super().get_login_stages()]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead who has no shop yet to opening one, where that is possible."""
        if settings.SIGN_UP_OPEN and not getattr(request.user, "is_staff", False):
            return reverse("open_shop")
        return str(super().get_login_redirect_url(request))

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **options: Any) -> None:
        """Write down what staff changed of how they log in, whenever allauth tells them by mail that they did."""
        if user.is_staff and (what := _TOLD.get(template_prefix.rpartition("/")[2])):
            write_down_account(self.request, user, what)
        super().send_notification_mail(template_prefix, user, *args, **options)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)


@dataclass(frozen=True, slots=True)
class PublicSite:
    """What e-mails call this place."""

    name: str
    domain: str


def _at_public_address(context: dict[str, Any]) -> dict[str, Any]:
    host = urlsplit(settings.PUBLIC_BASE_URL).netloc
    links = {name: link for name, link in context.items() if name.endswith("_url")}
    paths = {name: urlsplit(link)._replace(scheme="", netloc="").geturl() for name, link in links.items()}
    public = {name: f"{settings.PUBLIC_BASE_URL}{path}" for name, path in paths.items()}
    return {**public, "current_site": PublicSite(host, host)}


_TOLD = {
    "password_changed": "changed their password",
    "password_reset": "made a new password with a link that was mailed",
    "password_set": "made a password",
    "email_changed": "changed their e-mail address",
    "email_deleted": "removed an e-mail address of theirs",
    "totp_activated": "switched two-factor login on",
    "totp_deactivated": "switched two-factor login off",
    "recovery_codes_generated": "got new recovery codes",
}
"""What the names of mails mean."""

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
