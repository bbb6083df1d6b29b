"""Sends the emails that are due. Only one process sends at a time, over one connection. An email
that fails does not stop the others. Emails over a rate limit are sent later."""

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
from typing import Any, NamedTuple
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
from mail.refusals import Failure
from publishing.models import Site
from web import mailboxes
from web.clients import keyed_hash

FIRST_PAUSE = timedelta(minutes=5)  # after a failed try; the pause doubles with each further try
LONGEST_PAUSE = timedelta(days=1)
LOCK_TIMEOUT = 60  # seconds; a process that holds the lock for longer sends all emails that are due
GIVE_UP_AFTER = 12  # tries; the pause between the last ones is a day
MAX_UNKNOWN_TRIES = 3  # for an email that each try may have delivered
MAX_FAILURES = 3  # a run ends after this many server failures in a row, or equal rejections
DELIVERY_UNKNOWN = "The mail server did not say whether it took this email."  # Letter.last_error
URGENT = ("password", "new_device", "waiting")  # kinds of emails that are sent first

# After one of these errors smtplib sends RSET, so the next email can use the same connection.
REJECTIONS = (SMTPSenderRefused, SMTPRecipientsRefused, SMTPDataError)
SERVER_FAILURES = (Failure.SITE_REJECTED, Failure.CONNECTION_LOST)

log = logging.getLogger(__name__)
_thread_lock = threading.Lock()  # guards the two flags of run_in_background()
_is_requested = _is_running = False


class Limit(NamedTuple):
    maximum: int
    window: timedelta  # at most LONGEST_PAUSE


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Anybody can have these emails sent to an address by typing it, so each mailbox has a limit. The
# limit allows repeated tries, for people who correct a typing error.
MAILBOX_LIMITS = {
    "confirm": Limit(3, DAY),
    "links": Limit(5, DAY),
    "answered": Limit(20, DAY),
    "password": Limit(3, HOUR),  # a known device has its own rate_limit_key
    "new_device": Limit(10, HOUR),
    "waiting": Limit(10, DAY),
}
# Limits for the whole site, above what a small site needs: more emails would harm its reputation
# with other mail servers. Each kind has its own limit, so a flood of one does not delay the others.
# Kinds that only accounts get have no such limit.
SITE_LIMITS = {
    "confirm": Limit(100, HOUR),
    "links": Limit(100, HOUR),
    "answered": Limit(300, HOUR),
}

mailbox_missing = Signal()  # sent with `address` when a mail server says there is no such mailbox


class ServerUnavailable(Exception):
    """The mail server cannot be reached, or rejects the site's login."""


class EmailCancelled(Exception):
    """The email is no longer useful and will not be sent; the message says why."""


class LockUnavailable(Exception):
    """The lock that allows one sender at a time could not be acquired; the message says why."""


class DeliveryUnknown(Exception):
    """The connection was lost after DATA, so the server may have accepted the email."""


def undeliverable() -> Q:
    """Selects the emails that will never be delivered."""
    return Q(sent_at=None) & (Q(failed_at__isnull=False) | Q(tries__gte=GIVE_UP_AFTER))


def run_in_background(send: Callable[[], object]) -> None:
    """Calls send() in a thread, so that no request waits for the mail server. A process has at most
    one such thread. If it is running already, that thread calls its send() once more at the end."""
    global _is_requested, _is_running
    with _thread_lock:
        _is_requested = True
        if _is_running:
            return
        _is_running = True
    threading.Thread(target=_work, args=[send], name="mail", daemon=True).start()


def _work(send: Callable[[], object]) -> None:
    global _is_requested, _is_running
    while True:
        with _thread_lock:
            _is_running, _is_requested = _is_requested, False
            if not _is_running:
                return
        try:
            send()
        except Exception:
            log.exception("Emails could not be sent and wait")
        finally:
            connection.close()


def send_due(refresh: Callable[[Letter], Letter], lock_timeout: float = LOCK_TIMEOUT) -> int:
    """Sends the emails that are due, deletes their texts, and returns the number of emails sent.
    refresh() returns an email with current text and links.

    After a permanent rejection (5xx), an email is not tried again. After any other failure it is,
    after pauses that double from five minutes to a day. The run ends if the server is unavailable,
    or rejects MAX_FAILURES emails with the same reply: then the cause is probably not the emails,
    so the next run tries them again. Raises LockUnavailable after lock_timeout seconds."""
    with _lock(lock_timeout):
        return _Run(refresh).send_all()


