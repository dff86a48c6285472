from django.db import migrations, models

PLAN_ANEW = """
    WITH planned AS (
        DELETE FROM webhooks_delivery WHERE body IS NULL RETURNING order_id, sequence
    )
    INSERT INTO outbox_outboxevent
        (topic, subscriber, key, payload, status, tries, due_at, last_error, created_at)
    SELECT 'order.updated', 'agents.webhooks.subscribers.announce_order', order_id,
           jsonb_build_object('sequence', max(sequence)), 'pending', 0, now(), '', now()
    FROM planned GROUP BY order_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_initial"),
        ("webhooks", "0002_no_index_twice"),
    ]

    operations = [
        migrations.RunSQL(PLAN_ANEW, migrations.RunSQL.noop),
        migrations.AlterField("delivery", "body", models.BinaryField(editable=False)),
    ]
