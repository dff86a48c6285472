"""Zones that were typed with a region's name ("California") reached nobody. Changes no table."""

from django.db import migrations

from commerce.places import region_of

LONGEST = 10


def rewrite(apps, schema_editor):
    zones = apps.get_model("fulfillment", "ShippingZone").objects.using(schema_editor.connection.alias)
    for zone in zones.exclude(regions=[]).exclude(countries=[]).order_by("pk"):
        regions = [_code(zone.countries, region) for region in zone.regions]
        if regions != zone.regions:
            zones.filter(pk=zone.pk).update(regions=regions)


def _code(countries, region):
    """Return the region's code, or what was typed where that is none."""
    code = region_of(countries, region)
    return region if code is None or len(code) > LONGEST else code


class Migration(migrations.Migration):

    dependencies = [("fulfillment", "0005_staff_shipments")]

    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
