"""Classifies the errors that occur when an email is sent."""

import re
import smtplib
from enum import Enum

from mail.quoting import one_line

STORAGE_FULL = 552  # reply to DATA: the mailbox is full; to MAIL FROM: the email is too large
NO_MAILBOX_CODES = (550, 551, 553)  # reply to RCPT TO: there is no such mailbox
# Replies to RCPT TO: the server does not accept emails from this site.
NOT_AUTHENTICATED = (503, 530, 534, 535, 538)
ENHANCED_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")  # RFC 3463
OVER_QUOTA = "5.4.5"
# As replies to DATA, these mostly concern the content of one email; other 5.7 codes, the sender.
ABOUT_CONTENT = ("5.7.0", "5.7.1")
ADDRESSES = re.compile(r"<[^>]*>|\S+@\S+")  # servers repeat addresses, which readers choose
NO_RELAY = re.compile(
    r"\brelay(ing)?( access)?( is)? (denied|disallowed|prohibited|refused|not (permitted|allowed))"
    r"|\b(unable|not (permitted|allowed)) to relay\b|\b(do|does|will|may|can)( not|not) relay\b",
    re.IGNORECASE,
)


class Failure(Enum):
    """The kinds of failures, which decide whether and when an email is tried again."""

    SITE_REJECTED = "the server rejects this site, and would reject each of its emails"
    CONNECTION_LOST = "the connection ended, or the server is about to end it"
    NO_MAILBOX = "the address does not exist"
    PERMANENT = "this email will never be accepted"
    TEMPORARY = "it may be accepted later"


def classify(error: Exception, has_sent: bool) -> Failure:
    """Returns the kind of failure. has_sent means that the server has accepted another email in the
    same run: then a rejection that could concern the site or this email counts as this email's."""
    code, text = reply(error)
    if _rejects_site(error, has_sent):
        return Failure.SITE_REJECTED
    if is_disconnect(error):
        return Failure.CONNECTION_LOST
    if code < 500:
        return Failure.TEMPORARY
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        status = _enhanced_status(text)
        is_missing = status.startswith("5.1.") if status else code in NO_MAILBOX_CODES
        return Failure.NO_MAILBOX if is_missing else Failure.PERMANENT
    is_permanent = isinstance(error, smtplib.SMTPDataError) and code != STORAGE_FULL
    return Failure.PERMANENT if is_permanent else Failure.TEMPORARY


def reply(error: Exception) -> tuple[int, str]:
    """Returns the code and the text of the server's reply, or 0 and "" if there was none."""
    code, text = 0, b""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error  # type: ignore[assignment]
    return code, text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def is_disconnect(error: Exception) -> bool:
    """True if the connection is lost, or the server announced that it ends it (reply 421)."""
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected) or reply(error)[0] == 421
    return isinstance(error, OSError)


def describe(error: Exception) -> str:
    """Returns a description of the error for Letter.last_error, at most 300 characters."""
    code, text = reply(error)
    return one_line(f"{code} {text}" if code else f"{type(error).__name__}: {error}")[:300]


def _rejects_site(error: Exception, has_sent: bool) -> bool:
    code, text = reply(error)
    status = _enhanced_status(text)
    if isinstance(error, smtplib.SMTPHeloError):
        return True
    if isinstance(error, smtplib.SMTPSenderRefused):
        return code != STORAGE_FULL
    at_recipient = isinstance(error, smtplib.SMTPRecipientsRefused)
    if not at_recipient and not isinstance(error, smtplib.SMTPDataError):
        return False
    if status == OVER_QUOTA or (at_recipient and code in NOT_AUTHENTICATED):
        return True
    if code < 500 or status.startswith("5.1.") or has_sent:
        return False
    if at_recipient and NO_RELAY.search(ADDRESSES.sub("", text)):
        return True
    return status.startswith("5.7.") and (at_recipient or status not in ABOUT_CONTENT)


def _enhanced_status(text: str) -> str:
    found = ENHANCED_STATUS.match(text)
    return found[0] if found else ""
