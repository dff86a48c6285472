"""References of orders are checked with each statement instead of at the commit.

A wrong reference then fails where it was written; and nothing here is ever written out of order.
"""

from django.db import migrations

TEMPLATE = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT conrelid::regclass AS of_table, conname FROM pg_constraint
        WHERE contype = 'f' AND conrelid IN ('orders_order'::regclass, 'orders_orderline'::regclass,
                                             'orders_orderevent'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE INITIALLY {when}',
                       found.of_table, found.conname);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_append_only_log")]

    operations = [
        migrations.RunSQL(TEMPLATE.replace("{when}", "IMMEDIATE"), TEMPLATE.replace("{when}", "DEFERRED"))
    ]
