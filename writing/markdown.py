"""Renders Markdown as sanitized HTML, for pages, feeds and the preview in the editor.

The caller supplies the exercise cards and sources, because this app imports neither model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

import nh3
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it.token import Token

from pictures.models import Picture
from writing import syntax
from writing.render_rules import Embed, RenderState

BLOCK = re.compile(r"</?(?:p|h\d|[uo]l|li|blockquote|pre|[hb]r|div|section|t\w+)\b[^>]*>")
TAG = re.compile(r"<[^>]*>")
# The tags and attributes that the sanitizer keeps.
TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "br"),
    *("em", "strong", "s", "a", "code", "sup", "section", "div", "span"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title", "rel", "id", "class", "aria-label"},
    "div": {"data-slot", "class", "role", "aria-label", "tabindex"},
    "li": {"id", "class"},
    "ol": {"start", "class"},
    "span": {"data-slot"},
    **{tag: {"id"} for tag in ("h2", "h3", "h4")},
    **{tag: {"class"} for tag in ("code", "section", "sup", "table", "td", "th")},
}
URL_SCHEMES = {"http", "https", "mailto", "tel"}


@dataclass
class Text:
    """A text rendered as HTML, and what it contains."""

    html: SafeString
    headings: list[tuple[str, str]]  # (id, words) of each h2
    cited: list[str]  # keys of the cited sources, in order of first citation
    embeds: list[str]  # names of all embeds, in order
    rows: list[Any]  # model instances that the embeds show, such as pictures, in order
    problems: list[str]  # sentences for the author, with line numbers


def render(
    text: str,
    *,
    embeds: Callable[[list[str]], Mapping[str, Embed]] | None = None,
    sources: Sequence[tuple[str, str]] = (),
    editing: bool = False,
    language: str = "",
) -> Text:
    """Renders Markdown. A text that is longer than MAX_LENGTH is cut, with a problem report.

    embeds: a function that gets all names, such as "hip-thrust/basic-floor", and returns an Embed
    for each known one. sources: pairs of key and side note. editing: also show problems in place.
    language: the code of the text's language, for its quotation marks; empty: English.
    """
    env: dict[str, Any] = syntax.ENV.copy()
    tokens = syntax.parse(text, env, language)
    names = syntax.embed_names(tokens)
    found = dict(_pictures(names))
    if embeds:
        found |= embeds([name for name in names if name not in found])
    state = env["state"] = RenderState(found, dict(sources), editing)
    if len(text) > syntax.MAX_LENGTH:
        state.report(f"The text ends here: it is longer than {syntax.MAX_LENGTH:,} characters.")
    headings = _number_headings(tokens)
    html = syntax.parser.renderer.render(tokens, syntax.parser.options, env)
    html = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None, url_schemes=URL_SCHEMES)
    rows = [found[name].row for name in names if name in found and found[name].row]
    safe = mark_safe(state.fill(html))  # noqa: S308 - sanitized above, then filled with our own HTML
    return Text(safe, headings, state.cited, names, rows, state.problems)


def plain(text: str) -> str:
    """The words of a text on one line, without embeds and citations."""
    html = render(re.sub(rf"\s*{syntax.CITATION.pattern}", "", text)).html
    return " ".join(unescape(TAG.sub("", BLOCK.sub(" ", html))).split())


def _pictures(names: list[str]) -> Iterator[tuple[str, Embed]]:
    short_names = {name: short for name in names if (short := syntax.picture_name(name))}
    if not short_names:
        return
    pictures = Picture.objects.in_bulk(list(short_names.values()), field_name="name")
    for name, short in short_names.items():
        picture = pictures.get(short)
        if picture is None:
            yield name, Embed(problem=f"there is no picture named “{short}”.")
        elif not picture.has_words:
            yield name, Embed(problem=f"the picture “{short}” has no words yet.")
        else:
            html = render_to_string("pictures/figure.html", {"picture": picture})
            yield name, Embed(html, row=picture)


def _number_headings(tokens: list[Token]) -> list[tuple[str, str]]:
    """Gives each heading a unique id, and returns the id and words of each h2.

    An h1 becomes an h2, because the page has its own h1. The ids begin with "s-", so that they
    differ from all ids of the page."""
    repeats: Counter[str] = Counter()
    used: set[str] = set()
    sections = []
    for i, token in enumerate(tokens):
        if token.type not in ("heading_open", "heading_close"):
            continue
        token.tag = f"h{max(2, int(token.tag[1]))}"
        if token.type == "heading_open":
            inline = tokens[i + 1].children or []
            words = "".join(t.content for t in inline if t.type in ("text", "code_inline"))
            slug = f"s-{slugify(words)[:60] or 'section'}"
            anchor = slug
            while anchor in used:
                repeats[slug] += 1
                anchor = f"{slug}-{repeats[slug] + 1}"
            used.add(anchor)
            token.attrSet("id", anchor)
            if token.tag == "h2" and words:
                sections.append((anchor, words))
    return sections
