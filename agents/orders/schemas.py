"""What agents may ask of their orders. Unknown fields are refused: one that is misspelt could cancel too much."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from agents.acp.v2026_04_17.schemas import MAX_QUANTITY, integral
from agents.query import whole_number
from commerce.aftersales.models import Return
from commerce.aftersales.requests import WantedUnits

MAX_LIMIT = 50
MAX_LINES = 200

Words = Annotated[str, Field(max_length=255)]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OrdersParameters(Closed):
    """The query of a list of orders, newest first."""

    checkout_session_id: str = Field("", max_length=100, description="Only the order of this checkout session.")
    limit: Annotated[int, whole_number(1, MAX_LIMIT)] = Field(10, ge=1, le=MAX_LIMIT)
    cursor: str = Field("", max_length=4000, description="`next_cursor` of the page before, all else the same.")


class UnitsInput(Closed):
    """Units of a line of the order; without `quantity` all that is possible."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    quantity: Annotated[StrictInt, BeforeValidator(integral), Field(ge=1, le=MAX_QUANTITY)] | None = None

    def wanted(self) -> WantedUnits:
        return WantedUnits(self.id, self.quantity)


Units = Annotated[list[UnitsInput], Field(min_length=1, max_length=MAX_LINES)]


class CancelOrderRequest(Closed):
    """Without `line_items` everything that is not sent yet is canceled. The shop and the buyer read `reason`."""

    line_items: Units | None = None
    reason: Words = ""


class ReturnRequest(Closed):
    """Without `line_items` everything that can be sent back. `comment` is the buyer's, for the shop."""

    reason: Return.Reason
    line_items: Units | None = None
    comment: Words = ""


def wanted(units: list[UnitsInput] | None) -> tuple[WantedUnits, ...] | None:
    """Return the units in the domain's words, None where everything is meant."""
    return None if units is None else tuple(one.wanted() for one in units)
