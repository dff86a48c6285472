"""The page of the chat: opened, talked on, paid on. All of it also works without a script, by a reload."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from agents.chat import services
from agents.chat.blocks import sheet_id
from agents.chat.inspecting import may_inspect, timeline
from agents.chat.models import Conversation, ShopChat
from agents.chat.rendering import Renderer, address_of, partial
from agents.chat.selectors import earlier_conversations, folded, last_event_id, shops_with_chat
from agents.chat.services import MOST_WORDS, ChatClosedError, TooManyTurnsError
from agents.chat.sheet_changes import change_sheet
from agents.chat.stream import Watch, event_stream
from agents.chat.visitors import remember, shopper_at, welcome
from agents.chat.wallet_panel import wallet_panel
from agents.throttling import Window
from commerce import clock
from commerce.accounts.models import Merchant
from commerce.checkout.confirmations import OtherTermsError
from commerce.client_address import client_address
from commerce.errors import CommerceError, NotFoundError
from commerce.pages.rendering import private
from commerce.wallet.models import Shopper

SUGGESTIONS = ("What do you sell?", "Something under 50", "What is new?")
MOST_BEGUN_A_MINUTE = 30
MOST_CHANGES_A_MINUTE = 60
_begun, _changed = Window("conversations"), Window("sheet-changes")


@require_safe
def chats_page(request: HttpRequest) -> HttpResponse:
    """Lead to the shop that has a chat, or name those that have one."""
    shops = shops_with_chat()
    if len(shops) == 1:
        return redirect("chat", merchant_slug=shops[0].slug)
    return render(request, "chat/shops.html", {"shops": shops})


@require_safe
def chat_page(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Open the chat of a shop, or go on where this browser was. Nothing is written until something is said."""
    merchant = _merchant(merchant_slug)
    shopper = shopper_at(request)
    latest = services.latest_conversation(shopper, merchant) if shopper else None
    if latest is not None and "say" not in request.GET and "new" not in request.GET:
        return private(redirect("conversation", merchant_slug=merchant.slug, conversation_id=latest.pk))
    _open_chat(merchant)
    context = _context(merchant, shopper) | {"draft": request.GET.get("say", "")[:MOST_WORDS]}
    return _shown(request, context)


