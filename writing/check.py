"""Checks a row before it is published, and reports what to look at as findings.

Each room registers what is asked about its kinds of rows: blog/check.py, exercises/check.py. The
`about_…` functions check Markdown texts and pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Model
from markdown_it.token import Token

from pictures.models import Picture
from web.site_url import origin_of
from writing import claims, syntax

MAX_QUESTIONS = 3  # questions that show without opening "more"


@dataclass(frozen=True)
class Finding:
    """What the check found: a "stop" blocks publishing, a "question" does not.

    spot: the name of the form field, the id of an inline such as "steps-group", or empty if no
    place in the form answers it. line: the line of the text, from 1; 0 for other fields.
    """

    level: Literal["stop", "question"]
    sentence: str
    spot: str
    line: int = 0

    @property
    def anchor(self) -> str:
        """The id of the element that the finding is about."""
        return self.spot if self.spot.endswith("-group") else f"id_{self.spot}"


Check = Callable[[Any], Iterable[Finding]]
_checks: dict[type[Model], Check] = {}


def register(model: type[Model]) -> Callable[[Check], Check]:
    """Registers a function that returns the findings about a row of the model, saved or not."""

    def decorate(function: Check) -> Check:
        _checks[model] = function
        return function

    return decorate


def findings(row: Model) -> list[Finding]:
    """Returns all findings about a row, stops first; none for models that no room registered."""
    found = _checks[type(row)](row) if type(row) in _checks else ()
    return sorted(found, key=lambda finding: finding.level != "stop")


def grouped(row: Model) -> dict[str, list[Finding]]:
    """Returns the findings about a row as the context of admin/findings.html."""
    found = findings(row)
    questions = [finding for finding in found if finding.level == "question"]
    return {
        "stops": [finding for finding in found if finding.level == "stop"],
        "questions": questions[:MAX_QUESTIONS],
        "more": questions[MAX_QUESTIONS:],
    }


def goes_live(row: Any) -> bool:
    """Returns False for a draft, else True: also for a kind of row that has no drafts."""
    return getattr(row, "published_at", True) is not None


def blocking(row: Model) -> list[Finding]:
    """Returns the stops that keep a row from being saved as it is in memory: none if it is a draft.

    A stop that the stored row already has while readers see it does not count, so that a typo in an
    old row can be corrected at any time; its form goes on naming the stop.
    """
    stops = [f for f in findings(row) if f.level == "stop"] if goes_live(row) else []
    known = known_stops(row) if stops else []
    return [stop for stop in stops if replace(stop, line=0) not in known]


def known_stops(row: Model) -> list[Finding]:
    """Returns the stops of the stored row, whatever their lines; none if it is a draft or new."""
    stored = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
    found = findings(stored) if stored and goes_live(stored) else []
    return [replace(finding, line=0) for finding in found if finding.level == "stop"]


@dataclass
class Block:
    """A part of a text: a heading, an embed (see writing/syntax.py), or the "words" of a paragraph,
    list item or table cell."""

    kind: Literal["heading", "words", "embed"]
    words: str  # in an embed, its name
    line: int
    level: int = 0
    cites: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)  # (URL, words)


def blocks(text: str) -> Iterator[Block]:
    tokens = syntax.parse(text)
    line = 1
    for i, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else line
        if token.type == "embed":
            yield Block("embed", token.content, line)
        elif token.type == "inline":
            level = int(tokens[i - 1].tag[1]) if tokens[i - 1].type == "heading_open" else 0
            block = Block("heading" if level else "words", "", line, level)
            _add_inline(block, token.children or [])
            yield block


def _add_inline(block: Block, tokens: Iterable[Token]) -> None:
    """Adds the words, links and citations of inline tokens to a block."""
    url: str | None = None  # set from the opening token of a link to its closing token
    link_words = ""
    for token in tokens:
        words = token.content if token.type in ("text", "code_inline") else ""
        words = " " if token.type in ("softbreak", "hardbreak") else words
        block.words += words
        block.cites |= token.type == "citation"
        if token.type == "link_open":
            url, link_words = str(token.attrGet("href")), ""
        elif token.type == "link_close" and url is not None:
            block.links.append((url, link_words))
            url = None
        elif url is not None:
            link_words += words


def about_pictures(blocks: Iterable[Block]) -> Iterator[Finding]:
    """Checks each picture that is embedded in the text."""
    lines = {
        name: block.line
        for block in blocks
        if block.kind == "embed" and (name := syntax.picture_name(block.words))
    }
    pictures = Picture.objects.in_bulk(list(lines), field_name="name")
    for name, line in lines.items():
        if name in pictures:
            yield from about_picture(pictures[name], "text", line)
        else:
            yield Finding("stop", f"There is no picture named “{name}”.", "text", line)


def about_picture(picture: Picture, spot: str, line: int) -> Iterator[Finding]:
    words, problem = picture.text_alternative.strip(), ""
    if not picture.has_words:
        sentence = f"The picture “{picture}” needs words before you can publish."
        yield Finding("stop", sentence, spot, line)
    elif claims.FILE_NAME.fullmatch(words) or words == picture.name:
        problem = "are the name of a file. What does it show?"
    elif claims.IMAGE_OF.match(words):
        problem = (
            "say that it is a picture. Everybody is told that anyway: begin with what it shows."
        )
    elif words and words.casefold() == picture.caption.strip().casefold():
        problem = "are its caption again: both are read out."
    if problem:
        sentence = f"The words of the picture “{picture}” {problem}"
        yield Finding("question", sentence, spot, line)


@register(Picture)
def _of_picture(picture: Picture) -> Iterator[Finding]:
    if picture.has_words:
        yield from about_picture(picture, "text_alternative", 0)
    else:
        sentence = "It has no words yet. What does it show? Without them it cannot go live."
        yield Finding("question", sentence, "text_alternative")


def about_headings(blocks: Iterable[Block]) -> Iterator[Finding]:
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


def about_links(blocks: Iterable[Block], has_page: Callable[[str], bool]) -> Iterator[Finding]:
    """Finds links without a URL, without meaningful words, or to a path that has no page."""
    for block in blocks:
        for url, words in block.links:
            path = _internal_path(url)
            if not re.sub("^https?://", "", url):
                sentence = f"The link “{words}” leads nowhere: its address is missing."
                yield Finding("stop", sentence, "text", block.line)
            elif path is not None and not has_page(path):
                sentence = f"The link “{words}” leads nowhere: there is no page at {path}."
                yield Finding("stop", sentence, "text", block.line)
            elif words.strip(" .!…").casefold() in claims.VAGUE_LINKS:
                sentence = f"The link “{words}” does not say where it leads. What is there?"
                yield Finding("question", sentence, "text", block.line)


def _internal_path(url: str) -> str | None:
    """The path of a URL if it leads to a page of this site; None for another site, an email address
    or a bare fragment."""
    parts = urlsplit(url)
    if (parts.scheme or parts.netloc) and origin_of(url) != settings.SITE_URL:
        return None
    return parts.path or None


def about_claims(blocks: Iterable[Block]) -> Iterator[Finding]:
    """Finds claims without a citation in the same paragraph or earlier in the same section. One
    citation covers the rest of a section, because several paragraphs may be about one study."""
    cited = False
    for block in blocks:
        if block.kind == "heading":
            cited = False
        elif block.kind == "words":
            cited |= block.cites
            match = claims.CLAIM.search(block.words)
            if match and not cited:
                sentence = f"“{_around(block.words, match)}” sounds like a claim. Who found it?"
                yield Finding("question", sentence, "text", block.line)


def _around(words: str, match: re.Match[str]) -> str:
    """The matched words with a few words around them, so that the author finds the place."""
    start = words.rfind(" ", 0, max(0, match.start() - 20)) + 1
    end = words.find(" ", match.end() + 15)
    excerpt = words[start:] if end < 0 else f"{words[start:end]}…"
    return f"…{excerpt}" if start else excerpt
