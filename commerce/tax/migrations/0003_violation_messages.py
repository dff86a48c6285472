"""A violated rule says in words what is wrong. Changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_merchant_revision'),
        ('tax', '0002_merchant_revision'),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='taxrate',
            name='tax_rate_percentage_range',
            constraint=models.CheckConstraint(condition=models.Q(('percentage__gte', 0), ('percentage__lte', 100)), name='tax_rate_percentage_range', violation_error_message='A percentage is from 0 to 100.'),
        ),
    ]
