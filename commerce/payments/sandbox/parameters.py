"""Check requests against the parameters that the installed Stripe SDK declares.

The SDK's TypedDicts are generated from Stripe's own API description, so they say which parameters exist,
which are required and what they hold at the API version the SDK pins. Only what the SDK cannot know is
declared here by hand: the shared payment token parameters of the preview versions, and
`payment_method_types`, which older versions accept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from operator import attrgetter
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import stripe.params
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject

from commerce.payments.sandbox.documents import Params
from commerce.payments.sandbox.errors import InvalidParameter
from commerce.payments.sandbox.versions import Version

REQUEST_OPTIONS = frozenset(RequestOptions.__annotations__)
# Names the SDK imports for type checkers only; they occur in request options, which are no parameters.
TYPE_CHECKING_NAMES = {"StripeContext": object, "Mapping": Mapping}
INTEGER = re.compile(r"-?[0-9]+")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

PAYMENT_INTENT_WRITES = frozenset(
    ("PaymentIntentCreateParams", "PaymentIntentUpdateParams", "PaymentIntentConfirmParams")
)
INTENT_WRITES = PAYMENT_INTENT_WRITES | {"SetupIntentCreateParams", "SetupIntentUpdateParams"}
# Stripe's own CLI says it as the beta of bank transfers did. Whether Stripe still understands it is not known.
FORMER_NAMES = {"jp_bank_account": "jp_bank_transfer"}
# Sent by the agentic commerce preview, in no event enum of the SDK.
PREVIEW_EVENTS = frozenset(("shared_payment.granted_token.used", "shared_payment.granted_token.deactivated"))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a parameter may hold. Several at once where Stripe accepts several."""

    text: bool = False
    empty: bool = False
    integer: bool = False
    number: bool = False
    boolean: bool = False
    choices: tuple[str, ...] = ()
    items: "Kind | None" = None
    values: "Kind | None" = None
    shape: "Shape | None" = None


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with named parameters: an SDK TypedDict, read when first met, and what is added by hand."""

    declared: Any = None
    extra: Mapping[str, Kind] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    required_extra: frozenset[str] = frozenset()

    def find(self, name: str) -> Kind | None:
        """Return the kind of a named parameter."""
        return self.extra.get(name) or _declared_kinds(self.declared).get(name)

    def required(self) -> frozenset[str]:
        """Return the names that must be present."""
        declared = frozenset() if self.declared is None else self.declared.__required_keys__ - REQUEST_OPTIONS
        return (declared - self.optional) | self.required_extra


TEXT = Kind(text=True)
METADATA = Kind(values=Kind(text=True, empty=True))

GRANTED_TOKEN_CREATE = Shape(
    extra={
        "payment_method": TEXT,
        "customer": TEXT,
        "shared_metadata": METADATA,
        "expand": Kind(items=TEXT),
        "usage_limits": Kind(
            shape=Shape(
                extra={"currency": TEXT, "max_amount": Kind(integer=True), "expires_at": Kind(integer=True)},
                required_extra=frozenset(("currency", "max_amount")),
            )
        ),
    },
    required_extra=frozenset(("payment_method", "usage_limits")),
)
EXPAND_ONLY = Shape(extra={"expand": Kind(items=TEXT)})
BY_HAND = {
    "GrantedTokenCreateParams": GRANTED_TOKEN_CREATE,
    "GrantedTokenRetrieveParams": EXPAND_ONLY,
    "GrantedTokenRevokeParams": EXPAND_ONLY,
}


def check(name: str, given: Mapping[str, Any], version: Version) -> Params:
    """Return the given parameters converted to their declared types, or refuse them as Stripe does."""
    if name in INTENT_WRITES:
        _refuse_retired(given, version)
    return _object(_shape(name, version), given, "")


def _refuse_retired(given: Mapping[str, Any], version: Version) -> None:
    if "payment_method_types" in given and not version.accepts_payment_method_types:
        raise InvalidParameter(
            "The `payment_method_types` parameter is no longer supported on PaymentIntents in this API "
            "version. Use `automatic_payment_methods` or `allowed_payment_method_types` instead.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )


@lru_cache(maxsize=256)
def _shape(name: str, version: Version) -> Shape:
    if name in BY_HAND:
        return BY_HAND[name]
    declared = attrgetter(name)(stripe.params)
    extra: dict[str, Kind] = {}
    if name in INTENT_WRITES and version.accepts_payment_method_types:
        extra["payment_method_types"] = Kind(items=TEXT)
    if name in PAYMENT_INTENT_WRITES and version.is_preview:
        extra["payment_method_data"] = _with_granted_token(_declared_kinds(declared)["payment_method_data"])
    return Shape(declared=declared, extra=extra)


def _with_granted_token(kind: Kind) -> Kind:
    """Accept a shared payment token as payment method data; its type need not be named."""
    assert kind.shape is not None  # noqa: S101  # the SDK declares payment_method_data as an object
    return Kind(
        shape=Shape(
            declared=kind.shape.declared,
            extra={"shared_payment_granted_token": TEXT},
            optional=frozenset(("type",)),
        )
    )


@cache
def _declared_kinds(declared: Any) -> Mapping[str, Kind]:
    if declared is None:
        return {}
    hints = get_type_hints(declared, localns=TYPE_CHECKING_NAMES)
    return {name: _kind(hint) for name, hint in hints.items() if name not in REQUEST_OPTIONS}


def _kind(hint: Any) -> Kind:
    """Translate one annotation. `Literal[…] | str` leaves room for new choices; the API of today has none."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    choices = tuple(c for m in members if get_origin(m) is Literal for c in get_args(m) if c != "")
    return Kind(
        text=str in members and not choices,
        empty=any(get_origin(member) is Literal and "" in get_args(member) for member in members),
        integer=int in members,
        number=float in members,
        boolean=bool in members,
        choices=choices + (tuple(sorted(PREVIEW_EVENTS)) if "charge.succeeded" in choices else ()),
        items=_first(members, list),
        values=_map_values(members),
        shape=next((Shape(declared=m) for m in members if hasattr(m, "__required_keys__")), None),
    )


