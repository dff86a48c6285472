"""`/_sandbox/chaos`: the rules by which something is made to go wrong.

GET `key=sk_test_…` lists the rules of an account. POST `key`, `call` and `fault`, and if wanted `probability`,
`seed`, `seconds` and `times`, adds one. DELETE `key` removes all of them, with `id` one. POST `key` and `release`,
a rule's id or `all`, delivers the events that are held back. All answer with the rules that there are afterwards,
`{"account", "rules": [{"id", "call", "fault", "probability", "seed", "seconds", "times", "matched", "hits",
"held"}]}`; who adds one is also told its id, `added`.
"""

import math
import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from commerce.payments.sandbox.account import account_id
from commerce.payments.sandbox.api import Answer
from commerce.payments.sandbox.authentication import SECRET_KEY
from commerce.payments.sandbox.chaos import DAY, EVENT_FAULTS, FAULTS, MOST_RULES, Chaos, Fault, Rule
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.pages import json_answer
from commerce.payments.sandbox.webhook_faults import WebhookFaults

PATH = "/_sandbox/chaos"
LONGEST = 7 * DAY
MOST_DIGITS = 15
ALL = "all"
NAMES = ("key", "call", "fault", "probability", "seed", "seconds", "times")
NAMING = ("id", "release", "remove")
SHOWN = ("id", "call", "fault", "probability", "seed", "seconds", "times", "matched", "hits")


class Unusable(Exception):
    """A request that says what cannot be; its text is for people."""


class ChaosControl:
    """What programs say to chaos."""

    def __init__(self, chaos: Chaos, webhooks: WebhookFaults) -> None:
        self._chaos = chaos
        self._webhooks = webhooks

    def answer(self, method: str, text: str) -> Answer:
        """Answer a request; `text` is its form-encoded parameters."""
        given = given_fields(text)
        try:
            account = account_of_key(given.get("key", ""))
            if method in ("GET", "HEAD"):
                return self._listed(account)
            if method == "POST" and "release" in given:
                self.release(self.named(account, given["release"]))
                return self._listed(account)
            if method == "POST":
                return self._listed(account, added=self.add(account, given).id)
            if method == "DELETE":
                self.remove(self.named(account, given.get("id", ALL)))
                return self._listed(account)
        except Unusable as unusable:
            return json_answer(400, {"error": str(unusable)})
        return json_answer(405, {"error": "Rules are listed with GET, added with POST and removed with DELETE."})

    def add(self, account: str, given: dict[str, str]) -> Rule:
        """Add a rule as it was asked for, or raise Unusable."""
        rule = read_rule(account, given)
        if not self._chaos.add(rule):
            raise Unusable(f"There are {MOST_RULES} rules already. Remove some.")
        return rule

    def remove(self, rules: list[Rule]) -> None:
        """Remove rules; what they keep waiting goes on."""
        self._chaos.remove(rules)
        self.release(rules)

    def release(self, rules: list[Rule]) -> None:
        """Let the events go that rules hold back."""
        self._webhooks.release(rules)

    def held(self, rule: Rule) -> int:
        """Count the deliveries that a rule holds back."""
        return self._webhooks.held(rule)

    def named(self, account: str | None, rule_id: str) -> list[Rule]:
        """Return the rule of that id, or `all`, of an account or of every one, or raise Unusable."""
        rules = self._chaos.rules(account)
        if rule_id == ALL:
            return rules
        found = [rule for rule in rules if rule.id == rule_id]
        if not found:
            raise Unusable(f"There is no rule {rule_id!r}.")
        return found

    def _listed(self, account: str, **details: str) -> Answer:
        rules = [self._shown(rule) for rule in self._chaos.rules(account)]
        return json_answer(200, {"account": account, **details, "rules": rules})

    def _shown(self, rule: Rule) -> dict[str, Any]:
        return {**{name: getattr(rule, name) for name in SHOWN}, "held": self.held(rule)}


def given_fields(text: str) -> dict[str, str]:
    """Decode a form. What was left empty was not given, but nobody means all rules by naming none."""
    found = {name: values[0].strip() for name, values in parse_qs(text, keep_blank_values=True).items()}
    return {name: value for name, value in found.items() if value or name in NAMING}


def read_rule(account: str, given: dict[str, str]) -> Rule:
    """Make a rule of form fields, or raise Unusable."""
    for name in sorted(given.keys() - set(NAMES)):
        raise Unusable(f"A rule has no {name!r}. It has {_enumerated(NAMES)}.")
    fault = FAULTS.get(given.get("fault", ""))
    if fault is None:
        raise Unusable(f"Say which fault, fault=…, one of {_enumerated(FAULTS)}.")
    seed = _whole(given, "seed", least=0)
    return Rule(
        id=new_id("chaos_", 8),
        account=account,
        call=_call(given.get("call", ""), fault),
        fault=fault.name,
        probability=_number(given, "probability", 1.0, most=1),
        seed=secrets.randbelow(2**31) if seed is None else seed,
        seconds=_seconds(given, fault),
        times=_whole(given, "times", least=1),
    )


def account_of_key(key: str) -> str:
    """Return the account of a secret key, or raise Unusable."""
    if not SECRET_KEY.fullmatch(key):
        raise Unusable("Name the secret key of the account you mean: key=sk_test_…")
    return account_id(key)


def _call(pattern: str, fault: Fault) -> str:
    if fault.name in EVENT_FAULTS:
        if not pattern or " " in pattern or "/" in pattern:
            raise Unusable("Say which events, such as call=payment_intent.*, with * for anything.")
        return pattern
    method, _, path = pattern.partition(" ")
    if not method or not path.startswith(("/", "*")):
        raise Unusable("Say which calls, such as call=POST /v1/payment_intents*, with * for anything.")
    return pattern


def _seconds(given: dict[str, str], fault: Fault) -> float | None:
    if "seconds" not in given:
        return fault.seconds
    if not fault.takes_seconds:
        raise Unusable(f"{fault.name} takes no seconds.")
    return _number(given, "seconds", 0, most=LONGEST)


def _number(given: dict[str, str], name: str, default: float, *, most: float) -> float:
    try:
        number = float(given.get(name, default))
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        raise Unusable(f"{name} is a number from 0 to {most}.")
    return number


def _whole(given: dict[str, str], name: str, *, least: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS and int(text) >= least):
        raise Unusable(f"{name} is a whole number from {least}, of {MOST_DIGITS} digits at most.")
    return int(text)


def _enumerated(names: Iterable[str]) -> str:
    return ", ".join(names)
