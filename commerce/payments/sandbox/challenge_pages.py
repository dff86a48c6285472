"""The page where a buyer authenticates, in place of the bank's: `/_sandbox/3ds/<payment intent>`.

GET shows who wants how much, with the buttons Complete and Fail. POST with `result=complete` or `result=fail`
decides, and leads back to the `return_url` as Stripe does, with `payment_intent`, its client secret and
`redirect_status` added; without a `return_url` it says what became of the payment. Whoever does neither leaves
the payment waiting. The id of the intent, which nobody can guess, is all the page asks for.
"""

import html
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

import orjson

from commerce.payments.sandbox import challenges
from commerce.payments.sandbox.accounts import Accounts
from commerce.payments.sandbox.api import Answer
from commerce.payments.sandbox.currencies import decimal_text
from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.pages import PAGE_HEADERS
from commerce.payments.sandbox.store import Store

PATH = "/_sandbox/3ds/"
FOUND = """
SELECT objects.account, key_hint, document FROM objects JOIN accounts ON accounts.id = objects.account
WHERE objects.id = ? AND object = 'payment_intent'
"""
FORM = (
    '<form method="post"><button name="result" value="complete">Complete</button>'
    '<button name="result" value="fail" class="other">Fail</button></form>'
)
RESULTS = {"complete": challenges.complete, "fail": challenges.reject}
URL_CHARACTERS = "%/:=&?~#+!$,;'@()*[]"
PAID = ("succeeded", "requires_capture")


class ChallengePages:
    """The challenge of every payment intent that waits for one."""

    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts
        self._template = Template(Path(__file__).with_name("challenge.html").read_text(encoding="utf-8"))

    def answer(self, method: str, path: str, text: str, origin: str) -> Answer:
        """Answer a request; `text` is its form-encoded parameters."""
        with self._store.reading() as connection:
            row = connection.execute(FOUND, (path.removeprefix(PATH),)).fetchone()
        if row is None:
            return self._page(404, "Nothing to pay", "There is no such payment.")
        account_id, hint, intent = row[0], row[1], orjson.loads(row[2])
        if method == "POST":
            return self._decide(account_id, intent["id"], text, origin)
        if method not in ("GET", "HEAD"):
            return self._page(405, "Not like this", "This page is opened and answered in a browser.")
        if intent["status"] != "requires_action":
            return self._settled(200, intent)
        return self._page(200, "Confirm your payment", _question(intent, hint), FORM)

    def _decide(self, account_id: str, intent_id: str, text: str, origin: str) -> Answer:
        decide = RESULTS.get(parse_qs(text).get("result", [""])[0])
        if decide is None:
            return self._page(400, "Not like this", "Say result=complete or result=fail.")
        with self._accounts.writing(account_id, origin) as account:
            intent = account.retrieve("payment_intent", intent_id)
            if intent["status"] != "requires_action":
                return self._settled(409, intent)
            back = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
            decide(account, intent)
        location = None if back is None else _with_outcome(back, intent)
        if location is None:
            return self._settled(200, intent)
        return Answer(303, b"", {"Location": location, "Cache-Control": "no-store"})

    def _settled(self, status: int, intent: Document) -> Answer:
        told = intent["status"].replace("_", " ")
        return self._page(status, "Nothing left to do", f"This payment is: {told}. You can close this window.")

    def _page(self, status: int, title: str, text: str, form: str = "") -> Answer:
        shown = self._template.substitute(title=title, text=html.escape(text), form=form)
        return Answer(status, shown.encode(), PAGE_HEADERS)


def _question(intent: Document, hint: str) -> str:
    """Say who wants how much; the account of a shop that says nothing of itself is named by its key."""
    merchant = intent["statement_descriptor_suffix"] or intent["description"] or f"The shop with the key {hint}"
    amount = f"{decimal_text(intent['amount'], intent['currency'])} {intent['currency'].upper()}"
    return f"{merchant} wants to charge {amount} to your card."


def _with_outcome(return_url: str, intent: Document) -> str | None:
    """Add the outcome to a web address; an app's own scheme leads nowhere from here."""
    parts = urlsplit(return_url)
    if parts.scheme not in ("http", "https"):
        return None
    outcome = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if intent["status"] in PAID else "failed",
    }
    query = "&".join(part for part in (parts.query, urlencode(outcome)) if part)
    return quote(urlunsplit(parts._replace(query=query)), safe=URL_CHARACTERS)
