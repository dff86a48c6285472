"""What every format's reader yields, whatever the file looked like."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.catalog.product_data import ProductData
from commerce.errors import CommerceError


class UnreadableFileError(CommerceError):
    """The file as a whole cannot be understood: missing, not text, or not in this format."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in one cell, and what to do about it. Rows count as in a spreadsheet: the header is 1."""

    row: int
    column: str
    value: str
    advice: str


@dataclass(frozen=True, slots=True)
class ReadProduct:
    """One product of a file. `data` is None where no usable product could be made of its rows.

    `variant_rows` follows the data's variants.
    """

    row: int
    handle: str
    data: ProductData | None
    problems: tuple[Problem, ...] = ()
    variant_rows: tuple[int, ...] = ()
