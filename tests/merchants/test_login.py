"""How people get in, and how others do not."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as project
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from commerce.accounts.models import AgentKey, Membership
from commerce.accounts.services import issue_key
from tests.factories import AgentFactory, MerchantFactory
from tests.merchants.staff import logged_in, member

pytestmark = pytest.mark.django_db

LOGIN, ACTIVATE = "/account/login/", "/account/two-factor/totp/activate/"
CODE, CODES = "/account/two-factor/authenticate/", "/account/two-factor/recovery-codes/"
PASSWORD = "a long password"


@pytest.fixture
def olive() -> User:
    person = User.objects.create_user("olive", "olive@harborsupply.example", PASSWORD, is_staff=True)
    Membership.objects.create(user=person, merchant=MerchantFactory.create(), role="owner")
    return person


def log_in(browser: Client, *, login: str = "olive", password: str = PASSWORD, **options: Any) -> Any:
    return browser.post(f"{LOGIN}?next=/admin/orders/order/", {"login": login, "password": password}, **options)


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return what an authenticator app shows. Source: RFC 6238."""
    counter = struct.pack(">Q", int(time.time() // 30) + steps)
    digest = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def with_two_factors(person: User) -> tuple[str, list[str]]:
    """Set the second factor up as a person does; return the app's secret and the recovery codes."""
    browser = logged_in(Client(), person)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = re.search(r'value="([A-Z2-7]{32})"', browser.get(ACTIVATE).content.decode())
    assert secret
    answer = browser.post(ACTIVATE, {"code": code_of(secret[1], steps=-1)}, follow=True)
    return secret[1], re.findall(r"\b\d{8}\b", answer.content.decode())


def test_who_comes_to_the_back_office_logs_in_first(client: Client, olive: User) -> None:
    asked = client.get("/admin/orders/order/", follow=True)
    before = client.session.session_key

    answer = log_in(client)

    assert asked.redirect_chain[-1] == (f"{LOGIN}?next=%2Fadmin%2Forders%2Forder%2F", 302)
    assert answer["Location"] == "/admin/orders/order/"
    assert client.get("/admin/orders/order/").status_code == 200
    assert client.session.session_key != before


def test_an_address_elsewhere_is_not_gone_to(client: Client, olive: User) -> None:
    data = {"login": "olive", "password": PASSWORD, "next": "https://evil.example/"}

    assert client.post(LOGIN, data)["Location"] == "/admin/"


def test_an_email_address_is_as_good_as_a_name(client: Client, olive: User) -> None:
    assert log_in(client, login="OLIVE@harborsupply.example").status_code == 302


def test_guessing_is_stopped_for_the_account_wherever_it_comes_from(client: Client, olive: User) -> None:
    for number in range(5):
        wrong = log_in(client, password="guess", REMOTE_ADDR=f"198.51.100.{number}")
        assert "are not correct" in wrong.content.decode()

    right = log_in(client, REMOTE_ADDR="198.51.100.9")

    assert "Too many failed login attempts" in right.content.decode()
    assert "_auth_user_id" not in client.session


def test_guessing_is_stopped_for_the_address_whoever_is_tried(client: Client, olive: User) -> None:
    for number in range(10):
        log_in(client, login=f"nobody-{number}", password="guess")

    assert "Too many failed login attempts" in log_in(client).content.decode()
    assert log_in(Client(), REMOTE_ADDR="198.51.100.7").status_code == 302


def test_after_a_while_one_may_try_again(client: Client, olive: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(6):
        log_in(client, password="guess")
    now = time.time()
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: now + 301)

    assert log_in(client).status_code == 302


@pytest.mark.parametrize(
    ("path", "form", "link"),
    [
        ("password/reset/", {"email": "olive@harborsupply.example"}, "/account/password/reset/key/"),
        ("password/reset/", {"email": "nobody@harborsupply.example"}, "/account/signup/"),
        (
            "signup/",
            {"email": "olive@harborsupply.example", "password1": PASSWORD},
            "/account/password/reset/",
        ),
    ],
)
def test_mails_lead_to_the_public_address_whatever_a_request_says(
    olive: User, settings: Settings, path: str, form: dict[str, str], link: str
) -> None:
    settings.PUBLIC_BASE_URL, settings.ALLOWED_HOSTS = "https://shop.example", ["*"]

    Client(headers={"Host": "evil.example"}).post(f"/account/{path}", form)

    (sent,) = mail.outbox
    assert f"https://shop.example{link}" in sent.body
    assert "Hello from shop.example!" in sent.body
    assert "evil.example" not in sent.body


def test_an_unknown_account_is_answered_like_a_wrong_password(client: Client, olive: User) -> None:
    known = log_in(client, password="guess").content.decode()
    unknown = log_in(client, login="nobody", password="guess").content.decode()

    (told,) = {*re.findall(r'role="alert">(.*?)<', known), *re.findall(r'role="alert">(.*?)<', unknown)}
    assert told == "The username and/or password you specified are not correct."


def test_nobody_signs_up_where_the_operator_has_closed_it(client: Client, settings: Settings) -> None:
    settings.SIGN_UP_OPEN = False
    data = {"email": "eve@example.com", "password1": PASSWORD}

    assert "Accounts are given out by hand here" in client.get("/account/signup/").content.decode()
    client.post("/account/signup/", data)
    assert not User.objects.exists()
    assert "/account/signup/" not in client.get(LOGIN).content.decode()


def test_an_account_that_may_not_come_in_is_told_so(client: Client) -> None:
    client.force_login(User.objects.create_user("buyer", password=PASSWORD))

    answer = client.get("/admin/", follow=True)

    assert answer.status_code == 403
    assert "This account may not use the back office" in answer.content.decode()


def test_logging_out_ends_the_session(client: Client, olive: User) -> None:
    log_in(client)
    ended = client.session.session_key

    assert client.get("/admin/logout/").status_code == 405
    client.post("/admin/logout/")

    client.cookies[project.SESSION_COOKIE_NAME] = str(ended)
    assert client.get("/admin/").status_code == 302


def test_a_code_is_asked_for_once_there_is_a_second_factor(client: Client, olive: User) -> None:
    secret, codes = with_two_factors(olive)

    first = log_in(client)
    half_way = client.get("/admin/orders/order/").status_code
    wrong = client.post(CODE, {"code": "000000"})
    inside = client.post(CODE, {"code": code_of(secret)})

    assert (first["Location"], half_way) == (CODE, 302)
    assert "Incorrect code" in wrong.content.decode()
    assert inside["Location"] == "/admin/orders/order/"
    assert client.get("/admin/orders/order/").status_code == 200
    assert len(set(codes)) == 10


def test_a_code_opens_once(olive: User) -> None:
    secret, _ = with_two_factors(olive)
    code = code_of(secret)
    browsers = [Client(), Client()]
    for browser in browsers:
        log_in(browser)

    answers = [browser.post(CODE, {"code": code}).status_code for browser in browsers]

    assert answers == [302, 200]


def test_codes_cannot_be_guessed_either(client: Client, olive: User) -> None:
    secret, _ = with_two_factors(olive)
    log_in(client)

    for number in range(5):
        client.post(CODE, {"code": f"00000{number}"})
    right = client.post(CODE, {"code": code_of(secret)})

    assert "Too many failed login attempts" in right.content.decode()


def test_a_recovery_code_opens_once(olive: User) -> None:
    _, codes = with_two_factors(olive)
    browsers = [Client(), Client()]
    for browser in browsers:
        log_in(browser)

    assert [browser.post(CODE, {"code": codes[0]}).status_code for browser in browsers] == [302, 200]


def test_recovery_codes_are_shown_once(olive: User) -> None:
    _, codes = with_two_factors(olive)
    browser = logged_in(Client(), olive)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})

    later = browser.get(CODES).content.decode()

    assert not any(code in later for code in codes)
    assert browser.get(f"{CODES}download/").status_code in (403, 404)


