"""Databases of any age come to the same table."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from merchants.imports.models import ImportJob
from tests.factories import MerchantFactory
from tests.merchants.imports.job_files import lines, uploaded

pytestmark = pytest.mark.django_db

WITHOUT = "ALTER TABLE imports_importjob DROP COLUMN file_samples, DROP COLUMN is_written"


def migrate() -> None:
    loader = MigrationLoader(connection)
    before = loader.project_state(("imports", "0001_initial"))
    migration = loader.get_migration("imports", "0002_columns_of_the_first_databases")
    with connection.schema_editor() as editor:
        migration.apply(before, editor)


@pytest.mark.parametrize("made_by", [WITHOUT, ""], ids=["first", "later"])
def test_every_database_gets_the_columns(made_by: str) -> None:
    job = uploaded(MerchantFactory.create(), lines(1))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(made_by or "SELECT")

    migrate()

    found = ImportJob.objects.get(pk=job.pk)
    assert (found.file_samples, found.is_written) == ([] if made_by else job.file_samples, False)
