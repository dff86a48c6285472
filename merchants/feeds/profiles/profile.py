"""What a profile is: how a platform wants a catalog written. Each platform has a module beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commerce.money import decimal_text
from merchants.feeds.entries import Entry
from merchants.feeds.rules import Column, Problem, Row
from merchants.feeds.seller import Seller
from merchants.feeds.told import ToldItem

Record = dict[str, Any]
"""What becomes one line of a file, or one product of a push."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A way to write a catalog. `formats` are the kinds of file that its platform reads, the preferred first.

    `row` says what a platform is told of an entry, None where it is not told of it; `columns` hold the row to the
    rules; `group_problems` looks at the rows of one product together, problems by item id; `advice` is what would
    help although nothing is wrong. `gather` makes records of a product's good rows and of its items that are
    gone. `extras` are small files beside the rows. A profile whose records are whole products is `is_nested`.
    """

    name: str
    columns: tuple[Column, ...]
    formats: tuple[str, ...]
    row: Callable[[Entry], Row | None]
    gather: Callable[[Sequence[Row], Sequence[ToldItem], Seller], list[Record]]
    group_problems: Callable[[Sequence[Row]], dict[str, list[Problem]]]
    advice: Callable[[Entry], list[Problem]]
    extras: Callable[[Seller], Mapping[str, bytes]] = lambda _seller: {}
    id_field: str = "id"
    group_field: str = "item_group_id"
    is_nested: bool = False
    tells_what_is_gone: bool = True
    file_name: str = "products"


def money_text(minor: int, currency: str) -> str:
    """Write an amount as feeds do: 1999 usd is "19.99 USD"."""
    return f"{decimal_text(minor, currency)} {currency.upper()}"
