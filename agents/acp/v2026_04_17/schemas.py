"""What agents may send: ACP 2026-04-17 requests, read leniently where the specification contradicts itself.

Unknown fields are ignored, so that an agent may be newer than we are. Where the JSON schema forbids what
the RFCs and their examples send (a line's `quantity`, nested selections), both forms are understood.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, model_validator

from commerce.payments.authentication import Outcome
from commerce.places import COUNTRIES

MAX_LINES = 200
MAX_QUANTITY = 999_999
MAX_CODES = 20

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_CARD_NUMBER = re.compile(r"\d(?:[ -]?\d){11,18}")


def integral(value: Any) -> Any:
    """Read 2.0 as 2: JSON knows one kind of number, and 1.0 means 1 (ACP section 6.2)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("is not an e-mail address")
    return text


def _country(text: str) -> str:
    code = text.strip().upper()
    if code and code not in COUNTRIES:
        raise ValueError("is not an ISO 3166-1 alpha-2 country code such as US")
    return code


def _opaque_token(text: str) -> str:
    if _CARD_NUMBER.fullmatch(text.strip()):
        raise ValueError("card numbers are never accepted here; delegate the payment and send its token")
    return text


Short = Annotated[str, Field(max_length=100)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Quantity = Annotated[StrictInt, BeforeValidator(integral), Field(ge=1, le=MAX_QUANTITY)]
Code = Annotated[str, Field(min_length=1, max_length=100)]


class Wire(BaseModel):
    """Strict about what it knows, indifferent to what it does not."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=False)


class ItemInput(Wire):
    """A line as `{id, quantity}`, `{item: {id}, quantity}` or a whole LineItem; prices are ignored."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    quantity: Quantity = 1

    @model_validator(mode="before")
    @classmethod
    def unwrap_item(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("item"), dict):
            return {**value, "id": value["item"].get("id")}
        return value


Items = Annotated[list[ItemInput], Field(min_length=1, max_length=MAX_LINES)]


class CompanyInput(Wire):
    name: Short


class BuyerInput(Wire):
    email: Email
    first_name: Short = ""
    last_name: Short = ""
    full_name: Annotated[str, Field(max_length=200)] = ""
    phone_number: Annotated[str, Field(max_length=30)] = ""
    customer_id: Short = ""
    account_type: Annotated[str, Field(pattern="^(guest|registered|business)$")] | None = None
    company: CompanyInput | None = None


class AddressInput(Wire):
    name: Annotated[str, Field(max_length=200)] = ""
    company: Short = ""
    line_one: Annotated[str, Field(max_length=200)] = ""
    line_two: Annotated[str, Field(max_length=200)] = ""
    city: Short = ""
    state: Short = ""
    country: Annotated[str, Field(max_length=60), AfterValidator(_country)] = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""


class FulfillmentDetailsInput(Wire):
    name: Annotated[str, Field(max_length=200)] = ""
    phone_number: Annotated[str, Field(max_length=30)] = ""
    email: Email | None = None
    address: AddressInput | None = None

    @model_validator(mode="before")
    @classmethod
    def accept_phone(cls, value: Any) -> Any:
        if isinstance(value, dict) and "phone" in value:
            return {"phone_number": value["phone"], **value}
        return value


class SelectionInput(Wire):
    """A chosen option, flat or nested under its type; without ids it is meant for all its lines."""

    option_id: Annotated[str, Field(min_length=1, max_length=100)]
    item_ids: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=MAX_LINES)] = []
    type: Short = ""

    @model_validator(mode="before")
    @classmethod
    def flatten(cls, value: Any) -> Any:
        if isinstance(value, dict) and "option_id" not in value:
            nested = value.get(value["type"]) if isinstance(value.get("type"), str) else None
            if isinstance(nested, dict):
                return {**value, **nested}
        return value


class DiscountsInput(Wire):
    codes: Annotated[list[Code], Field(max_length=MAX_CODES)] = []


class InterventionsInput(Wire):
    supported: Annotated[list[Short], Field(max_length=50)] = []


