"""Sends the emails that are due: by one sender at a time, one after the other on one connection.

No row can end a run. Over a limit an email waits until the window has room again; what was counted
is the emails themselves, by kind and by the mailbox they lead to.
"""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.header import Header
from email.utils import formataddr, parseaddr
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import utf8_charset_qp
from django.db import connection
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone

from comments.models import Address, Letter
from comments.quoting import one_line
from publishing import mailboxes
from publishing.models import Site
from publishing.sender import keyed_hash

FIRST_PAUSE = timedelta(minutes=5)  # doubles with each try
LONGEST_PAUSE = timedelta(days=1)
GIVE_UP_AFTER = 12  # tries, the last ones a day apart
TROUBLES = 3  # emails in succession that fail for the server's sake end a run
URGENT = ("password", "new_device", "waiting")  # leave first

STORAGE_FULL = 552  # a mailbox that is full today
UNREACHABLE = (550, 551, 553)  # at RCPT TO: there is no such mailbox
# At RCPT TO these say that the server does not know this site, not that a mailbox is missing.
NOT_LET_IN = (503, 530, 534, 535, 538)

# After these smtplib has taken the email back, and the next one can follow.
REFUSALS = (SMTPSenderRefused, SMTPRecipientsRefused, SMTPDataError)

log = logging.getLogger(__name__)
_state = threading.Lock()
_is_wanted = _is_running = False


class Limit(NamedTuple):
    most: int
    during: timedelta  # at most LONGEST_PAUSE


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Anybody can have these sent to a mailbox by typing its address: a person who corrects a typing
# error needs two of them.
TO_A_MAILBOX = {
    "confirm": Limit(3, DAY),
    "links": Limit(5, DAY),
    "answered": Limit(20, DAY),
    "password": Limit(3, HOUR),  # a known device has three of its own
    "new_device": Limit(10, HOUR),
    "waiting": Limit(10, DAY),
}
# A busy day of a small site stays below; more would harm its name with other mail servers. Each
# kind has its own, so that a flood of one keeps back no other. Passwords have none: only accounts
# get them, and these are few.
FROM_THE_SITE = {
    "confirm": Limit(100, HOUR),
    "links": Limit(100, HOUR),
    "answered": Limit(300, HOUR),
}


class Down(Exception):
    """The mail server cannot be reached, or does not let this site in."""


class Ended(Exception):
    """The email is of no use any more; the message says why."""


def ended() -> Q:
    """What selects the emails that will never be delivered."""
    return Q(sent_at=None) & (Q(failed_at__isnull=False) | Q(tries__gte=GIVE_UP_AFTER))


def send_soon(send: Callable[[], object]) -> None:
    """Call this in a thread, so that no reader waits for a mail server. There is one thread in a
    process: what is asked for while it runs, it does afterwards."""
    global _is_wanted, _is_running
    with _state:
        _is_wanted = True
        if _is_running:
            return
        _is_running = True
    threading.Thread(target=_run_apart, args=[send], name="mail", daemon=True).start()


def _run_apart(send: Callable[[], object]) -> None:
    global _is_wanted, _is_running
    while True:
        with _state:
            if not _is_wanted:
                _is_running = False
                return
            _is_wanted = False
        try:
            send()
        except Exception:
            log.exception("Emails could not be sent and wait")
        finally:
            connection.close()


def run(renew: Callable[[Letter], Letter]) -> int:
    """Send what is due; returns how many emails went out. renew() gives the email as it is to
    leave, with links that still hold. Of what went out, the row keeps no words.

    A refusal for good (5xx) ends an email; any other failure lets it wait, for pauses that double
    from five minutes to a day. A server that is down is asked again in the next run.
    """
    sent = troubles = 0
    with _one_sender():
        line = get_connection()
        try:
            while troubles < TROUBLES and (letter := _claim()):
                try:
                    _deliver(letter, line, renew)
                except Down as error:
                    _rows(letter).update(
                        next_try_at=timezone.now(), tries=letter.tries, last_error=str(error)
                    )
                    break
                except Exception as error:
                    troubles = troubles + 1 if _is_server_s(error) else 0
                    _note(letter, error)
                else:
                    troubles = 0
                    sent += 1
        finally:
            _hang_up(line)
    return sent


@contextmanager
def _one_sender() -> Iterator[None]:
    """Others on this machine wait until it is done, and then find what it left."""
    with open(settings.DATA_DIR / "mail.lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _due(now: datetime) -> QuerySet[Letter]:
    # No pause is longer than a day: what is due later than that was written by a wrong clock.
    tried = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_PAUSE)
    return Letter.objects.filter(tried, sent_at=None, failed_at=None, tries__lt=GIVE_UP_AFTER)


def _rows(letter: Letter) -> QuerySet[Letter]:
    return Letter.objects.filter(pk=letter.pk)


def _claim() -> Letter | None:
    """The next email to send, its try already counted: another machine does not take it too."""
    order = Case(When(kind__in=URGENT, then=0), default=1)
    while letter := _due(timezone.now()).order_by(order, "written_at", "pk").first():
        now = timezone.now()
        if not letter.counted_as:  # written by an older version
            letter.counted_as = mailboxes.mailbox(letter.to)
            _rows(letter).update(counted_as=letter.counted_as)
        if _waits_for_room(letter, now):
            continue
        pause = min(FIRST_PAUSE * 2**letter.tries, LONGEST_PAUSE)
        claimed = _due(now).filter(pk=letter.pk)
        if claimed.update(next_try_at=now + pause, tries=F("tries") + 1):
            return letter
    return None


