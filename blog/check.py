"""What is asked about articles, pages, authors and subjects before they are published.

Only a missing title, a picture without a text alternative, and a card or link that leads nowhere
block publishing. They are findings of level "stop"; the author may ignore all others ("question").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from blog.models import Article, Author, Page
from exercises.check import contradictions
from exercises.models import Exercise, Variation
from publishing.models import Redirect, Site, Subject
from web.site_url import origin_of
from writing import check
from writing.check import Finding
from writing.syntax import picture_name

MAX_TITLE = 60  # characters; search results cut longer titles
# An email address or a phone number.
REACHES_HER = re.compile(r"\S@\S+\.\w|(?:\d[ ().-]{0,2}){7}")


@check.register(Article)
def _of_article(article: Article) -> Iterator[Finding]:
    yield from _about_fields(article)
    if article.lead_picture:
        yield from check.about_picture(article.lead_picture, "lead_picture", 0)
    blocks = list(check.blocks(article.text))
    yield from _about_text(blocks)


@check.register(Page)
def _of_page(page: Page) -> Iterator[Finding]:
    blocks = _uncited_blocks(page.text)
    yield from _about_text(blocks)
    if page.role == Page.Role.CONTACT and not _offers_contact(blocks, Site.current()):
        sentence = (
            "Readers find no way to reach you on it: no email address, phone number, booking page"
            " or place. Write one here, or under “The site itself”."
        )
        yield Finding("question", sentence, "text")


@check.register(Author)
def _of_author(author: Author) -> Iterator[Finding]:
    if author.portrait:
        yield from check.about_picture(author.portrait, "portrait", 0)
    else:
        yield Finding("question", "There is no portrait of you.", "portrait")
    if not author.credential.strip():
        yield Finding("question", "It does not say what you are certified as.", "credential")
    if not author.biography.strip():
        sentence = "There is no biography. Who are you, and how do you train people?"
        yield Finding("question", sentence, "biography")
    for finding in _about_text(_uncited_blocks(author.biography)):
        yield replace(finding, spot="biography")


@check.register(Subject)
def _of_subject(subject: Subject) -> Iterator[Finding]:
    if subject.pk and not any(
        rows.published().filter(subjects=subject).exists()
        for rows in (Article.objects, Exercise.objects)
    ):
        sentence = "No live article or exercise has this subject, so its page lists nothing."
        yield Finding("question", sentence, "")


def _about_text(blocks: Sequence[check.Block]) -> Iterator[Finding]:
    names = [block.words for block in blocks if block.kind == "embed"]
    rows = Variation.objects.select_related("prescription").prefetch_related("steps")
    yield from check.about_pictures(blocks)
    yield from _about_cards(blocks, rows.named(names))
    yield from check.about_headings(blocks)
    yield from check.about_links(blocks, leads_somewhere)
    yield from check.about_claims(blocks)


def _uncited_blocks(text: str) -> list[check.Block]:
    """The blocks of a text that has no sources: a link to another site stands for a citation."""
    blocks = list(check.blocks(text))
    for block in blocks:
        block.cites = any(_leads_away(url) for url, _ in block.links)
    return blocks


def _offers_contact(blocks: Iterable[check.Block], site: Site) -> bool:
    """True if the contact page shows an address or number, from the site's row or in its text."""
    return (
        any([site.email, site.phone, site.booking_url, site.address])
        or any(REACHES_HER.search(block.words) for block in blocks)
        or any(_leads_away(url) for block in blocks for url, _ in block.links)
    )


def _leads_away(url: str) -> bool:
    """True for an email address, a phone number and a page of another site."""
    return bool(urlsplit(url).scheme) and origin_of(url) != settings.SITE_URL


def _about_fields(article: Article) -> Iterator[Finding]:
    if not article.title.strip():
        yield Finding("stop", "The article needs a title.", "title")
    if len(article.title) > MAX_TITLE:
        yield Finding(
            "question",
            f"The title has {len(article.title)} characters; search results cut it after about"
            f" {MAX_TITLE}. Would a shorter one do?",
            "title",
        )
    if not article.standfirst.strip():
        sentence = "There is no opening sentence. Lists and search results will show none."
        yield Finding("question", sentence, "standfirst")
    if article.lead_picture is None:
        yield Finding("question", "There is no lead picture. Shall it go without?", "lead_picture")


def _about_cards(
    blocks: Iterable[check.Block], variations: Mapping[str, Variation]
) -> Iterator[Finding]:
    named = [variation.pk for variation in variations.values()]
    live = set(Variation.objects.published().filter(pk__in=named).values_list("pk", flat=True))
    paragraphs: list[check.Block] = []  # since the last heading or card
    for block in blocks:
        if block.kind == "heading":
            paragraphs = []
        elif block.kind == "words":
            paragraphs.append(block)
        elif not picture_name(block.words):
            variation = variations.get(block.words)
            if variation is None:
                sentence = f"The card “{block.words}” leads nowhere: there is no such exercise."
                yield Finding("stop", sentence, "text", block.line)
            else:
                if variation.pk not in live:
                    sentence = f"“{variation}” is still a draft: readers will not see its card."
                    yield Finding("question", sentence, "text", block.line)
                if variation.card_name != block.words:
                    sentence = (
                        f"“{block.words}” is now called “{variation.card_name}”; its card still"
                        " appears. Shall the line say the new name?"
                    )
                    yield Finding("question", sentence, "text", block.line)
                yield from _about_amounts(paragraphs, variation)
            paragraphs = []


def _about_amounts(paragraphs: Iterable[check.Block], variation: Variation) -> Iterator[Finding]:
    """Finds amounts in the paragraphs before a card that differ from the card."""
    holds = [step.hold_seconds for step in variation.steps.all()]
    for block in paragraphs:
        for stated, on_card in contradictions(block.words, variation, holds):
            sentence = (
                f"The text says “{stated}”, the card of “{variation}” below says {on_card}."
                " Which is right?"
            )
            yield Finding("question", sentence, "text", block.line)


def leads_somewhere(path: str) -> bool:
    """True if this path, with or without a final slash, shows a public page or redirects."""
    try:
        match = resolve(path)
    except Resolver404:
        return leads_somewhere(f"{path}/") if path[-1] != "/" else bool(Redirect.target_of(path))
    slug = match.kwargs.get("slug", "")
    if match.url_name == "subject":
        return Subject.by_slug(slug) is not None or bool(Redirect.target_of(path))
    variation = Exercise.objects.filter(
        variations__in=Variation.objects.published(),
        variations__slug=match.kwargs.get("variation"),
    )
    rows: Any = {
        "article": Article.objects.published(),
        "exercise": Exercise.objects.published(),
        "print_ladder": Exercise.objects.published(),
        "variation": variation,
        "print_card": variation,
        "page": Page.objects.published(),
        "author": Author.objects.all(),
    }.get(match.url_name or "")
    if rows is None or rows.filter(slug=slug).exists():
        return True
    return bool(Redirect.target_of(path))
