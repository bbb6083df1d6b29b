"""The one Markdown function: for the page, the editor's preview and the feed.

Beside CommonMark with tables and footnotes it knows two notations. A line of its own

    [[hip-thrust/basic-floor]]   or   [[picture:zebra-herd]]

places an exercise card or a picture; [@contreras-2015] in a sentence cites a source of the text.
What these names stand for is given by the caller, so that this module knows no exercise or article.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import nh3
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore, block, normalize
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from pictures.models import Picture
from web.requests import without_nul
from web.site_url import origin_of

LIMIT = 100_000  # characters of one text; a book chapter has about 30,000
PLACED = re.compile(r"\[\[([^\[\]\n]{1,200})\]\]\s*$")
PICTURE = "picture:"
BETWEEN = re.compile(r"\s*([:/])\s*")  # the parts of a name; spaces there mean nothing
# A quick look before a text is parsed, never narrower than what the parser finds.
MAY_PLACE_PICTURE = re.compile(r"\[\[\s*picture\s*:", re.IGNORECASE)
CITED = re.compile(r"\[@([\w-]{1,40})\]")
VIDEO = re.compile(
    r"<?(?P<address>https?://(?:(?:www\.|m\.)?"
    r"(?P<YouTube>youtube\.com/(?:watch\?|shorts/|live/)|youtu\.be/)|(?:www\.)?(?P<Vimeo>vimeo\.com/))"
    r"[\w?&=./%#-]+)>?"
)
BLOCK = re.compile(r"</?(?:p|h\d|[uo]l|li|blockquote|pre|[hb]r|div|section|t\w+)\b[^>]*>")
TAG = re.compile(r"<[^>]*>")
SLOT = re.compile(r'<(div|span) data-slot="(\d+)"></\1>')
TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "br"),
    *("em", "strong", "s", "a", "code", "sup", "section", "div", "span"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title", "rel", "id", "class", "aria-label"},
    "code": {"class"},
    "div": {"data-slot", "class", "role", "aria-label", "tabindex"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "li": {"id", "class"},
    "ol": {"start", "class"},
    "section": {"class"},
    "span": {"data-slot"},
    "sup": {"class"},
    "table": {"class"},
    "td": {"class"},
    "th": {"class"},
}


@dataclass(frozen=True)
class Thing:
    """What a line such as [[hip-thrust/basic-floor]] stands for: its HTML, and what to tell the
    editor about it (a draft, say). Readers see the HTML only."""

    html: str = ""
    problem: str = ""
    row: Any = None  # what readers see of it is made from


@dataclass
class Text:
    html: SafeString
    headings: list[tuple[str, str]]  # (id, words) of each section
    cited: list[str]  # keys of the sources in order of first citation
    things: list[str]  # names placed, in order
    rows: list[Any]  # what readers see of them, in order
    problems: list[str]  # sentences for the editor, with line numbers


@dataclass
class _Env:
    things: Mapping[str, Thing]
    source_names: Mapping[str, str]
    editing: bool
    slots: list[str] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    line: int = 0

    def slot(self, html: str, tag: str = "div") -> str:
        """A mark that passes the sanitizer and is replaced by our own HTML after it."""
        self.slots.append(html)
        return f'<{tag} data-slot="{len(self.slots) - 1}"></{tag}>'

    def tell(self, problem: str, tag: str = "div") -> str:
        """Note a problem for the editor; the preview shows it in its place, the page nothing."""
        self.problems.append(f"Line {self.line}: {problem}")
        if not self.editing:
            return ""
        return self.slot(format_html('<{0} class="problem">{1}</{0}>', tag, problem), tag)


def placed_names(text: str) -> list[str]:
    """The names that a text places on lines of their own, in order, each once."""
    text = _read(text)
    if "[[" not in text:
        return []
    if "[^" in text:  # a footnote that nothing refers to is not shown, nor what it places
        return _names(parse(text))
    state = StateCore(text, _parser, {})
    normalize(state)
    block(state)  # the words of the paragraphs would take three times as long
    return _names(state.tokens)


def placed_pictures(text: str) -> list[str]:
    """The short names of the pictures that a text places, in order, each once.

    The one rule for this: it is the parser that renders the text which finds them."""
    if not MAY_PLACE_PICTURE.search(_read(text)):
        return []
    return [short for name in placed_names(text) if (short := picture_name(name))]


def picture_name(placed: str) -> str:
    """Of a placed name such as picture:zebra-herd the picture's short name; of others nothing."""
    return placed.removeprefix(PICTURE) if placed.startswith(PICTURE) else ""