def _map_values(members: tuple[Any, ...]) -> Kind | None:
    """Return what a map such as metadata holds; an empty value there removes the key."""
    kind = _first(members, dict) or _first(members, UntypedStripeObject)
    return None if kind is None else replace(kind, empty=True)


def _first(members: tuple[Any, ...], container: Any) -> Kind | None:
    """Return the kind of what a list or dictionary among the members of a union contains."""
    for member in members:
        if get_origin(member) is container:
            return _kind(get_args(member)[-1])
    return None


def _object(shape: Shape, given: Mapping[str, Any], path: str) -> Params:
    unknown = [_join(path, name) for name in given if shape.find(name) is None]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise InvalidParameter(
            f"Received unknown parameter{plural}: {', '.join(unknown)}",
            code="parameter_unknown",
            param=unknown[0],
        )
    for name in sorted(shape.required() - given.keys()):
        raise InvalidParameter(
            f"Missing required param: {_join(path, name)}.", code="parameter_missing", param=_join(path, name)
        )
    return {name: _value(shape.find(name) or TEXT, value, _join(path, name)) for name, value in given.items()}


def _value(kind: Kind, value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return _container(kind, value, path)
    if value == "":
        return _empty(kind, path)
    return _scalar(kind, value, path)


def _container(kind: Kind, value: dict[str, Any], path: str) -> Any:
    if kind.items is not None and all(index.isdigit() for index in value):
        items = kind.items
        ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
        return [_value(items, item, f"{path}[{index}]") for index, item in ordered]
    if kind.shape is not None:
        return _object(kind.shape, value, path)
    if kind.values is not None:
        values = kind.values
        return {name: _value(values, item, f"{path}[{name}]") for name, item in value.items()}
    expected = "array" if kind.items is not None else "string"
    raise InvalidParameter(f"Invalid {expected}", param=path)


def _empty(kind: Kind, path: str) -> Any:
    if kind.empty:
        return ""
    if kind.integer and not kind.text:
        raise InvalidParameter("Invalid integer: ", code="parameter_invalid_integer", param=path)
    raise InvalidParameter(
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
        f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request or "
        "supply a non-empty value.",
        code="parameter_invalid_empty",
        param=path,
    )


def _scalar(kind: Kind, value: str, path: str) -> Any:
    if kind.boolean and value in ("true", "false"):
        return value == "true"
    if value in kind.choices:
        return value
    if FORMER_NAMES.get(value) in kind.choices:
        return FORMER_NAMES[value]
    if kind.integer and INTEGER.fullmatch(value):
        return int(value)
    if kind.number and NUMBER.fullmatch(value):
        return float(value)
    if kind.text:
        return value
    raise _wrong(kind, value, path)


def _wrong(kind: Kind, value: str, path: str) -> InvalidParameter:
    if kind.choices:
        return InvalidParameter(f"Invalid {path}: must be one of {_listed(kind.choices)}", param=path)
    if kind.integer:
        return InvalidParameter(f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
    if kind.boolean:
        return InvalidParameter(f"Invalid boolean: {value}", param=path)
    if kind.number:
        return InvalidParameter(f"Invalid decimal: {value}", param=path)
    return InvalidParameter("Invalid array" if kind.items is not None else "Invalid object", param=path)


def _listed(choices: tuple[str, ...]) -> str:
    if len(choices) < 3:
        return " or ".join(choices)
    return ", ".join(choices[:-1]) + ", or " + choices[-1]


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
