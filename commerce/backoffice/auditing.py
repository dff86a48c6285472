"""Writes down what staff do: which values were before and after, and what was asked for.

What a form shows is what is written down, in the words of the form. Fields that hold a secret are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import Model, QuerySet
from django.forms import ModelChoiceField, PasswordInput
from django.http import HttpRequest
from django.utils.text import capfirst

from commerce import clock
from commerce.accounts.models import StaffAction
from commerce.accounts.selectors import memberships_of
from commerce.backoffice.scope import OPERATOR_ONLY, merchant_id_of
from commerce.client_address import client_address

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_VALUE = 500
"""How many characters are kept of a value; descriptions can be long."""

_SECRET = re.compile(r"secret|token|password|hash", re.IGNORECASE)


class Change(TypedDict):
    field: str
    before: str
    after: str


def write_down(
    request: HttpRequest,
    row: Model,
    path: str,
    *,
    kind: str,
    what: str = "",
    changes: Iterable[Change] = (),
) -> None:
    """Add an entry about a row whose merchant is found along `path`. Part of the transaction that is open."""
    StaffAction.objects.create(
        merchant_id=None if path == OPERATOR_ONLY else merchant_id_of(row, path),
        user_id=request.user.pk,
        user_name=request.user.get_username(),
        address=client_address(request) or None,
        kind=kind,
        model=row._meta.label_lower,
        row=str(row.pk),
        subject=str(row)[:200],
        what=what[:255],
        changes=list(changes),
        done_at=clock.now(),
    )


def write_down_account(request: HttpRequest, person: User, what: str) -> None:
    """Add an entry about what somebody did with their own account, to each shop in which they work."""
    shops: list[str | None] = [*memberships_of(person).values_list("merchant_id", flat=True)]
    StaffAction.objects.bulk_create(
        StaffAction(
            merchant_id=merchant_id,
            user_id=person.pk,
            user_name=person.get_username(),
            address=client_address(request) or None,
            kind=StaffAction.Kind.DID,
            model=person._meta.label_lower,
            row=str(person.pk),
            subject=str(person)[:200],
            what=what,
            done_at=clock.now(),
        )
        for merchant_id in shops or [None]
    )


def changes_in(form: Any, formsets: Iterable[Any] | None) -> list[Change]:
    """Return what a form that is valid changes, and the forms of rows that belong to its row."""
    changes = list(_of_form(form))
    for formset in formsets or ():
        for part in formset.initial_forms + formset.extra_forms:
            name = f"{part.instance._meta.verbose_name} {part.instance}".strip()
            if part in formset.deleted_forms:
                changes.append(Change(field=name, before=str(part.instance)[:MAX_VALUE], after=""))
            elif part.has_changed():
                changes.extend(Change(**{**one, "field": f"{name}: {one['field']}"}) for one in _of_form(part))
    return changes


def _of_form(form: Any) -> Iterator[Change]:
    secrets = [name for name in form.changed_data if _is_secret(form, name)]
    if secrets:
        yield Change(field=secrets[0].rstrip("12").capitalize(), before="", after="(not written down)")
    for name in form.changed_data:
        if name in secrets:
            continue
        field = form.fields[name]
        before = _in_words(field, form.initial.get(name, field.initial) if form.instance.pk else None)
        amounts: Mapping[str, str] = getattr(form, "amounts", {})
        after = amounts[name] if name in amounts else _in_words(field, form.cleaned_data.get(name))
        if before != after:
            yield Change(field=str(capfirst(field.label or name.replace("_", " "))), before=before, after=after)


def _is_secret(form: Any, name: str) -> bool:
    field = form.fields.get(name)
    return field is None or bool(_SECRET.search(name)) or isinstance(field.widget, PasswordInput)


def _in_words(field: Any, value: Any) -> str:
    if callable(value):
        value = value()
    if value is None or value == "":
        return ""
    if isinstance(field, ModelChoiceField):
        row: Any = value if isinstance(value, Model) else _choices(field).filter(pk=value).first()
        return str(row or value)[:MAX_VALUE]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)[:MAX_VALUE]
    labels = {str(key): str(label) for key, label in getattr(field, "choices", ()) if not isinstance(label, list)}
    return labels.get(str(value), str(value))[:MAX_VALUE]


def _choices(field: ModelChoiceField[Any]) -> QuerySet[Any]:
    return field.queryset.all() if field.queryset is not None else StaffAction.objects.none()
