"""Who of a shop's staff may do what. A shop that has an owner keeps one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from commerce.accounts.models import Invitation, Membership, Merchant
from commerce.errors import CommerceError

if TYPE_CHECKING:
    from django.contrib.auth.models import User


LAST_OWNER = "This is the last owner. Make somebody else an owner first."


class AlreadyMemberError(CommerceError):
    """Somebody has a role in the shop already."""

    code = "already_member"


class LastOwnerError(CommerceError):
    """Nobody would be left who may manage the shop."""

    code = "last_owner"


@transaction.atomic
def add_member(merchant: Merchant, user: User, role: str) -> Membership:
    """Give somebody a role in a shop, and let them into the back office. Raises AlreadyMemberError."""
    try:
        with transaction.atomic():
            membership = Membership.objects.create(merchant=merchant, user=user, role=role)
    except IntegrityError as problem:
        raise AlreadyMemberError(f"{user} is a member of {merchant} already.") from problem
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return membership


@transaction.atomic
def change_role(membership: Membership, role: str, *, now: datetime) -> None:
    """Give a member another role. Who is no owner any more has invited nobody. Raises LastOwnerError."""
    is_owner_after = role == Membership.Role.OWNER
    _keep_an_owner(membership, is_owner_after=is_owner_after)
    Membership.objects.filter(pk=membership.pk).update(role=role)
    membership.role = role
    if not is_owner_after:
        _withdraw_invitations_of(membership, now)


@transaction.atomic
def remove_member(membership: Membership, *, now: datetime) -> None:
    """Take somebody's role in a shop away, and with it whom they have invited. Raises LastOwnerError."""
    _keep_an_owner(membership, is_owner_after=False)
    Membership.objects.filter(pk=membership.pk).delete()
    _withdraw_invitations_of(membership, now)


def _withdraw_invitations_of(membership: Membership, now: datetime) -> None:
    """Make links void that would be a way back in: to another address of the same person, as an owner."""
    waiting = Invitation.objects.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
    waiting.filter(merchant=membership.merchant_id, invited_by=membership.user_id).update(withdrawn_at=now)


def _keep_an_owner(membership: Membership, *, is_owner_after: bool) -> None:
    """Hold the shop's row, so that two owners do not leave at once. Needs an open transaction."""
    Merchant.objects.select_for_update(no_key=True).get(pk=membership.merchant_id)
    owners = Membership.objects.filter(merchant=membership.merchant_id, role=Membership.Role.OWNER)
    was_owner = owners.filter(pk=membership.pk).exists()
    if was_owner and not is_owner_after and not owners.exclude(pk=membership.pk).exists():
        raise LastOwnerError(LAST_OWNER)
