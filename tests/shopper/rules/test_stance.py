"""What is meant by words that must not be done by mistake."""

from __future__ import annotations

import pytest

from agents.shopper.rules.acts import Act, acts_in

SERIOUS = {Act.CANCEL, Act.ABOUT_CANCEL, Act.RETURN, Act.ABOUT_RETURN, Act.DAMAGED, Act.START_OVER}


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("cancel my order", {Act.CANCEL}),
        ("No, cancel it", {Act.CANCEL}),
        ("oh no please cancel that", {Act.CANCEL}),
        ("can you cancel my order please?", {Act.CANCEL}),
        ("I don't want it anymore please cancel", {Act.CANCEL}),
        ("I want my order cancelled", {Act.CANCEL}),
        ("if possible cancel it", {Act.CANCEL}),
        ("forget it then", {Act.CANCEL}),
        ("I changed my mind", {Act.CANCEL}),
        ("I changed my mind about the order, sorry", {Act.CANCEL}),
        ("no, I do not want it any more", {Act.CANCEL}),
        ("I didn't ask you to cancel it!", {Act.ABOUT_CANCEL}),
        ("no need to cancel", {Act.ABOUT_CANCEL}),
        ("can I cancel?", {Act.ABOUT_CANCEL}),
        ("please cancel if it has not shipped yet", {Act.ABOUT_CANCEL}),
        ("do not forget the mug", set()),
        ("I changed my mind about the size", set()),
        ("I want a refund", {Act.RETURN}),
        ("send the mug back", {Act.RETURN}),
        ("I want my money back", {Act.RETURN}),
        ("return policy?", {Act.ABOUT_RETURN}),
        ("I don't want to return it", {Act.ABOUT_RETURN}),
        ("I got my money back", set()),
        ("it came damaged", {Act.DAMAGED}),
        ("the mug is not damaged", set()),
        ("it isn't broken", set()),
        ("start over", {Act.START_OVER}),
        ("don't start over", set()),
    ],
)
def test_tells_what_is_wished_from_what_is_only_spoken_of(text: str, acts: set[Act]) -> None:
    assert acts_in(text) & SERIOUS == acts
