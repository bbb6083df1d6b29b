"""What in a text leads elsewhere, for the judgement: also what is written to hide it.

`comments/linking.py` decides what is *shown* as a link; this is wider on purpose. It reads a text
as a person would guess it ("evil(dot)com", "hxxps://", full-width letters, a zero-width space in
"http"), and yet takes no missing space after a period ("my knees.My hips") for a link.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

import idna
from linkify_it.tlds import TLDS

from comments.cleaning import clean

# What the library's list of 2020 lacks: delegated since, or used without being delegated.
NEWER = ["kids", "merck", "music", "web", "xn--4dbrk0ce", "example", "onion"]
# Top-level domains with which a sentence may begin. "squats.so" is a missing space far more often
# than a host, so these count only with more of an address around them ("t.me/deals").
_WORDS = """al am as at be best by call coach do es et fit fitness free gift got health help here
how il in is it kids la le life love ma man me men mom my na ne no now one open play pm re rest run
safe se show si so sports su team to today training us va watch work works yoga you"""
WORDS_TOO = set(_WORDS.split())
# Also written with a capital letter, as phones do after a period, these are hosts.
GENERIC = {"biz", "cn", "co", "com", "info", "io", "net", "org", "ru", "xyz"}
SPELLED = "com|net|org|io|info|biz|xyz|ru|cn|co|shop|online|site|club|store|app|dev"

# Letters of other alphabets that look like Latin ones, for hosts that mix alphabets.
ALIKE = str.maketrans("авсеніјкморԛѕтυνԝхуһԁοαρɡ", "abcehijkmopqstuvwxyhdoapg")
# What stands for a period, a slash and a colon.
PUNCTUATION = str.maketrans({"∕": "/", "⁄": "/", "⧸": "/", "∶": ":", "ː": ":", "꞉": ":", "․": "."})

_DISGUISES = [
    (r"\bh(?:tt|xx|\*\*|\+\+|__|--|~~|..(?=ps?:[/\\]))(ps?)\s{0,3}[\[({]?:[\])}]?", r"htt\1:"),
    (r"\bhttp(s?)\s{0,3}[:;]\s{0,3}[/\\]+\s{0,3}", r"http\1://"),
    (r"\s{0,3}[\[({<]\s{0,3}(?:\.|,|d[o0]t|punto|punkt|point|точка)\s{0,3}[\])}>]\s{0,3}", "."),
    (r"\s{0,3}[\[({<]\s{0,3}(?:@|at|arroba)\s{0,3}[\])}>]\s{0,3}", "@"),
    (rf"(?<=\w\w)\s{{1,3}}d[o0]t\s{{1,3}}(?=(?:{SPELLED})\b)", "."),
    (r"(?<=\w\w)\s{1,3}\.\s{0,3}(?=(?:com|net|org|info|ru|xyz)\b)", "."),
    (r"(?<=[a-z0-9])[。,·•‧](?=(?:com|net|org|info|ru|xyz)\b)", "."),
    (r"(?<=[a-z0-9])。(?=[a-z0-9])", "."),
    (r"%2e", "."),
]
DISGUISES = [(re.compile(seen, re.I), meant) for seen, meant in _DISGUISES]

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
MARKUP = re.compile(
    r"<\s{0,3}a\s[^>]{0,300}|<\s{0,3}a\s{0,3}href|\[(?:url|link|img)\b[^\]\s]{0,300}"
    r"|\[[^\]\n]{1,200}\]\(\s{0,3}[^)\s]{3,300}\s{0,3}\)",
    re.I,
)
ADDRESS = re.compile(
    rf"""(?P<scheme>\b(?:https?|ftp):/*|\bjavascript:|\bdata:text/|(?<![\w:/])//(?=[\w-]+\.\w))?
    (?P<user>[\w.+-]{{1,64}}@)?
    (?P<host>(?:{_LABEL}\.)*{_LABEL})
    (?P<more>(?::\d{{2,5}})?(?:[/\\?\#]\w[^\s<>\])"]*)?)""",
    re.I | re.X,
)
IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")


def readable(text: str) -> str:
    """A text without what hides its letters: compatibility forms, marks, invisible characters."""
    folded = unicodedata.normalize("NFKD", clean(html.unescape(text)))
    kept = (c for c in folded if unicodedata.category(c) not in ("Cf", "Mn", "Me", "Co"))
    return "".join(kept).translate(PUNCTUATION)


def plain(text: str) -> str:
    """A text with links as they would be typed, in place of their disguises."""
    text = readable(text)
    for seen, meant in DISGUISES:
        text = seen.sub(meant, text)
    return text


def _top_level_domains() -> Iterator[str]:
    for tld in [*TLDS, *NEWER]:
        yield tld.lower()
        if tld.lower().startswith("xn--"):
            yield readable(idna.decode(tld.lower())).casefold()


TOP_LEVEL = set(_top_level_domains())


def found(text: str) -> list[str]:
    """The links of a text, each as it would be typed, or the markup for links if that is more."""
    text = plain(text)
    addresses = [match[0] for match in ADDRESS.finditer(text) if _is_link(match)]
    markup = [match[0] for match in MARKUP.finditer(text)]
    return max(addresses, markup, key=len)


def _is_link(match: re.Match[str]) -> bool:
    host = match["host"]
    if match["scheme"]:
        return True
    *labels, top = host.split(".")
    if not labels:
        return False
    if IP.fullmatch(host):  # not sets ("12.10.8.6"), as far as one can tell
        return bool(match["more"]) or any(len(part) == 3 for part in host.split("."))
    if _mixes_alphabets(host):
        host = host.casefold().translate(ALIKE)
        top = host.split(".")[-1]
    if labels[0].casefold() == "www":
        return True
    if top.casefold() not in TOP_LEVEL:
        return False
    if labels[-1].isdecimal() and top not in GENERIC:  # "5.No"
        return False
    if match["user"] or match["more"]:
        return True
    if top != top.lower() and top != top.upper():
        return top.casefold() in GENERIC
    if top.casefold() in WORDS_TOO:
        return len(labels) > 1 and all(len(label) > 2 for label in labels)
    return len(labels[-1]) > 1 or top.casefold() in GENERIC


def _mixes_alphabets(host: str) -> bool:
    letters = [c for c in host if c.isalpha()]
    return any(c.isascii() for c in letters) and not all(c.isascii() for c in letters)
