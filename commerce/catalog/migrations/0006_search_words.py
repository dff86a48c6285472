"""A product is found by its variants' options and codes too, in any spelling, and words are known for themselves.

`catalog_fold` is how text and questions are brought to one form: small letters without accents, units apart
from their numbers. Stems are English and no word is left out, so that a title of nothing but "The Who" is
found; questions leave out English stop words by themselves. `search` is NULL where nothing of a product is
for sale. Whatever is written to it is replaced: setting it means "write it anew".

`catalog_word` has the words of titles, brands, categories, tags and options, to correct others by. It is part of
the search like an index and no record of its own. The same word may be there twice, where two products brought
it at once: a unique constraint would make the writers of products wait for one another.
"""

import django.contrib.postgres.indexes
from django.db import migrations, models

VOCABULARY = """
CREATE TABLE catalog_word (merchant_id varchar(40) NOT NULL, word varchar(40) NOT NULL);
CREATE INDEX word_by_merchant ON catalog_word (merchant_id, word);
CREATE INDEX word_alike ON catalog_word USING gin (merchant_id, word gin_trgm_ops);
"""

WITHOUT_VOCABULARY = "DROP TABLE catalog_word"

CONFIGURATION = """
CREATE TEXT SEARCH DICTIONARY catalog_stem (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION catalog (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION catalog ALTER MAPPING REPLACE english_stem WITH catalog_stem;

CREATE FUNCTION catalog_fold(words text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT lower(unaccent(regexp_replace(words, '([[:digit:]])([[:alpha:]])', '\\1 \\2', 'g')))
$$;
"""

WITHOUT_CONFIGURATION = """
DROP FUNCTION catalog_fold(text);
DROP TEXT SEARCH CONFIGURATION catalog;
DROP TEXT SEARCH DICTIONARY catalog_stem;
"""

TRIGGERS = """
CREATE OR REPLACE FUNCTION catalog_fill_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    codes text;
    options text;
    described text;
BEGIN
    SELECT string_agg(concat_ws(' ', sku, gtin, mpn), ' ') INTO codes
    FROM catalog_variant WHERE product_id = NEW.id AND status = 'active';
    IF codes IS NULL THEN
        NEW.search := NULL;
        RETURN NEW;
    END IF;
    SELECT coalesce(string_agg(DISTINCT option, ' '), '') INTO options
    FROM catalog_variant, unnest(option_values) AS option WHERE product_id = NEW.id AND status = 'active';
    described := concat_ws(' ', NEW.brand, NEW.category, array_to_string(NEW.tags, ' '), options);
    NEW.search :=
        setweight(to_tsvector('catalog', catalog_fold(NEW.title)), 'A') ||
        setweight(to_tsvector('catalog', catalog_fold(concat_ws(' ', described, codes))), 'B') ||
        setweight(to_tsvector('catalog', catalog_fold(concat_ws(
            ' ', array_to_string(NEW.option_names, ' '), NEW.description
        ))), 'D');
    INSERT INTO catalog_word (merchant_id, word)
    SELECT NEW.merchant_id, word
    FROM unnest(tsvector_to_array(to_tsvector('simple', catalog_fold(concat_ws(' ', NEW.title, described))))) AS word
    WHERE word ~ '^[[:alpha:]][[:alpha:]-]{2,39}$' AND NOT EXISTS (
        SELECT 1 FROM catalog_word known WHERE known.merchant_id = NEW.merchant_id AND known.word = word.word
    );
    RETURN NEW;
END $$;

DROP TRIGGER product_search ON catalog_product;
CREATE TRIGGER product_search
BEFORE INSERT OR UPDATE OF merchant_id, title, brand, category, tags, option_names, description, search
ON catalog_product FOR EACH ROW EXECUTE FUNCTION catalog_fill_search();

CREATE FUNCTION catalog_refill_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        changed := ARRAY(SELECT product_id FROM new_rows);
    ELSIF TG_OP = 'DELETE' THEN
        changed := ARRAY(SELECT product_id FROM old_rows);
    ELSE
        changed := ARRAY(
            SELECT unnest(ARRAY[o.product_id, n.product_id]) FROM old_rows o JOIN new_rows n USING (id)
            WHERE (o.product_id, o.status, o.option_values, o.sku, o.gtin, o.mpn)
                  IS DISTINCT FROM (n.product_id, n.status, n.option_values, n.sku, n.gtin, n.mpn)
        );
    END IF;
    IF changed <> '{}' THEN
        PERFORM 1 FROM catalog_product WHERE id = ANY (changed) ORDER BY id FOR NO KEY UPDATE;
        UPDATE catalog_product SET search = NULL WHERE id = ANY (changed);
    END IF;
    RETURN NULL;
END $$;

-- The library must be there before its setting is named: for whoever is no superuser it is unknown until then.
SELECT similarity('', '');

CREATE FUNCTION catalog_words_near(merchant text, misspelt text) RETURNS SETOF text LANGUAGE sql STABLE
SET pg_trgm.similarity_threshold = 0.15 AS $$
    SELECT word FROM catalog_word WHERE merchant_id = merchant AND word % misspelt
    GROUP BY word ORDER BY similarity(word, misspelt) DESC, word LIMIT 30
$$;

CREATE TRIGGER variant_search_inserted AFTER INSERT ON catalog_variant
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_refill_search();
CREATE TRIGGER variant_search_updated AFTER UPDATE ON catalog_variant
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION catalog_refill_search();
CREATE TRIGGER variant_search_deleted AFTER DELETE ON catalog_variant
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_refill_search();
"""

AS_BEFORE = """
DROP FUNCTION catalog_words_near(text, text);
DROP TRIGGER variant_search_inserted ON catalog_variant;
DROP TRIGGER variant_search_updated ON catalog_variant;
DROP TRIGGER variant_search_deleted ON catalog_variant;
DROP FUNCTION catalog_refill_search();

CREATE OR REPLACE FUNCTION catalog_fill_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search :=
        setweight(to_tsvector('english', NEW.title), 'A') ||
        setweight(to_tsvector('english', NEW.brand || ' ' || NEW.category || ' ' ||
                              array_to_string(NEW.tags, ' ')), 'B') ||
        setweight(to_tsvector('english', NEW.description), 'C');
    RETURN NEW;
END $$;

DROP TRIGGER product_search ON catalog_product;
CREATE TRIGGER product_search BEFORE INSERT OR UPDATE OF title, brand, category, tags, description
ON catalog_product FOR EACH ROW EXECUTE FUNCTION catalog_fill_search();
"""


class Migration(migrations.Migration):

    dependencies = [("catalog", "0005_search_extensions")]

    operations = [
        migrations.RunSQL(VOCABULARY, WITHOUT_VOCABULARY),
        migrations.RunSQL(CONFIGURATION, WITHOUT_CONFIGURATION),
        migrations.RunSQL(TRIGGERS, AS_BEFORE),
        migrations.RemoveIndex(model_name='product', name='product_search'),
        migrations.AddIndex(
            model_name='product',
            index=django.contrib.postgres.indexes.GinIndex(fields=['merchant', 'search'], name='product_search'),
        ),
        migrations.AddIndex(
            model_name='product', index=models.Index(fields=['merchant', 'title', 'id'], name='product_by_title')
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(fields=['merchant', '-created_at', 'id'], name='product_newest'),
        ),
        migrations.AddIndex(
            model_name='variant',
            index=models.Index(
                condition=models.Q(('gtin', ''), _negated=True), fields=['merchant', 'gtin'], name='variant_by_gtin'
            ),
        ),
    ]
