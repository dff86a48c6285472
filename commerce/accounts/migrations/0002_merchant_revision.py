"""Every change of a merchant raises its revision, whoever makes it and however."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_raise_own_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revision = OLD.revision AND NEW IS DISTINCT FROM OLD THEN
        NEW.revision := OLD.revision + 1;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER merchant_revision BEFORE UPDATE ON accounts_merchant
FOR EACH ROW EXECUTE FUNCTION accounts_raise_own_revision();

CREATE FUNCTION accounts_raise_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE accounts_merchant SET revision = revision + 1 WHERE id = OLD.merchant_id;
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.merchant_id <> OLD.merchant_id) THEN
        UPDATE accounts_merchant SET revision = revision + 1 WHERE id = NEW.merchant_id;
    END IF;
    RETURN NULL;
END $$;
"""

BACKWARD = """
DROP TRIGGER merchant_revision ON accounts_merchant;
DROP FUNCTION accounts_raise_own_revision();
DROP FUNCTION accounts_raise_revision();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
