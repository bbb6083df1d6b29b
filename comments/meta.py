"""Page metadata of the favorites page."""

from django.core.paginator import Page as Part
from django.urls import reverse

from exercises.models import Exercise
from metadata.page import Meta, list_page
from publishing.models import Site


def of_favorites(part: Part, chosen: Exercise | None) -> Meta:
    path, which = list_page(reverse("favorites"), part)
    site = Site.current()
    return Meta(
        title=f"Favorites: {chosen.name}" if chosen else f"Favorites{which}",
        path=path,
        description=f"{site.question} What readers of {site.name} answered, counted by exercise"
        f"{which}.",
        page_type="CollectionPage",
        feeds=(("What readers say", reverse("comments_feed")),),
        indexed=not chosen,
    )
