"""The shape of what carriers and warehouses send to `POST /fulfillment/webhooks/<merchant>`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, HttpUrl

Text = Annotated[str, Field(max_length=100)]


class Item(BaseModel):
    """A line of the order by `line_id`, `variant_id` or `sku`."""

    line_id: Text = ""
    variant_id: Text = ""
    sku: Text = ""
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    @property
    def name(self) -> str:
        return self.line_id or self.variant_id or self.sku


class ShipmentData(BaseModel):
    """`order` is the order's id or number, `shipment` the sender's own name for the parcel.

    Without `items` everything that is in no shipment yet is meant. `restock` puts returned units on sale.
    """

    order: Annotated[str, Field(min_length=1, max_length=40)]
    shipment: Text = ""
    carrier: Annotated[str, Field(max_length=50)] = ""
    tracking_number: Text = ""
    tracking_url: HttpUrl | None = None
    items: Annotated[list[Item], Field(max_length=500)] = []
    description: Annotated[str, Field(max_length=255)] = ""
    location: Text = ""
    restock: bool = False


class FulfillmentMessage(BaseModel):
    """One message. A repeated `id` is the same message and is acted on once."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    type: Annotated[str, Field(min_length=1, max_length=60)]
    occurred_at: AwareDatetime
    data: ShipmentData
