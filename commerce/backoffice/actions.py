"""Buttons on the page of a row, and above a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from unfold.decorators import action

View = TypeVar("View", bound=Callable[..., Any])


def object_action(*, description: str, icon: str, permissions: Sequence[str]) -> Callable[[View], View]:
    """Make a method of a page a button on each row's own page, which `actions_detail` names.

    The method gets the request and `object_id`, and asks `require_object` for the row. Who lacks one of
    the permissions does not see the button, and is refused at its address.
    """
    return cast(Callable[[View], View], action(description=description, icon=icon, permissions=list(permissions)))


def list_action(*, description: str, icon: str, permissions: Sequence[str]) -> Callable[[View], View]:
    """Make a method of a page a button above its list, which `actions_list` names. It gets the request alone."""
    return cast(Callable[[View], View], action(description=description, icon=icon, permissions=list(permissions)))


def without(actions: Iterable[Any], name: str) -> list[Any]:
    """Leave one button out, where it would do what is done already."""
    return [one for one in actions if one.path != name]
