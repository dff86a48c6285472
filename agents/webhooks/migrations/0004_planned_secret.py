from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_body_when_planned")]

    operations = [
        migrations.AddField("endpoint", "planned_secret_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField("endpoint", "sealed_planned_secret", models.BinaryField(editable=False, null=True)),
    ]
