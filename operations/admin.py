"""Notices on the admin's front page about unsent emails, failed daily jobs and the last backup,
with a button that creates a backup."""

from collections.abc import Iterator
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Q, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from desk.site import Notice, front_page
from mail import sending
from mail.models import Letter
from operations import backup, doctor, jobs

STUCK_AFTER = timedelta(hours=1)
REPORT_FAILED_FOR = timedelta(days=7)


@front_page
def undelivered_emails(request: HttpRequest) -> Iterator[Notice]:
    """Reports emails that have waited over an hour, and emails that could not be delivered."""
    if not request.user.has_perm("comments.change_comment"):
        return
    now = timezone.now()
    stuck = Letter.objects.filter(sent_at=None, failed_at=None, written_at__lt=now - STUCK_AFTER)
    untried = Q(tries=0, next_try_at__lt=now - STUCK_AFTER)
    stuck = stuck.filter(~Q(last_error="") | untried).exclude(sending.undeliverable())
    by_error = Case(When(last_error="", then=1), default=0)  # emails with an error come first
    if first := stuck.order_by(by_error, "-next_try_at").first():
        cause = "Nobody has tried to send them: “make doctor” on the server tells why."
        if first.last_error:
            cause = f"The mail server’s last response: “{first.last_error}”"
        yield Notice(46, _linked_to_emails(request, f"{doctor.unsent_emails(stuck)} {cause}"))
    failed = Letter.objects.filter(sending.undeliverable(), next_try_at__gt=now - REPORT_FAILED_FOR)
    if count := failed.count():
        emails = "One email" if count == 1 else f"{count} emails"
        sentence = f"{emails} of the last seven days could not be delivered."
        yield Notice(47, _linked_to_emails(request, sentence))


def _linked_to_emails(request: HttpRequest, sentence: str) -> SafeString:
    """The sentence as HTML: a link to the list of emails if the user may open it, else text."""
    if not request.user.has_perm("comments.view_letter"):
        return conditional_escape(sentence)
    return format_html('<a href="{}">{}</a>', reverse("admin:comments_letter_changelist"), sentence)


@front_page
def failed_jobs(request: HttpRequest) -> Iterator[Notice]:
    if request.user.has_perm("publishing.change_site"):
        for sentence in jobs.failures():
            yield Notice(46, conditional_escape(sentence))


@front_page
def last_backup(request: HttpRequest) -> Iterator[Notice]:
    if not request.user.has_perm("publishing.change_site"):
        return
    problem, backups = backup.problem(), backup.list_backups()
    last = ""
    if backups:
        at = localtime(backup.created_at(backups[-1]))
        last = f"The last backup was made and checked on {at:%B %-d at %H:%M}."
    context = {"words": " ".join(filter(None, [problem, last])), "running": backup.is_running()}
    html = render_to_string("admin/backup.html", context, request)
    yield Notice(45 if problem else 85, html, needs_action=bool(problem))


@require_POST
def make_backup(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("publishing.change_site"):
        raise PermissionDenied
    backup.create_in_background()
    messages.info(request, "A backup is being made. This page says when it is done.")
    return redirect("admin:index")
