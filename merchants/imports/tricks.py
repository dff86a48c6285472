"""Text in a product that speaks to a language model instead of to a buyer, or that hides what it says.

Products are read by agents, so a supplier's file is a way to give them orders. Nothing here is removed for it:
the words stay data, agents treat them as data, and the merchant is told where to look.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_SCANNED_CHARACTERS = 200_000
_SHORT_CHARACTERS = 80

ORDERS = "These words speak to a language model, not to a buyer. They were kept as text: take them out."
UNSEEN = "The cell holds characters that nobody sees ({}). Type it anew."
INVISIBLE = "Part of this text is hidden on a web page, but not from a language model. It was kept: take it out."

_MODEL = (
    r"(?:ai|a\.i\.|llm|(?:large )?language model|chat ?bot|(?:chat)?gpt"
    r"|(?:shopping |ai |virtual )assistant|(?:shopping |ai )agent)s?"
)
_MACHINE = rf"(?:{_MODEL}|assistants?|agents?)"
_BUYER = r"(?:user|shopper|buyer|customer|human)s?"
_TAUGHT = r"(?:instruction|prompt|guideline|directive|guardrail)s?"
_TOLD = r"(?:rule|message|context|command|constraint|polic(?:y|ies)|conversation)s?"
_BEFORE = r"(?:previous|prior|above|earlier|preceding|foregoing|former|your|system)"
_FORGET = r"(?:ignore|disregard|forget|override|bypass)"
_SECRETS = (
    r"(?:system prompt|api[ _-]?keys?|passwords?|credentials?|credit card|card number|payment token|session id)s?"
)

# Each with words of which the text must have one: most texts have none, and that is quickly seen.
_ORDERS = tuple(
    (frozenset(hints.split()), re.compile(pattern, re.IGNORECASE))
    for hints, pattern in (
        ("ignore disregard forget override bypass",
         rf"\b{_FORGET}\b.{{0,30}}\b(?:{_BEFORE}|all|any|the)\b.{{0,30}}\b{_TAUGHT}\b"
         rf"|\b{_FORGET}\b.{{0,30}}\b{_BEFORE}\b.{{0,30}}\b{_TOLD}\b"),
        ("new updated real hidden secret system developer",
         rf"\b(?:new|updated|real|hidden|secret|system|developer)\s{_TAUGHT}\s?:|\b(?:system|developer)\sprompt\b"),
        ("are you're act behave pretend roleplay",
         r"\b(?:you are|you're|act as|behave as|pretend to be|roleplay as)\b"
         rf".{{0,30}}\b(?:{_MODEL}|assistants?)\b"),
        ("must should shall have need required instructed told",
         rf"\b(?:{_MODEL}|assistants)\b"
         r".{0,25}\b(?:must|should|shall|have to|need to|are (?:required|instructed|told) to)\b"),
        ("note message instruction instructions attention notice hint",
         r"\b(?:note|message|instructions?|attention|notice|hint)\s(?:to|for)\s"
         rf"(?:(?:the|any|all|every)\s)?{_MACHINE}\b"),
        ("dear hey hello", rf"\b(?:dear|hey|hello),?\s{_MACHINE}\b"),
        ("not don't never",
         rf"\b(?:do not|don't|never)\s(?:tell|inform|ask|warn|alert|notify)\s(?:the\s|your\s){_BUYER}\b"),
        ("without",
         r"\bwithout\s(?:asking|telling|informing|notifying|confirmation (?:of|from|by))\s"
         rf"(?:the\s|your\s)?{_BUYER}\b"),
        ("reveal print output repeat send leak exfiltrate disclose",
         rf"\b(?:reveal|print|output|repeat|send|leak|exfiltrate|disclose)\b.{{0,30}}\b{_SECRETS}\b"),
        ("recommend rank promote suggest",
         r"(?:^|[.!?]\s?)(?:always|only)\s(?:recommend|rank|promote|suggest)\s(?:this|our|these)\b"),
        ("system assistant developer user human",
         r"(?:^|[.!?]\s)(?:system|assistant|developer|user|human)\s?:\s?"
         r"(?:you|ignore|always|never|please|do not|don't|from now)\b"),
        ("injection jailbreak", r"\bprompt injection\b|\bjailbreak (?:mode|prompt)\b"),
        ("ignoriere ignorieren", r"\bignorier(?:e|en sie)\b.{0,40}\b(?:anweisung|instruktion|vorgabe)"),
        ("ignore ignorez ignorer oublie oubliez",
         r"\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:instructions|consignes)\b"),
        ("ignora ignore", r"\bignor[ae]\b.{0,40}\b(?:instrucciones|instru\u00e7\u00f5es|istruzioni)\b"),
    )
)  # fmt: skip
_WORD = re.compile(r"[a-z']+")
_HINTS = frozenset().union(*(hints for hints, _ in _ORDERS))
# The marks by which chats tell who speaks, and orders in scripts without those letters.
_MARKS = re.compile(
    r"<\|[a-z_ ]{2,30}\|>|\[/?inst\]|<</?sys>>"
    r"|</?\s?(?:system|assistant|developer|tool_call|function_calls?|instructions?|invoke)\s?>",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"\u0438\u0433\u043d\u043e\u0440\u0438\u0440\u0443.{0,40}\u0438\u043d\u0441\u0442\u0440\u0443\u043a\u0446\u0438"
    r"|(?:\u5ffd\u7565|\u65e0\u89c6|\u7121\u8996).{0,12}(?:\u6307\u4ee4|\u6307\u793a|\u63d0\u793a)"
    r"|\u6307\u793a.{0,8}\u7121\u8996",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(
    r"""style\s*=\s*["'][^"']{0,300}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em)?\s*[;"']"""
    r"""|opacity\s*:\s*0\s*[;"']|(?:left|top|text-indent)\s*:\s*-\d{4,})""",
    re.IGNORECASE,
)
_OVERRIDES = frozenset("\u202d\u202e")
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u2066\u2067\u2068\u2069")
_ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff")


