"""Normalizes email addresses, rejects unsafe ones, and detects aliases of one mailbox."""

from __future__ import annotations

import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from web.clients import keyed_hash

MAX_LENGTH = 254  # characters, RFC 5321
MAX_LOCAL_LENGTH = 64
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
# Japanese and Korean words mix these scripts. Any other domain label must be in one script.
COMBINED_SCRIPTS = [{"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}, {"CJK", "HANGUL"}]
GMAIL = {"gmail.com", "googlemail.com"}

INVALID = "This is not an email address. It looks like ana@example.com."
HIDDEN_CHARACTER = (
    "There is a space or a hidden character in this email address."
    " Type the address here instead of pasting it, please."
)
BAD_LOCAL_PART = (
    "The part before the @ has characters that many mail servers do not take."
    " Use an address with plain letters (a to z) there, please."
)
TOO_LONG = "This is longer than an email address can be."
CONFUSABLE = (
    "The part after the @ mixes alphabets or writing directions, so it cannot be read with"
    " certainty. Use another address, please."
)


def clean(text: str) -> str:
    """Makes an address's domain lowercase ASCII (IDNA 2008 after UTS 46 mapping). Raises
    ValidationError, with a message for the person who typed it, if the address is invalid, is
    rejected by some mail servers, or can be mistaken for another one."""
    text = text.strip()
    local, at, domain = text.rpartition("@")
    if not at or '"' in local or domain.startswith("["):
        raise ValidationError(INVALID)
    if any(map(_is_hidden, text)):
        raise ValidationError(HIDDEN_CHARACTER)
    if not local.isascii():
        raise ValidationError(BAD_LOCAL_PART)
    if len(text) > MAX_LENGTH or len(local) > MAX_LOCAL_LENGTH:
        raise ValidationError(TOO_LONG)
    address = f"{local}@{_to_ascii(domain)}"
    if len(address) > MAX_LENGTH:
        raise ValidationError(TOO_LONG)
    EmailValidator(INVALID)(address)
    return address


def mailbox(address: str) -> str:
    """A keyed hash of an address without its "+tag", its case and, at Gmail, its dots."""
    local, _, domain = address.strip().casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return keyed_hash("mailbox", f"{local}@{domain}")


def _is_hidden(character: str) -> bool:
    """True for a character that is invisible, or that UTS 46 mapping silently removes."""
    if unicodedata.category(character) in HIDDEN_CATEGORIES:
        return True
    try:
        return not character.isascii() and not idna.uts46_remap(character, std3_rules=False)
    except idna.IDNAError:
        return False


def _to_ascii(domain: str) -> str:
    try:
        if not domain.isascii():
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        domain = domain.lower()
        labels = [idna.decode(n) if n.startswith("xn--") else n for n in domain.split(".")]
    except (UnicodeError, IndexError):  # idna.IDNAError is a UnicodeError
        raise ValidationError(INVALID) from None
    if not all(map(_is_unambiguous, labels)):
        raise ValidationError(CONFUSABLE)
    return domain


def _is_unambiguous(label: str) -> bool:
    """True if a domain label is written left to right, in one script or in COMBINED_SCRIPTS."""
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in label):
        return False
    letters = [character for character in label if character.isalpha()]
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in letters}
    return len(scripts) < 2 or any(scripts <= combined for combined in COMBINED_SCRIPTS)
