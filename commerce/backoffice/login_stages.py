"""Apart from `login`, because allauth's stages ask for the adapter there."""

from __future__ import annotations

from typing import Any

from allauth.account.stages import EmailVerificationStage as AccountEmailVerificationStage


class EmailVerificationStage(AccountEmailVerificationStage):  # type: ignore[misc]
    """Asks who signs up for the code that was sent to them.

    Staff were let in by somebody, or have verified the address before they opened a shop; nobody becomes staff
    otherwise. An operator can so be made without any mail. Behind a sign-up with a known address is nobody.
    """

    def handle(self) -> Any:
        if self.login.user is not None and self.login.user.is_staff:
            return None, True
        return super().handle()
