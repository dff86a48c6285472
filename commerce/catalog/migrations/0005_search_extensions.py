"""What the search needs of PostgreSQL beyond its core; all three come with it."""

from django.db import migrations

from commerce.postgres.extensions import RequireExtension


class Migration(migrations.Migration):

    dependencies = [("catalog", "0004_no_index_twice")]

    operations = [
        RequireExtension("unaccent", "the catalog search reads Crème as creme"),
        RequireExtension("pg_trgm", "the catalog search forgives misspellings"),
        RequireExtension("btree_gin", "the catalog search looks at one merchant's products only"),
    ]
