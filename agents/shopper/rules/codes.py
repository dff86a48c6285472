"""Discount codes in a sentence: those to use, and whether to do without. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.shopper.rules.words import Taken, cut_out

_CODE = r"[A-Za-z0-9][A-Za-z0-9_-]{2,29}"
_LEAD = (
    r"(?:(?:discount|promo(?:tion)?(?:al)?|coupon|voucher|gift)[\s-]*code|coupon|voucher|promo"
    r"|(?<!zip )(?<!zip-)(?<!postal )(?<!post )(?<!area )code)"
)
_NAMED = re.compile(
    rf"\b(?:(?:and|please|apply|use|try|with|add|enter|have|the|my|a)\s+)*{_LEAD}\b\s*(?:is|was|:|="
    rf"|called)?\s*[\"'“]?(?P<code>{_CODE})[\"'”]?",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:apply|use|try|redeem"
    r"|enter)\s+(?:the\s+)?(?P<code>(?=[A-Z0-9_-]*[A-Z])[A-Z0-9_-]{4,30})(?:\s+(?:code|coupon))?\b"
)
_LOOKS = re.compile(r"(?<![\w@.-])(?P<code>[A-Z]{3,}[A-Z0-9]*\d{1,4})(?![\w@-])")
_DROP = re.compile(
    rf"\b(?:remove|delete|drop|without|take\s+off|cancel|don'?t\s+use|forget|no)\s+(?:the\s+|my\s+|that\s+"
    rf"|any\s+)?(?:(?:discount|promo|coupon|voucher)s?(?:\s*code)?s?|codes?"
    rf"|(?P<code>[A-Z]{{3,}}\d+))(?:\s+(?P<named>{_CODE}))?",
    re.IGNORECASE,
)
_PLAIN = frozenset(
    """the and for please with that this code codes discount discounts coupon voucher promo you from
    does have any work works working expired valid invalid rejected applied again instead
    then now not doesn off""".split()
)


@dataclass(frozen=True, slots=True)
class Codes:
    """`added` are used besides those there are; `dropped` are taken off, all of them where none is named."""

    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    drops_all: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.dropped or self.drops_all)

    def over(self, before: tuple[str, ...]) -> tuple[str, ...]:
        """Return the codes there are to be, each once."""
        gone = {code.upper() for code in self.dropped}
        kept = () if self.drops_all else tuple(code for code in before if code.upper() not in gone)
        known = {code.upper() for code in kept}
        return (*kept, *(code for code in self.added if code.upper() not in known))


def find_codes(text: str) -> Taken[Codes]:
    """Find the codes somebody wants used or taken off."""
    if match := _DROP.search(text):
        code = match["code"] or (match["named"] if match["named"] and not _is_word(match["named"]) else "")
        rest = cut_out(text, match)
        more = find_codes(rest).value.added if re.search(r"\b(?:use|apply|try|instead)\b", rest) else ()
        return Taken(Codes(more, (code,) if code else (), drops_all=not code), rest)
    added: list[str] = []
    rest = text
    for pattern in (_NAMED, _VERB, _LOOKS):
        for match in list(pattern.finditer(rest)):
            if not _is_word(match["code"]):
                added.append(match["code"])
                rest = rest.replace(match[0], " , ", 1)
    return Taken(Codes(tuple(dict.fromkeys(added))), rest)


def _is_word(text: str) -> bool:
    """Say whether this is plain English rather than a code."""
    return text.lower() in _PLAIN or (text.islower() and not re.search(r"\d", text))