class _Run:
    """Sends all emails that are due over one connection."""

    def __init__(self, refresh: Callable[[Letter], Letter]) -> None:
        self.refresh = refresh
        self.backend = get_connection()
        self.sent = 0
        self.server_failures = 0  # in a row, without a success or a failure of an email itself
        self.rejected: dict[str, list[int]] = {}  # reply: ids, since the last success

    def send_all(self) -> int:
        try:
            while self.server_failures < MAX_FAILURES and (letter := _claim()):
                if not self._send(letter):
                    break
        finally:
            _close(self.backend)
        return self.sent

    def _send(self, letter: Letter) -> bool:
        """Sends one email and records the result. Returns False if the run has to end."""
        try:
            _deliver(letter, self.backend, self.refresh)
        except ServerUnavailable as error:
            unclaimed = {"next_try_at": timezone.now(), "tries": letter.tries}
            _rows(letter).update(**unclaimed, last_error=str(error))
            return False
        except Exception as error:
            return self._fail(letter, error)
        self.server_failures = 0
        self.rejected.clear()
        self.sent += 1
        return True

    def _fail(self, letter: Letter, error: Exception) -> bool:
        failure = Failure.CONNECTION_LOST
        if not isinstance(error, DeliveryUnknown):
            failure = refusals.classify(error, self.sent > 0)
        self.server_failures = self.server_failures + 1 if failure in SERVER_FAILURES else 0
        _record_failure(letter, error, failure)
        if failure is Failure.PERMANENT:
            reply = refusals.ADDRESSES.sub("", refusals.describe(error))
            same = self.rejected.setdefault(reply, [])
            same.append(letter.pk)
            if len(same) == MAX_FAILURES:
                Letter.objects.filter(pk__in=same).update(failed_at=None)
                return False
        return True


