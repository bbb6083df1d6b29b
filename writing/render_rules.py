"""The rules that render a token as HTML differently from the rules of markdown-it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from markdown_it.token import Token

from web.site_url import origin_of
from writing.syntax import parser

PLACEHOLDER = re.compile(r'<(div|span) data-slot="(\d+)"></\1>')


@dataclass(frozen=True)
class Embed:
    """What an embed such as [[hip-thrust/basic-floor]] shows. Only the author sees `problem`, such
    as that the exercise is a draft."""

    html: str = ""
    problem: str = ""
    row: Any = None  # the model instance that the HTML shows


@dataclass
class RenderState:
    """What the rules know and collect while they render one text."""

    embeds: Mapping[str, Embed]
    source_names: Mapping[str, str]
    editing: bool
    trusted: list[str] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    line: int = 0

    def placeholder(self, html: str, tag: str = "div") -> str:
        """Stores trusted HTML. Returns an element that fill() replaces with it after sanitizing."""
        self.trusted.append(html)
        return f'<{tag} data-slot="{len(self.trusted) - 1}"></{tag}>'

    def fill(self, sanitized: str) -> str:
        return PLACEHOLDER.sub(lambda match: self.trusted[int(match[2])], sanitized)

    def report(self, problem: str, tag: str = "div") -> str:
        """Records a problem for the author. Returns its HTML if `editing`, else an empty string."""
        self.problems.append(f"Line {self.line}: {problem}")
        if not self.editing:
            return ""
        return self.placeholder(format_html('<{0} class="problem">{1}</{0}>', tag, problem), tag)


def _embed(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    state: RenderState = env["state"]
    token = tokens[i]
    state.line = (token.map or [0])[0] + 1
    missing = f"nothing is named “{token.content}”."
    embed = state.embeds.get(token.content, Embed(problem=missing))
    problem = state.report(embed.problem) if embed.problem else ""
    return problem + (state.placeholder(embed.html) if embed.html else "")


def _citation(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    state: RenderState = env["state"]
    key = tokens[i].content
    if key not in state.source_names:
        return state.report(f"there is no source with the key “{key}”.", "span")
    first = key not in state.cited
    if first:
        state.cited.append(key)
    number = state.cited.index(key) + 1
    anchor = format_html(' id="cite-{}"', key) if first else ""
    note = format_html('<small class="side-note">{} {}</small>', number, state.source_names[key])
    mark = '<sup class="cite"><a href="#source-{0}" aria-label="Source {1}"{2}>{1}</a></sup>{3}'
    html = format_html(mark, key, number, anchor, note if first else "")
    return state.placeholder(html, "span")


def _image(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    problem = "pictures are placed by their short name: [[picture:zebra-herd]]."
    return env["state"].report(problem, "span")


def _link(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    if origin_of(str(tokens[i].attrGet("href"))) not in ("", settings.SITE_URL):
        tokens[i].attrSet("rel", "noopener")
    return self.renderToken(tokens, i, options, env)


def _cell(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    """Aligns a cell by a class, because the Content-Security-Policy forbids style attributes."""
    style = str(tokens[i].attrs.pop("style", ""))
    if style:
        tokens[i].attrSet("class", style.replace("text-align:", "align-"))
    return self.renderToken(tokens, i, options, env)


def _table(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    """Wraps a table in a focusable element, where a wide table scrolls, also by keyboard."""
    wrapper = '<div class="table" role="group" aria-label="Table" tabindex="0">'
    return wrapper + self.renderToken(tokens, i, options, env)


def _table_close(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    return self.renderToken(tokens, i, options, env) + "</div>"


def _paragraph(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    """Stores the line of a paragraph for problem reports, because inline tokens have no line."""
    env["state"].line = (tokens[i].map or [env["state"].line - 1])[0] + 1
    return self.renderToken(tokens, i, options, env)


_rules = {"embed": _embed, "citation": _citation, "image": _image, "link_open": _link}
_rules |= {"th_open": _cell, "td_open": _cell, "paragraph_open": _paragraph}
_rules |= {"table_open": _table, "table_close": _table_close}
for _name, _rule in _rules.items():
    parser.add_render_rule(_name, _rule)
