"""Rates that were typed as people write ("ca", "California", "SW1A 1") never counted. Changes no table.

Only where it is certain what was meant: where another rate stands for the same place, the merchant may have entered
it because this one did nothing, and both would be charged.
"""

from django.db import migrations

from commerce.places import COUNTRIES, compact_postal_code, region_of


def rewrite(apps, schema_editor):
    rates = apps.get_model("tax", "TaxRate").objects.using(schema_editor.connection.alias)
    for rate in rates.order_by("pk"):
        country = rate.country.strip().upper()
        region = region_of([country], rate.region) if rate.region else ""
        if country not in COUNTRIES or region is None:
            continue
        place = {"country": country, "region": region, "postal_prefix": compact_postal_code(rate.postal_prefix)}
        others = rates.filter(merchant_id=rate.merchant_id, tax_code=rate.tax_code, **place)
        if not others.exists():
            rates.filter(pk=rate.pk).update(**place)


class Migration(migrations.Migration):

    dependencies = [("tax", "0003_violation_messages")]

    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
