"""Words in the admin: what is exempt, and what is wrong where a rule is violated. Changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_merchant_revision'),
        ('catalog', '0002_search'),
    ]

    operations = [
        migrations.AlterField(
            model_name='product',
            name='tax_code',
            field=models.CharField(blank=True, help_text="matches a tax rate's code, such as books; “exempt” is never taxed", max_length=50),
        ),
        migrations.AlterConstraint(
            model_name='variant',
            name='variant_price_not_negative',
            constraint=models.CheckConstraint(condition=models.Q(('price_minor__gte', 0)), name='variant_price_not_negative', violation_error_message='A price is never below zero.'),
        ),
        migrations.AlterConstraint(
            model_name='variant',
            name='variant_sale_below_price',
            constraint=models.CheckConstraint(condition=models.Q(('sale_price_minor__isnull', True), models.Q(('sale_price_minor__gte', 0), ('sale_price_minor__lt', models.F('price_minor'))), _connector='OR'), name='variant_sale_below_price', violation_error_message='A sale price is below the regular price.'),
        ),
    ]
