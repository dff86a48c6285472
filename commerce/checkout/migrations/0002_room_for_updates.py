"""Sessions are rewritten a few times in their short life; room on the page lets that happen in place."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("checkout", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE checkout_checkoutsession SET (fillfactor = 40)",
            "ALTER TABLE checkout_checkoutsession RESET (fillfactor)",
        )
    ]
