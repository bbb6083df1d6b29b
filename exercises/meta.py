"""Builds each page's `Meta`: title, description, social card and JSON-LD."""

from django.core.paginator import Page as Part
from django.urls import reverse

from exercises import social, structured
from exercises.filters import LibraryFilter
from exercises.models import Exercise, Variation
from metadata.page import Meta, list_page
from publishing.models import Site

LIBRARY = ("Exercises", "/exercises/")


def of_library(library_filter: LibraryFilter, part: Part) -> Meta:
    path, page_number = list_page(reverse("library"), part)
    filters = f": {library_filter.description}" if library_filter.filters else ""
    return Meta(
        title=f"Exercise library{filters}{page_number}",
        path=path,
        description=f"Exercises of {Site.current().name}, each with its variations from easy to"
        f" hard, steps, sets and repetitions{page_number}.",
        page_type="CollectionPage",
        indexed=not filters,
    )


def of_exercise(exercise: Exercise, variations: list[Variation], site: Site, *, live: bool) -> Meta:
    first = variations[0] if variations else None
    return Meta(
        title=exercise.name,
        path=exercise.get_absolute_url(),
        description=exercise.summary or f"{exercise.name}, step by step.",
        kind="article",
        card=social.of_exercise(exercise, first, site) if live else None,
        published=exercise.published_at,
        modified=exercise.changed_at,
        trail=(LIBRARY,),
        nodes=structured.ladder(exercise, variations),
        indexed=live,
    )
