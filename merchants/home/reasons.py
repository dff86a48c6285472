"""Why agents gave up: what they said when they canceled, and what the shop had told them last."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from commerce.backoffice.scope import Scope, scope_of
from commerce.checkout.models import CheckoutSession
from commerce.checkout.states import Status
from merchants.home.figures import Period
from merchants.home.purposes import for_sale

NEWEST = 500
"""How many of the newest sessions that were given up are read: each is some kilobytes."""

GIVEN_UP = (Status.CANCELED, Status.EXPIRED)

PARAMETER = "why"


@dataclass(frozen=True, slots=True)
class Reason:
    """`kind` is "said" by an agent or "told" to it; `code` names what."""

    kind: str
    code: str
    count: int

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.code}"


@dataclass(frozen=True, slots=True)
class GaveUp:
    read: int
    reasons: list[Reason]
    words: list[str]


def why_agents_gave_up(scope: Scope, period: Period) -> GaveUp:
    """Return the reasons of the newest sessions of a period that were given up, the most frequent first."""
    ended = _given_up(scope).filter(created_at__gte=period.start)
    documents = ended.order_by("-created_at", "pk").values_list("document", flat=True)
    read = [orjson.loads(document) for document in documents[:NEWEST]]
    counts = Counter(key for document in read for key in _keys(document))
    words = [trace["trace_summary"] for trace in map(_trace, read) if trace.get("trace_summary")]
    reasons = [Reason(kind, code, count) for (kind, code), count in counts.most_common(8)]
    return GaveUp(len(read), reasons, list(dict.fromkeys(words))[:3])


def _given_up(scope: Scope) -> QuerySet[CheckoutSession]:
    return scope.rows(for_sale(CheckoutSession.objects.filter(status__in=GIVEN_UP)), "merchant")


def _trace(document: dict[str, Any]) -> dict[str, Any]:
    return document.get("intent_trace") or {}


def _keys(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the reasons in one document, each once."""
    told = {("told", issue["code"]) for issue in document.get("issues") or () if issue.get("kind") == "error"}
    code = _trace(document).get("reason_code")
    return told | ({("said", code)} if code else set())


class ReasonFilter(admin.SimpleListFilter):
    """Finds the sessions behind a reason, among those that were read. Offers the one that was followed here."""

    title = "why it was given up"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        chosen = request.GET.get(PARAMETER, "")
        return [(chosen, chosen.partition(":")[2])] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kind, _, code = (self.value() or "").partition(":")
        said: Any = {"said": {"reason_code": code}, "told": {"kind": "error", "code": code}}.get(kind)
        if said is None:
            return queryset
        written = orjson.dumps(said).decode()[1:-1]  # as the document has it, which is text
        newest = _given_up(scope_of(request)).order_by("-created_at", "pk").values("pk")[:NEWEST]
        return queryset.filter(pk__in=newest, document__contains=written)
