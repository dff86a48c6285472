"""Inviting somebody to a shop by e-mail: the link proves the address, and is good once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core import signing
from django.db import transaction

from commerce.accounts.members import AlreadyMemberError, add_member
from commerce.accounts.models import Invitation, Membership, Merchant
from commerce.errors import CommerceError
from commerce.ids import new_id
from commerce.outbox.services import record_event

if TYPE_CHECKING:
    from django.contrib.auth.models import User

GOOD_FOR = timedelta(days=7)
MOST_A_DAY = 50
MOST_A_DAY_WHILE_NEW = 10
"""Anybody opens a shop, under any name, and writes to strangers with it: before it is live, to few of them."""
_SALT = "commerce.accounts.invitations"


class InvitationOverError(CommerceError):
    """The link was used, withdrawn or is too old, or there never was such an invitation."""

    code = "invitation_over"


class OtherAddressError(CommerceError):
    """The invitation is for somebody else."""

    code = "other_address"


class TooManyInvitationsError(CommerceError):
    """A shop, or a person in all shops, has sent as many invitations as anybody needs in a day."""

    code = "too_many_invitations"


@transaction.atomic
def invite(merchant: Merchant, *, email: str, role: str, by: User | None, now: datetime) -> Invitation:
    """Ask somebody to work in a shop, and have the link sent. One before it to the same address is void.

    Raises AlreadyMemberError, TooManyInvitationsError.
    """
    shop = Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
    address = email.strip().lower()
    if Membership.objects.filter(merchant=merchant, user__email__iexact=address).exists():
        raise AlreadyMemberError(f"{address} is a member of {merchant} already.", target=("email",))
    _require_few(shop, by, now)
    invitations = Invitation.objects.filter(merchant=merchant)
    invitations.filter(email=address, accepted_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=now)
    invitation = Invitation.objects.create(
        id=new_id("inv"),
        merchant=merchant,
        email=address,
        role=role,
        invited_by=by,
        created_at=now,
        expires_at=now + GOOD_FOR,
    )
    record_event("invitation.made", key=invitation.pk, now=now)
    return invitation


def _require_few(shop: Merchant, by: User | None, now: datetime) -> None:
    today = Invitation.objects.filter(created_at__gt=now - timedelta(days=1))
    is_new = shop.status == Merchant.Status.NEW
    most = MOST_A_DAY_WHILE_NEW if is_new else MOST_A_DAY
    if today.filter(merchant=shop).count() >= most:
        until = "tomorrow, or once the shop is live" if is_new else "tomorrow"
        raise TooManyInvitationsError(f"{most} people were invited today. Go on {until}.")
    if by is not None and today.filter(invited_by=by).count() >= MOST_A_DAY:
        raise TooManyInvitationsError(f"You have invited {MOST_A_DAY} people today. Go on tomorrow.")


def withdraw(invitation: Invitation, *, now: datetime) -> None:
    """Make a link useless that was not used yet. May run twice."""
    waiting = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, withdrawn_at__isnull=True)
    waiting.update(withdrawn_at=now)


def token_of(invitation: Invitation) -> str:
    """Return what stands in the link of an invitation."""
    return signing.dumps(invitation.pk, salt=_SALT)


def find_open(token: str, *, now: datetime) -> Invitation:
    """Return the invitation of a link that is still good. Raises InvitationOverError."""
    try:
        pk = signing.loads(token, salt=_SALT, max_age=GOOD_FOR + timedelta(days=1))
    except signing.BadSignature as problem:
        raise _over() from problem
    waiting = Invitation.objects.select_related("merchant", "invited_by")
    found = waiting.filter(pk=pk, accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now).first()
    if found is None:
        raise _over()
    return found


@transaction.atomic
def accept(invitation: Invitation, user: User, *, now: datetime) -> Membership:
    """Give who was invited the role in the shop, once. Whoever calls knows that the address is the user's.

    Somebody who is a member already keeps the role they have. Raises InvitationOverError, OtherAddressError.
    """
    if user.email.lower() != invitation.email:
        raise OtherAddressError(f"The invitation is for {invitation.email}.")
    waiting = Invitation.objects.filter(
        pk=invitation.pk, accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now
    )
    if not waiting.update(accepted_at=now):
        raise _over()
    known = Membership.objects.filter(merchant=invitation.merchant, user=user).first()
    return known or add_member(invitation.merchant, user, invitation.role)


def _over() -> InvitationOverError:
    return InvitationOverError("This link is no longer good. Ask for another one.")
