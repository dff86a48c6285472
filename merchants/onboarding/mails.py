"""What is sent by e-mail to people who are to work in a shop."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from commerce.accounts.invitations import token_of
from commerce.accounts.models import Invitation
from commerce.text import line


def mail_invitation(invitation: Invitation) -> None:
    """Send the link with which somebody comes into a shop."""
    path = reverse("invitation", args=[token_of(invitation)])
    shop = line(invitation.merchant.name)
    context = {"invitation": invitation, "shop": shop, "link": f"{settings.PUBLIC_BASE_URL}{path}"}
    send_mail(
        f"You are invited to {shop}",
        render_to_string("account/email/invitation.txt", context),
        None,
        [invitation.email],
    )
