"""References are checked with each statement instead of at the commit."""

from django.db import migrations

TEMPLATE = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'inventory_reservation'::regclass
    LOOP
        EXECUTE format('ALTER TABLE inventory_reservation ALTER CONSTRAINT %I DEFERRABLE INITIALLY {when}', found.conname);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.RunSQL(TEMPLATE.replace("{when}", "IMMEDIATE"), TEMPLATE.replace("{when}", "DEFERRED"))
    ]
