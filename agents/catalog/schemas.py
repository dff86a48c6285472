"""What agents may ask of the catalog. Unknown parameters are refused: a filter that is misspelt finds too much."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agents.query import whole_number
from commerce.catalog.product_data import MAX_PRICE_MINOR
from commerce.places import COUNTRIES, region_code
from commerce.storefront.buying import Destination
from commerce.storefront.lookup import By, Key
from commerce.storefront.wanted import Filters, Sort, Stock, Wanted, read_question

MAX_LIMIT = 50
MAX_OFFSET = 10_000
MAX_QUESTION = 200
MAX_VALUES = 20
MAX_KEYS = 100

_DESTINATION = re.compile(r"[A-Za-z]{2}(-[A-Za-z0-9]{1,10})?")


def _destination(text: str) -> str:
    code = text.strip().upper()
    country, _, region = code.partition("-")
    if not _DESTINATION.fullmatch(code) or country not in COUNTRIES:
        raise ValueError("must be an ISO 3166 code of a country, such as US, or of a region, such as US-CA")
    return f"{country}-{region_code(country, region)}" if region else country


def _option(text: str) -> str:
    name, colon, value = text.partition(":")
    if not (colon and name.strip() and value.strip()):
        raise ValueError("must be an option's name and value, such as Color:Navy")
    return text


Amount = Annotated[int, Field(ge=0, le=MAX_PRICE_MINOR), whole_number(0, MAX_PRICE_MINOR)]
Named = Annotated[str, Field(min_length=1, max_length=255)]
Names = Annotated[list[Named], Field(default_factory=list, max_length=MAX_VALUES)]
ShipTo = Annotated[
    str,
    AfterValidator(_destination),
    Field(
        max_length=20,
        description="A country such as US, or a region such as US-CA: variants that are not sent there say so.",
    ),
]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchParameters(Closed):
    """The query of a search. Lists are repeated parameters: `brand=Fogline&brand=Quillback` takes either."""

    q: str = Field(
        "",
        description="Words to find, all of them; everything without. “A phrase”, -not and or are understood; "
        f"{MAX_QUESTION} characters count.",
    )
    price_min: Amount | None = Field(None, description="Least price now, in minor units of the shop's currency.")
    price_max: Amount | None = Field(None, description="Highest price now, in minor units.")
    availability: Literal["any", "available", "in_stock"] = Field(
        "any", description="available: can be ordered, also ahead; in_stock: is there."
    )
    brand: Names = Field(description="Brands as facets name them; capitals and accents do not matter.")
    category: Names = Field(description="Categories; those below are taken along.")
    tag: Names = Field(description="Tags.")
    condition: Annotated[list[Literal["new", "refurbished", "used"]], Field(max_length=MAX_VALUES)] = Field(
        default_factory=list,
        description="Conditions; new takes along what the merchant tells no condition of.",
    )
    option: Annotated[list[Annotated[Named, AfterValidator(_option)]], Field(max_length=MAX_VALUES)] = Field(
        default_factory=list,
        description="Options such as `Color:Navy`. Of one option any of its values will do; several options must "
        "hold of the same variant.",
    )
    ship_to: ShipTo | None = None
    sort: Sort = Field(
        Sort.RELEVANCE,
        description="relevance (by title where there are no words), price, -price (highest first) or newest.",
    )
    limit: Annotated[int, whole_number(1, MAX_LIMIT)] = Field(10, ge=1, le=MAX_LIMIT)
    cursor: str = Field("", max_length=4000, description="`next_cursor` of the page before, all else the same.")
    offset: Annotated[int, whole_number(0, MAX_OFFSET)] = Field(
        0,
        ge=0,
        le=MAX_OFFSET,
        description="Where there is no cursor: how many to skip.",
        json_schema_extra={"deprecated": True},
    )
    facets: bool = Field(
        False, description="Whether to count brands, categories, tags, conditions, options and prices, too."
    )

    @model_validator(mode="after")
    def prices_in_order(self) -> SearchParameters:
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ValueError("price_min is above price_max")
        return self

    def wanted(self) -> Wanted:
        """Return what is looked for, in the domain's words."""
        options: dict[str, tuple[str, ...]] = {}
        for one in self.option:
            name, _, value = one.partition(":")
            options[name.strip()] = (*options.get(name.strip(), ()), value.strip())
        filters = Filters(
            price_min=self.price_min,
            price_max=self.price_max,
            stock=Stock(self.availability),
            brands=tuple(self.brand),
            categories=tuple(self.category),
            tags=tuple(self.tag),
            conditions=tuple(self.condition),
            options=tuple(options.items()),
        )
        return Wanted(read_question(self.q[:MAX_QUESTION]), filters, self.sort)


class ProductParameters(Closed):
    ship_to: ShipTo | None = None


class LookupKey(Closed):
    """One thing by exactly one of these; `id` is a product's or a variant's."""

    id: Named | None = None
    sku: Named | None = None
    gtin: Named | None = Field(None, description="8, 12, 13 or 14 digits; zeros ahead do not matter.")
    handle: Named | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> LookupKey:
        if len(self.model_fields_set) != 1 or None in self.model_dump(exclude_unset=True).values():
            raise ValueError("needs exactly one of id, sku, gtin and handle")
        return self

    def key(self) -> Key:
        ((by, value),) = self.model_dump(exclude_none=True).items()
        return Key(By(by), value)


class LookupRequest(Closed):
    """Things to look up, and where they would be sent."""

    items: Annotated[list[LookupKey], Field(min_length=1, max_length=MAX_KEYS)]
    ship_to: ShipTo | None = None


def destination(ship_to: str | None) -> Destination | None:
    """Return where things would be sent, None where that was not said."""
    if ship_to is None:
        return None
    country, _, region = ship_to.partition("-")
    return Destination(country, region)
