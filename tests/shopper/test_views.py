"""What the assistant's model reads of the catalog."""

from __future__ import annotations

from typing import Any

from agents.shopper import views

PRODUCT: dict[str, Any] = {"id": "prod_1", "title": "Camera", "description": "", "tags": [], "variants": []}


def test_the_model_reads_that_something_is_used() -> None:
    told = views.product({**PRODUCT, "condition": "used", "material": "Steel"})

    assert (told["condition"], told["material"]) == ("used", "Steel")
    assert not {"condition", "brand", "gender"} & views.product(PRODUCT).keys()