def _waits_for_room(letter: Letter, now: datetime) -> bool:
    """Whether a limit is reached; then all that it concerns wait until it has room again."""
    for limits, which in ((TO_A_MAILBOX, {"counted_as": letter.counted_as}), (FROM_THE_SITE, {})):
        limit = limits.get(letter.kind)
        if not limit:
            continue
        same = Letter.objects.filter(kind=letter.kind, **which)
        counted = same.filter(sent_at__gt=now - limit.during, sent_at__lte=now)
        times = list(counted.order_by("-sent_at").values_list("sent_at", flat=True)[: limit.most])
        if len(times) == limit.most and times[-1]:
            opens = times[-1] + limit.during
            _due(now).filter(kind=letter.kind, **which).update(next_try_at=opens)
            return True
    return False


def _deliver(letter: Letter, line: Any, renew: Callable[[Letter], Letter]) -> None:
    """Raises Down, or what went wrong with this email. A connection that died is made anew once."""
    message = _message(renew(letter))
    for last in (False, True):
        _call(line)
        try:
            line.send_messages([message])
        except Exception as error:
            if _is_dead(error) or not isinstance(error, REFUSALS):
                _hang_up(line)  # also after an error of ours, in the middle of a conversation
            if last or not _is_dead(error):
                raise
        else:
            now = timezone.now()
            _rows(letter).update(sent_at=now, last_error="", text="", html="")
            return


def _call(line: Any) -> None:
    if not settings.EMAIL_HOST and hasattr(line, "host"):
        raise Down("No mail server is named.")
    try:
        line.open()
    except Exception as error:
        log.warning("Emails wait: the mail server said %s", type(error).__name__)
        raise Down(_told(error)) from error


def _hang_up(line: Any) -> None:
    with suppress(OSError):
        line.close()
    line.connection = None


def _answer(error: Exception) -> tuple[int, str]:
    """The code and the words of a mail server's refusal; 0 when it was none."""
    code, words = 0, b""
    if isinstance(error, SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error  # type: ignore[assignment]
    return code, words.decode(errors="replace") if isinstance(words, bytes) else str(words)


def _is_dead(error: Exception) -> bool:
    """The connection ended, or the server is about to end it."""
    broken = isinstance(error, OSError) and not isinstance(error, SMTPException)
    return broken or isinstance(error, SMTPServerDisconnected) or _answer(error)[0] == 421


def _is_settings(error: Exception) -> bool:
    """The server refuses this site, and would refuse each of its emails."""
    code, words = _answer(error)
    if isinstance(error, SMTPSenderRefused):
        return code != STORAGE_FULL  # which here means that this email is too large
    if isinstance(error, SMTPRecipientsRefused):
        return code in NOT_LET_IN or (code >= 500 and "relay" in words.lower())
    return isinstance(error, SMTPHeloError)


def _is_server_s(error: Exception) -> bool:
    return _is_dead(error) or _is_settings(error)


def _is_final(error: Exception) -> bool:
    """This email will never be taken."""
    code, _ = _answer(error)
    if _is_settings(error) or code < 500:
        return False
    at_data = isinstance(error, SMTPDataError)
    return isinstance(error, SMTPRecipientsRefused) or (at_data and code != STORAGE_FULL)


def _note(letter: Letter, error: Exception) -> None:
    """Tell in the row what went wrong; a try that says nothing of this email does not count."""
    log.warning("An email waits or ended: %s", type(error).__name__)
    now, told = timezone.now(), _told(error)
    if isinstance(error, Ended):
        _rows(letter).update(failed_at=now, last_error=told)
    elif _is_settings(error):
        _rows(letter).update(tries=letter.tries, next_try_at=now + FIRST_PAUSE, last_error=told)
    elif _is_final(error):
        _rows(letter).update(failed_at=now, last_error=told)
        if isinstance(error, SMTPRecipientsRefused) and _answer(error)[0] in UNREACHABLE:
            Address.objects.filter(email=letter.to.lower()).update(unreachable_at=now)
    else:
        _rows(letter).update(last_error=told)


def _told(error: Exception) -> str:
    """What a person reads of it on the list of emails."""
    code, words = _answer(error)
    told = f"{code} {words}" if code else f"{type(error).__name__}: {error}"
    return one_line(told)[:300]


def _message(letter: Letter) -> EmailMultiAlternatives:
    site = Site.current()
    host = urlsplit(settings.SITE_URL).hostname
    again = keyed_hash("message", str(letter.pk))[:16]  # the same with each try
    sender_name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    headers = {
        "From": _mailbox_of(sender_name or site.name, sender),
        "Message-ID": f"<letter-{letter.pk}-{again}@{host}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834
        "X-Auto-Response-Suppress": "All",  # the same for Exchange
    }
    if letter.unsubscribe:  # to a reader
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"  # RFC 2369 and 8058
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        with suppress(ValidationError):
            headers["Reply-To"] = _mailbox_of(site.trainer, mailboxes.clean(site.email))
    message = EmailMultiAlternatives(
        one_line(letter.subject), letter.text, sender, [letter.to], headers=headers
    )
    message.attach_alternative(letter.html, "text/html")
    # Quoted-printable: short lines of ASCII, which every mail server passes on unchanged.
    message.encoding = utf8_charset_qp
    return message


def _mailbox_of(name: str, address: str) -> str:
    """A name and an address as a header holds them: quoted, or in encoded words (RFC 2047)."""
    name = one_line(name)
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8').encode(linesep='')} <{address}>"
