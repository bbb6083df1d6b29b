from django.db import migrations, models


class Migration(migrations.Migration):
    """A name in Python only: the column keeps its own, for workers of the version before."""

    dependencies = [("door", "0001_first")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("Guess", "door", "key"),
                migrations.AlterField(
                    "Guess",
                    "key",
                    models.CharField(db_column="door", db_index=True, max_length=40),
                ),
            ],
        ),
    ]
