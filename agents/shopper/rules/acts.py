"""What somebody wants done, told from the words for it. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from agents.shopper.rules.stance import Stance, stances
from agents.shopper.rules.words import fold


class Act(StrEnum):
    GREET = "greet"
    THANK = "thank"
    BYE = "bye"
    HELP = "help"
    WHO = "who"
    THERE = "there"  # asks whether anybody answers
    YES = "yes"
    NO = "no"
    PAY = "pay"
    UNASKED = "unasked"  # to be paid without the shopper's own click
    MORE = "more"
    SIMILAR = "similar"
    NEWEST = "newest"
    COMPARE = "compare"
    STOCK = "stock"
    SHIPS = "ships"
    DESCRIBE = "describe"
    PRICE = "price"
    CHOICES = "choices"
    CART = "cart"
    DELIVERY = "delivery"
    REMOVE = "remove"
    ADD = "add"
    CHANGE = "change"
    CHEAPER = "cheaper"
    START_OVER = "start_over"
    REOPEN = "reopen"  # an order that lapsed, with all that was in it
    CANCEL = "cancel"
    ABOUT_CANCEL = "about_cancel"  # spoken of, not asked to be done
    STATUS = "status"
    RETURN = "return"
    ABOUT_RETURN = "about_return"
    DAMAGED = "damaged"  # what arrived is not as it should be
    TAKE = "take"
    SEARCH = "search"
    KEEP = "keep"  # into the cart, to be bought later
    CODES = "codes"
    COMPLAIN = "complain"  # this is not what was wanted
    DONE = "done"  # what the bank asked for is done


QUESTIONS = frozenset({Act.STOCK, Act.SHIPS, Act.DESCRIBE, Act.PRICE, Act.CHOICES})

_IT = r"(?:it|this|that|them|these|those|(?:this|that|the)\s+one)"
_PATTERNS: dict[Act, str] = {
    Act.GREET: r"^\W*(?:hi|hello|hey|howdy|good\s+(?:morning|afternoon|evening|day))\b",
    Act.THANK: r"\b(?:thanks|thank\s+you|thx|cheers|much\s+appreciated)\b",
    Act.BYE: r"\b(?:bye|goodbye|see\s+you|that'?s\s+all|that\s+is\s+all|good\s+night|nothing\s+else)\b",
    Act.HELP: (
        r"^\W*help\b|\bwhat\s+can\s+(?:you|i)\s+(?:do|ask|say)\b|\bhow\s+can\s+you\s+help\b|\bhow\s+(?:does|do)\s+(?:this|it"
        r"|you)\s+work\b|\bhelp\s+me\s*$"
    ),
    Act.WHO: (
        r"\b(?:are\s+you\s+(?:an?\s+)?(?:real|human|bot|ai|robot|person|machine|chatgpt|gpt|llm|language"
        r"|computer|claude)|(?:what|who)\s+are\s+you|(?:which|what)\s+(?:ai\s+)?model|am\s+i\s+(?:talking"
        r"|speaking|chatting)\s+(?:to|with)|(?:system\s+)?prompt|(?:ignore|disregard|forget)\s+(?:all\s+"
        r"|any\s+)?(?:your|the|previous|prior|earlier)\s+(?:\w+\s+)?(?:instructions?|rules))\b"
    ),
    Act.THERE: (
        r"\bare\s+you\s+(?:still\s+)?(?:there|here|working|listening)\b|\b(?:anybody|anyone|somebody|someone)\s+(?:there|here|home)\b"
        r"|^\W*(?:hello|hey|still\s+there)\W*\?\W*$"
    ),
    Act.YES: (
        r"^\W*(?:yes|yeah|yep|yup|ya|sure|ok|okay|fine|please\s+do|go\s+(?:ahead|for\s+it)|sounds\s+(?:good"
        r"|great)|correct|perfect|great|do\s+it|of\s+course|absolutely|definitely|right|that'?s\s+(?:right"
        r"|fine|good|correct|ok|perfect)|looks\s+(?:good|right|great)|all\s+good|y|i\s+do|exactly)\b"
    ),
    Act.NO: r"^\W*(?:no|nope|nah"
    r"|(?:then\s+)?nothing|then\s+no|not\s+(?:now|yet|really)|don'?t|do\s+not|stop|wait|never\s?mind|hold\s+on|n)\b",
    Act.PAY: (
        rf"\b(?:pay(?!\s*(?:pal|ment\s+methods?))(?:\s+(?:now|for\s+{_IT}))?|(?:buy|order|purchase)\s+(?:{_IT}"
        rf"|now)|check\s?(?:me\s+)?out|place\s+(?:the|my|an|this)\s+order|(?:complete|finish|finali[sz]e"
        rf"|confirm|submit)\s+(?:the|my|this|{_IT})?\s*(?:order|purchase|checkout)?|proceed|continue|carry\s+on|i'?m\s+ready"
        rf"|let'?s\s+(?:do\s+{_IT}|finish|go|buy))(?=\W|$)"
    ),
    Act.UNASKED: (
        r"\b(?:without\s+(?:asking|confirm\w*|my\s+(?:ok|confirmation|approval))|(?:don'?t|do\s+not"
        r"|no\s+need\s+to|stop|skip)\s+(?:ask|bother|the\s+confirm\w*|confirm\w*|asking|me\s+to\s+confirm)"
        r"|(?:confirm|approve|accept|authori[sz]e|click|press)\s+(?:\S+\s+){0,4}(?:for\s+me|yourself"
        r"|on\s+my\s+behalf|automatically)|(?:you\s+(?:can\s+|may\s+)?(?:just\s+)?(?:confirm|approve|click"
        r"|press)))\b"
    ),
    Act.MORE: (
        r"^\W*(?:(?:show|see|give|list)\s+(?:me\s+)?)?(?:any\s+)?(?:more(?:\s+(?:results|products|options"
        r"|of\s+(?:these|those|them)|please|like\s+\w+))?|next(?:\s+page)?|others?|other\s+(?:ones|options"
        r"|results|products)|(?:what|anything)\s+else(?:\s+(?:do|have)\s+you(?:\s+(?:have"
        r"|got))?)?)\W*(?:please)?\W*$|\bshow\s+(?:me\s+)?more\b"
    ),
    Act.SIMILAR: (
        r"\b(?:(?:what|anything|something)\s+else\b.*\blike\s+(?:it|this|that|them)"
        rf"|(?:something|anything|others?|ones?)\s+(?:like|similar\s+to)\s+{_IT}|similar\s+(?:ones?|things?|products?)"
        r"|any\s+alternatives?)(?=\W|$)"
    ),
    Act.NEWEST: (
        r"\b(?:what(?:'?s|\s+is)\s+new|new\s+(?:arrivals?|products|items|things|stuff)|newest|anything\s+new|new\s+in)\b"
    ),
    Act.COMPARE: (
        r"\b(?:compare|comparison|differences?\s+between|what'?s\s+the\s+difference|vs|versus"
        r"|which\s+(?:one\s+)?is\s+better|how\s+do\s+they\s+differ)\b"
    ),
    Act.STOCK: (
        r"\b(?:in\s+stock|available|availability|sold\s+out|out\s+of\s+stock|how\s+many\s+(?:are\s+left"
        r"|do\s+you\s+have|are\s+there)|any\s+left|have\s+(?:any|it|them)\s+(?:left|in))\b"
    ),
    Act.SHIPS: (
        r"\b(?:(?:do|can|will|does|could)\s+(?:you|it|they|this|that"
        r"|the\s+\w+)\s+(?:also\s+)?(?:be\s+)?(?:ship|deliver|send|sent|delivered|shipped)(?:s|ed)?|(?:ship"
        r"|deliver)s?\s+to\s+[^?]+\?)"
    ),
    Act.DESCRIBE: (
        r"\b(?:tell\s+me\s+(?:more|about)|more\s+(?:about|info|information|details)|describe|description"
        r"|details?|what\s+(?:is|are)\s+(?:it|they|this|that|these)\s+(?:made|like)|made\s+of|what\s+material"
        r"|dimensions?|how\s+(?:big|large|heavy|long(?!\s+(?:do|does|did|will|would|until|can))|wide|tall|warm)|look\s+(?:closer|at)|what\s+about\s+the"
        r"|learn\s+more|(?:is|are)\s+(?:it|they|this|that)\s+(?!in\b|available|out\b|sold|still)\w+)\b"
        r"|\b(?:is|are|does|do|can|has)\s+the\s+(?![^?]*\b(?:stock|available|sold|order|parcel|package|shipping|delivery|total"
        r"|payment|price|address|e-?mail|name|ship|send|deliver|cost|tax|code)\b)[\w-]+(?:\s+[\w-]+){1,4}\s*\?"
    ),
    Act.PRICE: (
        r"\b(?:how\s+much\s+(?:is|are|does|do|for)|what\s+does\s+\w+\s+cost|what'?s\s+the\s+price|price\s+of"
        r"|the\s+price\??$)"
    ),
    Act.CHOICES: (
        r"\b(?:(?:what|which|any\s+other|other|more|different)\s+(?:colou?rs?|sizes?|variants?|options"
        r"|versions|lengths?|bindings?)|(?:colou?rs|sizes|variants|versions)\s+(?:are|do|does|is)"
        r"|comes?\s+in)\b"
    ),
    Act.CART: (
        r"\b(?:(?:what'?s|what\s+is|show|see|view|list|check)\s+(?:me\s+)?(?:in\s+)?(?:my|the)\s+(?:cart"
        r"|basket|bag|order\s+so\s+far|checkout)|(?:my|the)\s+(?:cart|basket)\s*\??$|order\s+so\s+far|summary"
        r"|summari[sz]e|what(?:'?s|\s+is)\s+(?:the|my)\s+(?:\w+\s+)?total|how\s+much\s+(?:is\s+)?(?:it|that"
        r"|everything|the\s+(?:total|order))?\s*(?:is\s+)?(?:altogether|in\s+total|all\s+together|total)"
        r"|total\s*\?|what\s+do\s+i\s+(?:owe|pay))"
    ),
    Act.DELIVERY: (
        r"\b(?:(?:shipping|delivery)\s+(?:options?|costs?|prices?|methods?|times?|fees?|dates?)|(?:how\s+much"
        r"|what)\s+(?:is|does|are|would|will)\s+(?:the\s+)?(?:shipping|delivery|postage)|when\s+(?:will|would"
        r"|can|does|do|could)\s+(?:it|they|this|i|the\s+\w+)\s+(?:be\s+)?(?:arrive|get|come|have|deliver|ship"
        r"|receive|here)\w*|how\s+(?:long|fast|soon)\s+(?:does|will|would|is|can|until|do)"
        r"|(?:when|what\s+day|what\s+time)\s+(?:it|they|that)(?:'ll|\s+will)?\s+(?:arrives?|comes?|gets?\s+here|be\s+here)"
        r"|how\s+long\s+(?:the\s+|your\s+)?(?:shipping|delivery|it|that)\s+(?:usually\s+)?takes?"
        r"|will\s+it\s+(?:arrive|be\s+here|make\s+it|get\s+here)|(?:other|different"
        r"|change)\s+(?:the\s+)?(?:shipping|delivery))\b"
    ),
    Act.REMOVE: (
        r"\b(?:remove|delete|take\s+(?:\S+\s+){0,4}(?:out|off|away)|drop"
        r"|(?:don'?t|do\s+not|no\s+longer)\s+(?:want|need)(?!\s+to\b)|get\s+rid\s+of|leave\s+out|without\s+the|skip\s+the)\b"
    ),
    Act.ADD: (
        r"\b(?:add|also|too|as\s+well|in\s+addition|plus|on\s+top|throw\s+in|and\s+(?:another|an?|the|one|two"
        r"|three))\b"
    ),
    Act.CHANGE: (
        r"\b(?:change|switch|instead|rather|replace|swap|exchange|actually|prefer|make\s+(?:it|that|them)"
        r"|different\s+(?:colou?r|size)|other\s+(?:colou?r|size))\b"
    ),
    Act.CHEAPER: r"\b(?:cheaper|less\s+expensive|too\s+expensive|more\s+affordable|lower\s+price|cheap\s+ones?)\b",
    Act.START_OVER: (
        r"\b(?:start\s+(?:over|again|afresh|new)|reset|from\s+scratch|(?:empty|clear)\s+(?:the|my)?\s*(?:cart"
        r"|basket|order|everything)|new\s+order|begin\s+again)\b"
    ),
    Act.REOPEN: (
        r"\b(?:start\s+(?:the|my|this|that)\s+(?:order|checkout)\s+(?:again|anew|over)|reopen|open\s+(?:it|the\s+order"
        r"|my\s+order)\s+(?:again|anew))\b"
    ),
    Act.CANCEL: (
        r"\b(?:cancel|abort|call\s+it\s+off|stop\s+the\s+order"
        rf"|(?:want|need|have|get|be)\s+(?:{_IT}|(?:my|the)\s+\w+)?\s*cancell?ed"
        r"|forget\s+(?:about\s+)?(?:it|(?:the|my)\s+(?:whole\s+)?order|everything)"
        r"(?=\s*(?:$|[.,;!]|then\b|please\b|thanks?\b|now\b|all\b))"
        r"|changed?\s+my\s+mind(?:\s+about\s+(?:it|(?:the|my|this)\s+(?:whole\s+)?order|buying(?:\s+it)?))?"
        r"(?=\W*(?:sorry|please|thanks?|thank\s+you)?\W*$)"
        r"|(?:don'?t|do\s+not|no\s+longer)\s+want\s+(?:it|anything|(?:the|my)\s+order|to\s+buy(?:\s+it)?)\s*(?:any\s?more)?(?=\W*$))(?=\W|$)"
    ),
    Act.ABOUT_CANCEL: r"\bcancel(?:l?ing|l?ed|lation)?\b",
    Act.STATUS: (
        r"\b(?:where(?:'?s|\s+is|\s+are)\s+(?:my|the|it|they)|order\s+status|status(?:\s+of)?|track(?:ing)?"
        r"|(?:has|have|was|is)\s+(?:it|my\s+\w+|they|the\s+\w+)\s+(?:been\s+)?(?:shipped|sent|arrived"
        r"|delivered|cancell?ed|refunded)|my\s+(?:last\s+)?orders?(?!\s+so)|did\s+(?:it|you)\s+(?:ship|arrive|send)"
        r"|order\s+number|when\s+(?:do|will)\s+i\s+(?:get|receive|see)\s+(?:my|the)\s+(?:refund|money)|what\s+did\s+i\s+(?:order|buy|get)|how\s+much\s+did\s+i\s+pay|did\s+i\s+(?:order|buy|pay))\b"
    ),
    Act.RETURN: (
        r"\b(?:(?:returns?|returning)(?!\s+(?:polic|label|address|period|window|flight|trip|ticket|ship|cost))"
        r"|(?:send|give|ship|bring)\s+(?:it|them|this|that|the\s+\w+|my\s+\w+|\S+)\s+back"
        r"|(?<!my\s)(?<!the\s)(?<!no\s)refund(?:\s+me)?|(?<!got\smy\s)(?<!have\smy\s)(?<!received\smy\s)money\s+back)\b"
    ),
    Act.ABOUT_RETURN: (
        r"\bwhat\s+if\s+(?:i|it|she|he|they)\b.*\b(?:like|fit|fits|breaks?|broken|works?|damaged)\b|"
        r"\b(?:returns?|returning|(?<!got\smy\s)(?<!got\sthe\s)(?<!received\smy\s)(?<!received\sthe\s)(?<!have\smy\s)"
        r"refund(?:s|ed)?|(?:send|give)\s+\S+(?:\s+\w+)?\s+back)\b"
    ),
    Act.DAMAGED: (
        r"\b(?:arrived|came|is|are|was|were|got)\s+(?:(?!not\b|no\b|never\b|it\b|they\b)\w+\s+){0,2}(?:damaged|broken"
        r"|defective|torn|cracked|faulty|shattered)\b|\bwrong\s+(?:item|product|size|colou?r|one)\b"
        r"|\b(?:doesn'?t|does\s+not|don'?t|do\s+not|won'?t)\s+(?:work|fit|turn\s+on)\b|\bstopped\s+working\b|\btoo\s+(?:small|tight"
        r"|large|big)\b"
    ),
    Act.TAKE: (
        r"\b(?:i'?ll\s+(?:take|have|go|get|buy)|i\s+will\s+(?:take|have|buy|order)|take|buy|order|purchase"
        r"|get\s+me|send\s+me|i'?d\s+like\s+to\s+(?:buy|order|have|get)|(?:want|like)\s+to\s+(?:buy|order|get)"
        r"|i\s+(?:choose|pick)|go\s+(?:with|for)|give\s+me|ship|send|deliver|let'?s\s+(?:take|get|go\s+with))\b"
    ),
    Act.SEARCH: (
        r"\b(?:show|find|look(?:ing)?(?:\s+for)?|search|do\s+you\s+(?:have|sell|carry|stock)|have\s+you\s+got"
        r"|browse|what\s+(?:do\s+you\s+(?:sell|have)|\w+\s+do\s+you\s+have)|is\s+there|are\s+there|got\s+any"
        r"|any|best\s*sellers?|popular|(?:cheapest|most\s+expensive)\s+(?:thing|product|item|one)s?\s+(?:that\s+)?(?:you|there)|recommend|suggest|ideas?|something|anything)\b"
    ),
    Act.KEEP: (
        r"\b(?:(?:to|in|into)\s+(?:my|the)\s+(?:cart|basket|bag)|keep\s+(?:it|them)\s+for\s+later|save\s+(?:it"
        r"|them))\b"
    ),
    Act.CODES: (
        r"\b(?:(?:any|have|a|apply|use|enter|got)\s+(?:\w+\s+)?(?:discount|promo|promotion|coupon"
        r"|voucher)(?:\s+codes?)?|discounts?\s*\?|promotions?\s*\?|discount\s+codes?)\b"
    ),
    Act.COMPLAIN: r"\b(?:not\s+what\s+i\s+(?:asked|wanted|ordered|said|meant)|that'?s\s+(?:all\s+)?wrong|"
    r"(?:this|it)\s+is\s+wrong|not\s+right|incorrect|wrong\s+order)\b",
    Act.DONE: (
        r"^\W*(?:done|i'?m\s+done|finished|did\s+(?:it|that)|i\s+(?:did|have)|(?:i'?ve\s+)?(?:confirmed"
        r"|approved|authenticated)(?:\s+(?:it|that|at\s+\w+))?|it'?s\s+done|back)\b"
    ),
}
_COMPILED = {act: re.compile(pattern) for act, pattern in _PATTERNS.items()}

# What is not done because its words were said, but because it was meant so.
_STANCES: dict[Act, frozenset[Stance]] = {
    Act.CANCEL: frozenset({Stance.WISHED}),
    Act.RETURN: frozenset({Stance.WISHED}),
    Act.DAMAGED: frozenset({Stance.WISHED}),
    Act.REMOVE: frozenset({Stance.WISHED, Stance.ASKED, Stance.DEPENDS}),
    Act.START_OVER: frozenset({Stance.WISHED, Stance.ASKED, Stance.DEPENDS}),
    Act.PAY: frozenset({Stance.WISHED, Stance.ASKED, Stance.DEPENDS}),
    Act.TAKE: frozenset({Stance.WISHED, Stance.ASKED, Stance.DEPENDS}),
}
SERIOUS = frozenset(
    {*_STANCES, Act.ABOUT_CANCEL, Act.ABOUT_RETURN}
)  # told from the whole message, not from parts of it

# Acts whose words say nothing about a product.
_SPOKEN_FOR = tuple(
    _COMPILED[act]
    for act in (
        Act.PAY,
        Act.UNASKED,
        Act.CART,
        Act.DELIVERY,
        Act.STATUS,
        Act.STOCK,
        Act.SHIPS,
        Act.PRICE,
        Act.CHOICES,
        Act.COMPARE,
        Act.CODES,
        Act.KEEP,
        Act.START_OVER,
        Act.REOPEN,
        Act.CANCEL,
        Act.RETURN,
        Act.SIMILAR,
        Act.NEWEST,
        Act.DONE,
        Act.CHEAPER,
        Act.HELP,
        Act.THERE,
        Act.BYE,
        Act.COMPLAIN,
        Act.THANK,
        Act.GREET,
    )
)


def without_acts(text: str) -> str:
    """Return a text without the words for what is wanted done, so that those for a thing are left."""
    left = text.lower()
    for pattern in _SPOKEN_FOR:
        left = pattern.sub(" , ", left)
    return left


def acts_in(text: str) -> frozenset[Act]:
    """Return everything a text asks for or says; which of it counts is decided with what went before.

    What cannot easily be undone counts only where it is wished, not where it is denied, asked about or depends on
    something; then it is only spoken of.
    """
    folded = " ".join(fold(text).split())
    acts = {act for act, pattern in _COMPILED.items() if pattern.search(folded)}
    for act, stays in _STANCES.items():
        if act in acts and stays.isdisjoint(stances(folded, _COMPILED[act])):
            acts.discard(act)
    for act, spoken_of in ((Act.CANCEL, Act.ABOUT_CANCEL), (Act.RETURN, Act.ABOUT_RETURN)):
        if act in acts:
            acts.discard(spoken_of)
    return frozenset(acts)
