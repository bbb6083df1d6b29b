"""Every constraint is enforced by the database, and by a form with a message for the editor."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import Device
from blog.models import Draft, Page
from comments.models import Address, Block, Comment, LastVisit, Report, WordCount
from comments.models.favorites import LatestFavorite
from exercises.models import ExerciseDraft, Level, MuscleWork, VariationDraft
from publishing.models import Edition, Redirect, Site, StarterRecord
from search.models import SearchEntry
from tests.support import make

pytestmark = [pytest.mark.database, pytest.mark.django_db]

APP_LABELS = ["publishing", "exercises", "blog", "comments", "door"]


def one_step() -> Any:
    return make.make_variation().steps.get()


def one_prescription() -> Any:
    return make.make_variation().prescription


def one_work() -> Any:
    return make.make_exercise(muscles=[make.make_muscle()]).work.get()


def one_need() -> Any:
    return make.make_variation(one_of=[make.make_equipment()]).needs.get()


def one_card() -> Any:
    return make.make_article(text=make.make_variation().card_line).cards.get()


def one_record() -> StarterRecord:
    number = StarterRecord.objects.count()
    return StarterRecord.objects.create(key=f"a:{number}", row_kind="a", row_id=number)


def one_report(comment: Comment | None = None) -> Report:
    comment = comment or make.make_comment()
    return Report.objects.create(comment=comment, sender=f"sender {Report.objects.count()}")


def one_entry() -> SearchEntry:
    number = SearchEntry.objects.count()
    more = {"title": "Title", "address": "/", "published_at": timezone.now()}
    return SearchEntry.objects.create(kind="article", key=10**6 + number, **more)


def one_block() -> Block:
    return Block.objects.create(kind="word", value=f"word {Block.objects.count()}")


def one_favorite() -> LatestFavorite:
    """The row that is kept of a comment with a favorite."""
    comment = make.make_comment(favorite=make.make_exercise())
    return LatestFavorite.objects.get(comment=comment)


def one_redirect() -> Redirect:
    number = Redirect.objects.count()
    return Redirect.objects.create(old_path=f"/old-{number}/", new_path="/new/")


def one_draft(model: Any = Draft) -> Any:
    number = model.objects.count()
    editor = User.objects.get_or_create(username="writer")[0]
    return model.objects.create(key=f"window{number}", editor=editor, typed={"title": ["T"]})


def one_device() -> Device:
    user = User.objects.get_or_create(username="writer")[0]
    return Device.objects.create(user=user, key=f"key {Device.objects.count()}", name="A browser")


def values_of(row: Any, *fields: str) -> Any:
    """The values of another row, which would make this one a duplicate."""
    return {field: getattr(row, field) for field in fields}


# For each constraint, a factory of a valid row and the change that violates the constraint.
VIOLATIONS: dict[str, tuple[Callable[[], Any], Callable[[Any], dict[str, Any]]]] = {
    "site_is_one_row": (Site.current, lambda row: {"id": 2}),
    "edition_is_one_row": (Edition.objects.get, lambda row: {"id": 2}),
    "picture_decorative_has_no_words": (make.make_picture, lambda row: {"decorative": True}),
    "picture_focal_point_in_picture": (make.make_picture, lambda row: {"focal_y": 101}),
    "picture_has_a_size": (make.make_picture, lambda row: {"height": 0}),
    "subject_has_a_name": (make.make_subject, lambda row: {"name": ""}),
    "subject_has_a_sentence": (make.make_subject, lambda row: {"sentence": ""}),
    "subject_slug_holds_a_letter": (make.make_subject, lambda row: {"slug": "2026"}),
    "muscle_has_a_name": (make.make_muscle, lambda row: {"name": ""}),
    "equipment_has_a_name": (make.make_equipment, lambda row: {"name": ""}),
    "exercise_has_a_name": (make.make_exercise, lambda row: {"name": ""}),
    "exercise_slug_holds_a_letter": (make.make_exercise, lambda row: {"slug": "20-26"}),
    "muscle_once_an_exercise": (
        one_work,
        lambda row: {
            "muscle": MuscleWork.objects.create(
                exercise=row.exercise, muscle=make.make_muscle()
            ).muscle
        },
    ),
    "muscle_role_is_known": (one_work, lambda row: {"role": "tertiary"}),
    "variation_slug_once": (
        make.make_variation,
        lambda row: {"slug": make.make_variation(exercise=row.exercise).slug},
    ),
    "variation_has_a_name": (make.make_variation, lambda row: {"name": ""}),
    "variation_level_is_known": (make.make_variation, lambda row: {"level": "expert"}),
    "variation_rung_from_one": (make.make_variation, lambda row: {"position": 0}),
    "variation_slug_holds_a_letter": (make.make_variation, lambda row: {"slug": "1_2"}),
    "exercise_approval_has_a_date": (
        make.make_exercise,
        lambda row: {"approved_by": User.objects.create(username="approver")},
    ),
    "variation_approval_has_a_date": (
        make.make_variation,
        lambda row: {"approved_by": User.objects.create(username="approver")},
    ),
    "variation_posture_is_known": (make.make_variation, lambda row: {"posture": "flying"}),
    "variation_end_pose_is_known": (make.make_variation, lambda row: {"end_pose": "middle"}),
    "variation_end_photo_has_a_start": (
        make.make_variation,
        lambda row: {"end_photo": make.make_picture()},
    ),
    "variation_alternative_is_another": (make.make_variation, lambda row: {"alternative": row}),
    "variation_video_is_on_the_web": (
        make.make_variation,
        lambda row: {"video_url": "ftp://example.org/film"},
    ),
    "variation_slug_is_free": (make.make_variation, lambda row: {"slug": "gym"}),
    "prescription_sets_range_rises": (one_prescription, lambda row: {"sets_to": row.sets}),
    "prescription_repetitions_range_rises": (
        one_prescription,
        lambda row: {"repetitions_to": row.repetitions},
    ),
    "prescription_seconds_range_rises": (one_prescription, lambda row: {"seconds_to": 5}),
    "site_answers_within_a_month": (Site.current, lambda row: {"answer_days": 31}),
    "site_texts_need_a_number": (Site.current, lambda row: {"phone_takes_texts": True}),
    "author_number_has_a_body": (make.make_author, lambda row: {"certificate_number": "123"}),
    "testimonial_says_something": (make.make_testimonial, lambda row: {"words": ""}),
    "step_says_something": (one_step, lambda row: {"text": ""}),
    "step_phase_is_known": (one_step, lambda row: {"phase": "rest"}),
    "step_hold_at_least_one_second": (one_step, lambda row: {"hold_seconds": 0}),
    "prescription_at_least_one_set": (one_prescription, lambda row: {"sets": 0}),
    "prescription_repetitions_or_seconds": (one_prescription, lambda row: {"seconds": 30}),
    "prescription_hold_says_where": (one_prescription, lambda row: {"hold_seconds": 2}),
    "prescription_rest_at_least_one_second": (one_prescription, lambda row: {"rest_seconds": 0}),
    "author_has_a_name": (make.make_author, lambda row: {"name": ""}),
    "author_slug_holds_a_letter": (make.make_author, lambda row: {"slug": "7"}),
    "article_has_a_title": (make.make_article, lambda row: {"title": ""}),
    "article_slug_holds_a_letter": (make.make_article, lambda row: {"slug": "2026"}),
    "card_once_an_article": (
        one_card,
        lambda row: values_of(
            make.make_article(
                text=f"{row.variation.card_line}\n\n{make.make_variation().card_line}"
            ).cards.first(),
            "article",
            "variation",
        ),
    ),
    "source_key_once": (
        make.make_source,
        lambda row: {"key": make.make_source(article=row.article).key},
    ),
    "source_has_a_title": (make.make_source, lambda row: {"title": ""}),
    "source_has_a_link": (make.make_source, lambda row: {"url": ""}),
    "page_has_a_title": (make.make_page, lambda row: {"title": ""}),
    "page_slug_holds_a_letter": (make.make_page, lambda row: {"slug": "404"}),
    "page_role_once": (
        make.make_page,
        lambda row: {"role": make.make_page(role=Page.Role.PRIVACY).role},
    ),
    "redirect_leads_elsewhere": (one_redirect, lambda row: {"new_path": row.old_path}),
    "search_entry_once": (one_entry, lambda row: values_of(one_entry(), "kind", "key")),
    "comment_says_something": (make.make_comment, lambda row: {"words": ""}),
    "comment_one_favorite": (
        make.make_comment,
        lambda row: {"favorite": make.make_exercise(), "other_favorite": "Swings"},
    ),
    "comment_answers_another": (make.make_comment, lambda row: {"parent": row}),
    "comment_public_or_gone": (make.make_comment, lambda row: {"is_spam": True}),
    "comment_removed_by_somebody": (make.make_comment, lambda row: {"removed_by": "writer"}),
    "report_once_each": (one_report, lambda row: {"sender": one_report(row.comment).sender}),
    "block_once": (one_block, lambda row: {"value": one_block().value}),
    "block_has_a_value": (one_block, lambda row: {"value": ""}),
    "device_once": (one_device, lambda row: values_of(one_device(), "key")),
    "look_is_one_row": (lambda: LastVisit.objects.create(pk=1), lambda row: {"id": 2}),
}

# Constraints on rows and fields that no form shows, so they need no message.
WITHOUT_MESSAGE = {
    "device_once",
    "comment_removed_by_somebody",
    "edition_is_one_row",
    "look_is_one_row",
    "redirect_leads_elsewhere",
}

MAKERS: dict[str, Callable[[], Any]] = {
    "publishing.picture": make.make_picture,
    "publishing.subject": make.make_subject,
    "publishing.redirect": one_redirect,
    "publishing.starterrecord": one_record,
    "exercises.muscle": make.make_muscle,
    "exercises.equipment": make.make_equipment,
    "exercises.exercise": make.make_exercise,
    "exercises.prescription": one_prescription,
    "exercises.exercisedraft": lambda: one_draft(ExerciseDraft),
    "exercises.variationdraft": lambda: one_draft(VariationDraft),
    "blog.author": make.make_author,
    "blog.article": make.make_article,
    "blog.draft": one_draft,
    "blog.page": make.make_page,
    "comments.comment": lambda: make.make_comment(dedup_hash=f"once {Comment.objects.count()}"),
    "comments.latestfavorite": one_favorite,
    "comments.wordcount": lambda: WordCount.objects.create(word=f"w{WordCount.objects.count()}"),
    "comments.address": lambda: Address.objects.create(
        email=f"a{Address.objects.count()}@example.org"
    ),
}


def own_models() -> Iterator[type[models.Model]]:
    for label in APP_LABELS:
        yield from apps.get_app_config(label).get_models()


def unique_fields() -> list[tuple[str, str]]:
    return [
        (model._meta.label_lower, field.name)
        for model in own_models()
        for field in model._meta.fields
        if field.unique and not field.primary_key
    ]


def check_violation(row: Any, changes: dict[str, Any], *, has_message: bool = True) -> None:
    """Fails unless both the database and full_clean() refuse the changes."""
    rows = type(row)._base_manager.filter(pk=row.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**changes)
    row.full_clean()  # the row is valid before
    for field, value in changes.items():
        setattr(row, field, value)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    for message in refused.value.messages:
        assert message.endswith("."), message
        assert not has_message or "Constraint" not in message, f"no message: {message}"


def test_every_constraint_is_tested() -> None:
    names = {c.name for model in own_models() for c in model._meta.constraints}
    assert names == set(VIOLATIONS)


@pytest.mark.parametrize("name", VIOLATIONS)
def test_constraint_is_enforced(name: str) -> None:
    maker, change = VIOLATIONS[name]
    row = maker()
    assert name in {constraint.name for constraint in row._meta.constraints}
    check_violation(row, change(row), has_message=name not in WITHOUT_MESSAGE)


@pytest.mark.parametrize(("label", "field"), unique_fields())
def test_unique_field_refuses_a_duplicate(label: str, field: str) -> None:
    first, second = MAKERS[label](), MAKERS[label]()
    check_violation(second, {field: getattr(first, field)})


@pytest.mark.parametrize("level", Level.values)
def test_every_level_is_allowed(level: str) -> None:
    make.make_variation(level=level).full_clean()


@pytest.mark.parametrize("slug", ["articles", "admin", "media", "favorites", "static", "comments"])
def test_page_slug_cannot_be_an_address_of_the_site(slug: str) -> None:
    page = make.make_page()
    page.slug = slug
    with pytest.raises(ValidationError, match="already an address of this site"):
        page.full_clean()


def test_two_subjects_cannot_have_the_same_name() -> None:
    make.make_subject(name="Glutes", other_names="Butt, gluteus")
    for words in ("abs, BUTT", "glutes"):
        subject = make.make_subject(name="Core", slug=f"core-{len(words)}", other_names=words)
        with pytest.raises(ValidationError, match="already leads to Glutes"):
            subject.full_clean()
        subject.delete()


def test_rows_that_an_article_shows_cannot_be_deleted() -> None:
    variation, picture = make.make_variation(), make.make_picture()
    article = make.make_article(text=variation.card_line, lead_picture=picture)
    for row in (variation, picture, article.author, variation.exercise):
        with pytest.raises(models.ProtectedError):
            row.delete()
    article.text, article.lead_picture = "Nothing now.", None
    article.save()
    variation.delete()
    picture.delete()


def test_site_is_always_one_row() -> None:
    Site.current()
    Site(name="Second").save()
    assert [(site.pk, site.name) for site in Site.objects.all()] == [(1, "Second")]