def test_second_factors_are_sealed_at_rest(olive: User) -> None:
    secret, codes = with_two_factors(olive)

    kept = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert Authenticator.objects.count() == 2
    assert secret not in kept
    assert not any(code in kept for code in codes)
    assert kept.count("gAAAA") == 2  # what a sealed value begins with


def test_where_it_is_required_nobody_works_without(olive: User, settings: Settings) -> None:
    settings.TWO_FACTOR_REQUIRED = True
    browser = logged_in(Client(), olive)

    before = browser.get("/admin/orders/order/")
    with_two_factors(olive)
    after = browser.get("/admin/orders/order/")

    assert before["Location"] == ACTIVATE
    assert after.status_code == 200


def test_the_password_is_asked_again_before_a_key_is_made(olive: User) -> None:
    agent = AgentFactory.create(merchant=olive.memberships.get().merchant)
    browser = logged_in(Client(), olive, seconds_ago=601)
    url = "/admin/accounts/agentkey/add/"

    asked = browser.get(url)
    sent = browser.post(url, {"agent": agent.pk, "scopes": ["catalog"]})
    made_before = AgentKey.objects.count()
    done = browser.post("/account/reauthenticate/", {"password": PASSWORD, "next": url})

    assert asked["Location"].startswith("/account/reauthenticate/?next=")
    assert sent["Location"].startswith("/account/reauthenticate/?next=")
    assert made_before == 0
    assert "Copy it now" in done.content.decode()
    assert AgentKey.objects.count() == 1


