"""What the staff do with returns: a form each, one call into the domain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from commerce import clock
from commerce.aftersales.models import RETURN_TRANSITIONS, Return, ReturnLine
from commerce.aftersales.returns import (
    Received,
    approve_return,
    cancel_return,
    close_return,
    decline_return,
    receive_return,
    refund_return,
    request_return,
)
from commerce.aftersales.selectors import Returnable, refund_proposal, returnable_lines
from commerce.money import Money
from commerce.orders.models import Order
from commerce.pages.wording import date_text
from merchants.admin.changing import ChangeForm, amount_field, key_field, note_field, units_field


def answer_field(help_text: str, label: str = "What the buyer reads") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=1000,
        required=False,
        help_text=help_text,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


HOW_TO_SEND_IT = "Where and how to send it back. It is in the e-mail and on the order's page."


class RequestReturnForm(ChangeForm):
    title = "Take units back"
    button = "Write the return down"
    reason = forms.ChoiceField(choices=Return.Reason.choices, widget=UnfoldAdminSelectWidget)
    note = note_field("What the buyer says. For the shop alone.")
    exception_note = note_field("Why it is taken back although its time is over. For the shop alone.")
    is_approved = forms.BooleanField(
        label="Approve it right away", required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    answer = answer_field(HOW_TO_SEND_IT)
    key = key_field()

    def __init__(self, order: Order, *args: Any, **options: Any) -> None:
        super().__init__(order, *args, **options)
        offered = returnable_lines(order, now=clock.now())
        if not offered:
            self.nothing = "The buyer has nothing of this order that could be sent back."
        for line in offered:
            self.fields[line.line_id] = units_field(
                line.title, most=line.quantity, initial=0, help_text=_offer(line, order)
            )
        self.units = [line.line_id for line in offered]
        self.fields["exception_note"].label = "Exception"
        if not any(line.is_late for line in offered):
            del self.fields["exception_note"]
        self.order_fields([*self.units, "reason", "note", "exception_note", "is_approved", "answer", "key"])

    def apply(self) -> str:
        told, now = self.cleaned_data, clock.now()
        made = request_return(
            self.order.pk,
            {line_id: told[line_id] for line_id in self.units},
            reason=told["reason"],
            note=told["note"],
            exception_note=told.get("exception_note", ""),
            request_key=told["key"],
            now=now,
        )
        if not told["is_approved"]:
            return "The return is written down, and waits for a decision."
        if made.status == Return.Status.REQUESTED:
            approve_return(made.pk, answer=told["answer"], now=now)
        return "The return is approved. The buyer is told how to send it back."


def _offer(line: Returnable, order: Order) -> str:
    if line.until is None:
        days = order.merchant.return_days
        when = f"{days} days from its delivery, which was not told yet" if days else "the shop takes nothing back"
    else:
        when = f"until {date_text(line.until)}{', which is over' if line.is_late else ''}"
    return f"of {line.quantity} with the buyer; {when}"


class _Step(ChangeForm):
    """A step of a return that can be taken, or not any more."""

    becomes: Return.Status

    def __init__(self, returned: Return, *args: Any, **options: Any) -> None:
        super().__init__(returned, *args, **options)
        if returned.status == self.becomes or not RETURN_TRANSITIONS.allows(returned.status, self.becomes):
            self.nothing = f"This return is {returned.get_status_display().lower()}."


class ApproveReturnForm(_Step):
    becomes = Return.Status.APPROVED
    title = "Approve this return"
    button = "Approve it"
    answer = answer_field(HOW_TO_SEND_IT)

    def apply(self) -> str:
        approve_return(self.subject.pk, answer=self.cleaned_data["answer"], now=clock.now())
        return "The return is approved. The buyer is told how to send it back."


class DeclineReturnForm(_Step):
    becomes = Return.Status.DECLINED
    title = "Decline this return"
    button = "Decline it"
    is_final = True
    answer = answer_field("Why not. It is in the e-mail and on the order's page.")

    def apply(self) -> str:
        decline_return(self.subject.pk, answer=self.cleaned_data["answer"], now=clock.now())
        return "The return is declined. The buyer is told why."


class CancelReturnForm(_Step):
    becomes = Return.Status.CANCELED
    title = "Nothing is sent back"
    button = "End this return"
    is_final = True

    def apply(self) -> str:
        cancel_return(self.subject.pk, now=clock.now())
        return "The return is over. Its units can be asked for again."


class ReceiveReturnForm(_Step):
    becomes = Return.Status.RECEIVED
    title = "Take in what arrived"
    button = "Take it in"

    def __init__(self, returned: Return, *args: Any, **options: Any) -> None:
        super().__init__(returned, *args, **options)
        self.parts = list(returned.lines.select_related("order_line").order_by("order_line__position"))
        for part in self.parts:
            name = part.order_line_id
            self.fields[f"{name}-arrived"] = units_field(
                "Arrived", most=part.quantity, initial=part.quantity, help_text=f"of {part.quantity} announced"
            )
            self.fields[f"{name}-condition"] = forms.ChoiceField(
                label="Condition", choices=ReturnLine.Condition.choices, widget=UnfoldAdminSelectWidget
            )
            self.fields[f"{name}-restock"] = forms.BooleanField(
                label="Back on sale", required=False, widget=UnfoldBooleanSwitchWidget
            )

    def groups(self) -> Iterable[tuple[str, list[forms.BoundField]]]:
        """Return what is asked of each line under its title."""
        for part in self.parts:
            names = [f"{part.order_line_id}-{what}" for what in ("arrived", "condition", "restock")]
            yield part.order_line.title, [self[name] for name in names]

    def apply(self) -> str:
        told = self.cleaned_data
        arrived = {
            part.order_line_id: Received(
                told[f"{part.order_line_id}-arrived"],
                condition=told[f"{part.order_line_id}-condition"],
                is_restocked=told[f"{part.order_line_id}-restock"],
            )
            for part in self.parts
        }
        receive_return(self.subject.pk, arrived, now=clock.now())
        return "It is taken in. The money can be given back now."


class RefundReturnForm(_Step):
    becomes = Return.Status.REFUNDED
    title = "Give money back for this return"
    button = "Refund"
    restocking_fee = amount_field(initial="0", help_text="Kept by the shop for what came back used or damaged.")
    with_delivery = forms.BooleanField(
        label="Give the delivery charge back, too", required=False, widget=UnfoldBooleanSwitchWidget
    )
    amount = amount_field(required=False)
    note = note_field()
    field_order = ("restocking_fee", "with_delivery", "amount", "note")

    def __init__(self, returned: Return, *args: Any, **options: Any) -> None:
        super().__init__(returned, *args, **options)
        self.proposal = refund_proposal(returned)
        items, delivery = self._money(self.proposal.items_minor), self._money(self.proposal.delivery_minor)
        if not self.nothing and not self.proposal.left_minor:
            self.nothing = "Nothing is left to be given back. The return can be closed without a refund."
        self.intro = f"What came back has cost {items}, taxes and discounts included."
        self.fields["amount"].label = "A smaller amount"
        self.fields[
            "amount"
        ].help_text = f"Empty: {items} less the fee, and the delivery charge where it is given back."
        self.fields["with_delivery"].initial = self.proposal.is_whole
        self.fields["with_delivery"].help_text = f"{delivery}, taxes included, is left of it."
        if not self.proposal.delivery_minor:
            del self.fields["with_delivery"]

    def clean_restocking_fee(self) -> int:
        return self._clean_amount("restocking_fee")

    def clean_amount(self) -> int | None:
        return self._clean_amount("amount") if self.cleaned_data["amount"] else None

    def clean(self) -> dict[str, Any]:
        """Say in the shop's own currency what the domain would refuse."""
        told = super().clean() or {}
        fee, amount = told.get("restocking_fee"), told.get("amount")
        if fee is not None and not 0 <= fee <= self.proposal.items_minor:
            self.add_error("restocking_fee", f"From 0 to {self._money(self.proposal.items_minor)}.")
        elif fee is not None and amount is not None and not 0 < amount <= self._most():
            self.add_error(
                "amount", f"At most {self._money(self._most())} can be given back, and more than nothing."
            )
        return told

    def _delivery(self) -> int:
        return self.proposal.delivery_minor if self.cleaned_data.get("with_delivery") else 0

    def _most(self) -> int:
        whole = self.proposal.items_minor + self._delivery() - int(self.cleaned_data["restocking_fee"])
        return min(whole, self.proposal.left_minor)

    def _money(self, minor: int) -> Money:
        return Money(minor, self.order.currency)

    def apply(self) -> str:
        told = self.cleaned_data
        amount = self._most() if told["amount"] is None else told["amount"]
        refund_return(
            self.subject.pk,
            amount_minor=amount,
            delivery_minor=self._delivery(),
            restocking_fee_minor=told["restocking_fee"],
            note=told["note"],
            now=clock.now(),
        )
        return f"{self._money(amount)} is on its way back."


class CloseReturnForm(_Step):
    becomes = Return.Status.CLOSED
    title = "Close this return without a refund"
    button = "Close it"
    is_final = True
    answer = answer_field("Why nothing is given back. It is on the order's page.")

    def apply(self) -> str:
        close_return(self.subject.pk, answer=self.cleaned_data["answer"], now=clock.now())
        return "The return is closed. Nothing is given back for it."