@dataclass(frozen=True, slots=True)
class Trick:
    excerpt: str
    advice: str


def find_tricks(text: str) -> tuple[Trick, ...]:
    """Return what in a text is meant for a language model or hides itself."""
    return _find_in_short(text) if len(text) <= _SHORT_CHARACTERS else _find(text[:_SCANNED_CHARACTERS])


def _find(text: str) -> tuple[Trick, ...]:
    tricks = []
    if not text.isascii():
        if unseen := _unseen(text):
            tricks.append(Trick(text, UNSEEN.format(", ".join(f"U+{ord(one):04X}" for one in unseen[:5]))))
        text = _as_read(text)
    if orders := _orders(text):
        tricks.append(orders)
    if "style" in text and (found := _INVISIBLE.search(text)):
        tricks.append(Trick(text[found.start() : found.end() + 60], INVISIBLE))
    return tuple(tricks)


_find_in_short = lru_cache(maxsize=8192)(_find)  # brands, sizes and categories come again and again


def _orders(text: str) -> Trick | None:
    words = _HINTS.intersection(_WORD.findall(text.lower()))
    patterns = [pattern for hints, pattern in _ORDERS if hints & words] if words else []
    if "<" in text or "[" in text:
        patterns.append(_MARKS)
    if not text.isascii():
        patterns.append(_FOREIGN)
    folded = " ".join(text.split()) if patterns else ""
    for pattern in patterns:
        if found := pattern.search(folded):
            return Trick(folded[max(found.start() - 10, 0) : found.end() + 30], ORDERS)
    return None


def _as_read(text: str) -> str:
    """Return a text as a model reads it: look-alike forms of letters plain, without what parts words unseen."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(one for one in plain if one.isascii() or unicodedata.category(one) != "Cf")


def _unseen(text: str) -> list[str]:
    """Return hidden characters that have no good reason to be there, each once."""
    places = [place for place, one in enumerate(text) if one in _SUSPECTS or ord(one) >= 0xE0000]
    if not places:
        return []
    is_rightward = any(unicodedata.bidirectional(one) in ("R", "AL") for one in text)
    return list(dict.fromkeys(text[one] for one in places if _is_trick(text, one, is_rightward=is_rightward)))


_SUSPECTS = _OVERRIDES | _DIRECTIONS | _ZERO_WIDTH


def _is_trick(text: str, place: int, *, is_rightward: bool) -> bool:
    one = text[place]
    if one in _OVERRIDES:
        return True
    if 0xE0100 <= ord(one) <= 0xE01EF:
        return not "\u3400" <= text[max(place - 1, 0)] <= "\u9fff"  # chooses a form of an ideograph
    if one in _DIRECTIONS:
        return not is_rightward
    if 0xE0000 <= ord(one) <= 0xE007F:
        return "\U0001f3f4" not in text  # tags spell the flags of England, Scotland and Wales
    return one in _ZERO_WIDTH and _is_in_a_word(text, place)


def _is_in_a_word(text: str, place: int) -> bool:
    """Say whether a character parts the letters of a Latin word."""
    around = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    return len(around) == 2 and all(one.isascii() and one.isalnum() for one in around)
