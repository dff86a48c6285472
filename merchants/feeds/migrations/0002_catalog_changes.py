"""Every change of what a feed tells is noted, whoever makes it and however. Only for merchants that have feeds.

Of stock only what changes its availability counts: a sale that leaves some notes nothing and costs nothing.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION feeds_note(merchant varchar, product varchar) RETURNS void LANGUAGE sql AS $$
    INSERT INTO feeds_catalogchange (merchant_id, product_id, noted_at)
    SELECT merchant, product, clock_timestamp()
    WHERE EXISTS (SELECT 1 FROM feeds_feed f WHERE f.merchant_id = merchant AND f.is_active);
$$;

CREATE FUNCTION feeds_note_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM feeds_note(OLD.merchant_id, OLD.id);
    ELSE
        PERFORM feeds_note(NEW.merchant_id, NEW.id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION feeds_note_variant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM feeds_note(OLD.merchant_id, OLD.product_id);
    ELSE
        PERFORM feeds_note(NEW.merchant_id, NEW.product_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION feeds_note_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM feeds_note(merchant_id, id) FROM catalog_product WHERE id = OLD.product_id;
    ELSE
        PERFORM feeds_note(merchant_id, id) FROM catalog_product WHERE id = NEW.product_id;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION feeds_note_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM feeds_note(merchant_id, product_id) FROM catalog_variant WHERE id = OLD.variant_id;
    ELSE
        PERFORM feeds_note(merchant_id, product_id) FROM catalog_variant WHERE id = NEW.variant_id;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION feeds_note_merchant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM feeds_note(NEW.id, '');
    RETURN NULL;
END $$;

CREATE FUNCTION feeds_note_agent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM feeds_note(NEW.merchant_id, '');
    RETURN NULL;
END $$;

CREATE TRIGGER feeds_product_changed AFTER UPDATE ON catalog_product
FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION feeds_note_product();
CREATE TRIGGER feeds_product_came_or_went AFTER INSERT OR DELETE ON catalog_product
FOR EACH ROW EXECUTE FUNCTION feeds_note_product();

CREATE TRIGGER feeds_variant_changed AFTER UPDATE ON catalog_variant
FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION feeds_note_variant();
CREATE TRIGGER feeds_variant_came_or_went AFTER INSERT OR DELETE ON catalog_variant
FOR EACH ROW EXECUTE FUNCTION feeds_note_variant();

CREATE TRIGGER feeds_picture_changed AFTER INSERT OR UPDATE OR DELETE ON catalog_media
FOR EACH ROW EXECUTE FUNCTION feeds_note_picture();

CREATE TRIGGER feeds_stock_changed AFTER UPDATE ON inventory_stockitem
FOR EACH ROW WHEN (
    OLD.is_tracked <> NEW.is_tracked OR OLD.allow_backorder <> NEW.allow_backorder
    OR (OLD.on_hand > OLD.reserved) <> (NEW.on_hand > NEW.reserved)
) EXECUTE FUNCTION feeds_note_stock();
CREATE TRIGGER feeds_stock_came_or_went AFTER INSERT OR DELETE ON inventory_stockitem
FOR EACH ROW EXECUTE FUNCTION feeds_note_stock();

CREATE TRIGGER feeds_merchant_changed AFTER UPDATE ON accounts_merchant
FOR EACH ROW WHEN (OLD.revision <> NEW.revision) EXECUTE FUNCTION feeds_note_merchant();

CREATE TRIGGER feeds_agent_changed AFTER UPDATE ON accounts_agent
FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active) EXECUTE FUNCTION feeds_note_agent();

-- What is stored is mostly compressed already; to try it again costs more than it saves.
ALTER TABLE feeds_blobchunk ALTER COLUMN data SET STORAGE EXTERNAL;
"""

TRIGGERS = {
    "catalog_product": ("feeds_product_changed", "feeds_product_came_or_went"),
    "catalog_variant": ("feeds_variant_changed", "feeds_variant_came_or_went"),
    "catalog_media": ("feeds_picture_changed",),
    "inventory_stockitem": ("feeds_stock_changed", "feeds_stock_came_or_went"),
    "accounts_merchant": ("feeds_merchant_changed",),
    "accounts_agent": ("feeds_agent_changed",),
}
FUNCTIONS = ("product", "variant", "picture", "stock", "merchant", "agent")

BACKWARD = (
    "".join(f"DROP TRIGGER {name} ON {table};\n" for table, names in TRIGGERS.items() for name in names)
    + "".join(f"DROP FUNCTION feeds_note_{name}();\n" for name in FUNCTIONS)
    + "DROP FUNCTION feeds_note(varchar, varchar);\n"
    + "ALTER TABLE feeds_blobchunk ALTER COLUMN data SET STORAGE EXTENDED;\n"
)


class Migration(migrations.Migration):
    dependencies = [
        ("feeds", "0001_initial"),
        ("catalog", "0008_feed_facts"),
        ("inventory", "0003_violation_messages"),
        ("accounts", "0008_return_days"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