def plain(text: str) -> str:
    """The words of a text as they are read, on one line, without cards and sources."""
    html = render(re.sub(rf"\s*{CITED.pattern}", "", text)).html
    return " ".join(unescape(TAG.sub("", BLOCK.sub(" ", html))).split())


def parse(text: str) -> list[Token]:
    """The parts of a text as the parser sees them, for whoever asks about its structure."""
    return _parser.parse(_read(text), {"docId": "t"})


def _read(text: str) -> str:
    """What is read of a text."""
    return without_nul(text[:LIMIT])


def render(
    text: str,
    *,
    things: Callable[[list[str]], Mapping[str, Thing]] | None = None,
    sources: Sequence[tuple[str, str]] = (),
    editing: bool = False,
) -> Text:
    """Turn Markdown into clean HTML.

    things answers names such as "hip-thrust/basic-floor" all at once; sources are pairs of key and
    short name. With editing, problems stand in their place in the HTML too. Text over LIMIT
    characters is cut there and the cut is told as a problem.
    """
    env: dict[str, Any] = {"docId": "t"}  # so that a footnote's id is no id of the page
    tokens = _parser.parse(_read(text), env)
    names = _names(tokens)
    found = dict(_pictures(names))
    if things:
        found |= things([name for name in names if name not in found])
    state = _Env(found, dict(sources), editing)
    if len(text) > LIMIT:
        state.tell(f"The text ends here: it is longer than {LIMIT:,} characters.")
    headings = _number_headings(tokens)
    html = _parser.renderer.render(tokens, _parser.options, env | {"state": state})
    html = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    html = SLOT.sub(lambda match: state.slots[int(match[2])], html)
    rows = [found[name].row for name in names if name in found and found[name].row]
    return Text(mark_safe(html), headings, state.cited, names, rows, state.problems)


def _names(tokens: Sequence[Token]) -> list[str]:
    return list(dict.fromkeys(token.content for token in tokens if token.type == "placed"))


def _pictures(names: list[str]) -> Iterator[tuple[str, Thing]]:
    wanted = {name: short for name in names if (short := picture_name(name))}
    pictures = Picture.objects.in_bulk(list(wanted.values()), field_name="name") if wanted else {}
    for name, short in wanted.items():
        picture = pictures.get(short)
        if picture is None:
            yield name, Thing(problem=f"there is no picture named “{short}”.")
        elif not picture.has_words:
            yield name, Thing(problem=f"the picture “{short}” has no words yet.")
        else:
            html = render_to_string("pictures/figure.html", {"picture": picture})
            yield name, Thing(html, row=picture)


def _number_headings(tokens: list[Token]) -> list[tuple[str, str]]:
    """Give each heading an id of its own, and return those of the sections.

    The page has the h1, so a text's headings begin at h2. Ids are prefixed: a text cannot take over
    an id of the page."""
    times: Counter[str] = Counter()
    taken: set[str] = set()
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
            while anchor in taken:
                times[slug] += 1
                anchor = f"{slug}-{times[slug] + 1}"
            taken.add(anchor)
            token.attrSet("id", anchor)
            if token.tag == "h2" and words:
                sections.append((anchor, words))
    return sections


def _placed_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line of its own: [[name]]."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    match = PLACED.match(line)
    if match is None or state.is_code_block(start):
        return False
    if not silent:
        token = state.push("placed", "", 0)
        token.content = BETWEEN.sub(r"\1", match[1].strip().lower())
        token.map = [start, start + 1]
        state.line = start + 1
    return True


