"""Filters that every template has: merchants' words and addresses, as they may be shown."""

from __future__ import annotations

from django import template

from commerce import text

register = template.Library()


@register.filter
def line(value: object) -> str:
    """Write one line of what a person can see."""
    return text.line(str(value or ""))


@register.filter
def web_address(value: object) -> str:
    """Write an address that may be linked to, else nothing."""
    return text.web_address(str(value or ""))
