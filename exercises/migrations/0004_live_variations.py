"""Variations are published one by one and have addresses of their own. Those that exist are live as
soon as their exercise is, and those named like another page below an exercise get a free slug.

Backward, variations that readers do not see would become visible, so they must be published or
deleted first. Prescriptions of "as many as you can" are deleted: the schema before cannot hold them.
"""

from django.core.management.base import CommandError
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat
from django.utils import timezone

from publishing.locks import lock_tables
from publishing.models.published import free_name

RESERVED_SLUGS = ["card", "gym"]
lock = lock_tables(
    "exercises_exercise", "exercises_variation", "exercises_muscle", "publishing_searchentry"
)
ASKED_ABOUT = ["gluteus-maximus", "gluteus-medius"]  # "What is your favorite glute exercise?"


def publish(apps, schema_editor):
    using = schema_editor.connection.alias
    variations = apps.get_model("exercises", "Variation").objects.using(using)
    exercises = apps.get_model("exercises", "Exercise").objects.using(using)
    exercise, now = exercises.filter(pk=OuterRef("exercise")), timezone.now()
    saved = Subquery(exercise.values("updated_at")[:1])
    variations.filter(exercise__published_at__lte=now).update(
        published_at=Subquery(exercise.values("published_at")[:1]), updated_at=saved
    )
    variations.filter(published_at=None).update(published_at=now, updated_at=saved)


def require_visible(apps, schema_editor):
    variations = apps.get_model("exercises", "Variation").objects
    hidden = Q(published_at=None) | Q(published_at__gt=timezone.now())
    rows = variations.using(schema_editor.connection.alias).filter(hidden)
    names = [f"{row.exercise.name}: {row.name}" for row in rows.select_related("exercise")]
    if names:
        raise CommandError(
            "The version before knows no drafts of variations; readers would see these. Publish or"
            f" delete them first: {', '.join(names)}."
        )


def drop_maximums(apps, schema_editor):
    prescriptions = apps.get_model("exercises", "Prescription").objects
    prescriptions.using(schema_editor.connection.alias).exclude(maximum="").delete()


def rename_reserved(apps, schema_editor):
    """Card lines in texts follow in 0004 of blog, which calls free_name with the same names."""
    using = schema_editor.connection.alias
    variations = apps.get_model("exercises", "Variation").objects.using(using)
    for variation in variations.filter(slug__in=RESERVED_SLUGS):
        ladder = variations.filter(exercise=variation.exercise_id)
        slug = free_name(variation.slug, ladder.values_list("slug", flat=True))
        variations.filter(pk=variation.pk).update(slug=slug)


def lead_to_pages(apps, schema_editor):
    _move_search_entries(apps, schema_editor, "/", "/")


def lead_to_anchors(apps, schema_editor):
    _move_search_entries(apps, schema_editor, "/#", "")


def _move_search_entries(apps, schema_editor, before_slug, after_slug):
    using = schema_editor.connection.alias
    entries = apps.get_model("publishing", "SearchEntry").objects.using(using)
    variations = apps.get_model("exercises", "Variation").objects.using(using)
    address = Concat(
        Value("/exercises/"),
        "exercise__slug",
        Value(before_slug),
        "slug",
        Value(after_slug),
        output_field=models.CharField(),
    )
    own = variations.filter(pk=OuterRef("key")).order_by().values(address=address)
    found = entries.filter(kind="variation", key__in=variations.values("pk"))
    found.update(address=Subquery(own))


def mark_glutes(apps, schema_editor):
    """Marks the muscles of the site's first question, unless the trainer asks another one."""
    using = schema_editor.connection.alias
    sites = apps.get_model("publishing", "Site").objects.using(using)
    muscles = apps.get_model("exercises", "Muscle").objects.using(using)
    if not sites.exclude(question__icontains="glute").exists():
        muscles.filter(slug__in=ASKED_ABOUT).update(in_question=True)


def check_changed_rows(apps, schema_editor):
    """PostgreSQL adds no constraint while checks of changed rows wait for the end."""
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [("exercises", "0003_what_a_trainer_says")]

    operations = [
        migrations.RunPython(lock, migrations.RunPython.noop),
        migrations.RunPython(publish, require_visible),
        migrations.RunPython(migrations.RunPython.noop, drop_maximums),
        migrations.RunPython(rename_reserved, migrations.RunPython.noop),
        migrations.RunPython(lead_to_pages, lead_to_anchors),
        migrations.RunPython(mark_glutes, migrations.RunPython.noop),
        migrations.RunPython(check_changed_rows, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="variation",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__in", RESERVED_SLUGS), _negated=True),
                name="variation_slug_is_free",
                violation_error_message="This address is taken by another page of the exercise."
                " Choose another.",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, lock),
    ]
