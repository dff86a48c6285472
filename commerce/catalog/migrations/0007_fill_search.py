"""Products that were there before get their words, some hundred at a time and each batch for itself."""

from django.db import migrations

BATCH = 500

FILL = """
WITH batch AS (
    SELECT id FROM catalog_product WHERE id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE
), filled AS (
    UPDATE catalog_product p SET search = NULL FROM batch WHERE p.id = batch.id RETURNING p.id
)
SELECT max(id) FROM filled
"""


def fill(apps, schema_editor):
    last = ""
    with schema_editor.connection.cursor() as cursor:
        while last is not None:
            cursor.execute(FILL, [last, BATCH])
            (last,) = cursor.fetchone()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0006_search_words")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
