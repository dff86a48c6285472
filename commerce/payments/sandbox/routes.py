"""The endpoints of Stripe's API that the sandbox answers."""

from collections.abc import Callable
from dataclasses import dataclass

from commerce.payments.sandbox import (
    balance_transactions,
    bank_debits,
    bank_transfers,
    charges,
    customers,
    disputes,
    events,
    fraud_warnings,
    own_account,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
    shared_payment_tokens,
    sources,
    tokens,
    webhook_endpoints,
)
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document, Params

Endpoint = Callable[[Account, str, Params], Document]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: the SDK's name for its parameters, and what it does with them and the id in its path."""

    method: str
    path: str
    parameters: str
    endpoint: Endpoint
    is_preview: bool = False
    reads_only: bool = False


def _given(function: Callable[[Account, Params], Document]) -> Endpoint:
    return lambda account, _object_id, params: function(account, params)


def _on(function: Callable[[Account, str], Document]) -> Endpoint:
    return lambda account, object_id, _params: function(account, object_id)


def _read(path: str, parameters: str, endpoint: Endpoint) -> Route:
    return Route("GET", path, parameters, endpoint, reads_only=True)


def _preview(method: str, path: str, parameters: str, endpoint: Endpoint) -> Route:
    return Route(method, path, parameters, endpoint, is_preview=True)


GRANTED_TOKENS = "/v1/test_helpers/shared_payment/granted_tokens"

