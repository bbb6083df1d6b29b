"""Template tags for subjects, navigation links and pagination."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.conf.global_settings import LANGUAGES_BIDI
from django.core import paginator
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.models import Article
from exercises.models import Exercise
from publishing.models import Subject

register = template.Library()


@register.inclusion_tag("blog/subject_index.html")
def subject_index(full: bool = False) -> dict[str, Any]:
    """Shows the subjects with public content; `full` adds the sentence of each subject."""
    subjects = Subject.objects.annotate(
        article_count=_count(Article), exercise_count=_count(Exercise)
    )
    return {"subjects": [s for s in subjects if s.article_count or s.exercise_count], "full": full}


def _count(model: type[Article | Exercise]) -> Coalesce:
    """Counts a subject's public articles or exercises. It is five times as fast to exclude the few
    unpublished rows as to look up 10,000 published ones."""
    links: Any = model.subjects.through.objects
    hidden = {f"{model._meta.model_name}__in": model.objects.hidden()}
    counted = links.filter(subject=OuterRef("pk")).exclude(**hidden).values("subject")
    return Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n")), 0)


@register.simple_tag(takes_context=True)
def section_link(context: template.RequestContext, name: str, text: str) -> SafeString:
    """A link to the URL called `name`, with aria-current on that page and the pages below it."""
    url, path = reverse(name), context.request.path
    if not path.startswith(url):
        return format_html('<a href="{}">{}</a>', url, text)
    current = "page" if path == url else "true"
    return format_html('<a href="{}" aria-current="{}">{}</a>', url, current, text)


@register.filter
def lang(code: str) -> SafeString | str:
    """The attributes of an element with a text in this language; none for the site's own, which is
    empty: <h1{{ article.language|lang }}>."""
    if not code:
        return ""
    direction = SafeString(' dir="rtl"') if code in LANGUAGES_BIDI else ""
    return format_html(' lang="{}"{}', code, direction)


@register.filter
def shown_pages(page: paginator.Page) -> Iterable[int | str]:
    """The page numbers to link to; an ellipsis stands for the numbers left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.simple_tag
def articles_with(exercise: Exercise) -> list[Article]:
    """The published articles that show a card of one of the exercise's variations."""
    rows = Article.objects.published().filter(variations__in=exercise.variations.published())
    return list(rows.select_related("lead_picture").distinct())
