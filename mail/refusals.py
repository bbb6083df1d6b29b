"""What it means when a mail server does not take an email."""

from __future__ import annotations

import re
from enum import Enum
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from mail.quoting import one_line

STORAGE_FULL = 552  # a mailbox that is full today
UNREACHABLE = (550, 551, 553)  # at RCPT TO: there is no such mailbox
# At RCPT TO these say that the server does not know this site, not that a mailbox is missing.
NOT_LET_IN = (503, 530, 534, 535, 538)
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")  # an enhanced code, RFC 3463
OVER_QUOTA = "5.4.5"
# At DATA these mostly concern the words of one email; other 5.7 codes concern the sender.
ABOUT_THE_WORDS = ("5.7.0", "5.7.1")
ADDRESSES = re.compile(r"<[^>]*>|\S+@\S+")
NO_RELAY = re.compile(
    r"\brelay(ing)?( access)?( is)? (denied|disallowed|prohibited|refused|not (permitted|allowed))"
    r"|\b(unable|not (permitted|allowed)) to relay\b|\b(do|does|will|may|can)( not|not) relay\b",
    re.IGNORECASE,
)


class Verdict(Enum):
    """What a failure says."""

    OF_THE_SITE = "the server refuses this site, and would refuse each of its emails"
    BROKEN = "the connection ended, or the server is about to end it"
    NO_MAILBOX = "nobody has this address"
    FINAL = "this email will never be taken"
    FOR_NOW = "it may be taken later"


def judge(error: Exception, has_sent: bool) -> Verdict:
    """has_sent: the server took another email in the same run. Then it lets the site in, and a
    refusal that could be the site's is this email's."""
    code, words = answer(error)
    if _is_of_the_site(error, has_sent):
        return Verdict.OF_THE_SITE
    if is_broken(error):
        return Verdict.BROKEN
    if code < 500:
        return Verdict.FOR_NOW
    if isinstance(error, SMTPRecipientsRefused):
        status = _status(words)
        missing = status.startswith("5.1.") if status else code in UNREACHABLE
        return Verdict.NO_MAILBOX if missing else Verdict.FINAL
    is_final = isinstance(error, SMTPDataError) and code != STORAGE_FULL
    return Verdict.FINAL if is_final else Verdict.FOR_NOW


def answer(error: Exception) -> tuple[int, str]:
    """The code and the words of a mail server's refusal; 0 when it was none."""
    code, words = 0, b""
    if isinstance(error, SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error  # type: ignore[assignment]
    return code, words.decode(errors="replace") if isinstance(words, bytes) else str(words)


def is_broken(error: Exception) -> bool:
    """The connection ended, or the server is about to end it."""
    broken = isinstance(error, OSError) and not isinstance(error, SMTPException)
    return broken or isinstance(error, SMTPServerDisconnected) or answer(error)[0] == 421


def told(error: Exception) -> str:
    """What a person reads of it on the list of emails."""
    code, words = answer(error)
    said = f"{code} {words}" if code else f"{type(error).__name__}: {error}"
    return one_line(said)[:300]


def without_addresses(words: str) -> str:
    """A reader chose the address, and with it what a server repeats of it."""
    return ADDRESSES.sub("", words)


def _is_of_the_site(error: Exception, has_sent: bool) -> bool:
    code, words = answer(error)
    status = _status(words)
    if isinstance(error, SMTPHeloError):
        return True
    if isinstance(error, SMTPSenderRefused):
        return code != STORAGE_FULL  # which here means that this email is too large
    at_recipient = isinstance(error, SMTPRecipientsRefused)
    if not at_recipient and not isinstance(error, SMTPDataError):
        return False
    if status == OVER_QUOTA or (at_recipient and code in NOT_LET_IN):
        return True
    if code < 500 or status.startswith("5.1.") or has_sent:
        return False
    if at_recipient and NO_RELAY.search(without_addresses(words)):
        return True
    return status.startswith("5.7.") and (at_recipient or status not in ABOUT_THE_WORDS)


def _status(words: str) -> str:
    found = STATUS.match(words)
    return found[0] if found else ""
