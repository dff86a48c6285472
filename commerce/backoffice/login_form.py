"""Apart from `login`, because allauth's forms ask for the adapter there."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as AccountLoginForm
from allauth.account.forms import SignupForm as AccountSignupForm
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest


class LoginForm(AccountLoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_sign_up_open = settings.SIGN_UP_OPEN
        self.fields["login"].label = "User name or e-mail address"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignupForm(AccountSignupForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.fields["email"].help_text = "A code is sent there."
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def save(self, request: HttpRequest) -> Any:
        """Remember that the password was typed, so that it is not asked for again while the shop is set up."""
        user = super().save(request)
        record_authentication(request, user, method="password")
        return user
