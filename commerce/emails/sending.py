"""Sends what is due, one after the other, outside any transaction.

Taken with SKIP LOCKED for the length of a lease. Where a process dies between the mail server's yes and our note
of it, the same is sent again with the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import connection

from commerce import clock
from commerce.emails.letters import Letter, write_letter
from commerce.emails.models import Email

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
"""Longer than a mail server that hangs at every step can keep us."""

RETRY_SECONDS = (60, 300, 900, 1800, 3600, 7200, 14400, 28800, 43200, 57600)
"""The pause after each failed try: about two days in all."""


@dataclass(frozen=True, slots=True)
class Due:
    """An e-mail that this process holds until `held_until`. `tries` counts this one."""

    id: str
    tries: int
    held_until: datetime


class RefusedError(Exception):
    """The mail server, or the shape of the address, says no for good."""


def send_due(*, seconds: float = 20) -> int:
    """Send what is due, for so many seconds at most. Returns how many were sent."""
    server = get_connection()
    sent = 0
    try:
        for due in _due_until(time.monotonic() + seconds):
            is_sent, is_server_well = _send(due, server)
            sent += is_sent
            if not is_server_well:
                break  # the others would wait for the same server; the clock comes again
    finally:
        server.close()
    return sent


def _due_until(moment: float) -> Iterator[Due]:
    while time.monotonic() < moment and (due := claim(now=clock.now())):
        yield due


def claim(*, now: datetime) -> Due | None:
    """Take the e-mail that is due longest, for the length of a lease."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [now + LEASE, now])
        row = cursor.fetchone()
    return Due(*row) if row else None


_CLAIM = """
    UPDATE emails_email SET due_at = %s, tries = tries + 1
    WHERE id = (
        SELECT id FROM emails_email WHERE status = 'pending' AND due_at <= %s
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, tries, due_at
"""


def _send(due: Due, server: BaseEmailBackend) -> tuple[bool, bool]:
    """Send one and note what came of it. Returns whether it was sent, and whether the mail server can be used."""
    try:
        letter = write_letter(due.id)
        _hand_over(letter, server)
    except RefusedError as problem:
        _note(due, status=Email.Status.REFUSED, error=str(problem))
        return False, True
    except (OSError, smtplib.SMTPException) as problem:
        logger.warning("an e-mail was not sent: %s", type(problem).__name__, extra={"email": due.id})
        server.close()
        _put_off(due, problem)
        return False, isinstance(problem, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    except Exception as problem:
        logger.exception("an e-mail cannot be written", extra={"email": due.id})
        server.close()
        _put_off(due, problem)
        return False, True
    now = clock.now()
    _note(due, status=Email.Status.SENT, subject=letter.subject[:255], text=letter.text, sent_at=now, error="")
    return True, True


def _hand_over(letter: Letter, server: BaseEmailBackend) -> None:
    """Give a letter to the mail server. Raises RefusedError, and what else smtplib raises."""
    try:
        validate_email(letter.recipient)
    except ValidationError as problem:
        raise RefusedError("This is not an e-mail address.") from problem
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=letter.sender,
        to=[letter.recipient],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=dict(letter.headers),
        connection=server,
    )
    message.attach_alternative(letter.html, "text/html")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as problem:
        (code, reply), *_ = problem.recipients.values()
        _raise_if_final(code, reply, problem)
        raise
    except smtplib.SMTPDataError as problem:
        _raise_if_final(problem.smtp_code, problem.smtp_error, problem)
        raise


def _raise_if_final(code: int, reply: bytes | str, problem: Exception) -> None:
    """A reply of 5xx is final (RFC 5321 section 4.2.1). That to our login or sender is ours to put right."""
    if code >= 500:
        text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
        raise RefusedError(f"{code} {text}"[:500]) from problem


def _put_off(due: Due, problem: Exception) -> None:
    error = f"{type(problem).__name__}: {problem}"[:500]
    if due.tries > len(RETRY_SECONDS):
        logger.error("an e-mail was given up", extra={"email": due.id})
        _note(due, status=Email.Status.FAILED, error=error)
        return
    pause = timedelta(seconds=RETRY_SECONDS[due.tries - 1])
    _note(due, due_at=clock.now() + pause, error=error)


def _note(due: Due, **known: object) -> None:
    """Write down what came of a try, unless somebody else holds the e-mail meanwhile."""
    held = Email.objects.filter(pk=due.id, status=Email.Status.PENDING, due_at=due.held_until)
    held.update(**known)
