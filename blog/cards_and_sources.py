"""Renders the texts of articles, pages and authors, with exercise cards and sources."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.db.models import Q
from django.template.loader import render_to_string

from blog.models import Article, Author, Page, Source
from exercises.models import Variation
from publishing.models import Site
from writing import markdown
from writing.markdown import Embed, Text

CARD = "exercises/card.html"


def render(
    row: Article | Page | Author,
    *,
    sources: Iterable[Source] | None = None,
    editing: bool = False,
    card: str = CARD,
    site: Site | None = None,
) -> Text:
    """Renders the text of an article, page or biography as sanitized HTML with cards and citations.

    The card of a missing or unpublished exercise is left out; `editing` shows a problem report in
    its place. sources: replace the article's stored sources. card: the path of the card template.
    site: the Site row, if the caller has read it already.
    """
    language = row.language if isinstance(row, Article) else ""
    embeds = partial(_cards, template=card, site=site, language=language)
    if isinstance(row, Article):
        if sources is None:
            sources = row.sources.all() if row.pk is not None else []
        notes = [(source.key, _side_note(source, editing)) for source in sources]
        return markdown.render(
            row.text, embeds=embeds, sources=notes, editing=editing, language=language
        )
    text = row.text if isinstance(row, Page) else row.biography
    return markdown.render(text, embeds=embeds, editing=editing)


def preview(content: str) -> str:
    """Renders a page's or biography's Markdown as an HTML preview that shows problems in place."""
    return render(Page(text=content), editing=True).html


def _cards(
    names: list[str], template: str, site: Site | None, language: str
) -> Mapping[str, Embed]:
    """Maps each card name ("hip-thrust/basic-floor") to its rendered card or its problem. language:
    that of the text around the cards, which are in English."""
    names = [name for name in names if name.count("/") == 1]
    is_live = Q(pk__in=Variation.objects.published())
    found: dict[str, Any] = Variation.objects.complete().annotate(live=is_live).named(names)
    site = site or (Site.current() if found else None)
    embeds = {}
    for name in names:
        if name not in found:
            embeds[name] = Embed(problem=f"there is no exercise “{name}”.")
        elif not found[name].live:
            problem = f"“{found[name]}” is still a draft: readers do not see its card."
            embeds[name] = Embed(problem=problem)
        else:
            context = {
                "variation": found[name],
                "site": site,
                "in_article": True,
                "in_other_language": bool(language),
            }
            embeds[name] = Embed(render_to_string(template, context), row=found[name])
    return embeds


def _side_note(source: Source, editing: bool) -> str:
    """The note beside a citation: author and year; with `editing`, also what the study found."""
    author = source.authors.split(",")[0] or source.publisher or source.title
    note = f"{author}, {source.year}" if source.year else author
    return f"{note}: {source.found}" if editing and source.found else note
