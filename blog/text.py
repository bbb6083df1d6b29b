"""Gives the Markdown renderer what an article's text may name: exercise cards and sources."""

from collections.abc import Mapping
from functools import partial

from django.db.models import Q
from django.template.loader import render_to_string

from blog.models import Article, Author, Page, Source
from exercises.models import Exercise, Variation
from publishing.models import Site
from writing import markdown
from writing.markdown import Embed, Text

CARD = "exercises/card.html"


def render(
    row: Article | Page | Author,
    *,
    editing: bool = False,
    card: str = CARD,
    site: Site | None = None,
) -> Text:
    """The text of an article, page or biography as clean HTML with its cards and sources.

    Readers get nothing for a card that is missing or a draft; with editing, its line is told.
    card names the template of an exercise; site saves its query to who has it already.
    """
    embeds = partial(_cards, template=card, site=site)
    if isinstance(row, Article):
        sources = (
            [(s.key, _short(s, editing)) for s in row.sources.all()] if row.pk is not None else []
        )
        return markdown.render(row.text, embeds=embeds, sources=sources, editing=editing)
    text = row.text if isinstance(row, Page) else row.biography
    return markdown.render(text, embeds=embeds, editing=editing)


def preview(content: str) -> str:
    """What the editor of a page or biography sees below the text, with the problems in it."""
    return render(Page(text=content), editing=True).html


def _cards(names: list[str], template: str, site: Site | None) -> Mapping[str, Embed]:
    places = {name: tuple(name.split("/")) for name in names if name.count("/") == 1}
    variations = Variation.objects.filter(
        exercise__slug__in=[place[0] for place in places.values()],
        slug__in=[place[1] for place in places.values()],
    ).complete()
    variations = variations.annotate(live=Q(exercise__in=Exercise.objects.published()))
    found = {(v.exercise.slug, v.slug): v for v in variations}
    site = site or (Site.current() if found else None)
    embeds = {}
    for name, place in places.items():
        if place not in found:
            embeds[name] = Embed(problem=f"there is no exercise “{name}”.")
        elif not found[place].live:
            problem = f"“{found[place]}” is still a draft: readers do not see its card."
            embeds[name] = Embed(problem=problem)
        else:
            context = {"variation": found[place], "site": site, "in_article": True}
            embeds[name] = Embed(render_to_string(template, context), row=found[place])
    return embeds


def _short(source: Source, editing: bool) -> str:
    """What stands beside a claim; its editor also sees there what the source supports."""
    who = source.authors.split(",")[0] or source.publisher or source.title
    named = f"{who}, {source.year}" if source.year else who
    return f"{named}: {source.found}" if editing and source.found else named
