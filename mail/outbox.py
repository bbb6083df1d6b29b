"""Puts an email into the table, from which mail/sending.py sends it: a mail server that is down
never breaks or slows a request, and the email goes out later.

The rooms above write their own emails and say with @renews how one that waited is made anew.
"""

from __future__ import annotations

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

Renewer = Callable[[Letter], dict[str, Any] | None]
_renewers: dict[str, Renewer] = {}


def renews(*kinds: str) -> Callable[[Renewer], Renewer]:
    """Registers what is called before an email of these kinds leaves. It returns the context to
    render it again with, or None to send it as it is; it may raise sending.Ended."""

    def register(renewer: Renewer) -> Renewer:
        _renewers.update(dict.fromkeys(kinds, renewer))
        return renewer

    return register


def write(
    kind: str,
    to: str,
    *,
    user: User | None = None,
    about: Iterable[Any] = (),
    counted_as: str = "",
    unsubscribe: str = "",
    **context: Any,
) -> None:
    """Put an email into the table and send it soon after the transaction. One that opens an
    account is put there without its text."""
    letter = Letter(kind=kind, to=to, user=user, unsubscribe=unsubscribe)
    letter.counted_as = counted_as or mailboxes.mailbox(to)
    if kind != PASSWORD:
        _render(letter, context)
    letter.save()
    letter.about.set(about)
    transaction.on_commit(send_soon)


def send_soon() -> None:
    if settings.EMAIL_HOST:
        sending.send_soon(send_due)


def send_due() -> int:
    """Send the emails that are due; returns how many went out. Raises sending.NoLock."""
    return sending.run(_renewed)


def _renewed(letter: Letter) -> Letter:
    """The email as it is to leave: its links must hold from now on, however long it waited, and
    words that were taken back meanwhile do not stand in it. Raises sending.Ended."""
    if letter.user and not letter.user.is_active:
        raise sending.Ended("This account is closed.")
    renewer = _renewers.get(letter.kind)
    context = renewer(letter) if renewer else None
    if context is not None:
        _render(letter, context)
    return letter


def _render(letter: Letter, context: dict[str, Any]) -> None:
    context |= {"site": Site.current(), "site_url": settings.SITE_URL}
    context |= {"unsubscribe": letter.unsubscribe}
    told = render_to_string(f"emails/{letter.kind}.txt", context).strip()
    subject, _, text = told.partition("\n")
    letter.subject = one_line(subject.removeprefix("Subject:"))
    letter.text = text.strip() + "\n"
    letter.html = render_to_string(f"emails/{letter.kind}.html", context)
