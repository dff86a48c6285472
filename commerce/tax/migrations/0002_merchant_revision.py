"""A changed tax rate raises its merchant's revision."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER tax_rate_revision AFTER INSERT OR UPDATE OR DELETE ON tax_taxrate
FOR EACH ROW EXECUTE FUNCTION accounts_raise_revision();
"""

BACKWARD = "DROP TRIGGER tax_rate_revision ON tax_taxrate;"


class Migration(migrations.Migration):
    dependencies = [("tax", "0001_initial"), ("accounts", "0002_merchant_revision")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
