"""Converts the plain text of comments to HTML where web addresses are links.

Only http://, https:// and www. begin a link, so a missing space ("my knees.My hips") never makes
one. `comments/link_detection.py` finds disguised links for the spam filter.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt

_linkifier = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False})
for _scheme in ("ftp:", "//", "mailto:"):
    _linkifier.add(_scheme, None)
# linkify_it finds "www." only by fuzzy matching, so it is added as a prefix like "http:". The
# pattern allows few labels so that "www.www.www.…" is cheap to match.
_www = "^(?:{src_domain}\\.){{1,8}}{src_domain_root}{src_port}{src_host_terminator}{src_path}"
_linkifier.add("www.", {"validate": re.compile(_www.format(**_linkifier.re), re.IGNORECASE)})

# linkify_it ends an address only at ASCII punctuation. These characters end it too …
TERMINATORS = re.compile("[“”„«»‹›。，、！？；：（）「」『』【】《》…]")
# … and these characters are removed from its end.
TRAILING = "’‘:*~"


def linkify(words: str) -> SafeString:
    """Returns the text as escaped HTML; its web addresses are links with rel="ugc nofollow"."""
    pieces, end = [], 0
    for start, url in _links(words):
        link = format_html('<a href="{}" rel="ugc nofollow">{}</a>', _href(url), url)
        pieces += [escape(words[end:start]), link]
        end = start + len(url)
    html = "".join([*pieces, escape(words[end:])])
    return mark_safe(html)  # noqa: S308  every piece is escaped above


def _links(words: str) -> Iterator[tuple[int, str]]:
    """Yields the position and the text of each web address."""
    for match in _linkifier.match(words) or []:
        url = TERMINATORS.split(match.raw)[0].rstrip(TRAILING)
        if _is_honest(url):
            yield match.index, url


def _href(url: str) -> str:
    return f"http://{url}" if url[:4].lower() == "www." else url


def _is_honest(url: str) -> bool:
    """True if the URL has a host with a period, not disguised by a user part: "bank.example@…"."""
    try:
        host = urlsplit(_href(url)).netloc
    except ValueError:
        return False
    return "." in host and "@" not in host
