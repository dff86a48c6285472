"""What a shop may be called: it is written to strangers, in e-mails of this installation."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from commerce.accounts.models import shop_name


@pytest.mark.parametrize(
    "name",
    ["Harbor Supply", "L'Atelier\N{NO-BREAK SPACE}& Co.", "港口商店", "Amazon.com", "24/7: Mugs", "Mugs 🏳️‍🌈"],
)
def test_what_is_a_name_is_taken(name: str) -> None:
    shop_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Win at https://evil.example",
        "Harbor\rSupply",
        "Harbor\nSupply",
        "Harbor\tSupply",
        "Harbor\x00Supply",
        "Harbor\x85Supply",
        "Harbor\N{LINE SEPARATOR}Supply",
        "Harbor \N{RIGHT-TO-LEFT OVERRIDE}ylppuS",
    ],
)
def test_what_is_more_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="one line, and no web address"):
        shop_name(name)
