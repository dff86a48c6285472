"""Products of the catalog as the chat's page shows them."""

from __future__ import annotations

from typing import Any

from agents.chat.cards import comparison, product_cards


def product(title: str, **facts: str) -> dict[str, Any]:
    price = {"amount": 2400, "currency": "usd"}
    variant = {"title": title, "options": [], "price": price, "availability": "in_stock", "is_purchasable": True}
    return {"title": title, "description": "", "images": [], "variants": [variant], **facts}


def test_what_is_not_new_says_so() -> None:
    shelf = [product("Old", condition="used"), product("Fresh", condition="new"), product("Untold")]

    assert [card.condition for card in product_cards(shelf)] == ["Used", "", ""]
    assert ("Condition", ("Used", "New", "")) in comparison(shelf).rows
