"""The words by which a product is found follow its text."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION catalog_fill_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search :=
        setweight(to_tsvector('english', NEW.title), 'A') ||
        setweight(to_tsvector('english', NEW.brand || ' ' || NEW.category || ' ' ||
                              array_to_string(NEW.tags, ' ')), 'B') ||
        setweight(to_tsvector('english', NEW.description), 'C');
    RETURN NEW;
END $$;

CREATE TRIGGER product_search BEFORE INSERT OR UPDATE OF title, brand, category, tags, description
ON catalog_product FOR EACH ROW EXECUTE FUNCTION catalog_fill_search();
"""

BACKWARD = """
DROP TRIGGER product_search ON catalog_product;
DROP FUNCTION catalog_fill_search();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
