"""Sends the emails that are due: by one sender at a time, one after the other on one connection.

No row can end a run. Over a limit an email waits until the window has room again; what was counted
is the emails themselves, by kind and by the mailbox they lead to.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.header import Header
from email.utils import formataddr, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import utf8_charset_qp
from django.db import connection
from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.dispatch import Signal
from django.utils import timezone

from mail import refusals
from mail.models import Letter, LetterQuerySet
from mail.quoting import one_line
from mail.refusals import Verdict, told
from publishing.models import Site
from web import mailboxes
from web.clients import keyed_hash

FIRST_PAUSE = timedelta(minutes=5)  # doubles with each try
LONGEST_PAUSE = timedelta(days=1)
WAIT_FOR_OTHERS = 60  # seconds; a sender that works for longer takes along what others wait for
GIVE_UP_AFTER = 12  # tries, the last ones a day apart
TRIES_UNANSWERED = 3  # of an email that may have arrived each time
TROUBLES = 3  # emails in succession that fail for the server's sake end a run
UNANSWERED = "The mail server did not say whether it took this email."
URGENT = ("password", "new_device", "waiting")  # leave first

# After these smtplib has taken the email back, and the next one can follow.
REFUSALS = (SMTPSenderRefused, SMTPRecipientsRefused, SMTPDataError)

OF_THE_SERVER = (Verdict.OF_THE_SITE, Verdict.BROKEN)

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


# An email that may have arrived counts too; it is tried again after the longest pause.
LEFT_AT = Coalesce("sent_at", F("next_try_at") - LONGEST_PAUSE)


mailbox_missing = Signal()  # sent with `address`, after a mail server said that nobody has it


class Down(Exception):
    """The mail server cannot be reached, or does not let this site in."""


class Ended(Exception):
    """The email is of no use any more; the message says why."""


class NoLock(Exception):
    """What tells senders apart cannot be opened; the message is a sentence for the log."""


class Unanswered(Exception):
    """The connection broke after DATA: the server has the email, or has not."""


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
    from five minutes to a day. A server that is down is asked again in the next run, and so is one
    that refuses several emails in the same words: then it is not the emails that are wrong.
    """
    sent = troubles = 0
    refused: dict[str, list[int]] = {}  # emails by the words, since the last that was taken
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
                    broke = isinstance(error, Unanswered)
                    verdict = Verdict.BROKEN if broke else refusals.judge(error, sent > 0)
                    troubles = troubles + 1 if verdict in OF_THE_SERVER else 0
                    _note(letter, error, verdict)
                    if verdict is Verdict.FINAL:
                        alike = refused.setdefault(refusals.without_addresses(told(error)), [])
                        alike.append(letter.pk)
                        if len(alike) == TROUBLES:
                            Letter.objects.filter(pk__in=alike).update(failed_at=None)
                            break
                else:
                    troubles = 0
                    refused.clear()
                    sent += 1
        finally:
            _hang_up(line)
    return sent


@contextmanager
def _one_sender() -> Iterator[None]:
    """Others on this machine wait until it is done, and then find what it left; but not for ever.
    Raises NoLock."""
    until = time.monotonic() + WAIT_FOR_OTHERS
    try:
        lock = open(settings.DATA_DIR / "mail.lock", "ab")  # noqa: SIM115
    except OSError as error:
        raise NoLock(f"Emails wait: mail.lock cannot be opened ({error.strerror}).") from error
    with lock:
        while not _has(lock):
            if time.monotonic() > until:
                raise NoLock("Emails wait: another process has been sending for too long.")
            time.sleep(0.1)
        yield


def _has(lock: IO[bytes]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _due(now: datetime) -> QuerySet[Letter]:
    # No pause is longer than a day: what is due later than that was written by a wrong clock.
    tried = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_PAUSE)
    return Letter.objects.filter(tried, sent_at=None, failed_at=None, tries__lt=GIVE_UP_AFTER)


def _rows(letter: Letter) -> LetterQuerySet:
    return Letter.objects.filter(pk=letter.pk)


def _claim() -> Letter | None:
    """The next email to send, its try already counted: another machine does not take it too."""
    failed = Case(When(last_error="", then=0), default=1)  # what keeps failing is not in the way
    urgent = Case(When(kind__in=URGENT, then=0), default=1)
    while letter := _due(timezone.now()).order_by(failed, urgent, "written_at", "pk").first():
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
        counted = same.annotate(left_at=LEFT_AT).filter(
            Q(sent_at__isnull=False) | Q(last_error=UNANSWERED),
            left_at__gt=now - limit.during,
            left_at__lte=now,
        )
        times = list(counted.order_by("-left_at").values_list("left_at", flat=True)[: limit.most])
        if len(times) == limit.most:
            opens = times[-1] + limit.during
            _due(now).filter(kind=letter.kind, **which).update(next_try_at=opens)
            return True
    return False


def _deliver(letter: Letter, line: Any, renew: Callable[[Letter], Letter]) -> None:
    """Raises Down, or what went wrong with this email. A connection that died before the server
    had the email is made anew once."""
    if not letter.to.strip():
        raise Ended("It has no address.")
    message = _message(renew(letter))
    broke: Exception | None = None
    while True:
        try:
            _call(line)
        except Down:
            if broke:  # it is this email that breaks connections: its try counts
                raise broke from None
            raise
        try:
            line.send_messages([message])
        except Exception as error:
            is_broken = refusals.is_broken(error)
            may_be_there = is_broken and getattr(line.connection, "is_in_data", False)
            if is_broken or not isinstance(error, REFUSALS):
                _hang_up(line)  # also after an error of ours, in the middle of a conversation
            if may_be_there:
                raise Unanswered from error
            if broke or not is_broken:
                raise
            broke = error
        else:
            _rows(letter).empty(sent_at=timezone.now(), last_error="")
            return


def _call(line: Any) -> None:
    if not settings.EMAIL_HOST and hasattr(line, "host"):
        raise Down("No mail server is named.")
    try:
        line.open()
    except Exception as error:
        log.warning("Emails wait: the mail server said %s", type(error).__name__)
        raise Down(told(error)) from error


def _hang_up(line: Any) -> None:
    with suppress(OSError):
        line.close()
    line.connection = None


def _note(letter: Letter, error: Exception, verdict: Verdict) -> None:
    """Tell in the row what went wrong; a try that says nothing of this email does not count."""
    log.warning("An email waits or ended: %s", type(error).__name__)
    now, rows = timezone.now(), _rows(letter)
    rows.update(last_error=told(error))
    if isinstance(error, Ended):
        rows.update(failed_at=now, last_error=str(error))
    elif isinstance(error, Unanswered):
        tries = max(letter.tries + 1, GIVE_UP_AFTER + 1 - TRIES_UNANSWERED)
        rows.update(last_error=UNANSWERED, tries=tries, next_try_at=now + LONGEST_PAUSE)
    elif verdict is Verdict.OF_THE_SITE:
        rows.update(tries=letter.tries, next_try_at=now + FIRST_PAUSE)
    elif verdict in (Verdict.NO_MAILBOX, Verdict.FINAL):
        rows.update(failed_at=now)
        if verdict is Verdict.NO_MAILBOX:
            mailbox_missing.send(sender=Letter, address=letter.to)


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