def _citation_rule(state: StateInline, silent: bool) -> bool:
    """In a sentence: [@key]."""
    match = CITED.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.pending = state.pending.rstrip(" ")  # its number stands by the word, on its line
        state.push("citation", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _video_rule(state: StateCore) -> None:
    """A line that is only the address of a video becomes a link that says so; a player of another
    host would follow readers around."""
    for token in state.tokens:
        lines: list[list[Token]] = [[]]
        for child in token.children or []:
            lines[-1].append(child)
            if child.type in ("softbreak", "hardbreak"):
                lines.append([])
        typed = token.content.split("\n")
        if token.type != "inline" or len(lines) != len(typed):
            continue
        for line, words in zip(lines, typed, strict=True):
            if match := VIDEO.fullmatch(words.strip()):
                host = "YouTube" if match["YouTube"] else "Vimeo"
                line[:] = [
                    Token("link_open", "a", 1, attrs={"href": match["address"]}),
                    Token("text", "", 0, content=f"Watch the video on {host}"),
                    Token("link_close", "a", -1),
                    *(child for child in line if child.type in ("softbreak", "hardbreak")),
                ]
        token.children = [child for line in lines for child in line]


def _render_placed(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    state: _Env = env["state"]
    token = tokens[i]
    state.line = (token.map or [0])[0] + 1
    missing = f"nothing is named “{token.content}”."
    thing = state.things.get(token.content, Thing(problem=missing))
    told = state.tell(thing.problem) if thing.problem else ""
    return told + (state.slot(thing.html) if thing.html else "")


def _render_citation(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    state: _Env = env["state"]
    key = tokens[i].content
    if key not in state.source_names:
        return state.tell(f"there is no source with the key “{key}”.", "span")
    first = key not in state.cited
    if first:
        state.cited.append(key)
    number = state.cited.index(key) + 1
    back = format_html(' id="cite-{}"', key) if first else ""
    note = format_html('<small class="side-note">{} {}</small>', number, state.source_names[key])
    return state.slot(
        format_html(
            '<sup class="cite"><a href="#source-{}" aria-label="Source {}"{}>{}</a></sup>{}',
            key,
            number,
            back,
            number,
            note if first else "",
        ),
        "span",
    )


def _render_image(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    problem = "pictures are placed by their short name: [[picture:zebra-herd]]."
    return env["state"].tell(problem, "span")


def _render_link(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    if origin_of(str(tokens[i].attrGet("href"))) not in ("", settings.SITE_URL):
        tokens[i].attrSet("rel", "noopener")
    return self.renderToken(tokens, i, options, env)


def _render_cell(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    """The alignment as a class: the Content-Security-Policy allows no style attribute."""
    style = str(tokens[i].attrs.pop("style", ""))
    if style:
        tokens[i].attrSet("class", style.replace("text-align:", "align-"))
    return self.renderToken(tokens, i, options, env)


def _render_table(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    """On a phone a wide one is scrolled in its place, by keyboard too."""
    return '<div class="table" role="group" aria-label="Table" tabindex="0">' + self.renderToken(
        tokens, i, options, env
    )


def _render_table_close(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    return self.renderToken(tokens, i, options, env) + "</div>"


def _note_line(self: Any, tokens: Sequence[Token], i: int, options: Any, env: dict) -> str:
    """Remember where in the text an inline problem stands."""
    env["state"].line = (tokens[i].map or [env["state"].line - 1])[0] + 1
    return self.renderToken(tokens, i, options, env)


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True})
    parser.enable(["table", "strikethrough", "replacements", "smartquotes"])
    parser.use(footnote_plugin, inline=False)
    parser.block.ruler.before(
        "reference", "placed", _placed_rule, {"alt": ["paragraph", "blockquote", "list"]}
    )
    parser.inline.ruler.before("link", "citation", _citation_rule)
    parser.core.ruler.after("inline", "video", _video_rule)
    rules = {
        "placed": _render_placed,
        "citation": _render_citation,
        "image": _render_image,
        "link_open": _render_link,
        "th_open": _render_cell,
        "td_open": _render_cell,
        "table_open": _render_table,
        "table_close": _render_table_close,
        "paragraph_open": _note_line,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


_parser = _make_parser()
