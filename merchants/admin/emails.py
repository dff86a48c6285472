"""What buyers were written: looked at, and sent once more."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from commerce import clock
from commerce.backoffice.admins import ReadOnlyAdmin
from commerce.backoffice.rights import Area
from commerce.backoffice.worklists import Worklist
from commerce.emails.models import Email
from commerce.emails.planning import send_again


def not_sent(emails: QuerySet[Email]) -> QuerySet[Email]:
    return emails.filter(status__in=(Email.Status.REFUSED, Email.Status.FAILED))


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    merchant_path = "order__merchant"
    area = Area.ORDERS
    list_display = ("kind", "order", "recipient", "status", "tries", "error", "created_at", "sent_at")
    shown = (*list_display, "reference", "due_at", "subject", "text")
    list_filter = ("status", "kind", "order__merchant")
    worklists = {"failed": Worklist("E-mails that did not arrive", not_sent)}
    list_select_related = ("order",)
    search_fields = ("recipient", "order__number", "order__id", "subject")
    ordering = ("-created_at", "pk")
    actions = ("send_again",)

    @admin.action(description="Send the selected e-mails again", permissions=["handle"])
    def send_again(self, request: HttpRequest, emails: QuerySet[Email]) -> None:
        chosen = list(emails.exclude(status=Email.Status.PENDING).select_related("order"))
        count = send_again([one.pk for one in chosen], now=clock.now())
        for one in chosen:
            self.note(request, one, "Sent again")
        self.message_user(request, f"{count} will be sent again; others are under way.", messages.SUCCESS)
