"""What each page of this room tells of itself."""

from django.core.paginator import Page as Part
from django.urls import reverse

from exercises import social, structured
from exercises.choosing import Chooser
from exercises.models import Exercise, Variation
from metadata.page import Meta, list_page
from publishing.models import Site

LIBRARY = ("Exercises", "/exercises/")


def of_library(chooser: Chooser, part: Part) -> Meta:
    path, which = list_page(reverse("library"), part)
    chosen = f": {chooser.in_words}" if chooser.choice else ""
    return Meta(
        title=f"Exercise library{chosen}{which}",
        path=path,
        description=f"Exercises of {Site.current().name}, each with its variations from easy to"
        f" hard, steps, sets and repetitions{which}.",
        page_type="CollectionPage",
        indexed=not chosen,
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
