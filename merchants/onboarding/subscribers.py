from __future__ import annotations

from commerce.accounts.models import Invitation
from commerce.outbox.relay import Event
from merchants.onboarding.mails import mail_invitation


def send_invitation(event: Event) -> None:
    """Send the link of an invitation, unless it is of no use any more. May send it twice."""
    invitation = Invitation.objects.select_related("merchant", "invited_by").get(pk=event.key)
    if invitation.accepted_at is None and invitation.withdrawn_at is None:
        mail_invitation(invitation)
