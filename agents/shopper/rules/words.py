"""Words as they are compared: small letters, no accents, singular. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[^\W_]+(?:['.-][^\W_]+)*")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "å": "a", "ł": "l", "đ": "d", "œ": "oe"})

# Said by shoppers about what they want, and found in no product.
FILLERS = frozenset(
    """a another able about actually after again all also am an and any anybody anyone anything are around as at
    away back be because been before being bit but buy by can cannot cart checkout cheap cheaper cheapest
    choose come could dear did do does doing done dont each either else even ever every everything expensive
    find first fine for found friend from get gets getting gift give go going good got great had has have
    having he hello help her here hey hi him his hm hmm how however i id if ill im in into is isn it item
    items its ive just kind know last least less let lets like little ll looking look lot lots love many may
    maybe me mind mine more most much must my myself necessary need needed needs new next nice no not
    nothing now of off ok okay on one ones only or order other our out over perhaps pick please pls possible
    present price priced prices probably product products purchase put quite rather re really recommend
    right same search second see sell selling send shall she ship shipping shop should show so some somebody
    someone something sort store still stock stuff such suggest sure take tell than thank thanks that thats
    the their them then there these they thing things think third this those though thx to today too two
    under until up us very wanna want wanted wants was way we well were what whats when where which who
    whole why will wish with within without wonder wont would wouldn yeah yep yes yet you your yours sale
    available instead add delivered delivery deliver mom mum dad mother father sister brother wife husband
    son daughter friends boss colleague girlfriend boyfriend aunt uncle grandma grandpa birthday christmas
    ideal ideally hoping hope currently seeking interested browsing browse options option kinds quick
    question oh ah carry range prefer preferably t d ve size sizes color colors colour colours morning
    afternoon evening day days address addresses email e-mail mail phone recipient receipt postal zip pair
    pairs piece pieces pcs left pay paying paid total confirm complete wait hold moment stop nah bye goodbye
    mister madam type version variant variants make made switch change changed stay basket together three
    four five people person years old kid cost costs below above budget dollars euros usd eur gbp forget remember
    never mean meant wrong mistake mistaken typo incorrect oops sorry correction arrive arrives arriving
    likes enjoys loves sounds guess goes live lives u ur plz bonjour hallo hola ciao salut moin helo merci danke
    bitte gracias greetings bucks best sellers bestseller bestsellers popular favorite favorites favourite
    favourites replace swap exchange y n ya
    yup nope perfect correct exactly absolutely definitely takes
    compare difference between remove delete drop cancel quantity""".split()
)


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """What was read out of a text, and the text that is left."""

    value: T
    rest: str


COLORS = frozenset(
    """red blue green yellow orange purple pink black white gray grey brown beige navy teal olive gold
    silver turquoise cream ivory burgundy maroon violet indigo khaki tan charcoal rust mustard lilac coral
    mint rose bronze copper magenta cyan peach natural sand slate moss""".split()
)

SIZES = frozenset("small medium large xs s m l xl xxl xlarge x-large".split())

# Signs that keyboards put in place of plain ones.
_SIGNS = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u2013": "-",
        "\u2014": "-",
        "\u00d7": "x",
        "\u00a0": " ",
        "\u201c": '"',
        "\u201d": '"',
    }
)


def plain(text: str) -> str:
    """Write a text with plain quotes, dashes and spaces, as it is read."""
    return text.translate(_SIGNS)


def fold(text: str) -> str:
    """Write a text as it is compared: "Café Crème" is cafe creme."""
    small = text.lower().translate(_LETTERS)
    return "".join(one for one in unicodedata.normalize("NFKD", small) if not unicodedata.combining(one))


def words_of(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(text)))


def stem(word: str) -> str:
    """Return the singular of an English noun, near enough to compare: totes, berries, boxes, glass."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word.removesuffix("'s")


def stems(text: str) -> frozenset[str]:
    """Return the words of a text in the singular, parts of compounds with hyphens too."""
    words = words_of(text)
    parts = (part for word in words for part in re.split(r"[-.]", word))
    return frozenset(stem(word) for word in (*words, *parts))


def content_words(text: str) -> tuple[str, ...]:
    """Return the words that may name a thing, in order, as they were written."""
    return tuple(word for word in words_of(text) if word not in FILLERS and word.replace("'", "") not in FILLERS)


def cut_out(text: str, match: re.Match[str]) -> str:
    """Return a text without a match; what stood around it does not become neighbors."""
    return f"{text[: match.start()].rstrip()} , {text[match.end() :].lstrip()}"


def alternatives(texts: Iterable[str]) -> str:
    """Return a pattern for any of these texts, the longest first."""
    return "|".join(re.escape(one) for one in sorted(texts, key=lambda one: (-len(one), one)))
