"""Extensions that a migration asks for: there, made now, or said to be missing in words that help."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.core.management.base import CommandError
from django.db import DatabaseError


class RequireExtension(CreateExtension):
    """Creates an extension, and leaves it in place when the migration is undone: others may use it by then."""

    def __init__(self, name: str, purpose: str) -> None:
        super().__init__(name)
        self.purpose = purpose

    def deconstruct(self) -> tuple[str, list[str], dict[str, Any]]:
        return "RequireExtension", [self.name, self.purpose], {}

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Raise CommandError, with what to do, where the server lacks it or refuses."""
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except DatabaseError as problem:
            raise CommandError(self._advice(schema_editor.connection, problem)) from problem

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        pass

    def _advice(self, connection: Any, problem: DatabaseError) -> str:
        reason = str(problem).strip().splitlines()[0]
        database = connection.settings_dict["NAME"]
        return (
            f"The database {database} needs PostgreSQL's extension {self.name} ({self.purpose}), and it could not "
            f"be created: {reason}. It comes with PostgreSQL (Debian and Ubuntu: postgresql-contrib). Where the "
            f"user of the shop may not create it, let an administrator run, once: "
            f'psql -d {database} -c "CREATE EXTENSION {self.name}". Then migrate again.'
        )
