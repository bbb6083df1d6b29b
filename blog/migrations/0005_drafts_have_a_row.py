from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE


class Migration(migrations.Migration):
    """Renames Draft.article to `row` in the state only: the column keeps its name, so that servers
    of the version before run on during an upgrade."""

    dependencies = [
        ("blog", "0004_credentials_and_languages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("draft", "article", "row"),
                migrations.AlterField(
                    "draft",
                    "row",
                    models.ForeignKey(
                        blank=True,
                        db_column="article_id",
                        null=True,
                        on_delete=CASCADE,
                        related_name="drafts",
                        to="blog.article",
                    ),
                ),
                migrations.AlterField(
                    "draft",
                    "editor",
                    models.ForeignKey(
                        on_delete=CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
    ]
