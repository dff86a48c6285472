"""Questions to the shop rather than to its shelves: paying, tax, canceling, returns, parcels, people to talk to.

What the shop says of itself and how the order stands is told; nothing is done on a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from agents.shopper.rules import wording
from agents.shopper.rules.acts import Act
from agents.shopper.rules.afterwards import cancel, looked_up
from agents.shopper.rules.amending import held_lines
from agents.shopper.rules.memory import Memory, Talk
from agents.shopper.rules.picking import called
from agents.shopper.rules.proceeding import proceed
from agents.shopper.rules.saying import Said
from agents.shopper.rules.stance import Stance, stance_of
from agents.shopper.rules.talk import Question, Reply
from agents.shopper.rules.words import fold

_CANCEL = re.compile(r"\bcancel\w*")
_RETURN = re.compile(r"\breturn\w*|\brefund\w*|\bback\b")
_MAY_I = re.compile(r"\b(?:can|could|may)\s+(?:i|we)\b|\bpossible\b")


def about_canceling(memory: Memory, said: Said) -> Talk:
    """Say how canceling is done. Nothing is canceled by being spoken of."""
    stance = stance_of(fold(said.text), _CANCEL)
    if stance is Stance.DENIED:
        return Reply("All right, nothing is canceled.", memory.idle_question)
    if held_lines(memory):
        text = "Nothing was charged yet. Say “cancel” whenever you want the order closed; it costs nothing."
        return Reply(text, memory.idle_question)
    if memory.orders and stance is Stance.ASKED and _MAY_I.search(fold(said.text)):
        return (yield from cancel(memory, said))
    later = "I cannot do it later by myself. " if stance is Stance.DEPENDS else ""
    text = "An order can be canceled as long as it was not sent, and its money goes back to your card."
    return Reply(f"{later}{text} Say “cancel my order”, and I ask once more before I do it.", memory.idle_question)


def about_returning(memory: Memory, said: Said) -> Reply:
    """Say how things are sent back. Nothing is filed by being asked about."""
    if stance_of(fold(said.text), _RETURN) is Stance.DENIED:
        return Reply("All right, nothing is sent back.", memory.idle_question)
    days = memory.contacts.get("Returns", "")
    text = f"Returns: {days}." if days else "The shop decides about each return."
    how = "When it has arrived and you want to send it back, say “I want to return it” and why; I ask the shop."
    return Reply(" ".join(filter(None, [text, how, _written(memory, "Return policy")])), memory.idle_question)


def _written(memory: Memory, name: str) -> str:
    address = memory.contacts.get(name, "")
    return f"{name}: {address}" if address else ""


def _people(memory: Memory) -> str:
    """Say how people of the shop are reached."""
    ways = [memory.contacts[one] for one in ("E-mail", "Phone", "Help") if memory.contacts.get(one)]
    if ways:
        return f"People of the shop help you at {wording.joined(ways, 'or')}."
    if memory.orders:
        return "How to reach people of the shop stands in the e-mail about your order."
    return "I cannot put you through to people of the shop from here."


def _human(memory: Memory, said: Said) -> Talk | Reply:
    return Reply(f"I am a program. {_people(memory)}", memory.idle_question)


def _order_first(memory: Memory, then: str) -> Talk:
    """Tell how the orders stand, then what may be done."""
    memory = yield from looked_up(memory)
    if not memory.orders:
        return Reply(f"Nothing has been ordered in this conversation yet. {_people(memory)}", memory.idle_question)
    orders = "\n".join(wording.order_text(one) for one in memory.orders)
    return Reply(f"{orders}\n{then} {_people(memory)}", Question("after"))


def _charged(memory: Memory, said: Said) -> Talk | Reply:
    return _order_first(
        memory,
        "Each order is charged once, for its total. A second line at your bank may be a hold, which lapses.",
    )


def _parcel(memory: Memory, said: Said) -> Talk | Reply:
    return _order_first(memory, "I am sorry that it is not there.")


def _tax(memory: Memory, said: Said) -> Talk | Reply:
    checkout = memory.checkout
    taxes = [f"{label}: {money}" for label, money in checkout.totals if "tax" in label.lower()] if checkout else []
    text = "The total on the order has everything in it, tax and shipping too; you see it before you pay."
    return Reply(" ".join([text, *taxes]), memory.idle_question)


def _ways_to_pay(memory: Memory, said: Said) -> Talk | Reply:
    text = (
        "You pay by card, on the order itself: there you choose a card you have saved or add another. Which kinds "
        "are taken shows there, too. Please never write a card number to me."
    )
    return Reply(text, memory.idle_question)


def _other_card(memory: Memory, said: Said) -> Talk | Reply:
    if memory.checkout is None:
        return _ways_to_pay(memory, said)
    paying = replace(said, acts=said.acts | {Act.PAY}, wants=())
    return proceed(memory, paying, lead="You choose the card on the order.")


def _receipt(memory: Memory, said: Said) -> Talk | Reply:
    where = "The receipt goes to the e-mail address of the order"
    if memory.orders and memory.orders[0].page:
        return Reply(f"{where}, and the order's page is {memory.orders[0].page}", memory.idle_question)
    return Reply(f"{where} as soon as it is placed.", memory.idle_question)


def _safe(memory: Memory, said: Said) -> Talk | Reply:
    text = "Cards are entered on the order, where I cannot see them, and nothing is charged without your click."
    return Reply(
        " ".join(filter(None, [text, _written(memory, "Privacy"), _written(memory, "Terms")])),
        memory.idle_question,
    )


def _wish(memory: Memory, said: Said) -> Talk | Reply:
    return Reply(f"I am sorry, I cannot pass that on with the order. {_people(memory)}", memory.idle_question)


def _sorry(memory: Memory, said: Said) -> Talk | Reply:
    return Reply(f"I am sorry. {_people(memory)} Or tell me what I can do.", memory.idle_question)


def _one_place(memory: Memory, said: Said) -> Talk | Reply:
    return Reply("One order goes to one address. For another one, order once more.", memory.idle_question)


def _english(memory: Memory, said: Said) -> Talk | Reply:
    return Reply("I understand English only, I am sorry. A few plain words are enough.", memory.idle_question)


def _later(memory: Memory, said: Said) -> Talk | Reply:
    held = (
        " Your order stays as it is, and nothing is charged before you press its button."
        if held_lines(memory)
        else ""
    )
    return Reply(f"Take your time.{held}", memory.idle_question)


def _shop(memory: Memory, said: Said) -> Talk | Reply:
    return Reply(f"That I do not know. {_people(memory)}", memory.idle_question)


def placed_already(memory: Memory, said: Said) -> Reply:
    """Say what can be done instead of changing an order that is paid."""
    number = memory.orders[0].number
    text = (
        f"Order {number} is placed, so I cannot change it. As long as it was not sent, I can cancel it: say "
        "“cancel my order”, and order anew."
    )
    return Reply(f"{text} {_people(memory)}", Question("after"))


def _well(memory: Memory, said: Said) -> Talk | Reply:
    return Reply("Thank you for telling me. Is there anything else?", None)


def changes_placed(memory: Memory, said: Said) -> bool:
    """Say whether an order that is paid is to be other than it is."""
    is_over = bool(memory.orders) and not held_lines(memory)
    folded = fold(said.text)
    moves = bool(said.address.line_one) and bool(_MOVES.search(folded)) and "another" not in folded
    return is_over and (moves or bool(_CHANGES.search(folded)))


_CHANGES = re.compile(
    r"\b(?:chang\w+|correct|updat\w+|wrong|instead|mind\s+about)\b.*\b(?:address|e-?mail|name|colou?r|size|quantity"
    r"|street|zip|order)\b|\b(?:address|e-?mail|name|street|zip)\b.*\b(?:is|was)\s+(?:wrong|incorrect|misspelt)\b"
)
_MOVES = re.compile(r"\b(?:instead|rather|wrong|chang\w+|moved|correct|new\s+address)\b")
_LATE = re.compile(
    r"\b(?:never|nothing|not|hasn't|haven't|didn't)\b.*\b(?:arrived?|come|came|received?|delivered|here)\b"
    r"|\bstill\s+(?:have\s+|got\s+)?(?:no|nothing|waiting|not)\b|\bno\s+(?:parcel|package|delivery)\b"
)
Answers = Callable[[Memory, Said], Talk | Reply]
_TOPICS: tuple[tuple[re.Pattern[str], Answers], ...] = tuple(
    (re.compile(pattern), answer)
    for pattern, answer in (
        (
            r"\b(?:talk|speak|chat|connect\s+me|put\s+me)\b.*\b(?:human|person|people|someone|somebody|agent|representative"
            r"|staff|employee)|\b(?:real|live)\s+(?:human|person|agent)\b|\bcustomer\s+(?:service|support|care)\b"
            r"|\b(?:contact|reach|call|e-?mail|write\s+to)\s+(?:you|the\s+shop|support|someone|anyone)\b"
            r"|\b(?:support|phone|telephone|contact)\s+(?:number|e-?mail|address|details)\b|\bcomplain(?:t)?\b",
            _human,
        ),
        (
            r"\bcharged\s+(?:me\s+)?(?:twice|two\s+times|double|again|too\s+much)|\bdouble\s+charge|\bpaid\s+twice"
            r"|\bcharged\s+me\b|\bwhy\s+was\s+i\s+charged",
            _charged,
        ),
        (
            r"\b(?:parcel|package|order|delivery)\b.*\b(?:(?:never|not|hasn't|didn't)\b.*\b(?:arrived?|come|came|here)"
            r"|lost|missing|late)\b|\b(?:lost|missing)\s+(?:parcel|package|order)\b",
            _parcel,
        ),
        (
            r"\b(?:is|are|with|without|plus|includ\w+|exclud\w+|how\s+much|any|extra|pay)\b.*\b(?:tax(?:es)?|vat)\b"
            r"|\b(?:tax(?:es)?|vat)\s+(?:includ|exclu|extra|added|free)|\bcustoms\b|\bimport\s+dut(?:y|ies)\b|\b(?:tax|vat)\s*\?",
            _tax,
        ),
        (
            r"\b(?:pay|use|using|with|charge|switch|try|rather)\b.*\b(?:other|another|different|new)\s+(?:credit\s+|debit\s+)?card\b"
            r"|\bchange\s+(?:the|my)\s+card\b",
            _other_card,
        ),
        (
            r"\b(?:amex|american\s+express|mastercard|paypal|apple\s+pay|google\s+pay|klarna|bank\s+transfer|ways?\s+to\s+pay"
            r"|payment\s+(?:methods?|options?)|installments?|bitcoin)\b|\b(?:take|accept|pay|paying)\b.*\b(?:visa|cash"
            r"|credit\s+cards?|debit\s+cards?|cards)\b|\bhow\s+(?:can|do|could|would)\s+i\s+pay\b|\b(?:pay|paying)\b.*\bcard\b",
            _ways_to_pay,
        ),
        (
            r"\bon\s+(?:a|the)\s+(?:card|note)\b|\b(?:gift|greeting|personal)\s+(?:message|note)\b|\b(?:write|include|add|put)"
            r"\s+(?:a|my|the)\s+(?:message|note)\b|\bgift[\s-]*wrap\w*|\bwrap\s+(?:it|them|this)\b|\b(?:it|them)\s+wrapped\b"
            r"|\bleave\s+(?:it|the\s+(?:parcel|package))\b|\bring\s+the\s+bell\b",
            _wish,
        ),
        (
            r"\b(?:ridiculous|stupid|useless|terrible|awful|horrible|annoying|frustrat\w+|nonsense|rubbish|unacceptable"
            r"|disappoint\w+|angry|wtf|idiot)\b|\bhate\s+(?:this|you|it)\b",
            _sorry,
        ),
        (r"\b(?:two|three|several|different|multiple|both)\s+(?:different\s+)?addresses\b", _one_place),
        (
            r"\bspeak\s+(?:german|french|spanish|italian|english|dutch|another)\b|\b(?:ich\s+(?:mochte|will|brauche|suche)"
            r"|je\s+(?:voudrais|veux|cherche)|quiero|quisiera|busco|vorrei|cerco|ik\s+(?:wil|zoek))\b",
            _english,
        ),
        (
            r"\b(?:let\s+me\s+think|think\s+about\s+it|think\s+it\s+over|maybe\s+later|be\s+back|come\s+back\s+later"
            r"|not\s+sure\s+yet|another\s+(?:day|time)|decide\s+later)\b|(?:\bnot|n't|\bdont)\s+(?:(?:want|ready|going)\s+to\s+)?(?:pay|buy|order)\b",
            _later,
        ),
        (
            r"\b(?:get|need|send|want|have|where|got)\b.*\b(?:receipt|invoice)\W*$|\b(?:receipt|invoice)\s+for\b"
            r"|\bconfirmation\s+e?-?mail\b",
            _receipt,
        ),
        (
            r"\b(?:is|are)\s+(?:it|this|my\s+\w+(?:\s+\w+)?|you)\s+(?:safe|secure|legit|a\s+scam)|\bsafe\s+to\s+(?:pay|buy"
            r"|order)|\b(?:my\s+privacy|privacy\s+policy|terms\s+(?:and|of))\b|\bscam\b|\bdo\s+you\s+(?:store|save|keep|sell)\s+my\b",
            _safe,
        ),
        (
            r"\b(?:opening\s+(?:hours|times)|are\s+you\s+open|when\s+do\s+you\s+(?:open|close)|where\s+(?:are\s+you|is\s+the"
            r"\s+(?:shop|store))|your\s+(?:address|store|location)|physical\s+(?:shop|store)|warranty"
            r"|guarantee|price\s+match|newsletter|loyalty\s+program|(?:my|an|your)\s+account)\b",
            _shop,
        ),
        (
            r"\b(?:got|received|arrived|came)\b.*\b(?:thank|thanks|great|perfect|love|happy)\b|\bgot\s+(?:my|the)\s+refund",
            _well,
        ),
    )
)


def topic(memory: Memory, said: Said) -> Answers | None:
    """Return who answers a question to the shop, None where a message is none."""
    folded = fold(said.text)
    if memory.orders and not held_lines(memory) and _LATE.search(folded):
        return _parcel
    return next((answer for pattern, answer in _TOPICS if pattern.search(folded)), None)


def is_service(memory: Memory, said: Said) -> bool:
    """Say whether a message is a question to the shop. Words that call a thing that is shown are about that."""
    if memory.checkout is not None and said.has_details:
        return False
    return topic(memory, said) is not None and not called(said.words, memory.seen)


def answer(memory: Memory, said: Said) -> Talk | Reply:
    found = topic(memory, said)
    return found(memory, said) if found else _human(memory, said)


def about_problem(memory: Memory, said: Said) -> bool:
    """Say whether somebody tells that what arrived is not as it should be."""
    is_asked = said.text.rstrip().endswith("?")
    return said.asks(Act.DAMAGED) and bool(memory.orders) and not held_lines(memory) and not is_asked
