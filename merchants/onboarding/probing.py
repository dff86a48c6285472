"""Asking elsewhere, and keeping what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import urljoin

from commerce.accounts.models import Merchant
from commerce.outgoing.sending import send
from merchants.onboarding.models import ProbeResult

SECONDS = 6
"""How long a page is waited for."""

MOST_REDIRECTS = 3
AT_ONCE = 5
_HEADERS = {"User-Agent": "agentic-commerce-engine", "Accept": "text/html,*/*;q=0.8"}


def keep(merchant: Merchant, check_id: str, answers: Mapping[str, str], *, now: datetime) -> None:
    """Keep what is wrong with each subject, nothing where all is well; what was kept of others is dropped."""
    ProbeResult.objects.filter(merchant=merchant, check_id=check_id).exclude(subject__in=answers).delete()
    for subject, problem in answers.items():
        ProbeResult.objects.update_or_create(
            merchant=merchant,
            check_id=check_id,
            subject=subject,
            defaults={"is_ok": not problem, "words": problem[:300], "asked_at": now},
        )


def kept(merchant: Merchant, check_id: str) -> dict[str, ProbeResult]:
    """Return what was answered last, by subject."""
    return {one.subject: one for one in ProbeResult.objects.filter(merchant=merchant, check_id=check_id)}


def open_pages(urls: list[str]) -> dict[str, str]:
    """Open pages as a visitor would, several at once, and say what is wrong with each."""
    if not urls:
        return {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe") as pool:
        return dict(zip(urls, pool.map(why_not_opened, urls), strict=True))


def why_not_opened(url: str) -> str:
    """Say why a page does not open; nothing where it does. Each address on the way is one that may be reached."""
    for _ in range(MOST_REDIRECTS + 1):
        answer = send("GET", url, body=None, headers=_HEADERS, seconds=SECONDS)
        if answer.status is None:
            return f"It does not open ({answer.error.partition(': ')[2] or answer.error})."
        location = {name.lower(): value for name, value in answer.headers.items()}.get("location")
        if answer.status not in (301, 302, 303, 307, 308) or not location:
            return "" if answer.status == 200 else f"It answers {answer.status}, not 200."
        url = urljoin(url, location)
    return f"It leads on more than {MOST_REDIRECTS} times."
