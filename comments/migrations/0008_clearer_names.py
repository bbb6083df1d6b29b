import django.db.models.deletion
from django.db import migrations, models


def forget_content_type(apps, schema_editor):
    """Nobody is given permissions on it, and under its new name it gets another."""
    rows = apps.get_model("contenttypes", "ContentType").objects
    rows.using(schema_editor.connection.alias).filter(app_label="comments", model="look").delete()


class Migration(migrations.Migration):
    """Names in Python only: the table and its columns keep theirs, so that workers of the version
    before go on running."""

    dependencies = [
        ("comments", "0007_ascii_domains"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("Look", "LastVisit"),
                migrations.AlterModelTable("LastVisit", "comments_look"),
                migrations.RenameField("Comment", "person", "author_hash"),
                migrations.AlterField(
                    "Comment",
                    "author_hash",
                    models.CharField(
                        blank=True,
                        db_column="person",
                        db_index=True,
                        editable=False,
                        max_length=40,
                    ),
                ),
                migrations.RenameField("Comment", "once", "dedup_hash"),
                migrations.AlterField(
                    "Comment",
                    "dedup_hash",
                    models.CharField(
                        db_column="once", editable=False, max_length=40, null=True, unique=True
                    ),
                ),
                migrations.RemoveConstraint("Comment", "comment_answers_another"),
                migrations.RenameField("Comment", "answers", "parent"),
                migrations.AlterField(
                    "Comment",
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_column="answers_id",
                        help_text="The comment this one answers.",
                        limit_choices_to={"parent": None},
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replies",
                        to="comments.comment",
                    ),
                ),
                migrations.AddConstraint(
                    "Comment",
                    models.CheckConstraint(
                        condition=models.Q(parent=models.F("pk"), _negated=True),
                        name="comment_answers_another",
                        violation_error_message="A comment cannot answer itself.",
                    ),
                ),
            ],
        ),
        migrations.RunPython(forget_content_type, migrations.RunPython.noop),
    ]