ROUTES = (
    _read("/v1/account", "AccountRetrieveCurrentParams", _given(own_account.retrieve)),
    Route("POST", "/v1/payment_intents", "PaymentIntentCreateParams", _given(payment_intents.create)),
    _read("/v1/payment_intents", "PaymentIntentListParams", _given(payment_intents.list_payment_intents)),
    _read("/v1/payment_intents/search", "PaymentIntentSearchParams", _given(payment_intents.search)),
    _read("/v1/payment_intents/{}", "PaymentIntentRetrieveParams", _on(payment_intents.retrieve)),
    Route("POST", "/v1/payment_intents/{}", "PaymentIntentUpdateParams", payment_intents.update),
    Route("POST", "/v1/payment_intents/{}/confirm", "PaymentIntentConfirmParams", payment_intents.confirm),
    Route("POST", "/v1/payment_intents/{}/capture", "PaymentIntentCaptureParams", payment_intents.capture),
    Route("POST", "/v1/payment_intents/{}/cancel", "PaymentIntentCancelParams", payment_intents.cancel),
    Route("POST", "/v1/payment_methods", "PaymentMethodCreateParams", _given(payment_methods.create)),
    _read("/v1/payment_methods", "PaymentMethodListParams", _given(payment_methods.list_payment_methods)),
    Route("GET", "/v1/payment_methods/{}", "PaymentMethodRetrieveParams", _on(payment_methods.retrieve)),
    Route("POST", "/v1/payment_methods/{}", "PaymentMethodUpdateParams", payment_methods.update),
    Route("POST", "/v1/payment_methods/{}/attach", "PaymentMethodAttachParams", payment_methods.attach),
    Route("POST", "/v1/payment_methods/{}/detach", "PaymentMethodDetachParams", _on(payment_methods.detach)),
    Route("POST", "/v1/customers", "CustomerCreateParams", _given(customers.create)),
    _read("/v1/customers", "CustomerListParams", _given(customers.list_customers)),
    _read("/v1/customers/{}", "CustomerRetrieveParams", _on(customers.retrieve)),
    Route("POST", "/v1/customers/{}", "CustomerUpdateParams", customers.update),
    Route("DELETE", "/v1/customers/{}", "CustomerDeleteParams", _on(customers.delete)),
    Route("POST", "/v1/customers/{}/sources", "CustomerPaymentSourceCreateParams", sources.create),
    _read("/v1/customers/{}/sources", "CustomerPaymentSourceListParams", sources.list_sources),
    _read("/v1/customers/{}/cash_balance", "CustomerCashBalanceRetrieveParams", _on(bank_transfers.cash_balance)),
    _read(
        "/v1/customers/{}/cash_balance_transactions",
        "CustomerCashBalanceTransactionListParams",
        bank_transfers.list_transactions,
    ),
    Route(
        "POST",
        "/v1/test_helpers/customers/{}/fund_cash_balance",
        "test_helpers.CustomerFundCashBalanceParams",
        bank_transfers.fund,
    ),
    _read("/v1/mandates/{}", "MandateRetrieveParams", _on(bank_debits.retrieve_mandate)),
    Route("POST", "/v1/setup_intents", "SetupIntentCreateParams", _given(setup_intents.create)),
    _read("/v1/setup_intents", "SetupIntentListParams", _given(setup_intents.list_setup_intents)),
    _read("/v1/setup_intents/{}", "SetupIntentRetrieveParams", _on(setup_intents.retrieve)),
    Route("POST", "/v1/setup_intents/{}", "SetupIntentUpdateParams", setup_intents.update),
    Route("POST", "/v1/setup_intents/{}/confirm", "SetupIntentConfirmParams", setup_intents.confirm),
    Route("POST", "/v1/setup_intents/{}/cancel", "SetupIntentCancelParams", setup_intents.cancel),
    Route("POST", "/v1/charges", "ChargeCreateParams", _given(charges.create)),
    _read("/v1/charges", "ChargeListParams", _given(charges.list_charges)),
    _read("/v1/charges/{}", "ChargeRetrieveParams", _on(charges.retrieve)),
    Route("POST", "/v1/charges/{}", "ChargeUpdateParams", charges.update),
    Route("POST", "/v1/charges/{}/capture", "ChargeCaptureParams", charges.capture),
    Route("POST", "/v1/refunds", "RefundCreateParams", _given(refunds.create)),
    _read("/v1/refunds", "RefundListParams", _given(refunds.list_refunds)),
    _read("/v1/refunds/{}", "RefundRetrieveParams", _on(refunds.retrieve)),
    Route("POST", "/v1/refunds/{}", "RefundUpdateParams", refunds.update),
    Route("POST", "/v1/refunds/{}/cancel", "RefundCancelParams", _on(refunds.cancel)),
    _read("/v1/disputes", "DisputeListParams", _given(disputes.list_disputes)),
    _read("/v1/disputes/{}", "DisputeRetrieveParams", _on(disputes.retrieve)),
    Route("POST", "/v1/disputes/{}", "DisputeUpdateParams", disputes.update),
    Route("POST", "/v1/disputes/{}/close", "DisputeCloseParams", _on(disputes.close)),
    _read(fraud_warnings.URL, "radar.EarlyFraudWarningListParams", _given(fraud_warnings.list_warnings)),
    _read(fraud_warnings.URL + "/{}", "radar.EarlyFraudWarningRetrieveParams", _on(fraud_warnings.retrieve)),
    _read("/v1/balance_transactions/{}", "BalanceTransactionRetrieveParams", _on(balance_transactions.retrieve)),
    _read("/v1/events", "EventListParams", _given(events.list_events)),
    _read("/v1/events/{}", "EventRetrieveParams", _on(events.retrieve)),
    Route("POST", "/v1/webhook_endpoints", "WebhookEndpointCreateParams", _given(webhook_endpoints.create)),
    _read("/v1/webhook_endpoints", "WebhookEndpointListParams", _given(webhook_endpoints.list_endpoints)),
    _read("/v1/webhook_endpoints/{}", "WebhookEndpointRetrieveParams", _on(webhook_endpoints.retrieve)),
    Route("POST", "/v1/webhook_endpoints/{}", "WebhookEndpointUpdateParams", webhook_endpoints.update),
    Route("DELETE", "/v1/webhook_endpoints/{}", "WebhookEndpointDeleteParams", _on(webhook_endpoints.delete)),
    Route("POST", "/v1/tokens", "TokenCreateParams", _given(tokens.create)),
    _read("/v1/tokens/{}", "TokenRetrieveParams", _on(tokens.retrieve)),
    _preview("POST", GRANTED_TOKENS, "GrantedTokenCreateParams", _given(shared_payment_tokens.create)),
    _preview("POST", GRANTED_TOKENS + "/{}/revoke", "GrantedTokenRevokeParams", _on(shared_payment_tokens.revoke)),
    _preview(
        "GET",
        "/v1/shared_payment/granted_tokens/{}",
        "GrantedTokenRetrieveParams",
        _on(shared_payment_tokens.retrieve),
    ),
)
TABLE = {(route.method, route.path): route for route in ROUTES}


def find_route(method: str, path: str) -> tuple[Route, str] | None:
    """Return the route of a request and the object id in its path; a path without one has an empty id."""
    if "{}" in path:
        return None
    route = TABLE.get((method, path))
    if route is not None:
        return route, ""
    steps = path.split("/")
    for position in range(3, len(steps)):
        template = "/".join([*steps[:position], "{}", *steps[position + 1 :]])
        route = TABLE.get((method, template))
        if route is not None and steps[position]:
            return route, steps[position]
    return None
