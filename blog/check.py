"""Checks an article before it is published, with the checks of any text in writing/check.py.

Only a missing title, a picture without a text alternative, and a card or link that leads nowhere
block publishing. They are findings of level "stop"; the author may ignore all others ("question").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.urls import Resolver404, resolve

from blog.models import Article, Author, Page, variations_named
from exercises.models import Exercise, Prescription, Variation
from publishing.models import Redirect, Subject
from writing import check, claims
from writing.check import Finding
from writing.syntax import picture_name

MAX_TITLE = 60  # characters; search results cut longer titles


def findings(article: Article) -> list[Finding]:
    """All findings about an article, saved or not; those that block publishing come first."""
    blocks = list(check.blocks(article.text))
    names = [block.words for block in blocks if block.kind == "embed"]
    found = [
        *_about_fields(article),
        *(check.about_picture(lead, "lead_picture", 0) if (lead := article.lead_picture) else ()),
        *check.about_pictures(blocks),
        *_about_cards(blocks, variations_named(names)),
        *check.about_headings(blocks),
        *check.about_links(blocks, leads_somewhere),
        *check.about_claims(blocks),
    ]
    return sorted(found, key=lambda finding: finding.level != "stop")


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
                yield from _about_amounts(paragraphs, variation)
            paragraphs = []


def _about_amounts(paragraphs: Iterable[check.Block], variation: Variation) -> Iterator[Finding]:
    """Finds amounts in the paragraphs before a card that differ from the card's prescription."""
    prescription: Prescription | None = getattr(variation, "prescription", None)
    if prescription is None:
        return
    step_holds = {step.hold_seconds for step in variation.steps.all()}
    on_card: dict[str, set[int | None]] = {
        "sets": {prescription.sets},
        "repetitions": {prescription.repetitions},
        "hold": {prescription.seconds, prescription.hold_seconds, *step_holds},
        "rest": {prescription.rest_seconds},
        "way": set(),
    }
    for block in paragraphs:
        for unit, pattern in claims.AMOUNTS:
            for match in pattern.finditer(block.words):
                amount = claims.seconds_of(block.words, match) if unit == "seconds" else unit
                stated = sorted(n for n in on_card[amount] if n)
                numbers = [claims.number(word) for word in match.groups() if word]
                if stated and not any(numbers[0] <= n <= numbers[-1] for n in stated):
                    sentence = (
                        f"The text says “{match[0]}”, the card of “{variation}” below says"
                        f" {' or '.join(map(str, stated))} {unit}. Which is right?"
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
