"""The page `/_sandbox/chaos`: what `chaos_control` offers to programs, for people."""

import html
from collections.abc import Mapping
from pathlib import Path
from string import Template

from commerce.payments.sandbox.api import Answer
from commerce.payments.sandbox.chaos import CALL_FAULTS, EVENT_FAULTS, Chaos, Fault, Rule
from commerce.payments.sandbox.chaos_control import (
    ALL,
    NAMES,
    PATH,
    ChaosControl,
    Unusable,
    account_of_key,
    given_fields,
)
from commerce.payments.sandbox.pages import PAGE_HEADERS
from commerce.payments.sandbox.store import Store

COLUMNS = ("Probability", "Seconds", "Times", "Seed", "Matched", "Hits", "Held")
GROUPS = {"Calls of the API": CALL_FAULTS, "Webhooks": EVENT_FAULTS}
NO_RULES = "<h2>Rules</h2><p>There are none. Nothing goes wrong on purpose.</p>"


class ChaosPages:
    """The rules of every account, with buttons to remove them and a form to add one."""

    def __init__(self, store: Store, chaos: Chaos, control: ChaosControl) -> None:
        self._store = store
        self._chaos = chaos
        self._control = control
        self._template = Template(Path(__file__).with_name("chaos.html").read_text(encoding="utf-8"))

    def answer(self, method: str, text: str) -> Answer:
        """Answer a request; `text` is its form-encoded parameters."""
        if method != "POST":
            return self._page(200, {})
        given = given_fields(text)
        try:
            self._act(given)
        except Unusable as unusable:
            return self._page(400, given, f'<p class="wrong" role="alert">{html.escape(str(unusable))}</p>')
        return Answer(303, b"", {"Location": PATH, "Cache-Control": "no-store"})

    def _act(self, given: dict[str, str]) -> None:
        if "remove" in given:
            self._control.remove(self._control.named(None, given["remove"]))
        elif "release" in given:
            self._control.release(self._control.named(None, given["release"]))
        else:
            account = self._account(given)
            self._control.add(account, {name: value for name, value in given.items() if name in NAMES})

    def _account(self, given: dict[str, str]) -> str:
        if "account" not in given:
            return account_of_key(given.get("key", ""))
        if given["account"] not in self._hints():
            raise Unusable("There is no such account.")
        return given["account"]

    def _hints(self) -> dict[str, str]:
        """Return what is shown of the key of every account, newest first."""
        with self._store.reading() as connection:
            return dict(connection.execute("SELECT id, key_hint FROM accounts ORDER BY created DESC, id"))

    def _page(self, status: int, given: Mapping[str, str], wrong: str = "") -> Answer:
        hints = self._hints()
        typed = {name: html.escape(given.get(name, "")) for name in NAMES if name not in ("key", "fault")}
        shown = self._template.substitute(
            typed,
            wrong=wrong,
            rules=self._rules(hints),
            account=_account_field(hints, given.get("account", "")),
            faults=_fault_options(given.get("fault", "")),
            explanations=_explanations(),
        )
        return Answer(status, shown.encode(), PAGE_HEADERS)

    def _rules(self, hints: Mapping[str, str]) -> str:
        rules = self._chaos.rules()
        if not rules:
            return NO_RULES
        head = "".join(f'<th scope="col">{name}</th>' for name in ("Rule", *COLUMNS, "Change"))
        lines = "".join(self._line(rule, hints.get(rule.account, rule.account)) for rule in rules)
        remove_all = f'<form method="post">{_button("remove", ALL, "Remove all")}</form>'
        return (
            f'<div class="top"><h2>Rules</h2>{remove_all}</div>'
            f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
        )

    def _line(self, rule: Rule, hint: str) -> str:
        held = self._control.held(rule)
        values = (rule.probability, rule.seconds, rule.times, rule.seed, rule.matched, rule.hits, held)
        cells = "".join(_cell(name, value) for name, value in zip(COLUMNS, values, strict=True))
        release = _button("release", rule.id, "Release") if held else ""
        buttons = f'<form method="post">{release} {_button("remove", rule.id, "Remove")}</form>'
        told = f"<code>{html.escape(rule.call)}</code><small>{rule.fault} · {html.escape(hint)}</small>"
        return f'<tr><th scope="row">{told}</th>{cells}<td class="buttons">{buttons}</td></tr>'


def _cell(name: str, value: float | None) -> str:
    """Show a number, or that there is none."""
    return f'<td data-label="{name}">{"-" if value is None else f"{value:.10g}"}</td>'


def _button(name: str, value: str, text: str) -> str:
    return f'<button class="other" name="{name}" value="{value}">{text}</button>'


def _account_field(hints: Mapping[str, str], chosen: str) -> str:
    """Let one of the accounts be chosen or, where nobody has called yet, a key be typed."""
    if not hints:
        return (
            '<label>Secret key <input name="key" required autocomplete="off" spellcheck="false">'
            "<small>Whose calls: <code>sk_test_…</code></small></label>"
        )
    options = "".join(_option(account, hint, chosen) for account, hint in hints.items())
    return f'<label>Account <select name="account">{options}</select><small>Whose calls.</small></label>'


def _fault_options(chosen: str) -> str:
    return "".join(
        f'<optgroup label="{group}">{"".join(_option(name, name, chosen) for name in faults)}</optgroup>'
        for group, faults in GROUPS.items()
    )


def _option(value: str, text: str, chosen: str) -> str:
    return f'<option value="{value}"{" selected" if value == chosen else ""}>{html.escape(text)}</option>'


def _explanations() -> str:
    return "".join(
        f"<h3>{group}</h3><dl>{''.join(_explanation(fault) for fault in faults.values())}</dl>"
        for group, faults in GROUPS.items()
    )


def _explanation(fault: Fault) -> str:
    usual = "" if fault.seconds is None else f" Default: {fault.seconds:g} seconds."
    return f"<dt><code>{fault.name}</code></dt><dd>{html.escape(fault.explanation)}{usual}</dd>"
