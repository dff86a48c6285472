"""How many rows a list has, counted no more often than needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList
else:
    from unfold.views import ChangeList


class List(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Know that a list without a filter is the full one, instead of offering to show it."""
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count
