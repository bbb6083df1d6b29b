"""What to look at before an article is published.

Only a missing title, a picture without words, and a card or link that leads nowhere stop it. The
rest are questions: she may have her reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.urls import Resolver404, resolve

from blog.models import Article, Author, Page
from exercises.models import Exercise, Prescription, Variation
from publishing.models import Redirect, Subject
from writing import check, claims
from writing.check import Finding
from writing.syntax import picture_name

TITLE_FITS = 60  # characters that search results show


def findings(article: Article) -> list[Finding]:
    """Everything to look at, stops first; the article may be typed and not saved."""
    blocks = list(check.blocks(article.text))
    names = [block.words for block in blocks if block.kind == "embed"]
    found = [
        *_about_fields(article),
        *_about_lead_picture(article),
        *check.about_pictures(blocks),
        *_about_cards(blocks, _variations(names)),
        *check.about_headings(blocks),
        *check.about_links(blocks, leads_somewhere),
        *check.about_claims(blocks),
    ]
    return sorted(found, key=lambda finding: finding.level != "stop")


def stops(article: Article) -> list[Finding]:
    return [finding for finding in findings(article) if finding.level == "stop"]


def _about_fields(article: Article) -> Iterator[Finding]:
    if not article.title.strip():
        yield Finding("stop", "The article needs a title.", "title")
    if len(article.title) > TITLE_FITS:
        yield Finding(
            "question",
            f"The title has {len(article.title)} letters; search results cut it after about"
            f" {TITLE_FITS}. Would a shorter one do?",
            "title",
        )
    if not article.standfirst.strip():
        sentence = "There is no opening sentence. Lists and search results will show none."
        yield Finding("question", sentence, "standfirst")
    if article.lead_picture is None:
        yield Finding("question", "There is no lead picture. Shall it go without?", "lead_picture")


def _about_lead_picture(article: Article) -> Iterator[Finding]:
    if article.lead_picture:
        yield from check.about_picture(article.lead_picture, "lead_picture", 0)


def _variations(names: Iterable[str]) -> dict[str, Variation]:
    slugs = [name.rpartition("/")[2] for name in names if "/" in name]
    rows = Variation.objects.filter(slug__in=slugs).select_related("exercise", "prescription")
    return {row.card_line[2:-2]: row for row in rows}


def _about_cards(
    blocks: Iterable[check.Block], variations: Mapping[str, Variation]
) -> Iterator[Finding]:
    live = set(Exercise.objects.published().values_list("pk", flat=True))
    before: list[check.Block] = []
    for block in blocks:
        if block.kind == "heading":
            before = []
        elif block.kind == "words":
            before.append(block)
        elif not picture_name(block.words):
            variation = variations.get(block.words)
            if variation is None:
                sentence = f"The card “{block.words}” leads nowhere: there is no such exercise."
                yield Finding("stop", sentence, "text", block.line)
            else:
                if variation.exercise_id not in live:
                    sentence = f"“{variation}” is still a draft: readers will not see its card."
                    yield Finding("question", sentence, "text", block.line)
                yield from _about_amounts(before, variation)
            before = []


def _about_amounts(before: Iterable[check.Block], variation: Variation) -> Iterator[Finding]:
    """Numbers in the words that lead to a card, against what the card says."""
    prescription: Prescription | None = getattr(variation, "prescription", None)
    if prescription is None:
        return
    held = set(variation.steps.values_list("hold_seconds", flat=True))
    on_card: dict[str, set[int | None]] = {
        "sets": {prescription.sets},
        "repetitions": {prescription.repetitions},
        "hold": {prescription.seconds, prescription.hold_seconds, *held},
        "rest": {prescription.rest_seconds},
        "way": set(),
    }
    for block in before:
        for what, pattern in claims.AMOUNTS:
            for match in pattern.finditer(block.words):
                of = claims.seconds_of(block.words, match) if what == "seconds" else what
                stated = sorted(n for n in on_card[of] if n)
                numbers = [claims.number(word) for word in match.groups() if word]
                if stated and not any(numbers[0] <= n <= numbers[-1] for n in stated):
                    known = " or ".join(map(str, stated))
                    sentence = (
                        f"The text says “{match[0]}”, the card of “{variation}” below says"
                        f" {known} {what}. Which is right?"
                    )
                    yield Finding("question", sentence, "text", block.line)


def leads_somewhere(path: str) -> bool:
    """Whether a reader finds a page at this path of the site, now or by a redirect; one who left
    out the last slash is sent to it."""
    try:
        match = resolve(path)
    except Resolver404:
        return leads_somewhere(f"{path}/") if path[-1] != "/" else bool(Redirect.after(path))
    slug = match.kwargs.get("slug", "")
    if match.url_name == "subject":
        return Subject.called(slug) is not None or bool(Redirect.after(path))
    rows: Any = {
        "article": Article.objects.published(),
        "exercise": Exercise.objects.published(),
        "print_ladder": Exercise.objects.published(),
        "print_card": Exercise.objects.published().filter(
            variations__slug=match.kwargs.get("variation")
        ),
        "page": Page.objects.published(),
        "author": Author.objects.all(),
    }.get(match.url_name or "")
    if rows is None or rows.filter(slug=slug).exists():
        return True
    return bool(Redirect.after(path))
