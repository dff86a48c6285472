"""What is done about a message: the first rule that applies does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import replace

from agents.shopper.rules import (
    afterwards,
    amending,
    answers,
    buying,
    questions,
    service,
    shopping,
    wording,
)
from agents.shopper.rules.acts import Act
from agents.shopper.rules.memory import Memory, Talk, use
from agents.shopper.rules.numbers import Way
from agents.shopper.rules.paying import look_again, opened_anew
from agents.shopper.rules.picking import chosen
from agents.shopper.rules.proceeding import filled, proceed
from agents.shopper.rules.results import Failure
from agents.shopper.rules.saying import Said, read
from agents.shopper.rules.talk import Answer, Call, Question, Reply
from agents.shopper.rules.wants import Want, wants_in

_BUYS = re.compile(
    r"\b(?:buy|order|purchase|take|get\s+me|i'?ll\s+have|another|i(?:'d|\s+would)\s+like\s+(?:an?|some|the))\b",
    re.IGNORECASE,
)
_SENDING = re.compile(r"\b(?:delivery|shipping|postage)\b", re.IGNORECASE)
_INSTEAD = re.compile(r"\b(?:instead|rather|replace|swap|switch\s+to|exchange)\b")

Handler = Callable[[Memory, Said], Talk | Reply]
Applies = Callable[[Memory, Said], bool]


def converse(memory: Memory, words: str) -> Generator[Call, Answer, Reply]:
    """Answer a message. Words that come in the middle of it, at the order, are answered in its place."""
    memory = replace(memory, asked_to_pay=0)
    while True:
        said = read(words, memory.hearing())
        times = memory.asked_to_pay
        memory = replace(memory.heard(said), asked_to_pay=times)
        outcome = yield from _answer(memory, said)
        if isinstance(outcome, Reply):
            return outcome
        memory, words = outcome.memory, outcome.words


def _answer(memory: Memory, said: Said) -> Talk:
    handle = next(handle for applies, handle in _RULES if applies(memory, said))
    talk = handle(memory, said)
    if isinstance(talk, Reply):
        return talk
    return (yield from talk)


def _asks(*acts: Act) -> Applies:
    return lambda memory, said: said.asks(*acts)


def _is_empty(memory: Memory, said: Said) -> bool:
    return not said.text.strip()


def _is_unasked(memory: Memory, said: Said) -> bool:
    return said.asks(Act.UNASKED)


def _is_about_me(memory: Memory, said: Said) -> bool:
    return said.asks(Act.WHO)


def _pays_twice(memory: Memory, said: Said) -> bool:
    """Whether a message would meddle with a payment under way. Looking for other things does not."""
    if not memory.payment:
        return False
    meddles = said.asks(
        Act.PAY, Act.YES, Act.DONE, Act.STATUS, Act.CART, Act.DELIVERY, Act.CANCEL, Act.REMOVE, Act.START_OVER
    )
    return meddles or said.has_details or bool(said.codes or said.wish) or amending.is_change(memory, said)


def _starts_over(memory: Memory, said: Said) -> bool:
    return said.asks(Act.START_OVER)


def _is_serious_answer(memory: Memory, said: Said) -> bool:
    """Whether a message answers a question after which an order is canceled or sent back."""
    is_serious = memory.question is not None and memory.question.about in ("cancel", "return")
    return is_serious and answers.answered(memory, said) is not None


def _is_return(memory: Memory, said: Said) -> bool:
    is_named = bool(re.search(r"\b(?:return|refund|back)", said.text.lower()))
    return said.asks(Act.RETURN) and (bool(memory.orders) or memory.checkout is None or is_named)


def _is_cancel(memory: Memory, said: Said) -> bool:
    is_open = bool(amending.held_lines(memory))
    is_part = is_open and (said.wants_something_else or _is_one_of_several(memory, said))
    return said.asks(Act.CANCEL) and not is_part and not said.codes


def _is_one_of_several(memory: Memory, said: Said) -> bool:
    """Whether a message names something in an order that has other things, too."""
    return len(amending.held_lines(memory)) > 1 and amending.names_a_line(memory, said)


def _is_about_return(memory: Memory, said: Said) -> bool:
    return said.asks(Act.ABOUT_RETURN) and not said.asks(Act.STATUS)


def _is_status(memory: Memory, said: Said) -> bool:
    if said.asks(Act.STATUS):
        return True
    return said.asks(Act.DELIVERY) and memory.checkout is None and bool(memory.orders)


def _is_question(memory: Memory, said: Said) -> bool:
    if not said.is_question:
        return False
    is_list = said.asks(Act.STOCK) and not said.asks(Act.SHIPS, Act.DESCRIBE, Act.PRICE, Act.CHOICES)
    if said.asks(Act.DELIVERY) and not said.asks(Act.SHIPS, Act.STOCK, Act.DESCRIBE):
        return False
    return not (is_list and said.asks(Act.SEARCH) and "only" in said.text.lower())


def _asks_for_cart(memory: Memory, said: Said) -> bool:
    return said.asks(Act.CART) and not (said.asks(Act.KEEP) and said.wants)


def _complains(memory: Memory, said: Said) -> bool:
    return (
        said.asks(Act.COMPLAIN) and bool(amending.held_lines(memory)) and not said.wants and not said.has_details
    )


def _is_delivery(memory: Memory, said: Said) -> bool:
    if said.asks(Act.CHEAPER) and memory.checkout and _SENDING.search(said.text):
        return True
    return said.asks(Act.DELIVERY) and not (said.wish and memory.checkout) and not said.asks(Act.SHIPS)


def _is_removal(memory: Memory, said: Said) -> bool:
    removes = said.asks(Act.REMOVE) or (said.asks(Act.CANCEL) and _is_one_of_several(memory, said))
    return removes and bool(amending.held_lines(memory)) and not said.codes and not said.quantity


def _is_pick(memory: Memory, said: Said) -> bool:
    return bool(chosen(said.choice, memory.seen, memory.focused)) and not said.wants and not said.asks(Act.SEARCH)


def _is_instead_of(memory: Memory, said: Said) -> bool:
    """Whether what is in the order is not wanted and something else is: "I don't need the mug, I need a lamp"."""
    if not said.excluded or not said.wants or not amending.held_lines(memory):
        return False
    return amending.names_a_line(memory, _unwanted(said))


def _unwanted(said: Said) -> Said:
    """Read a message as if it were about what it does not want."""
    return replace(said, wants=tuple(Want(words) for words in said.excluded), excluded=())


def _refines(memory: Memory, said: Said) -> bool:
    """Whether the last search is narrowed: another price, cheaper ones, only what is in stock, not those."""
    if said.excluded and said.asks(Act.SEARCH):
        return False
    narrows = (
        bool(said.limits)
        or bool(said.excluded)
        or said.asks(Act.CHEAPER)
        or (said.asks(Act.STOCK) and "only" in said.text.lower())
    )
    return bool(memory.search) and narrows and not said.wants


def _is_order(memory: Memory, said: Said) -> bool:
    """Whether something is to be bought rather than looked at."""
    if not said.wants or (said.asks(Act.SEARCH) and not said.has_details):
        return False
    kinds = {want.words[-1] for want in said.wants}
    many = len(kinds) < len(said.wants) or any(want.count and want.count > 1 for want in said.wants)
    if memory.checkout and said.has_details:  # words beside a new address are seldom another thing
        return many or said.asks(Act.ADD, Act.KEEP) or bool(_BUYS.search(said.text))
    is_open = bool(amending.held_lines(memory))
    buys = said.asks(Act.TAKE, Act.PAY, Act.KEEP) or (is_open and said.asks(Act.ADD))
    return buys or many or said.has_details


def _tells_details(memory: Memory, said: Said) -> bool:
    """Whether a message says who, where or how to reach them for the open order, and no more than that."""
    says_more = said.wants or said.choice or said.quantity or said.asks(Act.REMOVE)
    return memory.checkout is not None and said.has_details and not says_more


def _mends_details(memory: Memory, said: Said) -> bool:
    is_more = _is_order(memory, said) or amending.is_change(memory, said) or said.asks(Act.REMOVE)
    return memory.checkout is not None and said.has_details and not is_more


def _adds_more_details(memory: Memory, said: Said) -> bool:
    told = (
        said.has_details or said.wish or said.codes or said.has_broken_email or (said.is_gift and not said.wants)
    )
    return bool(told) and memory.checkout is not None


def _notes_details(memory: Memory, said: Said) -> bool:
    notes = bool(said.has_details or said.wish or said.codes or said.is_gift)
    return notes and not (said.wants or said.limits or said.excluded or said.asks(Act.SEARCH))


def _pays(memory: Memory, said: Said) -> bool:
    return said.asks(Act.PAY, Act.TAKE) and not said.wants


def _is_more_of_it(memory: Memory, said: Said) -> bool:
    return said.quantity is not None and not said.wants and (memory.focused is not None or bool(memory.bought))


def _take_pick(memory: Memory, said: Said) -> Talk:
    picked = chosen(said.choice, memory.seen, memory.focused)
    question = Question("which", tuple(one.id for one in picked))
    talk = answers.answered(
        replace(memory, question=question, shown=question.ids),
        replace(said, choice=replace(said.choice, places=(), extreme=None, is_all=True)),
    )
    return (yield from talk) if talk else Reply(questions.LOST)


def _take_more_of_it(memory: Memory, said: Said) -> Talk:
    """Take more of what was bought last, or of what is talked about."""
    bought, quantity = memory.bought, said.quantity
    if bought and quantity and quantity.way is Way.MORE:
        return (yield from buying.take(memory, said, {bought[-1].variant_id: quantity.count}))
    return (yield from _take_focused(memory, said))


def _take_focused(memory: Memory, said: Said) -> Talk:
    focus = memory.focused
    if focus is None:
        return Reply(questions.LOST)
    talk = answers.answered(replace(memory, question=Question("take", (focus.id,))), said)
    return (yield from talk) if talk else Reply(questions.LOST)


def _take_wanted(memory: Memory, said: Said) -> Talk:
    """Find and take what is wanted; what was said for the form is kept, whatever comes of that."""
    if memory.checkout and said.has_details:
        memory = yield from filled(memory, said, is_new=False)
    return (yield from buying.take_wants(memory, said, said.wants))


def _check_out(memory: Memory, said: Said) -> Talk:
    """Bring what is in the cart or the order to its payment."""
    if memory.checkout:
        return (yield from proceed(memory, said))
    if memory.cart:
        memory = yield from use(memory, "start_checkout", cart_id=memory.cart.id)
        if isinstance(memory.latest, Failure):
            return shopping.failed(memory)
        return (yield from proceed(memory, said, is_new=True))
    if memory.focused:
        return (yield from _take_focused(memory, said))
    if memory.seen:
        question = Question("which", memory.shown)
        return Reply(f"Which one would you like?\n{wording.product_list(memory.seen)}", question)
    return Reply("There is nothing in your order yet. What are you looking for?")


def _note(memory: Memory, said: Said) -> Reply:
    """Keep details that came before there was anything to order."""
    if memory.orders:
        return Reply("Thank you, I have noted that for your next order.", memory.idle_question)
    return Reply("Thank you, I have noted that. What would you like to order?", memory.question)


def _is_answer(memory: Memory, said: Said) -> bool:
    return answers.answered(memory, said) is not None


def _take_answer(memory: Memory, said: Said) -> Talk | Reply:
    return answers.answered(memory, said) or questions.lost(memory, said)


def _replaces(memory: Memory, said: Said) -> bool:
    """Whether another thing is to take the place of what is in the order."""
    return bool(said.wants) and bool(_INSTEAD.search(said.text.lower())) and bool(amending.held_lines(memory))


def _exchange(memory: Memory, said: Said) -> Talk:
    """Take what is wanted in place of the line that is not."""
    gone = amending.lines_meant(memory, _unwanted(said))
    return (yield from buying.take_wants(memory, said, said.wants[:1], replaces=gone[0].variant_id))


def _remove(memory: Memory, said: Said) -> Talk:
    return (yield from amending.remove(memory, _unwanted(said) if said.excluded else said))


def _take_instead(memory: Memory, said: Said) -> Talk:
    """Take something in place of a line: of the one named after "instead of", else of the last."""
    _, _, after = said.rest.lower().partition("instead of")
    gone = amending.lines_meant(memory, replace(said, wants=wants_in(after)))
    wants = wants_in(said.rest.lower().partition("instead of")[0]) or said.wants
    return (yield from buying.take_wants(memory, said, wants[:1], replaces=gone[0].variant_id if gone else ""))


def _reopen(memory: Memory, said: Said) -> Talk:
    """Open an order that lapsed with all that was in it; one that is open still is gone on with."""
    before = memory.checkout or memory.closed
    if before is None:
        return Reply("There is no order to start again. What are you looking for?")
    if memory.checkout:
        memory = yield from use(memory, "get_checkout", checkout_id=before.id)
        if memory.checkout:
            return (yield from proceed(memory, replace(said, acts=said.acts | {Act.PAY}, wants=())))
    return (yield from opened_anew(memory, before))


def _start_over(memory: Memory, said: Said) -> Talk:
    """Give up what is open; what is wanted instead is looked for at once."""
    reply = yield from amending.emptied(memory, "All right, we start over.")
    if not said.wants or memory.checkout is None or not isinstance(reply, Reply):
        return reply
    anew = replace(memory, checkout=None, shown=(), focus="", question=None)
    return (yield from shopping.search(anew, said))


def _bare_yes_or_no(memory: Memory, said: Said) -> Talk:
    if said.asks(Act.NO):
        return Reply("All right. Tell me what you would like instead.", memory.question)
    if memory.checkout:
        return (yield from proceed(memory, said))
    return Reply("Tell me what you are looking for, and I will find it.", memory.question)


_RULES: tuple[tuple[Applies, Handler], ...] = (
    (lambda memory, said: said.has_card_number, questions.card_number),
    (_is_empty, questions.small_talk),
    (_is_unasked, questions.unasked),
    (_is_about_me, questions.who),
    (_asks(Act.THERE), questions.here),
    (_pays_twice, lambda memory, said: look_again(memory)),
    (_asks(Act.REOPEN), _reopen),
    (_starts_over, _start_over),
    (_is_serious_answer, _take_answer),
    (_is_about_return, service.about_returning),
    (_is_return, afterwards.send_back),
    (_is_cancel, afterwards.cancel),
    (service.about_problem, afterwards.send_back),
    (service.changes_placed, lambda memory, said: service.placed_already(memory, said)),
    (_is_status, afterwards.status),
    (_asks(Act.ABOUT_CANCEL), service.about_canceling),
    (service.is_service, service.answer),
    (amending.asks_for_details, amending.shown),
    (amending.renews_details, amending.asked_for_details),
    (_tells_details, lambda memory, said: proceed(memory, said)),
    (_is_answer, _take_answer),
    (_mends_details, lambda memory, said: proceed(memory, said)),
    (_asks(Act.COMPARE), shopping.compare),
    (_asks(Act.SIMILAR), shopping.similar),
    (_asks(Act.MORE), shopping.more),
    (_is_question, questions.about_product),
    (_complains, amending.shown_to_change),
    (_asks_for_cart, amending.shown),
    (_is_delivery, questions.about_delivery),
    (_is_instead_of, _exchange),
    (_is_removal, _remove),
    (_refines, shopping.refine),
    (amending.sets_count, amending.set_count),
    (amending.is_change, amending.change),
    (_replaces, _take_instead),
    (_is_pick, _take_pick),
    (_is_order, _take_wanted),
    (_adds_more_details, lambda memory, said: proceed(memory, said)),
    (lambda memory, said: said.asks(Act.CODES) and not said.codes, questions.about_codes),
    (_is_more_of_it, _take_more_of_it),
    (_notes_details, _note),
    (_pays, _check_out),
    (shopping.is_search, shopping.search),
    (_asks(Act.GREET, Act.THANK, Act.BYE, Act.HELP), questions.small_talk),
    (_asks(Act.YES, Act.NO), _bare_yes_or_no),
    (_asks(Act.SEARCH, Act.NEWEST), shopping.search),
    (lambda memory, said: True, questions.lost),
)