@contextmanager
def _lock(timeout: float) -> Iterator[None]:
    """Lets one process on this machine send. Raises LockUnavailable after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    try:
        file = (settings.DATA_DIR / "mail.lock").open("ab")
    except OSError as error:
        message = f"Emails wait: mail.lock cannot be opened ({error.strerror})."
        raise LockUnavailable(message) from error
    with file:
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > deadline:
                raise LockUnavailable("Emails wait: another process has been sending for too long.")
            time.sleep(0.1)
        yield


def _due(now: datetime) -> QuerySet[Letter]:
    # No pause is longer than LONGEST_PAUSE: a later time was written while the clock was wrong.
    is_time = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_PAUSE)
    return Letter.objects.filter(is_time, sent_at=None, failed_at=None, tries__lt=GIVE_UP_AFTER)


def _rows(letter: Letter) -> LetterQuerySet:
    return Letter.objects.filter(pk=letter.pk)


def _claim() -> Letter | None:
    """Returns the next email to send, or None. Counts the try and sets the time of the next one
    first, so that no other machine sends the email too."""
    has_failed = Case(When(last_error="", then=0), default=1)  # emails that failed go last
    is_urgent = Case(When(kind__in=URGENT, then=0), default=1)
    order = (has_failed, is_urgent, "written_at", "pk")
    while letter := _due(timezone.now()).order_by(*order).first():
        now = timezone.now()
        if not letter.rate_limit_key:  # written by an older version
            letter.rate_limit_key = mailboxes.mailbox(letter.to)
            _rows(letter).update(rate_limit_key=letter.rate_limit_key)
        if _postpone_if_limited(letter, now):
            continue
        pause = min(FIRST_PAUSE * 2**letter.tries, LONGEST_PAUSE)
        claimed = _due(now).filter(pk=letter.pk)
        if claimed.update(next_try_at=now + pause, tries=F("tries") + 1):
            return letter
    return None


def _postpone_if_limited(letter: Letter, now: datetime) -> bool:
    """Postpones all emails under a rate limit that this email has reached. True if there is one."""
    of_mailbox = {"rate_limit_key": letter.rate_limit_key}
    for limits, scope in ((MAILBOX_LIMITS, of_mailbox), (SITE_LIMITS, {})):
        limit = limits.get(letter.kind)
        if not limit:
            continue
        # Emails that may have arrived count too; their last try was LONGEST_PAUSE before the next.
        counted = Letter.objects.filter(
            Q(sent_at__isnull=False) | Q(last_error=DELIVERY_UNKNOWN), kind=letter.kind, **scope
        ).annotate(counted_at=Coalesce("sent_at", F("next_try_at") - LONGEST_PAUSE))
        times = counted.filter(counted_at__gt=now - limit.window, counted_at__lte=now)
        newest = times.order_by("-counted_at").values_list("counted_at", flat=True)
        recent = list(newest[: limit.maximum])
        if len(recent) == limit.maximum:
            until = recent[-1] + limit.window
            _due(now).filter(kind=letter.kind, **scope).update(next_try_at=until)
            return True
    return False


def _deliver(letter: Letter, backend: Any, refresh: Callable[[Letter], Letter]) -> None:
    """Sends an email. Connects and tries once more if the connection is lost before the server got
    the email. Raises ServerUnavailable, or the error that concerns this email."""
    if not letter.to.strip():
        raise EmailCancelled("It has no address.")
    message = _message(refresh(letter))
    _open(backend)
    try:
        _transmit(message, backend)
    except Exception as error:
        if not refusals.is_disconnect(error):
            raise
        try:
            _open(backend)
        except ServerUnavailable:  # perhaps the email is the cause, so the try counts
            raise error from None
        _transmit(message, backend)
    _rows(letter).empty(sent_at=timezone.now(), last_error="")


def _open(backend: Any) -> None:
    if not settings.EMAIL_HOST and hasattr(backend, "host"):
        raise ServerUnavailable("No mail server is configured.")
    try:
        backend.open()
    except Exception as error:
        log.warning("Emails wait: the mail server said %s", type(error).__name__)
        raise ServerUnavailable(refusals.describe(error)) from error


def _transmit(message: EmailMultiAlternatives, backend: Any) -> None:
    try:
        backend.send_messages([message])
    except Exception as error:
        is_lost = refusals.is_disconnect(error)
        may_have_arrived = is_lost and getattr(backend.connection, "is_in_data", False)
        if is_lost or not isinstance(error, REJECTIONS):
            _close(backend)  # another error may leave an SMTP command unfinished
        if may_have_arrived:
            raise DeliveryUnknown from error
        raise


def _close(backend: Any) -> None:
    with suppress(OSError):
        backend.close()
    backend.connection = None


def _record_failure(letter: Letter, error: Exception, failure: Failure) -> None:
    """Stores the error and when to try the email again. The try does not count if the server
    rejects the whole site."""
    log.warning("An email waits or ended: %s", type(error).__name__)
    now, rows = timezone.now(), _rows(letter)
    rows.update(last_error=refusals.describe(error))
    if isinstance(error, EmailCancelled):
        rows.update(failed_at=now, last_error=str(error))
    elif isinstance(error, DeliveryUnknown):
        tries = max(letter.tries + 1, GIVE_UP_AFTER + 1 - MAX_UNKNOWN_TRIES)
        rows.update(last_error=DELIVERY_UNKNOWN, tries=tries, next_try_at=now + LONGEST_PAUSE)
    elif failure is Failure.SITE_REJECTED:
        rows.update(tries=letter.tries, next_try_at=now + FIRST_PAUSE)
    elif failure in (Failure.NO_MAILBOX, Failure.PERMANENT):
        rows.update(failed_at=now)
        if failure is Failure.NO_MAILBOX:
            mailbox_missing.send(sender=Letter, address=letter.to)


def _message(letter: Letter) -> EmailMultiAlternatives:
    site = Site.current()
    host = urlsplit(settings.SITE_URL).hostname
    row_hash = keyed_hash("message", str(letter.pk))[:16]  # the same Message-ID for each try
    sender_name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    headers = {
        "From": _address(sender_name or site.name, sender),
        "Message-ID": f"<letter-{letter.pk}-{row_hash}@{host}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834
        "X-Auto-Response-Suppress": "All",  # the same for Exchange
    }
    if letter.unsubscribe:  # it goes to a reader
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"  # RFC 2369 and 8058
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        with suppress(ValidationError):
            headers["Reply-To"] = _address(site.trainer, mailboxes.clean(site.email))
    message = EmailMultiAlternatives(
        one_line(letter.subject), letter.text, sender, [letter.to], headers=headers
    )
    message.attach_alternative(letter.html, "text/html")
    # Quoted-printable text has short ASCII lines, which every mail server passes on unchanged.
    message.encoding = utf8_charset_qp
    return message


def _address(name: str, address: str) -> str:
    """Returns a header value: the name quoted if necessary, by RFC 2047 if it is not ASCII."""
    name = one_line(name)
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8').encode(linesep='')} <{address}>"
