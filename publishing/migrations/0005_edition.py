import time

from django.db import migrations, models


def first_edition(apps, schema_editor):
    Edition = apps.get_model("publishing", "Edition")
    Edition.objects.create(pk=1, number=time.time_ns() // 1000)


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0004_redirects'),
    ]

    operations = [
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
                ('began_at', models.DateTimeField(blank=True, null=True)),
                ('next_change_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='edition_is_one_row')],
            },
        ),
        migrations.RunPython(first_edition, migrations.RunPython.noop),
    ]
