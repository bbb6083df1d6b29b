"""What to look at before an article is published, in plain words, each with its spot.

Only a missing title, a picture without words, and a card or link that leads nowhere stop it. The
rest are questions: she may have her reasons, and nothing here is counted up into a score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from blog import signs
from blog.models import Article, Author, Page
from exercises.models import Exercise, Prescription, Variation
from publishing import markdown
from publishing.models import Picture, Redirect, Subject
from web.site_url import origin_of

TITLE_FITS = 60  # characters that search results show


@dataclass(frozen=True)
class Finding:
    """level: a stop keeps it from being published, a question does not. spot: the form's field;
    line: where in the text, from 1."""

    level: Literal["stop", "question"]
    sentence: str
    spot: str
    line: int = 0


@dataclass
class _Block:
    """A heading, paragraph, list item or table cell of the text, or a line that places a thing."""

    kind: Literal["heading", "words", "placed"]
    words: str
    line: int
    level: int = 0
    cites: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)  # (address, words)


def findings(article: Article) -> list[Finding]:
    """Everything to look at, stops first; the article may be typed and not saved."""
    blocks = list(_blocks(article.text))
    names = [block.words for block in blocks if block.kind == "placed"]
    found = [
        *_about_fields(article),
        *_about_pictures(article, blocks),
        *_about_cards(blocks, _variations(names)),
        *_about_headings(blocks),
        *_about_links(blocks),
        *_about_claims(blocks),
    ]
    return sorted(found, key=lambda finding: finding.level != "stop")


def stops(article: Article) -> list[Finding]:
    return [finding for finding in findings(article) if finding.level == "stop"]


def claims(text: str) -> Iterator[Finding]:
    """What sounds like a claim and has no source."""
    return _about_claims(_blocks(text))


def _blocks(text: str) -> Iterator[_Block]:
    tokens = markdown.parse(text)
    line = 1
    for i, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else line
        if token.type == "placed":
            yield _Block("placed", token.content, line)
        elif token.type == "inline":
            heading = tokens[i - 1].type == "heading_open"
            block = _Block("heading" if heading else "words", "", line)
            block.level = int(tokens[i - 1].tag[1]) if heading else 0
            address: str | None = None
            linked = ""
            for child in token.children or []:
                piece = child.content if child.type in ("text", "code_inline") else ""
                piece = " " if child.type in ("softbreak", "hardbreak") else piece
                block.words += piece
                block.cites |= child.type == "citation"
                if child.type == "link_open":
                    address, linked = str(child.attrGet("href")), ""
                elif child.type == "link_close" and address is not None:
                    block.links.append((address, linked))
                    address = None
                elif address is not None:
                    linked += piece
            yield block


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


def _about_pictures(article: Article, blocks: Iterable[_Block]) -> Iterator[Finding]:
    if article.lead_picture:
        yield from _about_picture(article.lead_picture, "lead_picture", 0)
    placed = {
        name: block.line
        for block in blocks
        if block.kind == "placed" and (name := markdown.picture_name(block.words))
    }
    pictures = Picture.objects.in_bulk(list(placed), field_name="name")
    for name, line in placed.items():
        if name in pictures:
            yield from _about_picture(pictures[name], "text", line)
        else:
            yield Finding("stop", f"There is no picture named “{name}”.", "text", line)


def _about_picture(picture: Picture, spot: str, line: int) -> Iterator[Finding]:
    words = picture.text_alternative.strip()
    if not picture.has_words:
        sentence = f"The picture “{picture}” needs words before you can publish."
        yield Finding("stop", sentence, spot, line)
    elif signs.FILE_NAME.fullmatch(words) or words == picture.name:
        sentence = (
            f"The words of the picture “{picture}” are the name of a file. What does it show?"
        )
        yield Finding("question", sentence, spot, line)
    elif signs.IMAGE_OF.match(words):
        sentence = (
            f"The words of the picture “{picture}” say that it is a picture. Everybody is told that"
            " anyway: begin with what it shows."
        )
        yield Finding("question", sentence, spot, line)
    elif words and words.casefold() == picture.caption.strip().casefold():
        sentence = f"The words of the picture “{picture}” are its caption again: both are read out."
        yield Finding("question", sentence, spot, line)


def _variations(names: Iterable[str]) -> dict[str, Variation]:
    slugs = [name.rpartition("/")[2] for name in names if "/" in name]
    rows = Variation.objects.filter(slug__in=slugs).select_related("exercise", "prescription")
    return {row.card_line[2:-2]: row for row in rows}


def _about_cards(
    blocks: Iterable[_Block], variations: Mapping[str, Variation]
) -> Iterator[Finding]:
    live = set(Exercise.objects.published().values_list("pk", flat=True))
    before: list[_Block] = []
    for block in blocks:
        if block.kind == "heading":
            before = []
        elif block.kind == "words":
            before.append(block)
        elif not markdown.picture_name(block.words):
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


def _about_amounts(before: Iterable[_Block], variation: Variation) -> Iterator[Finding]:
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
        for what, pattern in signs.AMOUNTS:
            for match in pattern.finditer(block.words):
                of = signs.seconds_of(block.words, match) if what == "seconds" else what
                stated = sorted(n for n in on_card[of] if n)
                numbers = [signs.number(word) for word in match.groups() if word]
                if stated and not any(numbers[0] <= n <= numbers[-1] for n in stated):
                    known = " or ".join(map(str, stated))
                    sentence = (
                        f"The text says “{match[0]}”, the card of “{variation}” below says"
                        f" {known} {what}. Which is right?"
                    )
                    yield Finding("question", sentence, "text", block.line)


def _about_headings(blocks: Iterable[_Block]) -> Iterator[Finding]:
    level = 1
    for block in blocks:
        if block.kind != "heading":
            continue
        if not block.words.strip():
            yield Finding("question", "A heading has no words.", "text", block.line)
        if max(2, block.level) > level + 1:
            sentence = (
                f"The heading “{block.words}” has {'#' * block.level}; after"
                f" {'#' * level if level > 1 else 'the title'} comes {'#' * (level + 1)}."
            )
            yield Finding("question", sentence, "text", block.line)
        level = max(2, block.level)


def _about_links(blocks: Iterable[_Block]) -> Iterator[Finding]:
    for block in blocks:
        for address, words in block.links:
            path = _path_inside(address)
            if not re.sub("^https?://", "", address):
                sentence = f"The link “{words}” leads nowhere: its address is missing."
                yield Finding("stop", sentence, "text", block.line)
            elif path is not None and not leads_somewhere(path):
                sentence = f"The link “{words}” leads nowhere: there is no page at {path}."
                yield Finding("stop", sentence, "text", block.line)
            elif words.strip(" .!…").casefold() in signs.EMPTY_WORDS:
                sentence = f"The link “{words}” does not say where it leads. What is there?"
                yield Finding("question", sentence, "text", block.line)


def _path_inside(address: str) -> str | None:
    """The path of a link within the site; None for another site, a mail address or a place on the
    same page."""
    parts = urlsplit(address)
    if (parts.scheme or parts.netloc) and origin_of(address) != settings.SITE_URL:
        return None
    return parts.path or None


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


def _about_claims(blocks: Iterable[_Block]) -> Iterator[Finding]:
    """A claim is taken as sourced by a citation in its own paragraph, or before it in its section:
    she tells a study over several paragraphs and names it once."""
    cited = False
    for block in blocks:
        if block.kind == "heading":
            cited = False
        elif block.kind == "words":
            cited |= block.cites
            match = signs.CLAIM.search(block.words)
            if match and not cited:
                sentence = f"“{_around(block.words, match)}” sounds like a claim. Who found it?"
                yield Finding("question", sentence, "text", block.line)


def _around(words: str, match: re.Match[str]) -> str:
    """A few words of the sentence on both sides, so that she recognizes it."""
    start = words.rfind(" ", 0, max(0, match.start() - 20)) + 1
    end = words.find(" ", match.end() + 15)
    return (
        ("…" if start else "") + words[start : end if end > 0 else None] + ("…" if end > 0 else "")
    )
