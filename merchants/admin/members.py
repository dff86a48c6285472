"""Who of a shop's staff may do what; and, for the operator, everybody who can log in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from commerce import clock
from commerce.accounts.members import LAST_OWNER, LastOwnerError, add_member, change_role, remove_member
from commerce.accounts.models import Invitation, Membership, StaffAction
from commerce.accounts.selectors import last_owners
from commerce.backoffice.admins import EditableAdmin, Form, ReadOnlyAdmin, ScopedAdmin
from commerce.backoffice.login import require_recent_login
from commerce.backoffice.rights import Area, Right
from commerce.backoffice.scope import OPERATOR_ONLY, scope_of

if TYPE_CHECKING:
    _UserAdmin = DjangoUserAdmin[User]
else:
    _UserAdmin = DjangoUserAdmin


class NewMemberForm(Form):
    person = forms.CharField(
        max_length=254,
        label="E-mail address or user name",
        help_text="of somebody who can log in here already",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    def clean_person(self) -> User:
        told = self.cleaned_data["person"]
        found = User.objects.filter(Q(username=told) | Q(email__iexact=told), is_active=True).order_by("pk")[:2]
        if len(found) != 1:
            raise forms.ValidationError("Nobody, or more than one, can log in here under that name. Invite them.")
        if _has_only_claimed_an_address(found[0]):
            raise forms.ValidationError("They have not confirmed their e-mail address. Invite them instead.")
        return found[0]

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        person, merchant = told.get("person"), told.get("merchant")
        if person and merchant and Membership.objects.filter(user=person, merchant=merchant).exists():
            self.add_error("person", f"{person} is a member of {merchant} already.")
        return told


def _has_only_claimed_an_address(person: User) -> bool:
    """Say whether somebody signed up with an address that they have not shown to be theirs."""
    addresses = EmailAddress.objects.filter(user=person)
    return not person.is_staff and addresses.exists() and not addresses.filter(verified=True).exists()


class MemberForm(Form):
    def clean_role(self) -> str:
        """Say beforehand what the service would refuse."""
        role: str = self.cleaned_data["role"]
        owners = Membership.objects.filter(merchant=self.instance.merchant_id, role=Membership.Role.OWNER)
        was_owner = self.instance.role == Membership.Role.OWNER
        if was_owner and role != Membership.Role.OWNER and not owners.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(LAST_OWNER)
        return role


@admin.register(Membership)
class MembershipAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.MEMBERS
    asks_again = True
    list_display = ("user", "email", "merchant", "role", "created_at")
    list_filter = ("role", "merchant")
    list_select_related = ("user", "merchant")
    search_fields = ("user__username", "user__email", "user__first_name", "user__last_name")
    ordering = ("user__username", "pk")

    @admin.display(ordering="user__email")
    def email(self, membership: Membership) -> str:
        return membership.user.email

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=MemberForm if obj else NewMemberForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return ("user", "merchant", "role", "created_at") if obj else ("merchant", "person", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return ("user", "created_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        if change:
            change_role(obj, form.cleaned_data["role"], now=clock.now())
            return
        made = add_member(obj.merchant, form.cleaned_data["person"], obj.role)
        obj.pk, obj.user = made.pk, made.user

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say beforehand that the last owner stays; then nobody of those who were selected is removed."""
        named, counts, missing, protected = super().get_deleted_objects(objs, request)
        staying = [f"{one.user} stays. {LAST_OWNER}" for one in last_owners(objs)]
        return named, counts, missing, [*protected, *staying]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Leave it to `delete_queryset`: another owner may leave at the same moment, and then this one stays."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, Membership.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for membership in queryset.select_related("user", "merchant"):
            try:
                remove_member(membership, now=clock.now())
            except LastOwnerError as problem:
                messages.error(request, f"{membership.user} stays. {problem.message}")
            else:
                super().log_deletions(request, [membership])

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        if Membership.objects.filter(pk=obj_id).exists():
            return redirect("admin:accounts_membership_changelist")
        return super().response_delete(request, obj_display, obj_id)


@admin.register(User)
class UserAdmin(_UserAdmin, ScopedAdmin):
    """Who can log in. What somebody may do in a shop is a membership; Django's own permissions play no part."""

    merchant_path = OPERATOR_ONLY
    area = Area.OPERATIONS
    asks_again = True
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    filter_horizontal = ()
    ordering = ("username", "pk")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Ask before a password is typed in for somebody else."""
        if self.has_change_permission(request):
            require_recent_login(request)
        return super().user_change_password(request, id, form_url)


_OF_MEMBERS = [model._meta.label_lower for model in (Invitation, Membership, User)]
"""What an entry in the log is about that only those see who may look at members."""


@admin.register(StaffAction)
class StaffActionAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.SETTINGS
    list_display = ("done_at", "user_name", "kind", "subject", "model", "what_changed", "merchant")
    shown = (
        "done_at",
        "user_name",
        "address",
        "kind",
        "subject",
        "model",
        "row",
        "what",
        "what_changed",
        "merchant",
    )
    list_filter = ("kind", "user_name", "model", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("user_name", "subject", "row", "what")
    ordering = ("-done_at", "-pk")
    date_hierarchy = "done_at"
    change_form_outer_after_template = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        entries: QuerySet[Any] = super().get_queryset(request)
        return entries if _sees_members(request) else entries.exclude(model__in=_OF_MEMBERS)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return [name for name in self.shown if name != "address" or _sees_members(request)]

    @admin.display(description="What")
    def what_changed(self, entry: StaffAction) -> str:
        return render_to_string("admin/changes.html", {"entry": entry})


def _sees_members(request: HttpRequest) -> bool:
    return scope_of(request).may(Area.MEMBERS, Right.VIEW)
