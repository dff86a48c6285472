"""What a migration says where an extension cannot be had."""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.state import ProjectState

from commerce.postgres.extensions import RequireExtension

pytestmark = pytest.mark.django_db(transaction=True)


def apply(operation: RequireExtension) -> None:
    with connection.schema_editor() as editor:
        operation.database_forwards("catalog", editor, ProjectState(), ProjectState())


def test_an_extension_that_is_there_is_left_alone() -> None:
    apply(RequireExtension("pg_trgm", "nothing"))


def test_one_that_the_server_lacks_is_named_with_what_to_do() -> None:
    with pytest.raises(CommandError, match="no_such_extension") as refused:
        apply(RequireExtension("no_such_extension", "the search forgives misspellings"))

    text = str(refused.value)
    assert "(the search forgives misspellings)" in text
    assert '-c "CREATE EXTENSION no_such_extension"' in text
    assert "Then migrate again." in text


def test_a_user_without_the_right_is_told_so() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE nobody_special")
        cursor.execute("SET ROLE nobody_special")
    try:
        with pytest.raises(CommandError, match="permission denied to create extension"):
            apply(RequireExtension("citext", "nothing"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP ROLE nobody_special")


def test_undoing_keeps_what_others_may_use() -> None:
    operation = RequireExtension("pg_trgm", "nothing")
    with connection.schema_editor() as editor:
        operation.database_backwards("catalog", editor, ProjectState(), ProjectState())
        assert operation.extension_exists(editor, "pg_trgm")
