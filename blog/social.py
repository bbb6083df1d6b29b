"""Social cards (the pictures shown with shared links) of articles, subjects and the site."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from blog.models import Article
from exercises import social as exercises
from exercises.models import Variation
from metadata.cards import social
from metadata.cards.social import Card
from publishing.models import Site, Subject
from web.decorators import get_only


@get_only
def article_card(request: HttpRequest, slug: str, mark: str) -> HttpResponseBase:
    article = get_object_or_404(Article.objects.published(), slug=slug)
    card = of_article(article, list(article.subjects.all()), placed_in(article), Site.current())
    return social.serve(card, mark)


@get_only
def subject_card(request: HttpRequest, slug: str, mark: str) -> HttpResponseBase:
    subject = get_object_or_404(Subject, slug=slug)
    return social.serve(of_subject(subject, Site.current()), mark)


@get_only
def site_card(request: HttpRequest, mark: str) -> HttpResponseBase:
    return social.serve(social.of_site(Site.current()), mark)


def placed_in(article: Article) -> list[Variation]:
    """The variations whose cards readers see in an article, in the order of its text."""
    rows = Variation.objects.published().filter(articles=article)
    rows = rows.select_related("exercise", "prescription", "photo", "end_photo")
    return list(rows.order_by("cards__position"))


def of_article(
    article: Article, subjects: Sequence[Subject], placed: Sequence[Variation], site: Site
) -> Card:
    """Shows the first exercise's prescription, and the lead picture or else that exercise's art."""
    first = placed[0] if placed else None
    picture = article.lead_picture
    return Card(
        base=article.get_absolute_url(),
        kicker=subjects[0].name if subjects else "",
        headline=social.headline(article.title, site),
        numbers=exercises.numbers(first),
        detail=exercises.detail(first),
        business=site.name,
        art=(social.picture_art(picture) if picture else exercises.art(first))
        or social.zebra_art(article.slug),
    )


def of_subject(subject: Subject, site: Site) -> Card:
    return Card(
        base=subject.get_absolute_url(),
        kicker="Subject",
        headline=social.headline(subject.name, site),
        words=subject.sentence,
        business=site.name,
        art=social.zebra_art(subject.slug),
    )
