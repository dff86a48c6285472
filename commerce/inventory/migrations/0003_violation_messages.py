"""A violated rule says in words what is wrong. Changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_violation_messages'),
        ('inventory', '0002_check_references_at_once'),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='stockitem',
            name='stock_not_oversold',
            constraint=models.CheckConstraint(condition=models.Q(('is_tracked', False), ('allow_backorder', True), ('on_hand__gte', models.F('reserved')), _connector='OR'), name='stock_not_oversold', violation_error_message='Without backorders no fewer can be on hand than are held for buyers.'),
        ),
    ]
