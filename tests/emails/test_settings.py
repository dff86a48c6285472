from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from commerce.environment import mail_server


@pytest.mark.parametrize(
    "url", ["console:", "file:///var/mail", "smtp://localhost", "smtps://u:p@mail.example:465"]
)
def test_known_addresses(url: str) -> None:
    assert mail_server(url).scheme == url.partition(":")[0]


@pytest.mark.parametrize("url", ["", "mail.example", "imap://mail.example", "smtp://", "smtp+tls:mail.example"])
def test_other_addresses_stop_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        mail_server(url)
