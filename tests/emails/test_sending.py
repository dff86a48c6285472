"""Sent at least once and noted once, through a real mail server."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone
from pytest_django import Settings

from commerce.emails import sending
from commerce.emails.letters import write_letter
from commerce.emails.models import Email
from commerce.emails.planning import send_again
from commerce.emails.sending import RETRY_SECONDS, send_due
from commerce.orders.models import Order
from tests.concurrency.racing import race
from tests.emails.post import let_time_pass, plan_all
from tests.factories import AgentFactory, VariantFactory
from tests.orders.building import order_record, place
from tests.waiting import HANG_GUARD


class PostOffice:
    """Takes what is sent, or answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[Envelope] = []
        self.to_recipient = ""
        self.to_data = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient:
            return self.to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.to_data:
            return self.to_data
        self.received.append(envelope)
        return "250 OK"


class Counter(Controller):
    """Where letters are taken: at a port that is ours from the start."""

    def __init__(self, office: PostOffice) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        super().__init__(office, hostname="127.0.0.1", port=port, ready_timeout=HANG_GUARD)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@pytest.fixture
def post(settings: Settings) -> Iterator[PostOffice]:
    office = PostOffice()
    server = Counter(office)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    yield office
    server.stop()


def planned(count: int = 1) -> list[Email]:
    agent = AgentFactory.create()
    for _ in range(count):
        tote = (VariantFactory.create(merchant=agent.merchant), 1)
        plan_all(place(order_record(agent, tote, placed_at=timezone.now())))
    return list(Email.objects.order_by("due_at", "pk"))


@pytest.mark.django_db
def test_it_arrives_and_is_noted(post: PostOffice) -> None:
    (email,) = planned()

    assert (send_due(), send_due()) == (1, 0)

    (envelope,) = post.received
    email.refresh_from_db()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("orders@127.0.0.1", ["ada.park@example.com"])
    assert f"Message-ID: <{email.pk}@".encode() in (envelope.original_content or b"")
    assert (email.status, email.subject, email.tries, email.error) == (
        "sent",
        f"Your order {Order.objects.get().number}",
        1,
        "",
    )
    assert "Canvas Tote" in email.text
    assert email.sent_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["to_recipient", "to_data"])
def test_a_final_no_is_kept_and_not_repeated(post: PostOffice, where: str) -> None:
    (email,) = planned()
    setattr(post, where, "550 5.1.1 No such mailbox here")

    assert send_due() == 0
    let_time_pass(days=3)
    send_due()

    email.refresh_from_db()
    assert (email.status, email.tries, post.received) == ("refused", 1, [])
    assert "No such mailbox here" in email.error


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["to_recipient", "to_data"])
def test_a_no_for_now_is_tried_again(post: PostOffice, where: str) -> None:
    (email,) = planned()
    setattr(post, where, "451 4.7.1 Greylisted")
    send_due()
    email.refresh_from_db()
    assert (email.status, email.tries, "Greylisted" in email.error) == ("pending", 1, True)
    assert send_due() == 0

    setattr(post, where, "")
    let_time_pass(seconds=RETRY_SECONDS[0])

    assert send_due() == 1
    email.refresh_from_db()
    assert (email.status, email.tries, email.error, len(post.received)) == ("sent", 2, "", 1)


@pytest.mark.django_db
def test_a_dead_server_is_asked_once_a_turn_and_given_up_in_the_end(
    settings: Settings, post: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    emails = planned(3)
    settings.EMAIL_PORT = 9

    assert send_due() == 0
    assert sorted(Email.objects.values_list("tries", flat=True)) == [0, 0, 1]

    with caplog.at_level(logging.ERROR, "commerce.emails"):
        for _ in range(len(RETRY_SECONDS)):
            let_time_pass(days=1)
            Email.objects.exclude(pk=emails[0].pk).update(status="sent")
            send_due()
    emails[0].refresh_from_db()
    assert (emails[0].status, emails[0].tries) == ("failed", len(RETRY_SECONDS) + 1)
    assert "ConnectionRefusedError" in emails[0].error
    assert caplog.text.count("an e-mail was given up") == 1


@pytest.mark.django_db
def test_what_was_given_up_is_sent_again_by_hand(settings: Settings, post: PostOffice) -> None:
    (email,) = planned()
    Email.objects.update(status="failed", tries=11)

    send_again([email.pk], now=timezone.now())

    assert send_due() == 1
    assert len(post.received) == 1


@pytest.mark.django_db
def test_what_is_no_address_is_refused_before_anybody_is_asked(post: PostOffice) -> None:
    (email,) = planned()
    Email.objects.update(recipient="ada@example.com\nBcc: victim@example.com")

    send_due()

    email.refresh_from_db()
    assert (email.status, email.error, post.received) == ("refused", "This is not an e-mail address.", [])


@pytest.mark.django_db
def test_one_that_cannot_be_written_keeps_no_other(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = planned(2)
    real = write_letter

    def write(email_id: str) -> Any:
        if email_id == first.pk:
            raise KeyError("line")
        return real(email_id)

    monkeypatch.setattr(sending, "write_letter", write)

    assert send_due() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.error, second.status) == ("pending", "KeyError: 'line'", "sent")


@pytest.mark.django_db
def test_a_process_that_died_leaves_it_to_another(post: PostOffice) -> None:
    (email,) = planned()
    assert sending.claim(now=timezone.now()) is not None
    assert sending.claim(now=timezone.now()) is None

    let_time_pass(seconds=121)

    assert send_due() == 1
    email.refresh_from_db()
    assert (email.status, email.tries) == ("sent", 2)


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_once(post: PostOffice) -> None:
    planned(12)

    sent = race([partial(send_due)] * 4)

    assert (sum(sent), len(post.received)) == (12, 12)
    assert set(Email.objects.values_list("status", "tries")) == {("sent", 1)}
