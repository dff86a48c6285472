import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feeds', '0002_catalog_changes'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='built_layout',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='feed',
            name='former_layouts',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='feed',
            name='former_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='feedfile',
            name='is_former',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name='feed',
            name='file_format',
            field=models.CharField(choices=[('parquet', 'Parquet (zstd)'), ('jsonl.gz', 'JSON lines, gzip'), ('csv.gz', 'CSV, gzip'), ('tsv.gz', 'TSV, gzip'), ('csv', 'CSV'), ('tsv', 'TSV'), ('jsonl', 'JSON lines')], help_text='OpenAI reads Parquet and what has gzip, Google TSV and CSV, Stripe CSV, the protocol JSON; another one gives the files other names', max_length=10),
        ),
        migrations.AlterField(
            model_name='feed',
            name='shards',
            field=models.PositiveSmallIntegerField(default=1, help_text='files an upload consists of; grows by itself with a large catalog. The files get other names', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(64)]),
        ),
    ]
