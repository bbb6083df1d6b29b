from __future__ import annotations

import re
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.db.models import Count, Subquery
from django.http import Http404
from django.utils.html import format_html

from blog.models import Article
from comments import linkify
from comments.forms import AnswerForm
from comments.models import WORDS_A_PAGE, Comment
from comments.structured import thread
from exercises.models import Exercise, Variation
from metadata import json_ld

register = template.Library()
WORDS_ON_EXERCISE = 5
NUMBER = re.compile(r"[1-9][0-9]{0,6}")


@register.inclusion_tag("comments/form.html", takes_context=True)
def answer_form(
    context: dict[str, Any],
    article: Article | None = None,
    favorite: Exercise | None = None,
    parent: Comment | None = None,
) -> dict[str, Any]:
    """The form, empty or as it came back; a favorite may be named in advance."""
    site = context["site"]
    form = context.get("answer_form") or AnswerForm(initial={"favorite": favorite}, site=site)
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
    """A page of the published words on an article, each with the answers to it. Raises Http404 for
    one that there is not, as any long list does."""
    rows = Comment.objects.filter(article=article).in_threads()
    counts = rows.order_by().values("article")  # each row brings along how many there are in all
    rows = rows.annotate(
        of_all=Subquery(counts.annotate(n=Count("pk")).values("n")),
        of_words=Subquery(counts.annotate(n=Count("published_at")).values("n")),
    )
    number = context["request"].GET.get("conversation", "1")
    start = (int(number) - 1) * WORDS_A_PAGE if NUMBER.fullmatch(number) else 0
    pages = Paginator(rows, WORDS_A_PAGE)
    if found := list(rows[start : start + WORDS_A_PAGE]):
        pages.count = found[0].of_all
    if number not in map(str, pages.page_range):
        raise Http404
    page = pages.page(number)
    page.object_list = found or page.object_list
    site = context["site"]
    nodes = json_ld.script(thread(page, article, site)) if page.object_list else ""
    return {"page": page, "article": article, "site": site, "nodes": nodes}


@register.inclusion_tag("comments/liked.html", takes_context=True)
def what_readers_like(context: dict[str, Any], exercise: Exercise) -> dict[str, Any]:
    """How many answers name an exercise, and some of the words."""
    naming = Comment.objects.public_words().filter(favorite=exercise).order_by("-written_at")
    comments = naming[:WORDS_ON_EXERCISE]
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
    """The variation she likes best; a note beside the tally, never a vote."""
    hers = Variation.objects.exclude(favorite_reason="").select_related("exercise")
    return hers.filter(exercise__in=Exercise.objects.published()).first()


@register.simple_tag(takes_context=True)
def trainers_note(context: dict[str, Any], exercise: Exercise) -> str:
    """In the row of her favorite: which variation it is."""
    hers = context["hers"] if "hers" in context else trainers_favorite()
    if hers is None or hers.exercise_id != exercise.pk:
        return ""
    trainer = context["site"].trainer
    return format_html('<span class="note">{} likes the {} best</span>', trainer, hers.name.lower())


register.filter("linked", linkify.linked)


@register.simple_tag
def first_favorites() -> list[Any]:
    """The three exercises that most answers name, for the home page."""
    tally = Comment.objects.tally()
    return tally[:3] if sum(exercise.answer_count for exercise in tally) >= ENOUGH else []


@register.simple_tag
def favorites_among(exercises: list[Exercise]) -> list[Any]:
    """Those of the exercises that readers name, most named first, for a subject's page."""
    tally = Comment.objects.tally()
    enough = sum(exercise.answer_count for exercise in tally) >= ENOUGH
    return [exercise for exercise in tally if enough and exercise in exercises]


ENOUGH = 5  # answers, before they are shown as a tally
