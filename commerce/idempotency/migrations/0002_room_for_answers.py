"""A claim is small and its answer is not; room on the page lets the answer be written in place."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("idempotency", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE idempotency_idempotencyrecord SET (fillfactor = 20)",
            "ALTER TABLE idempotency_idempotencyrecord RESET (fillfactor)",
        )
    ]