@require_POST
def new_conversation(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Begin a conversation with its first words."""
    merchant = _merchant(merchant_slug)
    text = request.POST.get("text", "")
    try:
        if not text.strip():
            raise services.EmptyWordsError("Write something first.")
        if _begun.add(client_address(request), 1) > MOST_BEGUN_A_MINUTE:
            raise TooManyTurnsError("Too many conversations were begun just now. Try again in a minute.")
        services.open_chat_of(merchant)
        services.require_turns_left(merchant, shopper_at(request), now=clock.now())
        shopper, guest = welcome(request)
        conversation = services.begin_conversation(shopper, merchant, now=clock.now())
        services.say(conversation.pk, text, now=clock.now())
    except CommerceError as problem:
        messages.error(request, problem.message)
        return private(redirect("chat", merchant_slug=merchant.slug))
    response = private(redirect(address_of(conversation)))
    remember(response, guest)
    return response


@require_safe
def conversation_page(request: HttpRequest, merchant_slug: str, conversation_id: str) -> HttpResponse:
    """Show a conversation of this browser's as it stands."""
    conversation = conversation_at(request, merchant_slug, conversation_id)
    last_id = last_event_id(conversation.pk)
    renderer = Renderer(request, conversation, folded(conversation.pk, until=last_id))
    has_inspector = may_inspect(request.user, conversation.merchant)
    context = _context(conversation.merchant, conversation.shopper, conversation) | {
        "last_id": last_id,
        "blocks": list(renderer.page_blocks()),
        "fold": renderer.fold,
        "hint": renderer.hint(),
        "timeline": timeline(conversation, until=last_id) if has_inspector else None,
    }
    return _shown(request, context)


@require_POST
def words(request: HttpRequest, merchant_slug: str, conversation_id: str) -> HttpResponse:
    """Say something."""
    conversation = conversation_at(request, merchant_slug, conversation_id)
    try:
        services.say(conversation.pk, request.POST.get("text", ""), now=clock.now())
    except CommerceError as problem:
        return _answer(request, conversation, partial("#note", "innerHTML", _note(problem.message)), problem)
    is_written = request.POST.get("from") == "composer"
    cleared = partial("#words", "outerHTML", render_to_string("chat/words.html")) if is_written else ""
    return _answer(request, conversation, cleared + partial("#note", "innerHTML", ""))


@require_POST
def pay(request: HttpRequest, merchant_slug: str, conversation_id: str) -> HttpResponse:
    """Say yes to the order on the terms that were shown. Other terms are shown again instead."""
    conversation = conversation_at(request, merchant_slug, conversation_id)
    session_id = request.POST.get("checkout", "")
    evidence = {
        "address": client_address(request),
        "user_agent": request.headers.get("User-Agent", "")[:300],
    }
    try:
        services.confirm_order(
            conversation.pk,
            session_id=session_id,
            terms=request.POST.get("terms", ""),
            card_id=request.POST.get("card", ""),
            evidence=evidence,
            now=clock.now(),
        )
    except OtherTermsError as problem:
        return _sheet_answer(request, conversation, session_id, problem, before=_shown_total(request))
    except CommerceError as problem:
        return _sheet_answer(request, conversation, session_id, problem)
    return _sheet_answer(request, conversation, session_id)


@require_POST
def sheet(request: HttpRequest, merchant_slug: str, conversation_id: str) -> HttpResponse:
    """Change something on the order sheet."""
    conversation = conversation_at(request, merchant_slug, conversation_id)
    session_id = request.POST.get("checkout", "")
    try:
        if _changed.add(conversation.shopper_id, 1) > MOST_CHANGES_A_MINUTE:
            raise TooManyTurnsError("Too many changes were made just now. Try again in a minute.")
        form, address = request.POST.dict(), client_address(request)
        change_sheet(conversation, session_id, form, address=address, now=clock.now())
    except CommerceError as problem:
        return _sheet_answer(request, conversation, session_id, problem)
    return _sheet_answer(request, conversation, session_id)


@require_safe
def events(request: HttpRequest, merchant_slug: str, conversation_id: str) -> HttpResponse | StreamingHttpResponse:
    """Stream what happens in a conversation, from the event after the last one that the browser saw."""
    conversation = conversation_at(request, merchant_slug, conversation_id)
    seen = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    last_id = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0
    has_inspector = may_inspect(request.user, conversation.merchant)
    return event_stream(request, Watch(Renderer(request, conversation), last_id, has_inspector))


@require_safe
def timeline_json(request: HttpRequest, merchant_slug: str, conversation_id: str) -> HttpResponse:
    """Give what happened behind the page as a file."""
    conversation = conversation_at(request, merchant_slug, conversation_id)
    if not may_inspect(request.user, conversation.merchant):
        raise Http404("There is no such page.")
    told = {"conversation": conversation.pk, "timeline": [one.document() for one in timeline(conversation)]}
    response = private(JsonResponse(told, json_dumps_params={"indent": 2}))
    response["Content-Disposition"] = f'attachment; filename="{conversation.pk}.json"'
    return response


def _merchant(slug: str) -> Merchant:
    merchant = Merchant.objects.filter(slug=slug, status=Merchant.Status.ACTIVE).first()
    if merchant is None:
        raise Http404("There is no such shop.")
    return merchant


def _open_chat(merchant: Merchant) -> ShopChat:
    try:
        return services.open_chat_of(merchant)
    except ChatClosedError as problem:
        raise Http404(problem.message) from problem


def conversation_at(request: HttpRequest, merchant_slug: str, conversation_id: str) -> Conversation:
    """Return a conversation of this browser's. To others it is as if there were none."""
    try:
        conversation = services.conversation_of(shopper_at(request), conversation_id)
    except NotFoundError as problem:
        raise Http404(problem.message) from problem
    if conversation.merchant.slug != merchant_slug:
        raise Http404("There is no such conversation.")
    return conversation


def _context(
    merchant: Merchant, shopper: Shopper | None, conversation: Conversation | None = None
) -> dict[str, Any]:
    current = conversation.pk if conversation else ""
    return {
        "earlier": earlier_conversations(shopper, merchant, but=current) if shopper else [],
        "merchant": merchant,
        "conversation": conversation,
        "base": address_of(conversation) if conversation else "",
        "is_rules_only": not settings.SHOPPER_MODEL,
        "is_open": ShopChat.objects.filter(merchant=merchant, is_open=True).exists(),
        "most_words": MOST_WORDS,
        "suggestions": SUGGESTIONS,
        "wallet": wallet_panel(conversation) if conversation else None,
    }


def _shown(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    response = private(render(request, "chat/page.html", context))
    response["Referrer-Policy"] = "same-origin"  # else a browser does not say of its own form where it is from
    return response


def _note(text: str) -> str:
    return render_to_string("chat/note.html", {"text": text})


def _answer(
    request: HttpRequest, conversation: Conversation, html: str, problem: CommerceError | None = None
) -> HttpResponse:
    """Answer a form: htmx with what changes at once, a plain browser with the page."""
    if request.headers.get("HX-Request"):
        return private(HttpResponse(html))
    if problem is not None:
        messages.error(request, problem.message)
    return private(redirect(f"{address_of(conversation)}#end"))


def _sheet_answer(
    request: HttpRequest,
    conversation: Conversation,
    session_id: str,
    problem: CommerceError | None = None,
    *,
    before: int | None = None,
) -> HttpResponse:
    """Show a sheet as it is now, and what was wrong with the request."""
    renderer = Renderer(request, conversation, folded(conversation.pk))
    block = renderer.fold.blocks.get(sheet_id(session_id))
    if block is None:
        raise Http404("There is no such checkout in this conversation.")
    if not request.headers.get("HX-Request"):
        return _answer(request, conversation, "", problem)
    error = problem.message if problem else ""
    shown = partial(f"#{block.id}", "outerHTML", renderer.block(block, error=error, before=before))
    return private(HttpResponse(shown + partial("#hint", "innerHTML", renderer.hint())))


def _shown_total(request: HttpRequest) -> int | None:
    """Return the total that the browser says it showed. For words only."""
    shown = request.POST.get("shown", "")
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 16 else None
