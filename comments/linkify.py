"""Readers' words as HTML: what is plainly a web address becomes a link, the rest is text.

Only what begins with http://, https:// or www. is a link, so that a missing space ("my
knees.My hips") never is one. Whether a text *advertises* is another question: `comments/link_detection.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt

_found = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False})
for _scheme in ("ftp:", "//", "mailto:"):
    _found.add(_scheme, None)
# The library takes www. for one guess among many; here it is a prefix like http:. The number of
# labels is bounded so that "www.www.www.…" costs nothing.
_found.add(
    "www.",
    {
        "validate": re.compile(
            "^(?:{src_domain}\\.){{1,8}}{src_domain_root}{src_port}{src_host_terminator}{src_path}".format(
                **_found.re
            ),
            re.IGNORECASE,
        )
    },
)

# The library ends an address at ASCII punctuation only. These end it anywhere …
ENDS = re.compile("[“”„«»‹›。，、！？；：（）「」『』【】《》…]")
# … and these only where it ends.
TRAILING = "’‘:*~"


def linked(words: str) -> SafeString:
    """A reader's words as escaped HTML, with links marked as theirs; no other markup is read."""
    pieces, end = [], 0
    for start, url in _links(words):
        link = format_html('<a href="{}" rel="ugc nofollow">{}</a>', _href(url), url)
        pieces += [escape(words[end:start]), link]
        end = start + len(url)
    return mark_safe("".join([*pieces, escape(words[end:])]))


def _links(words: str) -> Iterator[tuple[int, str]]:
    """Where each address begins, and the address."""
    for match in _found.match(words) or []:
        url = ENDS.split(match.raw)[0].rstrip(TRAILING)
        if _is_plain(url):
            yield match.index, url


def _href(url: str) -> str:
    return f"http://{url}" if url[:4].lower() == "www." else url


def _is_plain(url: str) -> bool:
    """Whether it has a whole host and leads there: "https://bank.example@evil.example" does not."""
    try:
        host = urlsplit(_href(url)).netloc
    except ValueError:
        return False
    return "." in host and "@" not in host
