from django.db import migrations, models


class Migration(migrations.Migration):
    """A name in Python only: the column and its index keep theirs, for workers of the version
    before."""

    dependencies = [("comments", "0008_clearer_names")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("Letter", "letter_to_mailbox"),
                migrations.RenameField("Letter", "counted_as", "rate_limit_key"),
                migrations.AlterField(
                    "Letter",
                    "rate_limit_key",
                    models.CharField(
                        blank=True,
                        db_column="counted_as",
                        db_default="",
                        default="",
                        max_length=40,
                    ),
                ),
                migrations.AddIndex(
                    "Letter",
                    models.Index(fields=["rate_limit_key", "sent_at"], name="letter_to_mailbox"),
                ),
            ],
        ),
    ]
