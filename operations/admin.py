"""Reports failed jobs and the state of the backups on the desk's front page, with a button that
creates a backup."""

from collections.abc import Iterator

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from desk.site import Sentence, morning
from operations import backup, jobs


@morning
def failed_jobs(request: HttpRequest) -> Iterator[Sentence]:
    if request.user.has_perm("publishing.change_site"):
        for sentence in jobs.failures():
            yield Sentence(46, conditional_escape(sentence))


@morning
def last_backup(request: HttpRequest) -> Iterator[Sentence]:
    if not request.user.has_perm("publishing.change_site"):
        return
    problem, backups = backup.problem(), backup.list_backups()
    last = ""
    if backups:
        at = localtime(backup.created_at(backups[-1]))
        last = f"The last backup was made and checked on {at:%B %-d at %H:%M}."
    context = {"words": " ".join(filter(None, [problem, last])), "running": backup.is_running()}
    html = render_to_string("admin/backup.html", context, request)
    yield Sentence(45 if problem else 85, html, needs_her=bool(problem))


@require_POST
def make_backup(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("publishing.change_site"):
        raise PermissionDenied
    backup.create_in_background()
    messages.info(request, "A backup is being made. This page says when it is done.")
    return redirect("admin:index")
