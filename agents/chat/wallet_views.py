from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from agents.chat.blocks import sheet_id
from agents.chat.rendering import Renderer, address_of, partial
from agents.chat.selectors import folded
from agents.chat.views import conversation_at
from agents.chat.wallet_panel import change_wallet, wallet_panel
from commerce import clock
from commerce.errors import CommerceError
from commerce.pages.rendering import private


@require_POST
def wallet(request: HttpRequest, merchant_slug: str, conversation_id: str) -> HttpResponse:
    """Change cards or limits, and show them with the sheet that may be paid by them."""
    conversation = conversation_at(request, merchant_slug, conversation_id)
    error = ""
    try:
        change_wallet(conversation.shopper, conversation.merchant, request.POST.dict(), now=clock.now())
    except CommerceError as problem:
        error = problem.message
    if not request.headers.get("HX-Request"):
        if error:
            messages.error(request, error)
        return private(redirect(f"{address_of(conversation)}#wallet"))
    renderer = Renderer(request, conversation, folded(conversation.pk))
    context = {"wallet": wallet_panel(conversation), "base": address_of(conversation), "error": error}
    answer = partial("#wallet", "innerHTML", render_to_string("chat/wallet.html", context, request))
    live = renderer.fold.blocks.get(sheet_id(renderer.fold.sheet))
    if live is not None:
        answer += partial(f"#{live.id}", "outerHTML", renderer.block(live))
    return private(HttpResponse(answer))
