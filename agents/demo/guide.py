"""What `--serve` prints: where everything is, and a purchase with curl to copy."""

from __future__ import annotations

from agents.demo.facts import Facts
from agents.demo.purchase import ADDRESS, BUYER
from agents.demo.stack import Stack

JOURNEY = r"""
SHOP={base_url}
STRIPE={stripe_api_base}
KEY={agent_key}
STRIPE_KEY={stripe_secret_key}

call() {{ # path, body
  curl -sS "$SHOP/acp$1" -d "$2" -H "Authorization: Bearer $KEY" \
    -H 'API-Version: 2026-04-17' -H 'Content-Type: application/json' \
    -H "Idempotency-Key: curl-$$-$(date +%s)-$RANDOM"
}}
first() {{ grep -o "\"$1\":\"$2[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }}

# 1. Find something; this is one of the things that are found
curl -sS "$SHOP/catalog/search" -G --data-urlencode 'q={search}' \
  -H "Authorization: Bearer $KEY" | head -c 300; echo
ITEM={item}

# 2. Open a checkout session with a buyer and an address
CREATED=$(call /checkout_sessions '{{
  "currency": "{currency}", "capabilities": {{}},
  "line_items": [{{"id": "'$ITEM'", "quantity": 1}}],
  "buyer": {{"first_name": "{first_name}", "last_name": "{last_name}",
            "email": "{email}"}},
  "fulfillment_details": {{"name": "{name}", "address": {{
    "name": "{name}", "line_one": "{line_one}",
    "city": "{city}", "state": "{state}", "country": "{country}",
    "postal_code": "{postal_code}"}}}}}}')
SESSION=$(printf %s "$CREATED" | first id cs_)

# 3. Choose a way to ship, and use a discount code
OPTION=$(printf %s "$CREATED" | first id fm_)
call /checkout_sessions/$SESSION '{{
  "selected_fulfillment_options": [
    {{"type": "shipping", "option_id": "'$OPTION'", "item_ids": []}}],
  "discounts": {{"codes": ["{code}"]}}}}' | tail -c 400; echo

# 4. Have the agent's payment provider grant a token, and pay with it
TOKEN=$(curl -sS $STRIPE/v1/test_helpers/shared_payment/granted_tokens \
  -u $STRIPE_KEY: -H 'Stripe-Version: 2026-04-22.preview' \
  -d payment_method=pm_card_visa -d 'usage_limits[currency]={currency}' \
  -d 'usage_limits[max_amount]=9999900' | grep -o 'spt_[A-Za-z0-9]*' | head -n 1)
call /checkout_sessions/$SESSION/complete '{{
  "payment_data": {{"handler_id": "{handler_id}", "instrument": {{
    "type": "card", "credential": {{"type": "spt", "token": "'$TOKEN'"}}}}}}}}' \
  | grep -o '"permalink_url":"[^"]*"' | head -n 1
"""


def addresses(stack: Stack, facts: Facts) -> list[tuple[str, str]]:
    """Return what is where, for a person."""
    rows = [
        ("Shop", f"{stack.base_url}/"),
        ("Its chat, for shoppers", f"{stack.base_url}/chat/{facts.merchant}"),
        ("Its products, for people", f"{stack.base_url}/products"),
        ("API documentation", f"{stack.base_url}/docs/api"),
        ("Discovery", f"{stack.base_url}/.well-known/acp.json"),
        ("Admin", f"{stack.base_url}/admin/"),
    ]
    if facts.admin:
        rows.append(("", f"user {facts.admin['username']}, password {facts.admin['password']}"))
    if stack.has_sandbox:
        rows.append(("Stripe sandbox", f"{stack.stripe_api_base}/_sandbox/"))
    return [
        *rows,
        ("Agent's webhooks", f"{stack.receiver_url}/events"),
        ("Agent key", facts.agent_key),
        ("Logs", str(stack.places.logs)),
    ]


def curl_journey(stack: Stack, facts: Facts) -> str:
    """Return a purchase as a shell script that works as it is."""
    return JOURNEY.strip().format(
        base_url=stack.base_url,
        stripe_api_base=stack.stripe_api_base,
        stripe_secret_key=stack.stripe_secret_key,
        agent_key=facts.agent_key,
        search=facts.search.replace("'", " "),
        item=facts.items["in_stock"][0],
        currency=facts.currency,
        code=facts.discount_codes["percent"],
        handler_id=facts.handler_id,
        **BUYER,
        **ADDRESS,
    )
