"""ACP 2026-04-17 requests turned into what the domain is asked."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agents.acp.errors import invalid_body
from agents.acp.v2026_04_17 import schemas as wire
from agents.acp.v2026_04_17.handlers import CARD_HANDLER_ID
from agents.errors import RequestError
from commerce.buyers import Address, Buyer, Recipient
from commerce.carts.services import WantedCart
from commerce.checkout.commands import (
    UNSET,
    CompleteSession,
    CreateSession,
    Unset,
    UpdateSession,
    WantedLine,
    WantedOption,
)
from commerce.payments.authentication import PROVEN, AuthenticationResult, Proof

Model = TypeVar("Model", bound=BaseModel)


def decode(model: type[Model], value: Any) -> Model:
    """Check a body against a request's shape. Raises RequestError that names the first wrong place."""
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        raise invalid_body(problem) from problem


def create_command(value: Any) -> CreateSession:
    body = decode(wire.CheckoutSessionCreateRequest, value)
    interventions = body.capabilities.interventions
    return CreateSession(
        lines=_lines(body.line_items),
        currency=body.currency,
        buyer=_buyer(body.buyer),
        recipient=_recipient(body.fulfillment_details),
        codes=_codes(body.discounts, body.coupons) or (),
        interventions=tuple(interventions.supported) if interventions else (),
        extensions=tuple(body.capabilities.extensions),
        locale=body.locale or "",
        time_zone=body.timezone or "",
        notes=body.order_notes or "",
        metadata=body.metadata or {},
        attribution=_kept(body.affiliate_attribution),
    )


def update_command(value: Any) -> UpdateSession:
    body = decode(wire.CheckoutSessionUpdateRequest, value)
    told = body.model_fields_set
    if "line_items" in told and body.line_items is None:
        raise RequestError(400, "invalid", "$.line_items: cannot be cleared.", param="$.line_items")
    codes: tuple[str, ...] | Unset | None = UNSET
    if "discounts" in told or "coupons" in told:
        codes = _codes(body.discounts, body.coupons)
    return UpdateSession(
        lines=_lines(body.line_items) if body.line_items is not None else UNSET,
        buyer=_buyer(body.buyer) if "buyer" in told else UNSET,
        recipient=_recipient(body.fulfillment_details) if "fulfillment_details" in told else UNSET,
        options=_options(body.selected_fulfillment_options) if "selected_fulfillment_options" in told else UNSET,
        codes=codes,
        notes=body.order_notes if "order_notes" in told else UNSET,
    )


def complete_command(value: Any, *, request_key: str) -> CompleteSession:
    body = decode(wire.CheckoutSessionCompleteRequest, value)
    payment = body.payment_data
    if payment.handler_id != CARD_HANDLER_ID:
        raise _unsupported("$.payment_data.handler_id", f"is not a handler of this session ({CARD_HANDLER_ID})")
    if payment.instrument.type != "card":
        raise _unsupported("$.payment_data.instrument.type", "is not supported; use card")
    if payment.instrument.credential.type != "spt":
        raise _unsupported("$.payment_data.instrument.credential.type", "is not supported; use spt")
    return CompleteSession(
        token=payment.instrument.credential.token,
        request_key=request_key,
        buyer=_buyer(body.buyer),
        notes=body.order_notes,
        attribution=_kept(body.affiliate_attribution),
        risk_signals=body.risk_signals,
        authentication=_authentication(body.authentication_result),
    )


INDICATORS = ("01", "02", "05", "06", "07")


def _authentication(result: wire.AuthenticationResultInput | None) -> AuthenticationResult | None:
    """Read what became of a 3-D Secure; a proof comes with every outcome that is one (3DS-6)."""
    if result is None or result.outcome not in PROVEN:
        return AuthenticationResult(result.outcome) if result else None
    place = "$.authentication_result.outcome_details"
    details = result.outcome_details
    if details is None:
        raise _missing(place)
    for name in type(details).model_fields:
        if not getattr(details, name):
            raise _missing(f"{place}.{name}")
    if details.electronic_commerce_indicator not in INDICATORS:
        param = f"{place}.electronic_commerce_indicator"
        raise RequestError(
            400, "invalid", f"{param}: is one of {', '.join(INDICATORS)}.", param=param, is_kept=True
        )
    proof = Proof(
        cryptogram=details.three_ds_cryptogram,
        electronic_commerce_indicator=details.electronic_commerce_indicator,
        transaction_id=details.transaction_id,
        version=details.version,
    )
    return AuthenticationResult(result.outcome, proof)


def intent_trace(value: Any) -> dict[str, Any] | None:
    return _kept(decode(wire.CancelSessionRequest, value).intent_trace)


def new_cart(value: Any) -> WantedCart:
    body = decode(wire.CartCreateRequest, value)
    return WantedCart(_cart_lines(body.line_items), _buyer(body.buyer), body.locale or "")


def changed_cart(value: Any) -> WantedCart:
    body = decode(wire.CartUpdateRequest, value)
    return WantedCart(_cart_lines(body.line_items), _buyer(body.buyer))


def _missing(param: str) -> RequestError:
    return RequestError(400, "missing", f"{param}: Field required for this outcome.", param=param, is_kept=True)


def _unsupported(param: str, text: str) -> RequestError:
    return RequestError(400, "unsupported", f"{param}: {text}.", param=param, is_kept=True)


def _lines(items: list[wire.ItemInput]) -> tuple[WantedLine, ...]:
    return tuple(WantedLine(item.id, item.quantity) for item in items)


def _cart_lines(items: list[wire.ItemInput]) -> tuple[tuple[str, int], ...]:
    return tuple((item.id, item.quantity) for item in items)


def _options(selections: list[wire.SelectionInput] | None) -> tuple[WantedOption, ...] | None:
    if selections is None:
        return None
    return tuple(WantedOption(one.option_id, tuple(one.item_ids)) for one in selections)


def _codes(discounts: wire.DiscountsInput | None, coupons: list[str] | None) -> tuple[str, ...] | None:
    """Return the codes; `coupons` is the deprecated alias and loses against `discounts.codes`."""
    if discounts is not None:
        return tuple(discounts.codes)
    return tuple(coupons) if coupons is not None else None


def _buyer(buyer: wire.BuyerInput | None) -> Buyer | None:
    if buyer is None:
        return None
    return Buyer(
        email=buyer.email,
        first_name=buyer.first_name,
        last_name=buyer.last_name,
        full_name=buyer.full_name,
        phone_number=buyer.phone_number,
        customer_id=buyer.customer_id,
        account_type=buyer.account_type or "",
        company_name=buyer.company.name if buyer.company else "",
    )


def _recipient(details: wire.FulfillmentDetailsInput | None) -> Recipient | None:
    if details is None:
        return None
    return Recipient(details.name, details.phone_number, details.email or "", _address(details.address))


def _address(address: wire.AddressInput | None) -> Address | None:
    if address is None:
        return None
    return Address(
        name=address.name,
        company=address.company,
        line_one=address.line_one,
        line_two=address.line_two,
        city=address.city,
        region=address.state,
        postal_code=address.postal_code,
        country=address.country,
    )


def _kept(model: BaseModel | None) -> dict[str, Any] | None:
    """Return what is only kept, as it was sent."""
    return model.model_dump(exclude_none=True, mode="json") if model else None
