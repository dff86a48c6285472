"""A page that asks once more before something is done with a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from commerce.backoffice.admins import ScopedAdmin
from commerce.backoffice.login import require_recent_login

Done = str | HttpResponse
"""What was done, in words for people; or a page that shows it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, what is to be known before, and what the button says."""

    title: str
    text: str
    button: str
    is_final: bool = False


def ask(
    page: ScopedAdmin,
    request: HttpRequest,
    row: Model,
    question: Question,
    do: Callable[[dict[str, Any]], Done],
    *,
    form_class: type[forms.Form] = forms.Form,
) -> HttpResponse:
    """Show a question about a row; once it is answered do what it asks, with what the form says.

    Pages that ask for the password again do so here as well.
    """
    if page.asks_again:
        require_recent_login(request)
    form = form_class(request.POST if request.method == "POST" else None)
    row_page = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=[quote(row.pk)])
    if request.method == "POST" and form.is_valid():
        done = do(form.cleaned_data)
        page.note(request, row, question.title)
        if isinstance(done, HttpResponse):
            return done
        messages.success(request, done)
        return redirect(row_page)
    context = {
        **page.admin_site.each_context(request),
        "title": question.title,
        "question": question,
        "row": row,
        "row_page": row_page,
        "form": form,
    }
    return TemplateResponse(request, "admin/ask.html", context)


def show_once(
    page: ScopedAdmin,
    request: HttpRequest,
    *,
    title: str,
    what: str,
    secret: str,
    further: tuple[str, str] = ("", ""),
) -> TemplateResponse:
    """Show a secret, on a page that no cache keeps; there is no other way to see it.

    `further` is what may be done next, in words, and where.
    """
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "what": what,
        "secret": secret,
        "next_title": further[0],
        "next": further[1],
        "back": f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist",
    }
    return TemplateResponse(request, "admin/shown_once.html", context)
