"""What in a text leads elsewhere, for the judgement: also what is written to hide it.

`comments/linkify.py` decides what is *shown* as a link; this is wider on purpose. It reads a text
as a person would guess it ("evil(dot)com", "hxxps://", full-width letters, a zero-width space in
"http"), and yet takes no missing space after a period ("my knees.My hips") for a link.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import idna
from linkify_it.tlds import TLDS

from comments import impersonation
from comments.cleaning import clean

# What the library's list of 2020 lacks: delegated since, or used without being delegated.
NEWER = ["kids", "merck", "music", "web", "xn--4dbrk0ce", "example", "onion"]
# Top-level domains with which a sentence may begin. "squats.so" is a missing space far more often
# than a host, so these count only with more of an address around them ("t.me/deals").
_WORDS = """al am as at baby band bar be best bike blog blue box by ca call camp care center city
clinic coach coffee cool dance day diet do doctor dog email energy es et family fans fish fit
fitness food football free fun gift gold golf got green group guide guru hair health help here horse
hot house how il in info is it kids la land le life live living lol love ma man md me men mom movie
my na ne net new news next no now one open page pet phone photo photos physio pink pizza place play
plus pm press pro pt re red report rest review reviews rip rocks run safe school science se shoes
show si skin so soccer social sports star studio study style su support surgery team tennis tips to
today tools town training us va vet video watch wine work works world wow yoga you zip zone"""
WORDS_TOO = set(_WORDS.split())
# Also written with a capital letter, as phones do after a period, these are hosts …
GENERIC = {"biz", "cn", "co", "com", "io", "org", "ru", "xyz"}
# … and these are, if the name before them has a capital letter too ("MegaSlim.Shop").
SHOPS = {"app", "club", "dev", "online", "shop", "site", "store"}
SPELLED = "com|net|org|io|info|biz|xyz|ru|cn|co|shop|online|site|club|store|app|dev"

# What people write before a missing space although it has a digit or a hyphen: 10kg, 3x10, sit-ups.
QUANTITY = re.compile(r"\d+(?:x\d+|[a-z]{0,4})|x-rays?|\w+-(?:ups?|downs?|backs?|ins?|outs?)", re.I)
# Looks like c, and NFKD makes another sigma of it.
LUNATE = str.maketrans("\u03f2\u03f9", "cC")
# What stands for a period, a slash and a colon.
PUNCTUATION = str.maketrans({"∕": "/", "⁄": "/", "⧸": "/", "∶": ":", "ː": ":", "꞉": ":", "․": "."})

_DISGUISES = [
    (r"%2e", "."),
    (r"%3a", ":"),
    (r"%2f", "/"),
    (r"\\(?=\.)", ""),
    (r"\bh(?:tt|xx|\*\*|\+\+|__|--|~~|..(?=ps?:[/\\]))(ps?)\s{0,3}[\[({]?:[\])}]?", r"htt\1:"),
    (r"\bhttp(s?)\s{0,3}[:;]\s{0,3}[/\\]+\s{0,3}", r"http\1://"),
    (r"\s{0,3}[\[({<]\s{0,3}(?:\.|,|d[o0]t|punto|punkt|point|точка)\s{0,3}[\])}>]\s{0,3}", "."),
    (r"\s{0,3}[\[({<]\s{0,3}(?:@|at|arroba)\s{0,3}[\])}>]\s{0,3}", "@"),
    (rf"(?<=\w\w)\s{{1,3}}d[o0]t\s{{1,3}}(?=(?:{SPELLED})\b)", "."),
    (r"(?<=\w\w)\s{1,3}p[ou]nto\s{1,3}(?=(?:com|net|org)\b)", "."),
    (r"(?<=\w\w)(?<!\bthe)\s{1,3}\.\s{0,3}(?=(?:com|org|ru|xyz)\b)", "."),
    (r"(?<=\w\w)\s{1,3}\.\s{1,3}(?=(?:net|info)\b)", "."),
    (r"(?<=\w\w)\.\s{1,3}(?=(?-i:com|net|org)\b)", "."),
    (r"(?<=[a-z0-9]),(?=(?:com|org|ru|xyz)\b)", "."),
    (rf"(?<=[a-z0-9])[·•‧∙⋅](?=(?:{SPELLED})\b)", "."),
    (r"(?<=[a-z0-9])。(?=[a-z0-9])", "."),
]
DISGUISES = [(re.compile(seen, re.I), meant) for seen, meant in _DISGUISES]

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
MARKUP = re.compile(
    r"<\s{0,3}a\s[^>]{0,300}|<\s{0,3}a\s{0,3}href|\[(?:url|link|img)\b[^\]\s]{0,300}"
    r"|\[[^\]\n]{1,200}\]\(\s{0,3}[^)\s]{3,300}\s{0,3}\)",
    re.I,
)
ADDRESS = re.compile(
    rf"""(?P<scheme>\b(?:https?|ftp):/*|\b(?:ip[fn]s|tg|sftp|wss?)://|\b(?:tel|sms):\+?(?=\d{{3}})
        |\bjavascript:|\bmagnet:\?|\bdata:text/|(?<![\w:/])//(?=[\w-]+\.\w))?
    (?P<user>[\w.+-]{{1,64}}@)?
    (?P<host>(?:{_LABEL}\.)*{_LABEL})
    (?P<more>(?::\d{{2,5}})?(?:(?:/[\w+@~?=&%\#-]|[\\?\#]\w)[^\s<>\])"]*)?)""",
    re.I | re.X,
)
IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")


def readable(text: str) -> str:
    """A text without what hides its letters: compatibility forms, marks, invisible characters."""
    folded = unicodedata.normalize("NFKD", clean(html.unescape(text)).translate(LUNATE))
    kept = (c for c in folded if unicodedata.category(c) not in ("Cf", "Mn", "Me", "Co"))
    return "".join(map(_latin, kept)).translate(PUNCTUATION)


@cache
def _latin(character: str) -> str:
    """The letter of a Latin form that stays itself in NFKD (small capitals, letters in squares)."""
    is_form = not character.isascii() and " LATIN " in f" {unicodedata.name(character, '')}"
    return impersonation.look_alike(character) if is_form else character


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
    written = readable(text)
    text = plain(text)
    addresses = [
        match[0]
        for match in ADDRESS.finditer(text)
        if _is_link(match, is_disguised=match["host"] not in written)
    ]
    markup = [match[0] for match in MARKUP.finditer(text)]
    return max(addresses, markup, key=len)


def _is_link(match: re.Match[str], *, is_disguised: bool) -> bool:
    host = match["host"]
    if match["scheme"]:
        return True
    *labels, top = host.split(".")
    if not labels:
        return False
    if IP.fullmatch(host):  # not sets ("12.10.8.6"), as far as one can tell
        return bool(match["more"]) or any(len(part) == 3 for part in host.split("."))
    if _mixes_alphabets(host):
        host = "".join(c if c.isascii() else impersonation.look_alike(c) for c in host)
        *labels, top = host.split(".")
        is_disguised = True
    if labels[0].casefold() == "www":
        return True
    if top.casefold() not in TOP_LEVEL:
        return False
    if labels[-1].isdecimal() and top not in GENERIC and not _is_number_host(labels[-1], top):
        return False  # "5.No"
    if match["user"] or match["more"] or is_disguised:
        return True
    return _is_host(labels, top)


def _is_number_host(label: str, top: str) -> bool:
    """Whether it is "888.casino", not "100.kg"."""
    return len(label) > 2 and len(top) > 2 and top not in WORDS_TOO


def _is_host(labels: list[str], top: str) -> bool:
    """Whether labels before a top-level domain, and no more than that, are meant as a host."""
    ending = top.casefold()
    if top not in (ending, top.upper()):
        return ending in GENERIC or (ending in SHOPS and labels[-1][0].isupper())
    if ending in WORDS_TOO:
        several = len(labels) > 1 and all(len(label) > 2 for label in labels)
        return several or (len(top) > 2 and _is_made_up(labels[-1]))
    return len(labels[-1]) > 1 or ending in GENERIC


def _is_made_up(label: str) -> bool:
    """Whether no sentence ends with it: "cheap-rx", "pills4u", but not "10kg" or "sit-ups"."""
    return bool(re.search(r"[\d-]", label)) and not QUANTITY.fullmatch(label)


def _mixes_alphabets(host: str) -> bool:
    letters = [c for c in host if c.isalpha()]
    return any(c.isascii() for c in letters) and not all(c.isascii() for c in letters)
