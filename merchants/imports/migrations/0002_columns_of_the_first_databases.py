"""The first databases were made when 0001 had not yet these columns; to all others this does nothing."""

from django.db import migrations

ADD = """
    ALTER TABLE imports_importjob
        ADD COLUMN IF NOT EXISTS file_samples text[] NOT NULL DEFAULT '{}',
        ADD COLUMN IF NOT EXISTS is_written boolean NOT NULL DEFAULT false;
    ALTER TABLE imports_importjob
        ALTER COLUMN file_samples DROP DEFAULT,
        ALTER COLUMN is_written DROP DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial")]

    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
