"""Who was asked to work in a shop, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from commerce import clock
from commerce.accounts.invitations import TooManyInvitationsError, invite, withdraw
from commerce.accounts.members import AlreadyMemberError
from commerce.accounts.models import Invitation, Membership
from commerce.backoffice.admins import EditableAdmin, Form
from commerce.backoffice.rights import Area


class InvitationForm(Form):
    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        email, merchant = told.get("email"), told.get("merchant")
        members = Membership.objects.filter(merchant=merchant, user__email__iexact=email or "")
        if email and merchant and members.exists():
            self.add_error("email", f"{email} is a member of {merchant} already.")
        return told


@admin.register(Invitation)
class InvitationAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.MEMBERS
    asks_again = True
    form = InvitationForm
    list_display = ("email", "role", "merchant", "state", "invited_by", "created_at")
    list_filter = ("role", "merchant")
    list_select_related = ("merchant", "invited_by")
    search_fields = ("email",)
    ordering = ("-created_at", "pk")
    actions = ("withdraw_invitations", "invite_again")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        more = ("invited_by", "created_at", "expires_at", "accepted_at", "withdrawn_at")
        return ("merchant", "email", "role", *(more if obj else ()))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Withdraw an invitation instead: what was sent stays known."""
        return False

    @admin.display(description="What became of it")
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at:
            return f"accepted {invitation.accepted_at:%Y-%m-%d}"
        if invitation.withdrawn_at:
            return "withdrawn"
        if invitation.expires_at <= clock.now():
            return "not accepted in time"
        return f"good until {invitation.expires_at:%Y-%m-%d}"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        """Send the link. Where it cannot be sent, the row keeps no id and `response_add` says so."""
        by: Any = request.user
        try:
            obj.pk = invite(obj.merchant, email=obj.email, role=obj.role, by=by, now=clock.now()).pk
        except (TooManyInvitationsError, AlreadyMemberError) as problem:
            obj.problem = problem.message

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if not hasattr(obj, "problem"):
            super().log_addition(request, obj, message)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002
        if hasattr(obj, "problem"):
            messages.error(request, obj.problem)
        else:
            messages.success(request, f"A link is on its way to {obj.email}. It is good once, for seven days.")
        return redirect("admin:accounts_invitation_changelist")

    @admin.action(description="Withdraw the selected invitations", permissions=["add"])
    def withdraw_invitations(self, request: HttpRequest, invitations: QuerySet[Invitation]) -> None:
        for one in invitations:
            withdraw(one, now=clock.now())
            self.note(request, one, "withdrew the invitation")
        self.message_user(request, f"{len(invitations)} withdrawn.", messages.SUCCESS)

    @admin.action(description="Send the selected invitations again, with a new link", permissions=["add"])
    def invite_again(self, request: HttpRequest, invitations: QuerySet[Invitation]) -> None:
        by: Any = request.user
        sent = 0
        for one in invitations.filter(accepted_at__isnull=True):
            try:
                again = invite(one.merchant, email=one.email, role=one.role, by=by, now=clock.now())
            except (TooManyInvitationsError, AlreadyMemberError) as problem:
                messages.error(request, problem.message)
            else:
                self.note(request, again, "sent the invitation again")
                sent += 1
        self.message_user(request, f"{sent} sent again.", messages.SUCCESS)
