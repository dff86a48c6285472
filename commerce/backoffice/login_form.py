"""Apart from `login`, because allauth's forms ask for the adapter there."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as AccountLoginForm


class LoginForm(AccountLoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name or e-mail address"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
