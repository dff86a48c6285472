"""A discount has its value: a comparison with NULL let one without any pass."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_merchant_revision'),
        ('discounts', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='discount',
            name='discount_has_its_value',
        ),
        migrations.AddConstraint(
            model_name='discount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_minor__isnull', True), ('kind', 'percent'), ('percent__gt', 0), ('percent__isnull', False)), models.Q(('amount_minor__gt', 0), ('amount_minor__isnull', False), ('kind', 'fixed'), ('percent__isnull', True)), models.Q(('amount_minor__isnull', True), ('kind', 'free_shipping'), ('percent__isnull', True)), _connector='OR'), name='discount_has_its_value', violation_error_message='Percent needs a percentage, fixed an amount, free shipping neither.'),
        ),
    ]
