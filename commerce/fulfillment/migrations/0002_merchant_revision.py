"""A changed zone, place, method or rate raises its merchant's revision."""

from django.db import migrations

TABLES = ("shippingzone", "pickuplocation", "fulfillmentmethod")

FORWARD = (
    "".join(
        f"""
CREATE TRIGGER {table}_revision AFTER INSERT OR UPDATE OR DELETE ON fulfillment_{table}
FOR EACH ROW EXECUTE FUNCTION accounts_raise_revision();
"""
        for table in TABLES
    )
    + """
CREATE FUNCTION fulfillment_raise_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_merchant SET revision = revision + 1 WHERE id IN (
        SELECT merchant_id FROM fulfillment_fulfillmentmethod
        WHERE (TG_OP <> 'INSERT' AND id = OLD.method_id) OR (TG_OP <> 'DELETE' AND id = NEW.method_id)
    );
    RETURN NULL;
END $$;

CREATE TRIGGER fulfillmentrate_revision AFTER INSERT OR UPDATE OR DELETE ON fulfillment_fulfillmentrate
FOR EACH ROW EXECUTE FUNCTION fulfillment_raise_revision();
"""
)

BACKWARD = (
    "".join(f"DROP TRIGGER {table}_revision ON fulfillment_{table};\n" for table in TABLES)
    + """
DROP TRIGGER fulfillmentrate_revision ON fulfillment_fulfillmentrate;
DROP FUNCTION fulfillment_raise_revision();
"""
)


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0001_initial"), ("accounts", "0002_merchant_revision")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
