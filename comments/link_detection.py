"""Finds links in a text for the spam filter, including disguised ones.

`comments/linkify.py` decides what is *displayed* as a link; this module detects more on purpose. It
finds links that only a person would recognize ("evil(dot)com", "hxxps://", full-width letters, a
zero-width space in "http"). A missing space after a period ("my knees.My hips") makes no link.
"""

import html
import re
import unicodedata
from functools import cache
from pathlib import Path

import idna
from linkify_it.tlds import TLDS

from comments import impersonation
from comments.cleaning import clean

# Top-level domains that linkify_it's list of 2020 lacks: newer ones, and ones outside public DNS.
EXTRA_TLDS = ["kids", "merck", "music", "web", "xn--4dbrk0ce", "example", "onion"]
# Top-level domains that can also begin a sentence. "squats.so" is a missing space far more often
# than a host, so these count only with more of an address around them ("t.me/deals").
WORD_TLDS = set(Path(__file__).with_name("word_tlds.txt").read_text("utf-8").split())
# These endings make a host even if capitalized, as phones do after a period ("megaslim.Com") …
GENERIC_TLDS = {"biz", "cn", "co", "com", "io", "org", "ru", "xyz"}
# … and these do if the name before them is capitalized too ("MegaSlim.Shop").
SHOP_TLDS = {"app", "club", "dev", "online", "shop", "site", "store"}
SPELLED_OUT = "com|net|org|io|info|biz|xyz|ru|cn|co|shop|online|site|club|store|app|dev"

# Words with a digit or a hyphen that commonly end a sentence: 10kg, 3x10, sit-ups.
QUANTITY = re.compile(r"\d+(?:x\d+|[a-z]{0,4})|x-rays?|\w+-(?:ups?|downs?|backs?|ins?|outs?)", re.I)
# The Greek lunate sigma looks like c, but NFKD would turn it into an ordinary sigma.
LUNATE = str.maketrans("\u03f2\u03f9", "cC")
# Look-alikes of the period, the slash and the colon.
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
    (rf"(?<=\w\w)\s{{1,3}}d[o0]t\s{{1,3}}(?=(?:{SPELLED_OUT})\b)", "."),
    (r"(?<=\w\w)\s{1,3}p[ou]nto\s{1,3}(?=(?:com|net|org)\b)", "."),
    (r"(?<=\w\w)(?<!\bthe)\s{1,3}\.\s{0,3}(?=(?:com|org|ru|xyz)\b)", "."),
    (r"(?<=\w\w)\s{1,3}\.\s{1,3}(?=(?:net|info)\b)", "."),
    (r"(?<=\w\w)\.\s{1,3}(?=(?-i:com|net|org)\b)", "."),
    (r"(?<=[a-z0-9]),(?=(?:com|org|ru|xyz)\b)", "."),
    (rf"(?<=[a-z0-9])[·•‧∙⋅](?=(?:{SPELLED_OUT})\b)", "."),
    (r"(?<=[a-z0-9])。(?=[a-z0-9])", "."),
]
DISGUISES = [(re.compile(pattern, re.I), meaning) for pattern, meaning in _DISGUISES]

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


def normalized(text: str) -> str:
    """Returns the text with HTML entities decoded and variants of letters and punctuation replaced
    by plain ones, and without combining marks and invisible characters."""
    folded = unicodedata.normalize("NFKD", clean(html.unescape(text)).translate(LUNATE))
    visible = (c for c in folded if unicodedata.category(c) not in ("Cf", "Mn", "Me", "Co"))
    return "".join(map(_latin, visible)).translate(PUNCTUATION)


@cache
def _latin(character: str) -> str:
    """Returns the plain letter for a Latin variant that NFKD keeps (small capital, squared)."""
    is_variant = not character.isascii() and " LATIN " in f" {unicodedata.name(character, '')}"
    return impersonation.latin_look_alike(character) if is_variant else character


def deobfuscated(text: str) -> str:
    """Returns the normalized text with disguised links replaced by plain ones."""
    text = normalized(text)
    for pattern, meaning in DISGUISES:
        text = pattern.sub(meaning, text)
    return text


_ascii_tlds = {tld.lower() for tld in [*TLDS, *EXTRA_TLDS]}
TOP_LEVEL = _ascii_tlds | {
    normalized(idna.decode(tld)).casefold() for tld in _ascii_tlds if tld.startswith("xn--")
}


def find_links(text: str) -> list[str]:
    """Returns the addresses in a text, with disguises removed, or the pieces of link markup (HTML,
    BBCode, Markdown) if there are more of these."""
    typed, text = normalized(text), deobfuscated(text)
    addresses = [
        match[0]
        for match in ADDRESS.finditer(text)
        if _is_link(match, is_disguised=match["host"] not in typed)
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
    if IP.fullmatch(host):  # it may be numbers of repetitions: "12.10.8.6"
        return bool(match["more"]) or any(len(part) == 3 for part in host.split("."))
    if {c.isascii() for c in host if c.isalpha()} == {True, False}:  # mixed alphabets
        host = "".join(c if c.isascii() else impersonation.latin_look_alike(c) for c in host)
        *labels, top = host.split(".")
        is_disguised = True
    if labels[0].casefold() == "www":
        return True
    if top.casefold() not in TOP_LEVEL:
        return False
    if labels[-1].isdecimal() and top not in GENERIC_TLDS and not _is_number_host(labels[-1], top):
        return False  # a missing space after a number: "5.No"
    if match["user"] or match["more"] or is_disguised:
        return True
    return _is_host(labels, top)


def _is_number_host(label: str, top: str) -> bool:
    """True if a number with a top-level domain is a host ("888.casino"), false for "100.kg"."""
    return len(label) > 2 and len(top) > 2 and top not in WORD_TLDS


def _is_host(labels: list[str], top: str) -> bool:
    """True if a host without path or user is a link, not two sentences without a space between."""
    ending = top.casefold()
    if top not in (ending, top.upper()):
        return ending in GENERIC_TLDS or (ending in SHOP_TLDS and labels[-1][0].isupper())
    if ending in WORD_TLDS:
        several = len(labels) > 1 and all(len(label) > 2 for label in labels)
        return several or (len(top) > 2 and _is_made_up(labels[-1]))
    return len(labels[-1]) > 1 or ending in GENERIC_TLDS


def _is_made_up(label: str) -> bool:
    """True for "cheap-rx" or "pills4u", not for ends of sentences: "squats", "10kg", "sit-ups"."""
    return bool(re.search(r"[\d-]", label)) and not QUANTITY.fullmatch(label)
