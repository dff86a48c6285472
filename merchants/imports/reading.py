"""What every format's reader yields, whatever the file looked like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from commerce.catalog.product_data import ProductData
from commerce.errors import CommerceError


class UnreadableFileError(CommerceError):
    """The file as a whole cannot be understood: missing, not text, or in no format we know."""

    code = "unreadable_file"


class Severity(StrEnum):
    """How much a problem matters, the worst first."""

    ERROR = "error"  # something was not imported
    SUSPICIOUS = "suspicious"  # imported as it is, but it tries to speak to a language model or hides something
    WARNING = "warning"  # imported, but not all of it or not as it stands
    NOTICE = "notice"  # imported as it stands; good to know


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one cell, and what to do. Rows count as in a spreadsheet: the header is 1.

    The column is named as the file names it.
    """

    row: int
    column: str
    value: str
    advice: str
    severity: Severity = Severity.WARNING


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


@dataclass(frozen=True, slots=True)
class ShopLocale:
    """In which currency a shop's prices are meant, and in which time zone its dates."""

    currency: str
    time_zone: str = "UTC"
