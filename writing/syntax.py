"""Parses the site's Markdown: CommonMark with tables, footnotes, embeds and citations.

A line that holds only

    [[hip-thrust/basic-floor]]   or   [[picture:zebra-herd]]

is an embed, which shows an exercise card or a picture. [@contreras-2015] in a sentence is a
citation of the source with the key contreras-2015.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore, block, normalize
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from web.requests import without_nul

MAX_LENGTH = 100_000  # characters; a book chapter has about 30,000
PREFIX = "picture:"  # begins the name of an embedded picture
ENV = {"docId": "t"}  # begins the ids of footnotes, so that they differ from all ids of the page
EMBED = re.compile(r"\[\[([^\[\]\n]{1,200})\]\]\s*$")
NAME_SEPARATOR = re.compile(r"\s*([:/])\s*")  # with the spaces around it, which are ignored
# Saves parsing most texts. It must match each text where the parser finds a picture.
MAY_EMBED_PICTURE = re.compile(r"\[\[\s*picture\s*:", re.IGNORECASE)
# Outer and inner quotation marks, opening and closing, of languages that do not write “ ” ‘ ’.
QUOTES = {
    "de": ("„", "“", "‚", "‘"),
    "es": ("«", "»", "“", "”"),
    "fr": ("«\u202f", "\u202f»", "“", "”"),
    "it": ("«", "»", "“", "”"),
    "pl": ("„", "”", "«", "»"),
    "ru": ("«", "»", "„", "“"),
    "uk": ("«", "»", "„", "“"),
}
CITATION = re.compile(r"\[@([\w-]{1,40})\]")
VIDEO = re.compile(
    r"<?(?P<url>https?://(?:(?:www\.|m\.)?"
    r"(?P<YouTube>youtube\.com/(?:watch\?|shorts/|live/)|youtu\.be/)|(?:www\.)?(?P<Vimeo>vimeo\.com/))"
    r"[\w?&=./%#-]+)>?"
)


def parse(text: str, env: dict[str, Any] | None = None, language: str = "") -> list[Token]:
    """Parses a text into tokens and stores its footnotes in `env`, which the renderer needs. Its
    quotation marks become those of the language, a code such as "es"; empty: English."""
    suited = _make_parser(QUOTES[language]) if language in QUOTES else parser
    return suited.parse(_readable(text), ENV.copy() if env is None else env)


def embed_names(tokens: Sequence[Token]) -> list[str]:
    """The distinct names of the embeds among these tokens, in order."""
    return list(dict.fromkeys(token.content for token in tokens if token.type == "embed"))


def embedded_names(text: str) -> list[str]:
    """The distinct names of the embeds in a text, in order."""
    text = _readable(text)
    if "[[" not in text:
        return []
    if "[^" in text:  # embeds in a footnote count only if something refers to it
        return embed_names(parse(text))
    state = StateCore(text, parser, {})
    normalize(state)
    block(state)  # without inline parsing, which takes two thirds of the time
    return embed_names(state.tokens)


def embedded_pictures(text: str) -> list[str]:
    """The distinct short names of the pictures in a text, in order. Rendering uses the same parser,
    so that the picture library and the sitemap list the pictures that pages show."""
    if not MAY_EMBED_PICTURE.search(_readable(text)):
        return []
    return [short for name in embedded_names(text) if (short := picture_name(name))]


def picture_name(embed_name: str) -> str:
    """The short name ("zebra-herd") in an embed's name "picture:zebra-herd"; empty for a card."""
    return embed_name.removeprefix(PREFIX) if embed_name.startswith(PREFIX) else ""


def _readable(text: str) -> str:
    """The first MAX_LENGTH characters of a text, without NUL characters."""
    return without_nul(text[:MAX_LENGTH])


def _embed_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    match = EMBED.match(line)
    if match is None or state.is_code_block(start):
        return False
    if not silent:
        token = state.push("embed", "", 0)
        token.content = NAME_SEPARATOR.sub(r"\1", match[1].strip().lower())
        token.map = [start, start + 1]
        state.line = start + 1
    return True


def _citation_rule(state: StateInline, silent: bool) -> bool:
    match = CITATION.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.pending = state.pending.rstrip(" ")  # so that no line breaks before the number
        state.push("citation", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _video_rule(state: StateCore) -> None:
    """Turns a line with only the URL of a video into a link with words. There is no embedded
    player, because its host could track readers."""
    for token in state.tokens:
        lines: list[list[Token]] = [[]]
        for child in token.children or []:
            lines[-1].append(child)
            if child.type in ("softbreak", "hardbreak"):
                lines.append([])
        source_lines = token.content.split("\n")
        if token.type != "inline" or len(lines) != len(source_lines):
            continue
        for line, source in zip(lines, source_lines, strict=True):
            if match := VIDEO.fullmatch(source.strip()):
                host = "YouTube" if match["YouTube"] else "Vimeo"
                line[:] = [
                    Token("link_open", "a", 1, attrs={"href": match["url"]}),
                    Token("text", "", 0, content=f"Watch the video on {host}"),
                    Token("link_close", "a", -1),
                    *(child for child in line if child.type in ("softbreak", "hardbreak")),
                ]
        token.children = [child for line in lines for child in line]


@cache
def _make_parser(quotes: Sequence[str] = "“”‘’") -> MarkdownIt:
    options: Any = {"html": False, "typographer": True, "quotes": quotes}
    parser = MarkdownIt("commonmark", options)
    parser.enable(["table", "strikethrough", "replacements", "smartquotes"])
    parser.use(footnote_plugin, inline=False)
    parser.block.ruler.before(
        "reference", "embed", _embed_rule, {"alt": ["paragraph", "blockquote", "list"]}
    )
    parser.inline.ruler.before("link", "citation", _citation_rule)
    parser.core.ruler.after("inline", "video", _video_rule)
    return parser


parser = _make_parser()
