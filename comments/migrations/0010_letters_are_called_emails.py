from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("comments", "0009_rate_limit_key")]

    operations = [
        migrations.AlterModelOptions(
            "Letter", {"ordering": ["-written_at", "-pk"], "verbose_name": "email"}
        ),
    ]
