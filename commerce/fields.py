"""Column types of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from commerce.ids import ID_LENGTH, id_factory

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class IdField(CharField):
    """A public id. Its column type is spelt so that Django makes no second index for LIKE on it."""

    def __init__(self, prefix: str = "", **options: Any) -> None:
        self.prefix = prefix
        options.setdefault("max_length", ID_LENGTH)
        if prefix:
            options.setdefault("primary_key", True)
            options.setdefault("default", id_factory(prefix))
            options.setdefault("editable", False)
        super().__init__(**options)

    def db_type(self, connection: Any) -> str:  # noqa: ARG002 - the framework's signature
        return f"character varying({self.max_length})"
