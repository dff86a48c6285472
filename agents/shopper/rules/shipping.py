"""How somebody wants a parcel sent: cheapest, fastest, by a name, or to be there by a day. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from agents.shopper.rules.words import Taken, cut_out, stems

_WAY = r"(?:shipping|shipment|delivery|postage|mail|post|way|method|option|one)"
_CHEAPEST = re.compile(
    r"\b(?:with\s+|by\s+|the\s+|use\s+|via\s+)*(?:cheapest|least\s+expensive|lowest[- ]cost"
    r"|free)\s+(?:possible\s+)?(?:shipping|shipment|delivery|postage|way)(?:\s+(?:method|option))?\b",
    re.IGNORECASE,
)
_SHIP_CHEAPEST = re.compile(
    r"\b(?:ship(?:ped|ping)?|send|deliver(?:y|ed)?)\b[^.,;]{0,20}\b(?:cheapest"
    r"|as\s+cheap(?:ly)?\s+as\s+possible|cheaply)\b",
    re.IGNORECASE,
)
_FASTEST = re.compile(
    rf"\b(?:with\s+|by\s+|the\s+|use\s+|via\s+)*(?:fastest|quickest|soonest|earliest"
    rf"|speediest)(?:\s+(?:possible\s+)?{_WAY})?\b|\b(?:asap|as\s+(?:soon|fast|quickly)\s+as\s+possible"
    rf"|rush\s+(?:it|delivery|shipping)|urgent(?:ly)?)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:with\s+|by\s+|via\s+|use\s+|the\s+)*(?P<name>express|standard|normal|regular|usual|ordinary"
    r"|economy|overnight|next[- ]day"
    r"|same[- ]day|priority|expedited|ground|courier|registered|evening)\s+(?:one\b|shipping|shipment|delivery"
    r"|mail|post|parcel)\b"
    r"|\b(?:ship|send|deliver|mail)\s+(?:it|them|this)\s+(?:by\s+|via\s+|with\s+)?(?P<way>express|standard"
    r"|economy|overnight|priority|expedited|ups|fedex|dhl|usps)\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(?:^|[,.;])\s*(?:and\s+|with\s+|by\s+|via\s+)*(?:the\s+)?(?P<name>express|standard|economy|overnight|priority"
    r"|expedited|normal|regular)\s*(?:one\s*)?(?:is\s+(?:fine|ok|okay|good|enough)\s*)?(?:please\s*)?(?=$|[,.;!])",
    re.IGNORECASE,
)
_NORMAL = ("normal", "regular", "usual", "ordinary")
_PICKUP = re.compile(
    r"\b(?:pick\s?(?:it\s+|them\s+|this\s+)?up|pick-?up|collect\s+(?:it|them|this)|collect\s+(?:at|from"
    r"|in)|in[- ]store)\b(?:\s+(?:at|from|in)\s+(?:the|your)\s+(?:store|shop))?(?:\s+(?:myself|instead))?",
    re.IGNORECASE,
)
_CHEAP_WORDS = re.compile(r"\b(?:cheap|cheapest|cheaper|free|least)\b", re.IGNORECASE)
_FAST_WORDS = re.compile(r"\b(?:fast|fastest|faster|quick|quickest|quicker|soonest)\b", re.IGNORECASE)


class Speed(StrEnum):
    CHEAPEST = "cheapest"
    FASTEST = "fastest"
    NAMED = "named"
    PICKUP = "pickup"


@dataclass(frozen=True, slots=True)
class Wish:
    """How something is to be sent. `name` are words of a way's title; `by` is the last day that will do."""

    speed: Speed | None = None
    name: str = ""
    by: date | None = None

    def over(self, before: Wish | None) -> Wish:
        """Put a wish over an earlier one: a day stays wanted until another is named or a way is chosen by name."""
        if before is None or self.by or self.speed in (Speed.NAMED, Speed.PICKUP):
            return self
        return Wish(self.speed, self.name, before.by)


def find_wish(
    text: str, titles: Sequence[str], *, is_asked: bool = False, has_address: bool = False
) -> Taken[Wish | None]:
    """Find a way of sending. `titles` are those that are offered now, which may be called by their words."""
    for speed, pattern in (
        (Speed.PICKUP, _PICKUP),
        (Speed.CHEAPEST, _CHEAPEST),
        (Speed.CHEAPEST, _SHIP_CHEAPEST),
        (Speed.FASTEST, _FASTEST),
    ):
        if match := pattern.search(text):
            return Taken(Wish(speed), cut_out(text, match))
    if match := _NAMED.search(text):
        return Taken(_by_name(match["name"] or match["way"], titles), cut_out(text, match))
    if has_address and (match := _ALONE.search(text)):
        return Taken(_by_name(match["name"], titles), cut_out(text, match))
    if is_asked and (wish := _answered(text)):
        return Taken(wish, "")
    if called := _called(text, titles):
        return Taken(
            Wish(Speed.NAMED, called), re.sub(rf"\b{re.escape(called)}\b", " , ", text, flags=re.IGNORECASE)
        )
    if titles and (match := _ALONE.search(text)):
        return Taken(_by_name(match["name"], titles), cut_out(text, match))
    return Taken(None, text)


def _by_name(name: str, titles: Sequence[str]) -> Wish:
    """Wish for a way by its name. The normal one is Standard where there is one, else the cheapest."""
    if name.lower() not in _NORMAL:
        return Wish(Speed.NAMED, name)
    standard = next((one for one in titles if stems(one) & {"standard", *_NORMAL}), "")
    return Wish(Speed.NAMED, standard) if standard else Wish(Speed.CHEAPEST)


def is_about_sending(phrases: Sequence[tuple[str, ...]], titles: Sequence[str]) -> bool:
    """Say whether what is not wanted is a way of sending: "not express"."""
    named = {word for title in titles for word in stems(title)} | {"express", "overnight", "shipping"}
    return bool(titles) and any(set(words) & named for words in phrases)


def _answered(text: str) -> Wish | None:
    if _CHEAP_WORDS.search(text):
        return Wish(Speed.CHEAPEST)
    return Wish(Speed.FASTEST) if _FAST_WORDS.search(text) else None


def _called(text: str, titles: Sequence[str]) -> str:
    """Return the title that a text has all words of, or a word that only one title has."""
    said = stems(text)
    known = {title: stems(title) for title in titles}
    whole = [title for title, words in known.items() if words and words <= said]
    if whole:
        return max(whole, key=len)
    for word in text.split():
        plain = word.strip(".,;!?").lower()
        having = [title for title, words in known.items() if plain in words]
        if len(having) == 1 and len(plain) > 4 and plain not in ("store", "shipping", "delivery", "parcel"):
            return plain
    return ""
