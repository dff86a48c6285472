from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Model, QuerySet

from commerce.accounts.models import Membership, Merchant, StaffAction
from commerce.errors import NotFoundError

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    Person = AbstractBaseUser | AnonymousUser


def is_operator(user: Person) -> bool:
    """Say whether somebody runs this installation, and so sees every shop."""
    return bool(user.is_active and getattr(user, "is_superuser", False))


def memberships_of(user: Person) -> QuerySet[Membership]:
    """Return in which shops somebody has a role, by the shop's name; none of who may not log in."""
    if not user.is_active or user.pk is None:
        return Membership.objects.none()
    found = Membership.objects.filter(user_id=user.pk)
    return found.select_related("merchant").order_by("merchant__name", "pk")


def merchants_of(user: Person) -> QuerySet[Merchant]:
    """Return the shops that somebody may see, by name: all of them for the operator."""
    if is_operator(user):
        return Merchant.objects.order_by("name", "pk")
    return Merchant.objects.filter(pk__in=memberships_of(user).values("merchant_id")).order_by("name", "pk")


def has_role(user: Person, merchant: Merchant, *roles: str) -> bool:
    """Say whether somebody has one of these roles in a shop, or any where none is named. The operator has all."""
    if is_operator(user):
        return True
    found = memberships_of(user).filter(merchant=merchant)
    return (found.filter(role__in=roles) if roles else found).exists()


def last_owners(leaving: Iterable[Membership]) -> list[Membership]:
    """Return those owners without whom their shops would have none, if all of these people left at once."""
    gone = list(leaving)
    kept = Membership.objects.filter(role=Membership.Role.OWNER).exclude(pk__in=[one.pk for one in gone])
    led = set(kept.filter(merchant__in={one.merchant_id for one in gone}).values_list("merchant_id", flat=True))
    return [one for one in gone if one.role == Membership.Role.OWNER and one.merchant_id not in led]


def currencies_sold() -> list[str]:
    """Return the currencies in which anything is sold here, without saying by whom."""
    active = Merchant.objects.filter(status=Merchant.Status.ACTIVE)
    return sorted(set(active.values_list("currency", flat=True)))


MAX_OPEN_SHOPS = 500


def open_shops() -> list[Merchant]:
    """Return the merchants that sell right now, by name; at most MAX_OPEN_SHOPS."""
    active = Merchant.objects.filter(status=Merchant.Status.ACTIVE)
    return list(active.order_by("name", "pk")[:MAX_OPEN_SHOPS])


def merchant_by_slug(slug: str) -> Merchant:
    """Return the merchant with that short name. Raises NotFoundError, which names those there are."""
    merchant = Merchant.objects.filter(slug=slug).first()
    if merchant is None:
        known = ", ".join(Merchant.objects.order_by("slug").values_list("slug", flat=True)[:50]) or "none yet"
        raise NotFoundError(f"There is no merchant '{slug}'. There are: {known}.", target=("merchant",))
    return merchant


def actions_on(row: Model) -> QuerySet[StaffAction]:
    """Return what staff did with a row, newest first."""
    found = StaffAction.objects.filter(model=row._meta.label_lower, row=str(row.pk))
    return found.order_by("-done_at", "-pk")
