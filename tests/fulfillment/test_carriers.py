from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from commerce.fulfillment.carriers import CARRIERS, tracking_page


@pytest.mark.parametrize("spelt", ["FedEx", "fedex", "Fed Ex", "Federal Express"])
def test_names_are_known_however_they_are_spelt(spelt: str) -> None:
    assert tracking_page(spelt, "7712") == "https://www.fedex.com/fedextrack/?trknbr=7712"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_page_takes_a_number_and_no_more(carrier: str) -> None:
    page = tracking_page(carrier, "A/1&x=<b>")

    assert urlsplit(page).scheme == "https"
    assert page.count("A%2F1%26x%3D%3Cb%3E") == 1


def test_what_is_not_known_is_not_guessed() -> None:
    assert (tracking_page("Bike messenger", "1"), tracking_page("UPS", ""), tracking_page("", "1")) == ("", "", "")
