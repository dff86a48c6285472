"""What schema.org's Product, ProductGroup and Offer look like here: nothing beside these properties.

Source: schema.org; required and recommended properties as in Google's "Merchant listing" and "Product variant".
"""

from __future__ import annotations

from typing import Any

import jsonschema

_URL = {"type": "string", "pattern": "^https?://"}
_TEXT = {"type": "string", "minLength": 1}
_PRICE = {"type": "string", "pattern": r"^\d+(\.\d{1,3})?$"}
_CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$"}


def _thing(kind: str, required: str = "", **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["@type", *required.split()],
        "properties": {"@type": {"const": kind}, **properties},
    }


_DAYS = {"enum": [f"https://schema.org/{day}" for day in "Monday Tuesday Wednesday Thursday Friday".split()]}
_REGION = _thing(
    "DefinedRegion",
    "addressCountry",
    addressCountry={"type": "string", "pattern": "^[A-Z]{2}$"},
    addressRegion={"type": "array", "items": _TEXT, "minItems": 1},
)
_SHIPPING = _thing(
    "OfferShippingDetails",
    "shippingRate shippingDestination deliveryTime",
    shippingRate=_thing("MonetaryAmount", "value currency", value=_PRICE, currency=_CURRENCY),
    shippingDestination={"anyOf": [_REGION, {"type": "array", "items": _REGION, "minItems": 2}]},
    deliveryTime=_thing(
        "ShippingDeliveryTime",
        "transitTime businessDays",
        transitTime=_thing(
            "QuantitativeValue",
            "minValue maxValue unitCode",
            minValue={"type": "integer", "minimum": 0},
            maxValue={"type": "integer", "minimum": 0},
            unitCode={"const": "DAY"},
        ),
        businessDays=_thing(
            "OpeningHoursSpecification", "dayOfWeek", dayOfWeek={"type": "array", "items": _DAYS, "minItems": 5}
        ),
    ),
)
_OFFER = _thing(
    "Offer",
    "url price priceCurrency availability seller",
    url=_URL,
    price=_PRICE,
    priceCurrency=_CURRENCY,
    availability={
        "enum": [
            f"https://schema.org/{word}" for word in ("InStock", "LimitedAvailability", "BackOrder", "OutOfStock")
        ]
    },
    itemCondition={"enum": [f"https://schema.org/{word}Condition" for word in ("New", "Refurbished", "Used")]},
    seller=_thing("Organization", "name url", name=_TEXT, url=_URL),
    priceValidUntil={"type": "string", "format": "date-time"},
    priceSpecification=_thing(
        "UnitPriceSpecification",
        "priceType price priceCurrency",
        priceType={"const": "https://schema.org/StrikethroughPrice"},
        price=_PRICE,
        priceCurrency=_CURRENCY,
    ),
    hasMerchantReturnPolicy=_thing("MerchantReturnPolicy", "merchantReturnLink", merchantReturnLink=_URL),
    shippingDetails={"type": "array", "items": _SHIPPING, "minItems": 1},
)
_COMMON = {
    "name": _TEXT,
    "description": _TEXT,
    "brand": _thing("Brand", "name", name=_TEXT),
    "category": _TEXT,
    "audience": _thing(
        "PeopleAudience",
        suggestedGender={"enum": ["female", "male", "unisex"]},
        suggestedAge=_thing(
            "QuantitativeValue",
            "minValue unitCode",
            minValue={"type": "integer", "minimum": 0},
            maxValue={"type": "integer", "minimum": 1},
            unitCode={"enum": ["MON", "ANN"]},
        ),
    ),
    "image": {"type": "array", "items": _URL, "minItems": 1},
    "url": _URL,
}
_VARIANT = {
    "offers": _OFFER,
    "productID": {"type": "string", "pattern": "^var_"},
    "sku": _TEXT,
    "gtin": {"type": "string", "pattern": r"^(\d{8}|\d{12,14})$"},
    "mpn": _TEXT,
    **dict.fromkeys(("color", "size", "material", "pattern"), _TEXT),
    "additionalProperty": {
        "type": "array",
        "items": _thing("PropertyValue", "name value", name=_TEXT, value=_TEXT),
        "minItems": 1,
    },
}
_CONTEXT = {"@context": {"const": "https://schema.org"}}
_GROUP = _thing(
    "ProductGroup",
    "@context name url productGroupID hasVariant",
    **_CONTEXT,
    **_COMMON,
    productGroupID={"type": "string", "pattern": "^prod_"},
    variesBy={"type": "array", "items": _URL, "minItems": 1, "uniqueItems": True},
    hasVariant={"type": "array", "items": _thing("Product", "name offers", **_COMMON, **_VARIANT), "minItems": 2},
)
_PRODUCT = _thing("Product", "@context name url offers", **_CONTEXT, **_COMMON, **_VARIANT)

_CHECK = jsonschema.Draft202012Validator(
    {"if": {"properties": {"@type": {"const": "ProductGroup"}}}, "then": _GROUP, "else": _PRODUCT},
    format_checker=jsonschema.FormatChecker(),
)


def check_structured(data: dict[str, Any]) -> None:
    """Raise AssertionError where data is not what search engines read."""
    problems = [f"{one.json_path}: {one.message}" for one in _CHECK.iter_errors(data)]
    assert not problems, problems
