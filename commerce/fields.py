"""Column types of our own."""

from __future__ import annotations

from typing import Any

from django.db import models

from commerce.ids import ID_LENGTH, id_factory


class IdField(models.CharField):
    """A public id. Its column type is spelt so that Django makes no second index for LIKE on it."""

    def __init__(self, prefix: str = "", **options: Any) -> None:
        self.prefix = prefix
        options.setdefault("max_length", ID_LENGTH)
        if prefix:
            options.setdefault("primary_key", True)
            options.setdefault("default", id_factory(prefix))
            options.setdefault("editable", False)
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options

    def db_type(self, connection: Any) -> str:
        return f"character varying({self.max_length})"
