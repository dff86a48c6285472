"""Shops that said themselves that they take the installation's test account are known by what was written down."""

from django.db import migrations, models

FILL = """
UPDATE accounts_merchant SET has_chosen_test_account = true
WHERE uses_installation_account AND id IN (
    SELECT merchant_id FROM accounts_staffaction
    WHERE what = 'Payments go to the test account of this installation. No real money moves.'
)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_shops_not_live_yet'),
    ]

    operations = [
        migrations.AddField(
            model_name='merchant',
            name='has_chosen_test_account',
            field=models.BooleanField(db_default=False, default=False, help_text="the merchant chose the installation's account to try things out; once live, it is not used"),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
