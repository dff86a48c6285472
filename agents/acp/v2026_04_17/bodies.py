"""What we answer: ACP 2026-04-17 shapes, closed. Checked by the type checker here and against the official
JSON schema in the tests; the source of the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from agents.openapi import close_shapes


class Total(TypedDict):
    """An amount in minor units. Discounts are positive and subtracted."""

    type: str
    display_text: str
    amount: int
    description: NotRequired[str]
    breakdown: NotRequired[list[TaxBreakdownItem]]


class TaxBreakdownItem(TypedDict):
    jurisdiction: str
    rate: float
    amount: int


class Item(TypedDict):
    id: str
    name: str
    unit_amount: int


class VariantOption(TypedDict):
    name: str
    value: str


class DiscountDetail(TypedDict):
    code: NotRequired[str]
    type: str
    amount: int
    description: str
    source: str


class Weight(TypedDict):
    value: int
    unit: str


class LineItem(TypedDict):
    id: str
    item: Item
    quantity: int
    name: str
    images: NotRequired[list[str]]
    unit_amount: int
    product_id: NotRequired[str]
    sku: NotRequired[str]
    variant_id: NotRequired[str]
    category: NotRequired[str]
    weight: NotRequired[Weight]
    availability_status: NotRequired[str]
    available_quantity: NotRequired[int]
    max_quantity_per_order: NotRequired[int]
    variant_options: NotRequired[list[VariantOption]]
    discount_details: NotRequired[list[DiscountDetail]]
    totals: list[Total]


class Company(TypedDict):
    name: str


class Buyer(TypedDict):
    email: str
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    full_name: NotRequired[str]
    phone_number: NotRequired[str]
    customer_id: NotRequired[str]
    account_type: NotRequired[str]
    company: NotRequired[Company]


class Address(TypedDict):
    name: str
    line_one: str
    line_two: NotRequired[str]
    city: str
    state: str
    country: str
    postal_code: str
    company: NotRequired[str]


class FulfillmentDetails(TypedDict):
    name: NotRequired[str]
    phone_number: NotRequired[str]
    email: NotRequired[str]
    address: NotRequired[Address]


class PickupPlace(TypedDict):
    name: str
    address: Address
    phone: NotRequired[str]
    instructions: NotRequired[str]


class DeliveryWindow(TypedDict):
    start: str
    end: str


class FulfillmentOption(TypedDict):
    """shipping, digital, pickup (with `location`) or local_delivery (with `delivery_window`)."""

    type: str
    id: str
    title: str
    description: NotRequired[str]
    carrier: NotRequired[str]
    earliest_delivery_time: NotRequired[str]
    latest_delivery_time: NotRequired[str]
    location: NotRequired[PickupPlace]
    pickup_type: NotRequired[str]
    ready_by: NotRequired[str]
    delivery_window: NotRequired[DeliveryWindow]
    totals: list[Total]


class SelectedFulfillmentOption(TypedDict):
    type: str
    option_id: str
    item_ids: list[str]


class Message(TypedDict):
    type: Literal["info", "warning", "error"]
    code: NotRequired[str]
    severity: NotRequired[str]
    resolution: NotRequired[str]
    param: NotRequired[str]
    content_type: str
    content: str


class Link(TypedDict):
    type: str
    url: str


class Payment(TypedDict):
    handlers: list[dict[str, Any]]


class Interventions(TypedDict):
    supported: list[str]
    required: NotRequired[list[str]]
    enforcement: NotRequired[str]


class ExtensionDeclaration(TypedDict):
    name: str
    extends: list[str]


class Capabilities(TypedDict):
    payment: Payment
    interventions: Interventions
    extensions: NotRequired[list[ExtensionDeclaration]]


class Coupon(TypedDict):
    id: str
    name: str
    percent_off: NotRequired[float]
    amount_off: NotRequired[int]
    currency: NotRequired[str]
    duration: str


class Allocation(TypedDict):
    path: str
    amount: int


class AppliedDiscount(TypedDict):
    id: str
    code: NotRequired[str]
    coupon: Coupon
    amount: int
    automatic: bool
    start: NotRequired[str]
    end: NotRequired[str]
    method: NotRequired[str]
    priority: NotRequired[int]
    allocations: list[Allocation]


class RejectedDiscount(TypedDict):
    code: str
    reason: str
    message: str


class Discounts(TypedDict):
    codes: list[str]
    applied: list[AppliedDiscount]
    rejected: list[RejectedDiscount]


class Quantity(TypedDict):
    ordered: int
    current: int
    fulfilled: int


class OrderLineItem(TypedDict):
    id: str
    title: str
    product_id: str
    image_url: NotRequired[str]
    quantity: Quantity
    unit_price: int
    subtotal: int
    totals: list[Total]
    status: str


class LineReference(TypedDict):
    id: str
    quantity: int


class FulfillmentEvent(TypedDict):
    id: str
    type: str
    occurred_at: str
    description: NotRequired[str]
    location: NotRequired[str]


class EstimatedDelivery(TypedDict):
    earliest: str
    latest: str


class DigitalDelivery(TypedDict):
    access_url: str


class Fulfillment(TypedDict):
    id: str
    type: str
    status: str
    line_items: list[LineReference]
    carrier: NotRequired[str]
    tracking_number: NotRequired[str]
    tracking_url: NotRequired[str]
    destination: NotRequired[Address]
    estimated_delivery: NotRequired[EstimatedDelivery]
    digital_delivery: NotRequired[DigitalDelivery]
    description: NotRequired[str]
    events: list[FulfillmentEvent]


class Adjustment(TypedDict):
    id: str
    type: str
    occurred_at: str
    status: str
    line_items: NotRequired[list[LineReference]]
    amount: NotRequired[int]
    currency: NotRequired[str]
    description: NotRequired[str]
    reason: NotRequired[str]


class Confirmation(TypedDict):
    confirmation_number: str
    receipt_url: str
    order_notes: NotRequired[str]


class Support(TypedDict):
    email: NotRequired[str]
    phone: NotRequired[str]
    hours: NotRequired[str]
    help_center_url: NotRequired[str]


class Order(TypedDict):
    type: Literal["order"]
    id: str
    checkout_session_id: str
    order_number: str
    permalink_url: str
    status: str
    estimated_delivery: NotRequired[EstimatedDelivery]
    confirmation: Confirmation
    support: NotRequired[Support]
    line_items: list[OrderLineItem]
    fulfillments: list[Fulfillment]
    adjustments: list[Adjustment]
    totals: list[Total]


class AcquirerDetails(TypedDict):
    acquirer_bin: str
    acquirer_country: str
    acquirer_merchant_id: str
    merchant_name: str


class AuthenticationMetadata(TypedDict):
    """What a 3-D Secure server is told of the shop, in order to authenticate the buyer for it."""

    acquirer_details: AcquirerDetails
    directory_server: Literal["american_express", "mastercard", "visa"]


class Protocol(TypedDict):
    version: str


class CheckoutSession(TypedDict):
    id: str
    protocol: Protocol
    capabilities: Capabilities
    buyer: NotRequired[Buyer]
    status: str
    currency: str
    locale: NotRequired[str]
    timezone: NotRequired[str]
    line_items: list[LineItem]
    fulfillment_details: NotRequired[FulfillmentDetails]
    fulfillment_options: list[FulfillmentOption]
    selected_fulfillment_options: list[SelectedFulfillmentOption]
    totals: list[Total]
    messages: list[Message]
    links: list[Link]
    authentication_metadata: NotRequired[AuthenticationMetadata]
    continue_url: NotRequired[str]
    created_at: str
    updated_at: str
    expires_at: str
    metadata: NotRequired[dict[str, Any]]
    discounts: NotRequired[Discounts]
    order: NotRequired[Order]


class Cart(TypedDict):
    id: str
    line_items: list[LineItem]
    buyer: NotRequired[Buyer]
    currency: str
    totals: list[Total]
    messages: list[Message]
    continue_url: str
    expires_at: str


class WebhookEvent(TypedDict):
    type: Literal["order_create", "order_update"]
    data: Order


class Error(TypedDict):
    """A refusal. `param` is a JSONPath (RFC 9535) into the request."""

    type: Literal["invalid_request", "processing_error", "service_unavailable"]
    code: str
    message: str
    param: NotRequired[str]
    supported_versions: NotRequired[list[str]]


close_shapes(globals())
