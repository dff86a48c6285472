from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fix(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Fix what the keys of chats were issued with, and set it where it was taken away."""
    keys = apps.get_model("chat", "ShopChat").objects.values("key")
    ours = apps.get_model("accounts", "AgentKey").objects.filter(pk__in=keys)
    ours.update(requires_confirmation=True, always_confirms=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_keys_that_always_confirm"),
        ("chat", "0003_forgotten"),
    ]

    operations = [migrations.RunPython(fix, migrations.RunPython.noop)]