def _extension_name(value: Any) -> Any:
    return value.get("name") if isinstance(value, dict) else value


class CapabilitiesInput(Wire):
    interventions: InterventionsInput | None = None
    extensions: Annotated[
        list[Annotated[str, BeforeValidator(_extension_name), Field(max_length=200)]], Field(max_length=50)
    ] = []


class AttributionInput(Wire):
    """Who brought the buyer here. Kept, and never shown again."""

    model_config = ConfigDict(extra="allow")

    provider: Annotated[str, Field(min_length=1, max_length=200)]
    token: Annotated[str, Field(max_length=4096)] | None = None
    publisher_id: Annotated[str, Field(max_length=200)] | None = None
    metadata: dict[str, str | int | float | bool] | None = None

    @model_validator(mode="after")
    def require_reference(self) -> AttributionInput:
        if not self.token and not self.publisher_id:
            raise ValueError("needs a token or a publisher_id")
        return self


class CheckoutSessionCreateRequest(Wire):
    line_items: Items
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    capabilities: CapabilitiesInput
    buyer: BuyerInput | None = None
    fulfillment_details: FulfillmentDetailsInput | None = None
    discounts: DiscountsInput | None = None
    coupons: Annotated[list[Code], Field(max_length=MAX_CODES)] | None = None
    affiliate_attribution: AttributionInput | None = None
    locale: Annotated[str, Field(max_length=35)] | None = None
    timezone: Annotated[str, Field(max_length=50)] | None = None
    metadata: Annotated[dict[str, Any], Field(max_length=50)] | None = None
    order_notes: Annotated[str, Field(max_length=5000)] | None = None


class CheckoutSessionUpdateRequest(Wire):
    """What is absent stays; null clears."""

    line_items: Items | None = None
    buyer: BuyerInput | None = None
    fulfillment_details: FulfillmentDetailsInput | None = None
    selected_fulfillment_options: Annotated[list[SelectionInput], Field(max_length=MAX_LINES)] | None = None
    discounts: DiscountsInput | None = None
    coupons: Annotated[list[Code], Field(max_length=MAX_CODES)] | None = None
    order_notes: Annotated[str, Field(max_length=5000)] | None = None


class CredentialInput(Wire):
    type: Short
    token: Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_opaque_token)]


class InstrumentInput(Wire):
    type: Short
    credential: CredentialInput


class PaymentDataInput(Wire):
    handler_id: Annotated[str, Field(min_length=1, max_length=64)]
    instrument: InstrumentInput


class OutcomeDetailsInput(Wire):
    """What the issuer answered. All of it is needed where the outcome says that there is a proof."""

    three_ds_cryptogram: Annotated[str, Field(max_length=200)] = ""
    electronic_commerce_indicator: Annotated[str, Field(max_length=2)] = ""
    transaction_id: Annotated[str, Field(max_length=200)] = ""
    version: Annotated[str, Field(max_length=20)] = ""


class AuthenticationResultInput(Wire):
    outcome: Outcome
    outcome_details: OutcomeDetailsInput | None = None


class CheckoutSessionCompleteRequest(Wire):
    payment_data: PaymentDataInput
    authentication_result: AuthenticationResultInput | None = None
    buyer: BuyerInput | None = None
    affiliate_attribution: AttributionInput | None = None
    risk_signals: Annotated[dict[str, Any], Field(max_length=50)] | None = None
    order_notes: Annotated[str, Field(max_length=5000)] | None = None


class IntentTraceInput(Wire):
    model_config = ConfigDict(extra="allow")

    reason_code: Annotated[str, Field(min_length=1, max_length=100)]
    trace_summary: Annotated[str, Field(max_length=500)] | None = None
    metadata: dict[str, str | int | float | bool] | None = None


class CancelSessionRequest(Wire):
    intent_trace: IntentTraceInput | None = None


class CartCreateRequest(Wire):
    line_items: Items
    buyer: BuyerInput | None = None
    locale: Annotated[str, Field(max_length=35)] | None = None


class CartUpdateRequest(Wire):
    line_items: Items
    buyer: BuyerInput | None = None
