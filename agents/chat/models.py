from __future__ import annotations

from django.db import models

from commerce.accounts.models import AgentKey, Merchant
from commerce.fields import IdField
from commerce.transitions import Transitions
from commerce.wallet.models import Shopper


class ShopChat(models.Model):
    """That a shop has a chat, and the agent's key with which it buys there. The key wants confirmations."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, related_name="chat")
    key = models.ForeignKey(AgentKey, on_delete=models.PROTECT, related_name="+")
    sealed_token = models.BinaryField(editable=False)
    is_open = models.BooleanField(default=True, help_text="whether shoppers can chat")
    has_inspector = models.BooleanField(
        default=False, help_text="show what the assistant does, request by request, beside the chat"
    )

    def __str__(self) -> str:
        return f"chat of {self.merchant}"


class Conversation(models.Model):
    """What one shopper and the assistant of one shop say to each other.

    `question` is the graph's id of what the shopper is asked to confirm, `question_checkout` the session. One that
    was forgotten has lost its words.
    """

    id = IdField("cnv")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="conversations", db_index=False)
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="conversations")
    question = models.CharField(max_length=100, blank=True)
    question_checkout = IdField(blank=True)
    created_at = models.DateTimeField()
    last_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(name="conversations_of_shopper", fields=["shopper", "merchant", "-last_at"]),
            models.Index(name="conversations_of_shop", fields=["merchant", "-last_at"]),
            models.Index(
                name="conversations_kept", fields=["last_at"], condition=models.Q(forgotten_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Turn(models.Model):
    """One thing the shopper did, and what became of it. `answers` is the question it answers, if any."""

    class Kind(models.TextChoices):
        WORDS = "words"
        CONFIRMED = "confirmed"

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = IdField("trn")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(blank=True)
    confirmation_id = IdField(blank=True)
    answers = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(name="turns_of_conversation", fields=["conversation", "created_at", "id"]),
            models.Index(
                name="turns_to_run", fields=["due_at"], condition=models.Q(status__in=["queued", "running"])
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="question_answered_once",
                fields=["conversation", "answers"],
                condition=~models.Q(answers=""),
            ),
            models.UniqueConstraint(
                name="confirmation_runs_once",
                fields=["confirmation_id"],
                condition=~models.Q(confirmation_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.id


TURN_TRANSITIONS = Transitions(
    {
        "queued": frozenset({"running"}),
        "running": frozenset({"done", "failed"}),
        "done": frozenset(),
        "failed": frozenset(),
    }
)


class ChatEvent(models.Model):
    """Something that happened in a conversation. Never changed; ids grow, and are those of the event stream."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="events", db_index=False)
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, null=True, blank=True, related_name="events")
    kind = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="events_of_conversation", fields=["conversation", "id"])]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind}"


class ChatCheckout(models.Model):
    """A checkout session that a conversation has opened. `awaits` is what its payment waits for, if anything."""

    class Awaits(models.TextChoices):
        BANK = "bank", "the shopper is at the bank's page"
        PROVIDER = "provider", "the payment is being looked into"

    session_id = IdField(primary_key=True)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="checkouts", db_index=False
    )
    order_id = IdField(blank=True)
    awaits = models.CharField(max_length=10, choices=Awaits, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="checkouts_of_conversation", fields=["conversation", "created_at"]),
            models.Index(name="checkouts_waited_for", fields=["created_at"], condition=~models.Q(awaits="")),
        ]

    def __str__(self) -> str:
        return self.session_id