def test_who_lost_every_factor_is_let_in_by_the_operator(client: Client, olive: User) -> None:
    with_two_factors(olive)
    said = StringIO()

    call_command("reset_two_factor", "olive", stdout=said)
    call_command("reset_two_factor", "olive", stdout=said)

    assert said.getvalue().splitlines() == [
        "olive: two-factor login is off.",
        "olive: there was no second factor.",
    ]
    assert log_in(client)["Location"] == "/admin/orders/order/"
    with pytest.raises(CommandError, match="Nobody here is called 'nobody'"):
        call_command("reset_two_factor", "nobody")


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("/admin/accounts/membership/add/", {}),
        ("/admin/webhooks/endpoint/add/", {}),
        ("/admin/accounts/merchant/{shop}/fulfillment_secret/", {}),
        ("/admin/accounts/merchant/{shop}/stop/", {}),
    ],
)
def test_the_password_is_asked_again_before_secrets_and_members(olive: User, url: str, data: Any) -> None:
    merchant = olive.memberships.get().merchant
    browser = logged_in(Client(), olive, seconds_ago=601)

    answer = browser.post(url.format(shop=quote(merchant.pk)), data)

    assert answer["Location"].startswith("/account/reauthenticate/?next=")
    merchant.refresh_from_db()
    assert (merchant.sealed_fulfillment_secret, merchant.status) == (None, "active")


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("/admin/accounts/membership/", {"action": "delete_selected", "_selected_action": "1", "post": "yes"}),
        ("/admin/accounts/agentkey/", {"action": "revoke", "_selected_action": "key"}),
        ("/admin/accounts/invitation/", {"action": "invite_again", "_selected_action": "inv"}),
        ("/admin/accounts/merchant/setup/profile/", {"name": "Mine"}),
        ("/admin/accounts/merchant/setup/support/", {"support_email": "me@evil.example"}),
        ("/admin/feeds/feed/add/", {"name": "Feed"}),
        ("/account/email/", {"action_add": "", "email": "me@evil.example"}),
    ],
)
def test_lists_forms_and_ones_own_address_ask_again_as_well(olive: User, url: str, data: dict[str, str]) -> None:
    answer = logged_in(Client(), olive, seconds_ago=601).post(url, data)

    assert answer.headers.get("Location", "").startswith("/account/reauthenticate/?next=")


def test_the_operator_is_asked_again_before_anybody_gets_a_password(chief: Client, olive: User) -> None:
    late = logged_in(Client(), User.objects.get(username="chief"), seconds_ago=601)
    url = f"/admin/auth/user/{olive.pk}/password/"

    assert late.get(url).headers["Location"].startswith("/account/reauthenticate/?next=")
    assert chief.get(url).status_code == 200


def test_a_list_does_what_was_asked_once_the_password_is_given(olive: User) -> None:
    key, _ = issue_key(AgentFactory.create(merchant=olive.memberships.get().merchant))
    browser = logged_in(Client(), olive, seconds_ago=601)
    url = "/admin/accounts/agentkey/"
    browser.post(url, {"action": "revoke", "_selected_action": [key.pk]})

    browser.post("/account/reauthenticate/", {"password": PASSWORD, "next": url})

    key.refresh_from_db()
    assert key.revoked_at is not None


def test_who_lacks_the_right_is_not_asked(olive: User) -> None:
    browser = member(olive.memberships.get().merchant, "reader")
    session = browser.session
    session.pop("account_authentication_methods")
    session.save()

    assert browser.get("/admin/accounts/agentkey/add/").status_code == 403


def test_switching_the_shop_gives_the_session_another_key(olive: User) -> None:
    other = MerchantFactory.create()
    Membership.objects.create(user=olive, merchant=other, role="reader")
    browser = logged_in(Client(), olive)
    before = browser.session.session_key

    browser.post("/admin/shop/", {"shop": other.pk})

    assert browser.session.session_key != before
    assert browser.get("/admin/").status_code == 200


def test_a_new_password_ends_other_sessions(olive: User) -> None:
    here, elsewhere = logged_in(Client(), olive), logged_in(Client(), olive)
    before = here.session.session_key

    data = {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}
    here.post("/account/password/change/", data)

    assert here.get("/admin/").status_code == 200
    assert here.session.session_key != before
    assert elsewhere.get("/admin/").status_code == 302


def test_cookies_stay_with_this_site(client: Client, olive: User) -> None:
    client.get(LOGIN)
    cookies = log_in(client).cookies
    session, csrf = cookies["sessionid"], cookies["csrftoken"]

    assert (session["httponly"], session["samesite"], session["max-age"]) == (True, "Lax", 12 * 3600)
    assert (csrf["httponly"], csrf["samesite"]) == (True, "Strict")


def test_agents_have_no_session(client: Client) -> None:
    _, token = issue_key(AgentFactory.create())
    touched: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        touched.append(sql)
        return execute(sql, *rest)

    headers = {"Authorization": f"Bearer {token}", "API-Version": "2026-04-17"}
    with connection.execute_wrapper(note):
        answer = client.get("/acp/checkout_sessions/cs_1", headers=headers)

    assert answer.status_code == 404
    assert not answer.cookies
    assert "Vary" not in answer
    assert not any(table in sql for sql in touched for table in ("django_session", "_cache", "auth_user"))
