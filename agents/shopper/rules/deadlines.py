"""The day something has to be there by: "by Friday", "before Christmas", "within three days". Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

from agents.shopper.rules.numbers import NUMBERS, number_of
from agents.shopper.rules.words import Taken, alternatives, cut_out

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {name: number for number, day in enumerate(_DAYS) for name in (day, day[:3])} | {
    "tues": 1,
    "thur": 3,
    "thurs": 3,
}
_MONTH_NAMES = "january february march april may june july august september october november december".split()
_MONTHS = {name: number for number, month in enumerate(_MONTH_NAMES, 1) for name in (month, month[:3])} | {
    "sept": 9
}
_FEASTS = {
    "christmas eve": (12, 24),
    "christmas": (12, 25),
    "xmas": (12, 25),
    "new year's eve": (12, 31),
    "new years eve": (12, 31),
    "new year": (1, 1),
    "valentine's day": (2, 14),
    "valentines day": (2, 14),
    "halloween": (10, 31),
}
_NEAR = {"today": 0, "tonight": 0, "tomorrow": 1, "the day after tomorrow": 2}

_WHEN = "|".join(
    (
        r"(?P<iso>\d{4}-\d{2}-\d{2})",
        rf"(?P<next>next\s+|this\s+|the\s+coming\s+)?(?P<weekday>{alternatives(_WEEKDAYS)})\b",
        rf"(?P<month>{alternatives(_MONTHS)})\.?\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b",
        rf"(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month2>{alternatives(_MONTHS)})\b\.?",
        r"(?P<month3>\d{1,2})/(?P<day3>\d{1,2})\b(?!/?\d{3})",
        r"the\s+(?P<day4>\d{1,2})(?:st|nd|rd|th)\b",
        rf"(?P<near>{alternatives(_NEAR)})\b",
        rf"(?P<feast>{alternatives(_FEASTS)})\b",
        r"(?P<span>(?:the\s+)?end\s+of\s+(?:the|this)\s+week|(?:the|this)\s+week(?:end)?|next\s+week)\b",
    )
)
_NEED = (
    r"(?:(?:\b(?:it|they|this|that|and|which|i)\s+)*\b(?:must|has\s+to|have\s+to|needs?(?:\s+to)?|should"
    r"|can|will|would)?\s*"
    r"(?:it\s+|them\s+)?(?:to\s+)?\b(?:arrive|be\s+(?:here|there|delivered)|be\s+with\s+\w+|come"
    r"|get\s+(?:here|there)|reach\s+\w+|"
    r"deliver(?:ed|y)?|need(?:ed)?(?:\s+(?:it|them|this))?|want\s+(?:it|them)|arriving|here|there)\s+)?"
)
_BY = re.compile(
    rf"{_NEED}\b(?P<word>by|before|until|till|no\s+later\s+than|not\s+later\s+than"
    rf"|in\s+time\s+for)\s+(?:{_WHEN})(?:\s+at\s+the\s+latest)?",
    re.IGNORECASE,
)
_ON = re.compile(
    rf"\b(?:arrives?|be\s+(?:here|there)|(?:need|want)(?:ed|s)?(?:\s+(?:it|them|this))?|get\s+(?:it|here"
    rf"|there)|deliver(?:ed|y)?)\s+(?:on|for)?\s*(?:{_WHEN})",
    re.IGNORECASE,
)
_BARE = re.compile(rf"^\W*(?:by|on|for)?\s*(?:{_WHEN})\W*$", re.IGNORECASE)
_WITHIN = re.compile(
    rf"{_NEED}\b(?:within|in\s+(?:less\s+than\s+)?|in\s+at\s+most)\s*(?:the\s+next\s+)?(?P<count>\d{{1,2}}"
    rf"|{alternatives(NUMBERS)}|an?|a\s+couple\s+of)\s+"
    r"(?:business\s+|working\s+)?(?P<unit>days?|weeks?)\b",
    re.IGNORECASE,
)


def find_deadline(text: str, today: date, *, is_asked: bool = False) -> Taken[date | None]:
    """Find the last day that will do. "Before Friday" is Thursday. A bare day counts where one was asked for."""
    if match := _WITHIN.search(text):
        return Taken(today + timedelta(days=_span(match)), cut_out(text, match))
    match = _BY.search(text) or _ON.search(text) or (_BARE.search(text) if is_asked else None)
    if match is None:
        return Taken(None, text)
    day = _day(match, today)
    if day is None:
        return Taken(None, text)
    is_before = (match.groupdict().get("word") or "").lower() == "before"
    return Taken(day - timedelta(days=1) if is_before else day, cut_out(text, match))


def _span(match: re.Match[str]) -> int:
    word = match["count"].lower()
    count = 2 if "couple" in word else 1 if word in ("a", "an") else number_of(word)
    return count * (7 if match["unit"].lower().startswith("week") else 1)


def _day(match: re.Match[str], today: date) -> date | None:
    found = {name: text.lower().strip() for name, text in match.groupdict().items() if text}
    if "weekday" in found:
        return _weekday(_WEEKDAYS[found["weekday"]], today, is_next=found.get("next", "") == "next")
    if "near" in found:
        return today + timedelta(days=_NEAR[" ".join(found["near"].split())])
    if "span" in found:
        return _end_of(found["span"], today)
    try:
        return _date(found, today)
    except ValueError:  # the 31st of a short month
        return None


def _weekday(wanted: int, today: date, *, is_next: bool) -> date:
    """Return the coming such day. "Next Friday" is that of next week, as most would have it."""
    if is_next:
        return today + timedelta(days=7 - today.weekday() + wanted)
    return today + timedelta(days=(wanted - today.weekday()) % 7)


def _end_of(span: str, today: date) -> date:
    if span.startswith("next"):
        return today + timedelta(days=13 - today.weekday())
    last = 4 if "end of" in span else 5 if "weekend" in span else 6
    return today + timedelta(days=(last - today.weekday()) % 7)


def _date(found: dict[str, str], today: date) -> date:
    if "iso" in found:
        return date.fromisoformat(found["iso"])
    if "feast" in found:
        month, day = _FEASTS[found["feast"]]
        return _coming(month, day, today)
    if "month3" in found:
        month, day = int(found["month3"]), int(found["day3"])
        return _coming(day, month, today) if month > 12 else _coming(month, day, today)
    if "day4" in found:
        day = int(found["day4"])
        month = today.month if day >= today.day else today.month % 12 + 1
        return _coming(month, day, today)
    month = _MONTHS[found.get("month") or found["month2"]]
    return _coming(month, int(found.get("day") or found["day2"]), today)


def _coming(month: int, day: int, today: date) -> date:
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)
