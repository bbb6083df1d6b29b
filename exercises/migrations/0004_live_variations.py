"""Variations are published one by one and have addresses of their own. Those that exist are live as
soon as their exercise is, and those named like another page below an exercise get a free slug."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.utils import timezone

RESERVED_SLUGS = ["card", "gym"]
ASKED_ABOUT = ["gluteus-maximus", "gluteus-medius"]  # "What is your favorite glute exercise?"


def publish(apps, schema_editor):
    using = schema_editor.connection.alias
    variations = apps.get_model("exercises", "Variation").objects.using(using)
    exercises = apps.get_model("exercises", "Exercise").objects.using(using)
    exercise, now = exercises.filter(pk=OuterRef("exercise")), timezone.now()
    variations.update(
        published_at=now, updated_at=Subquery(exercise.values("updated_at")[:1])
    )
    variations.filter(exercise__published_at__lte=now).update(
        published_at=Subquery(exercise.values("published_at")[:1])
    )


def rename_reserved(apps, schema_editor):
    using = schema_editor.connection.alias
    variations = apps.get_model("exercises", "Variation").objects.using(using)
    for variation in variations.filter(slug__in=RESERVED_SLUGS):
        taken = set(variations.filter(exercise=variation.exercise_id).values_list("slug", flat=True))
        free = (f"{variation.slug}-{n}" for n in range(2, 1000))
        variation.slug = next(slug for slug in free if slug not in taken)
        variation.save(update_fields=["slug"])


def move_search_entries(apps, schema_editor):
    using = schema_editor.connection.alias
    entries = apps.get_model("publishing", "SearchEntry").objects.using(using)
    variations = apps.get_model("exercises", "Variation").objects.using(using)
    for pk, slug, exercise in variations.values_list("pk", "slug", "exercise__slug"):
        address = f"/exercises/{exercise}/{slug}/"
        entries.filter(kind="variation", key=pk).update(address=address)


def mark_glutes(apps, schema_editor):
    muscles = apps.get_model("exercises", "Muscle").objects.using(schema_editor.connection.alias)
    muscles.filter(slug__in=ASKED_ABOUT).update(in_question=True)


class Migration(migrations.Migration):
    dependencies = [("exercises", "0003_what_a_trainer_says")]

    operations = [
        migrations.RunPython(publish, migrations.RunPython.noop),
        migrations.RunPython(rename_reserved, migrations.RunPython.noop),
        migrations.RunPython(move_search_entries, migrations.RunPython.noop),
        migrations.RunPython(mark_glutes, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="variation",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__in", RESERVED_SLUGS), _negated=True),
                name="variation_slug_is_free",
                violation_error_message="This address is taken by another page of the exercise."
                " Choose another.",
            ),
        ),
    ]
