import stripe

from tests.payments.sandbox.conftest import connect
from tests.payments.sandbox.running import RunningSandbox

KEY = "sk_test_51KfhgRSIpJpPzX9ab"


def test_a_key_tells_whose_it_is(client: stripe.StripeClient) -> None:
    account = client.v1.accounts.retrieve_current()

    assert account.id.startswith("acct_")
    assert (account.charges_enabled, account.country, account.type) == (True, "US", "standard")
    assert account.to_dict()["settings"]["dashboard"]["display_name"] == f"Sandbox {account.id[-6:]}"


def test_keys_of_one_account_share_what_is_in_it(sandbox: RunningSandbox) -> None:
    old, new = (connect(sandbox.base_url, f"{KEY}{suffix}") for suffix in ("oldoldoldold", "newnewnewnew"))
    customer = old.v1.customers.create({"name": "Ada"})

    assert new.v1.customers.retrieve(customer.id).name == "Ada"
    assert new.v1.accounts.retrieve_current().id == old.v1.accounts.retrieve_current().id
    other = connect(sandbox.base_url, "sk_test_51ZZZZZZZZZZZZZZZZoldoldoldold")
    assert other.v1.accounts.retrieve_current().id != old.v1.accounts.retrieve_current().id
