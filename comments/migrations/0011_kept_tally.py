from itertools import islice

from django.db import migrations, models
from django.db.models import Case, Count, F, Q, When, Window
from django.db.models.functions import Cast, RowNumber

BATCH_SIZE = 2000
KEPT = {
    "on_delete": models.DO_NOTHING,
    "db_constraint": False,
    "related_name": "+",
}


def fill(apps, schema_editor):
    """As FavoritesQuerySet.repair_favorites() did when this was written."""
    kept = apps.get_model("comments", "LatestFavorite").objects
    counts = apps.get_model("comments", "FavoriteCount").objects
    rows = (
        kept.model(person=person, comment_id=comment, exercise_id=exercise)
        for person, comment, exercise in latest_favorites(apps).iterator(BATCH_SIZE)
    )
    while batch := list(islice(rows, BATCH_SIZE)):
        kept.bulk_create(batch)
    counts.bulk_create(
        counts.model(exercise_id=exercise, people=people)
        for exercise, people in kept.values_list("exercise").annotate(people=Count("pk"))
    )


def latest_favorites(apps):
    confirmed = apps.get_model("comments", "Address").objects.exclude(confirmed_at=None)
    person = Case(
        When(email__in=confirmed.values("email"), then="email"),
        When(~Q(author_hash=""), then="author_hash"),
        default=Cast("pk", models.CharField()),
        output_field=models.CharField(),
    )
    latest_first = [F("written_at").desc(), F("pk").desc()]
    nth = Window(RowNumber(), partition_by=person, order_by=latest_first)
    named = apps.get_model("comments", "Comment").objects.filter(
        published_at__isnull=False, favorite__isnull=False, by_trainer=False
    )
    latest = named.annotate(kept_for=person, nth=nth).filter(nth=1).order_by()
    return latest.values_list("kept_for", "pk", "favorite")


class Migration(migrations.Migration):
    dependencies = [
        ("blog", "0004_credentials_and_languages"),
        ("comments", "0010_letters_are_called_emails"),
        ("exercises", "0004_live_variations"),
    ]

    operations = [
        migrations.CreateModel(
            name="FavoriteCount",
            fields=[
                (
                    "exercise",
                    models.OneToOneField(
                        primary_key=True, serialize=False, to="exercises.exercise", **KEPT
                    ),
                ),
                ("people", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="LatestFavorite",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person", models.CharField(max_length=254, unique=True)),
                ("comment", models.ForeignKey(to="comments.comment", **KEPT)),
                ("exercise", models.ForeignKey(to="exercises.exercise", **KEPT)),
            ],
        ),
        migrations.AddIndex(
            "comment",
            models.Index(
                fields=["written_at"], name="comment_changed", condition=Q(change__isnull=False)
            ),
        ),
        migrations.AddIndex(
            "comment",
            models.Index(fields=["written_at"], name="comment_asked", condition=~Q(asked_change="")),
        ),
        migrations.AddIndex(
            "comment", models.Index(fields=["email"], name="comment_by_email"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
