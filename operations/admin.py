"""What the desk tells of backups and chores, and the button that makes a backup."""

from collections.abc import Iterator

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from desk.site import Notice, front_page
from operations import backup, chores


@front_page
def failed_chores(request: HttpRequest) -> Iterator[Notice]:
    if request.user.has_perm("publishing.change_site"):
        for told in chores.failures():
            yield Notice(46, conditional_escape(told))


@front_page
def last_backup(request: HttpRequest) -> Iterator[Notice]:
    if not request.user.has_perm("publishing.change_site"):
        return
    trouble, made = backup.trouble(), backup.kept()
    words = ""
    if made:
        at = localtime(backup.made_at(made[-1]))
        words = f"The last backup was made and checked on {at:%B %-d at %H:%M}."
    context = {"words": " ".join(filter(None, [trouble, words])), "running": backup.is_running()}
    html = render_to_string("admin/backup.html", context, request)
    yield Notice(45 if trouble else 85, html, needs_action=bool(trouble))


@require_POST
def make_backup(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("publishing.change_site"):
        raise PermissionDenied
    backup.make_apart()
    messages.info(request, "A backup is being made. This page tells when it is there.")
    return redirect("admin:index")
