"""The table of Django's database cache, as `createcachetable` would make it."""

from django.db import migrations

FORWARD = """
CREATE TABLE accounts_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX accounts_cache_expires ON accounts_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_confirmations")]

    operations = [migrations.RunSQL(FORWARD, "DROP TABLE accounts_cache")]
