"""Checks a Markdown text before it is published, and reports what to look at as findings.

blog/check.py combines the functions of this module into the check of an article.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings
from markdown_it.token import Token

from pictures.models import Picture
from web.site_url import origin_of
from writing import claims, syntax


@dataclass(frozen=True)
class Finding:
    """What the check found: a "stop" blocks publishing, a "question" does not. spot: the name of
    the form field. line: the line of the text, from 1; 0 for other fields."""

    level: Literal["stop", "question"]
    sentence: str
    spot: str
    line: int = 0


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
