"""Email addresses: which of them the site writes to, and which lead to the same mailbox."""

from __future__ import annotations

import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from web.sender import keyed_hash

LONGEST = 254  # characters, by RFC 5321
LONGEST_LOCAL = 64
HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
# A label in one script reads as it is written. Japanese and Korean words mix these.
WRITTEN_TOGETHER = [{"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}, {"CJK", "HANGUL"}]
GMAIL = {"gmail.com", "googlemail.com"}

NO_ADDRESS = "This is not an email address. It looks like ana@example.com."
HAS_HIDDEN = (
    "There is a space or a hidden character in this email address."
    " Type the address here instead of pasting it, please."
)
LOCAL_PART = (
    "The part before the @ has characters that many mail servers do not take."
    " Use an address with plain letters (a to z) there, please."
)
TOO_LONG = "This is longer than an email address can be."
LOOK_ALIKE = (
    "The part after the @ mixes alphabets or writing directions, so it cannot be read with"
    " certainty. Use another address, please."
)


def clean(text: str) -> str:
    """The address as it is stored: an internationalized domain in ASCII (IDNA 2008 after the
    mapping of UTS 46), in small letters. Raises ValidationError with a sentence for what no mail
    server can be relied on to take, or what reads other than it is written."""
    text = text.strip()
    local, at, domain = text.rpartition("@")
    if not at or '"' in local or domain.startswith("["):
        raise ValidationError(NO_ADDRESS)
    if any(map(_is_hidden, text)):
        raise ValidationError(HAS_HIDDEN)
    if not local.isascii():
        raise ValidationError(LOCAL_PART)
    if len(text) > LONGEST or len(local) > LONGEST_LOCAL:
        raise ValidationError(TOO_LONG)
    address = f"{local}@{_ascii(domain)}"
    if len(address) > LONGEST:
        raise ValidationError(TOO_LONG)
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError(NO_ADDRESS) from None
    return address


def mailbox(address: str) -> str:
    """A keyed hash of where an address leads: the same for all with another tag behind a plus, and
    at Gmail for all with other dots."""
    local, _, domain = address.strip().casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return keyed_hash("mailbox", f"{local}@{domain}")


def _is_hidden(character: str) -> bool:
    """Not seen, or dropped by UTS 46 without a word."""
    if unicodedata.category(character) in HIDDEN:
        return True
    try:
        return not character.isascii() and not idna.uts46_remap(character, std3_rules=False)
    except idna.IDNAError:
        return False


def _ascii(domain: str) -> str:
    try:
        if not domain.isascii():
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        domain = domain.lower()
        labels = [idna.decode(n) if n.startswith("xn--") else n for n in domain.split(".")]
    except (UnicodeError, IndexError):  # idna's own error is a UnicodeError
        raise ValidationError(NO_ADDRESS) from None
    if not all(map(_reads_as_written, labels)):
        raise ValidationError(LOOK_ALIKE)
    return domain


def _reads_as_written(label: str) -> bool:
    """In one alphabet and from left to right."""
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in label):
        return False
    letters = [character for character in label if character.isalpha()]
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in letters}
    return len(scripts) < 2 or any(scripts <= together for together in WRITTEN_TOGETHER)
