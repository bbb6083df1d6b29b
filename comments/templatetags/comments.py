"""Tags for the answer form, conversations, and the tally of favorites."""

import re
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.db.models import Count, Subquery
from django.http import Http404
from django.utils.html import format_html

from blog.models import Article
from comments.forms import AnswerForm
from comments.linkify import linkify
from comments.models import COMMENTS_PER_PAGE, Comment, Favorite
from comments.structured import thread
from exercises.models import Exercise, Variation
from metadata import json_ld

register = template.Library()
COMMENTS_ON_EXERCISE = 5
NUMBER = re.compile(r"[1-9][0-9]{0,6}")


@register.inclusion_tag("comments/form.html", takes_context=True)
def answer_form(
    context: dict[str, Any],
    article: Article | None = None,
    favorite: Exercise | None = None,
    parent: Comment | None = None,
) -> dict[str, Any]:
    """Shows the form that the view put into the context, else one with `favorite` chosen."""
    site = context["site"]
    form = context.get("answer_form") or AnswerForm(
        initial={"favorite": favorite}, site=site, article=article
    )
    return {
        "form": form,
        "article": article,
        "parent": parent,
        "preview": context.get("preview"),
        "site": site,
        "site_pages": context["site_pages"],
    }


@register.inclusion_tag("comments/conversation.html", takes_context=True)
def conversation(context: dict[str, Any], article: Article) -> dict[str, Any]:
    """Shows page ?conversation= of the comments on an article. Raises Http404 if there is none. One
    query fetches it and two totals: only row_count includes placeholders of removed comments."""
    rows = Comment.objects.filter(article=article).in_thread_order()
    counts = rows.order_by().values("article")
    rows = rows.annotate(
        row_count=Subquery(counts.annotate(n=Count("pk")).values("n")),
        comment_count=Subquery(counts.annotate(n=Count("published_at")).values("n")),
    )
    number = context["request"].GET.get("conversation", "1")
    start = (int(number) - 1) * COMMENTS_PER_PAGE if NUMBER.fullmatch(number) else 0
    pages = Paginator(rows, COMMENTS_PER_PAGE)
    if found := list(rows[start : start + COMMENTS_PER_PAGE]):
        pages.count = found[0].row_count
    if number not in map(str, pages.page_range):
        raise Http404
    page = pages.page(number)
    page.object_list = found or page.object_list
    site = context["site"]
    nodes = json_ld.script(thread(page, article, site)) if page.object_list else ""
    return {"page": page, "article": article, "site": site, "nodes": nodes}


@register.inclusion_tag("comments/exercise_favorites.html", takes_context=True)
def what_readers_like(context: dict[str, Any], exercise: Exercise) -> dict[str, Any]:
    """Shows how many readers name an exercise as their favorite, and their latest comments."""
    comments = Comment.objects.published_with_words().filter(favorite=exercise)
    comments = comments.order_by("-written_at")[:COMMENTS_ON_EXERCISE]
    for comment in comments:
        comment.favorite = exercise
    return {
        "exercise": exercise,
        "answers": Comment.objects.people_by_favorite()[exercise.pk],
        "comments": comments,
        "site": context["site"],
    }


@register.simple_tag
def trainers_favorite() -> Variation | None:
    """Returns the variation that the trainer likes best. The tally does not count it."""
    favorites = Variation.objects.published().exclude(favorite_reason="")
    return favorites.select_related("exercise").first()


@register.simple_tag(takes_context=True)
def trainers_note(context: dict[str, Any], exercise: Exercise | Favorite) -> str:
    """Returns an HTML note if the variation that the trainer likes best is of this exercise."""
    variation = context["hers"] if "hers" in context else trainers_favorite()
    if variation is None or variation.exercise_id != exercise.pk:
        return ""
    note = '<span class="note">{} likes the {} best</span>'
    return format_html(note, context["site"].trainer, variation.name.lower())


register.filter("linkify", linkify)


@register.simple_tag
def first_favorites() -> list[Favorite]:
    """Returns the three exercises that most readers name as their favorite, for the home page."""
    return Comment.objects.shown_tally()[:3]


@register.simple_tag
def favorites_among(exercises: list[Exercise]) -> list[Favorite]:
    """Returns those of `exercises` that readers name as favorites, the most named first."""
    pks = {exercise.pk for exercise in exercises}
    return [favorite for favorite in Comment.objects.shown_tally() if favorite.pk in pks]
