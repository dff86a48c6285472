"""What stands in an order's log can neither be changed nor deleted."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION orders_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the order log is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER order_log_append_only BEFORE UPDATE OR DELETE ON orders_orderevent
FOR EACH ROW EXECUTE FUNCTION orders_refuse_change();
"""

BACKWARD = """
DROP TRIGGER order_log_append_only ON orders_orderevent;
DROP FUNCTION orders_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
