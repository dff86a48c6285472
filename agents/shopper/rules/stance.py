"""Whether something is asked to be done, or only spoken of: denied, asked about, made conditional. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

_ENDS = re.compile(r"[.!?;\n]+(?=\s|$)")
_CLAUSES = re.compile(r",|:|\bbut\b")
_LINKS = (
    "to you me i we that want wish need like ask asked asking say said saying tell told mean meant ever even "
    "really yet think should would could do be have going intend plan planning just for any actually let us "
    "them anyone trying try"
).split()
_DENIED = re.compile(
    r"\b(?:not|never|cannot|nobody|\w+n't|dont|didnt|doesnt|wont|cant|no\s+(?:need|reason|longer)|without"
    rf"|instead\s+of|rather\s+than)(?:\s+(?:{'|'.join(_LINKS)}))*\s+$"
)
_ASKED = re.compile(
    r"\b(?:how|what|when|why|where|who|which|whether|wonder(?:ing)?|(?:can|could|may|might|will|would|should|shall"
    r"|do|did|am|must)\s+i|(?:is|was|would)\s+(?:it|there|that)|are\s+(?:there|you)|does|did|do\s+you|have\s+you"
    r"|has\s+\w+|possible)\b"
)
_POLITE = re.compile(
    r"\bif\s+(?:you\s+(?:can|could|would|please|don'?t\s+mind)|(?:it'?s\s+|it\s+is\s+|that'?s\s+)?(?:still\s+)?"
    r"(?:possible|ok|okay|not\s+too\s+late))\b"
)
_CONDITION_BEFORE = re.compile(
    r"\b(?:if|unless|in\s+case|otherwise|or\s+else|should\s+it|once|until)\b"
    r"|\bor\s+(?:please\s+|just\s+|i'?ll\s+|i\s+will\s+)*$"
)
_CONDITION_AFTER = re.compile(r"^[^,]*,?\s*\b(?:if|unless|in\s+case|once|when)\b")


class Stance(StrEnum):
    WISHED = "wished"
    DENIED = "denied"
    ASKED = "asked"
    DEPENDS = "depends"  # on what has not happened yet


def stances(text: str, pattern: re.Pattern[str]) -> Iterator[Stance]:
    """Say of each place where a folded text has such words how they are meant."""
    start = 0
    for end in [*(match.end() for match in _ENDS.finditer(text)), len(text)]:
        sentence = _POLITE.sub("", text[start:end])
        start = end
        for match in pattern.finditer(sentence):
            yield _stance(sentence[: match.start()], sentence[match.end() :])


def stance_of(text: str, pattern: re.Pattern[str]) -> Stance | None:
    """Return how words are meant: as a wish where any of them is one, None where there are none."""
    found = list(stances(text, pattern))
    return Stance.WISHED if Stance.WISHED in found else next(iter(found), None)


def is_denied(before: str) -> bool:
    """Say whether a text ends in a negation of what comes next."""
    return bool(_DENIED.search(before))


def _stance(before: str, after: str) -> Stance:
    clause = _CLAUSES.split(before)[-1]
    if is_denied(clause):
        return Stance.DENIED
    if _ASKED.search(clause):
        return Stance.ASKED
    if _CONDITION_BEFORE.search(before) or _CONDITION_AFTER.search(after):
        return Stance.DEPENDS
    return Stance.WISHED
