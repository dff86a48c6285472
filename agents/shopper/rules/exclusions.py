"""What something is not to be: "not socks", "anything except jackets", "a bracelet that isn't red". Pure."""

from __future__ import annotations

import re

from agents.shopper.rules.words import Taken, content_words, cut_out

_NOT = (
    r"(?:(?:that|which)\s+)?(?:(?:is|are|was)\s+not|isn'?t|aren'?t|(?:i\s+|we\s+)?(?:do\s+not|don'?t|didn'?t|did\s+not)\s+"
    r"(?:want|need|like|mean)|(?:but\s+|just\s+|only\s+)?not|except(?:ing)?(?:\s+for)?|excluding|other\s+than|apart\s+from"
    r"|(?<=anything\s)but|(?<=everything\s)but|but\s+no|no)"
)
_NO_THING = (
    r"(?:more|less|fewer|over|under|above|below|later|before|until|than|to|i|we|you|it|this|that|them|they|thanks?|thank"
    r"|please|problem|problems|worries|need|longer|idea|rush|hurry|doubt|matter|bad|sure|working|yet|now|really|too|only"
    r"|one|what|way|answer|reply|my\s+(?:email|e-mail|name|address))\b"
)
_END = (
    r"(?=\s*(?:$|[,.;:!?]|\b(?:but|and|under|over|below|above|for|i|please|with|though|just|rather|it|they|is"
    r"|are)\b))"
)
_EXCLUDED = re.compile(
    rf"\b{_NOT}\s+(?:(?:any|an?|the|in|some|of)\s+)*(?!{_NO_THING})(?P<what>[\w'-]+(?:\s+[\w'-]+){{0,3}}?){_END}"
    rf"(?:\s+(?:and|or)\s+(?P<more>[\w'-]+){_END})?",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\bnot\s+(?:the\s+)?(?:first|second|third|fourth|fifth|last|#?\d)(?:\s+one)?(?=\s*(?:$|[,.;!]|but))",
    re.IGNORECASE,
)


def find_excluded(text: str) -> Taken[tuple[tuple[str, ...], ...]]:
    """Find the things, colors and kinds that are not wanted, each as its words."""
    excluded: list[tuple[str, ...]] = []
    rest = _PLACE.sub(" , ", text)
    for match in reversed(list(_EXCLUDED.finditer(rest))):
        phrases = [content_words(one) for one in re.split(r"\b(?:or|nor)\b", match["what"])]
        phrases.append(content_words(match["more"] or ""))
        if found := [one for one in phrases if one]:
            excluded, rest = [*found, *excluded], cut_out(rest, match)
    return Taken(tuple(excluded), rest)
