"""A violated rule says in words what is wrong. Changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_merchant_revision'),
        ('fulfillment', '0002_merchant_revision'),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='fulfillmentmethod',
            name='method_days_in_order',
            constraint=models.CheckConstraint(condition=models.Q(('min_days__lte', models.F('max_days'))), name='method_days_in_order', violation_error_message='The days at best are no more than the days at worst.'),
        ),
        migrations.AlterConstraint(
            model_name='fulfillmentmethod',
            name='method_hours',
            constraint=models.CheckConstraint(condition=models.Q(('cutoff_hour__lte', 24), ('window_end_hour__lte', 23), ('window_start_hour__lt', models.F('window_end_hour'))), name='method_hours', violation_error_message='The cut-off is at most 24; the window ends after it starts, by 23.'),
        ),
        migrations.AlterConstraint(
            model_name='fulfillmentmethod',
            name='method_names_its_place',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'pickup'), ('location__isnull', False)), models.Q(models.Q(('kind', 'pickup'), _negated=True), ('zone__isnull', False)), _connector='OR'), name='method_names_its_place', violation_error_message='A pick-up needs a location; every other way needs a zone.'),
        ),
        migrations.AlterConstraint(
            model_name='fulfillmentrate',
            name='rate_not_negative',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0)), name='rate_not_negative', violation_error_message='A rate is never below zero.'),
        ),
    ]
