"""The queue of outgoing emails. A request only adds a row to the queue; mail/sending.py sends the
email afterward, so a mail server that is slow or down does not delay or break the request."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.template.loader import render_to_string

from mail import sending
from mail.models import PASSWORD, Letter
from mail.quoting import one_line
from publishing.models import Site
from web import mailboxes

ContextFunction = Callable[[Letter], dict[str, Any] | None]
_context_functions: dict[str, ContextFunction] = {}


def before_sending(*kinds: str) -> Callable[[ContextFunction], ContextFunction]:
    """Decorates a function that is called before an email of these kinds is sent. It returns the
    context to render the email again, or None to send it as it is. It may raise EmailCancelled."""

    def register(function: ContextFunction) -> ContextFunction:
        _context_functions.update(dict.fromkeys(kinds, function))
        return function

    return register


def enqueue(
    kind: str,
    to: str,
    *,
    user: User | None = None,
    about: Iterable[Any] = (),
    rate_limit_key: str = "",
    unsubscribe: str = "",
    **context: Any,
) -> None:
    """Renders emails/<kind>.txt and .html with the context (a password email only when it is sent),
    queues the email, and starts sending when the transaction is committed. user is the account that
    gets the email, about the comments that it quotes or links to, rate_limit_key by default a hash
    of the mailbox, unsubscribe the URL for List-Unsubscribe."""
    letter = Letter(kind=kind, to=to, user=user, unsubscribe=unsubscribe)
    letter.rate_limit_key = rate_limit_key or mailboxes.mailbox(to)
    if kind != PASSWORD:
        _render(letter, context)
    letter.save()
    letter.about.set(about)
    transaction.on_commit(send_soon)


def send_soon() -> None:
    """Sends the emails that are due in a background thread, if a mail server is configured."""
    if settings.EMAIL_HOST:
        sending.run_in_background(send_due)


def send_due(lock_timeout: float = sending.LOCK_TIMEOUT) -> int:
    """Sends the emails that are due, with current text and links: see sending.send_due()."""
    return sending.send_due(refresh, lock_timeout)


def refresh(letter: Letter) -> Letter:
    """Renders an email again before it is sent: its links are valid from now on, and it omits what
    was removed while it waited. Raises EmailCancelled if it is no longer useful."""
    if letter.user and not letter.user.is_active:
        raise sending.EmailCancelled("This account is closed.")
    function = _context_functions.get(letter.kind)
    context = function(letter) if function else None
    if context is not None:
        _render(letter, context)
    return letter


def _render(letter: Letter, context: dict[str, Any]) -> None:
    context |= {"site": Site.current(), "site_url": settings.SITE_URL}
    context |= {"unsubscribe": letter.unsubscribe}
    rendered = render_to_string(f"emails/{letter.kind}.txt", context).strip()
    subject, _, text = rendered.partition("\n")
    letter.subject = one_line(subject.removeprefix("Subject:"))
    letter.text = text.strip() + "\n"
    letter.html = render_to_string(f"emails/{letter.kind}.html", context)
