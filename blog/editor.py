"""Views of the article editor (autosave, preview, toolbar, share link) and its template context.

blog/admin.py routes URLs to the views and passes the context to the template of the form.
"""

from __future__ import annotations

import re
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.timezone import localtime
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from blog import drafts, views
from blog.forms import ArticleForm
from blog.models import Article, Draft, new_share_key
from desk.history import differences
from exercises.models import Variation
from pictures.models import Picture, picture_url
from web.decorators import private
from web.requests import content_length, positive_int
from writing import check

WINDOW_KEY = re.compile(r"[\w-]{1,32}", re.ASCII)


def may_write(request: HttpRequest) -> bool:
    return request.user.has_perm("blog.change_article")


def may_publish(request: HttpRequest) -> bool:
    return request.user.has_perm("blog.publish_article")


def stored_article(pk: str | None) -> Article | None:
    """The article with this id, as text from a request; None if there is no such article."""
    return Article.objects.filter(pk=positive_int(pk)).first()


def posted_window_key(request: HttpRequest) -> str:
    """The posted key of the window, which is also the key of its draft; empty if invalid."""
    key = request.POST.get("window", "")
    return key if WINDOW_KEY.fullmatch(key) else ""


def requested_draft(request: HttpRequest) -> Draft | None:
    """The draft whose key is in ?draft=, or None if this user may not continue it."""
    if request.method != "GET" or "draft" not in request.GET:
        return None
    match = request.resolver_match
    article = stored_article(match.kwargs.get("object_id")) if match else None
    return drafts.resumable(article, request.user).filter(key=request.GET["draft"]).first()


def form_context(request: HttpRequest, form: ArticleForm, object_id: str | None) -> dict[str, Any]:
    """The form's template context: window key, other drafts, findings, and differences from the
    stored article if somebody saved it in the meantime."""
    article = stored_article(object_id)
    draft = requested_draft(request)
    window_key = posted_window_key(request)
    if window_key:  # a save was refused, and the window may be closed now
        draft = drafts.autosave(window_key, request.user, article, request.POST)
    elif draft and draft.editor == request.user:
        window_key = draft.key
    else:
        window_key = drafts.new_window_key()
    context: dict[str, Any] = {
        "window": window_key,
        "continued": draft.key if draft and draft.key != window_key else "",
        "other_drafts": [] if draft else drafts.resumable(article, request.user),
        "stored": article,
        "is_live": article is not None and article.is_live(),
        "may_publish": may_publish(request),
        "versions": article.history.count() if article else 0,
    }
    shown = drafts.preview(draft).article if draft else article
    context["has_content"] = shown is not None
    if shown:
        context |= check.grouped(shown)
    if form.conflict and article:
        context["differences"] = list(differences(Article, article, form.instance))
        context["saved"] = article.history.select_related("history_user").first()
        data = request.POST.copy()
        data["version"] = str(article.version)  # so that the next save succeeds
        form.data = data
    return context


@require_POST
def autosave(request: HttpRequest, window: str) -> JsonResponse:
    """Stores a window's form data as a draft. The JSON response has the time, the article's
    version, who else has the article open, and the findings of the check as HTML.

    A request without form data says that the window is still open, or with `closed` that it closed.
    """
    if not may_write(request):
        raise PermissionDenied
    if not WINDOW_KEY.fullmatch(window):
        raise Http404
    if content_length(request) > settings.MEGABYTE:
        return JsonResponse({"problem": "This is too long to be kept."}, status=413)
    article = stored_article(request.POST.get("article"))
    data = request.POST if "title" in request.POST else None
    if "closed" in request.POST and data is None:
        drafts.close_window(window, request.user)
        return JsonResponse({})
    draft = drafts.autosave(window, request.user, article, data)
    if draft is None:
        raise PermissionDenied
    response: dict[str, Any] = {
        "at": f"{localtime():%H:%M}",
        "version": article.version if article else 0,
        "elsewhere": drafts.open_elsewhere(article, window, request.user) if article else [],
    }
    if data:
        findings = check.grouped(drafts.preview(draft).article)
        response["findings"] = render_to_string("admin/findings.html", findings)
    return JsonResponse(response)


@require_safe
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]
def preview_page(request: HttpRequest, window: str) -> HttpResponse:
    """Renders the article's page from the window's draft, else from the stored article. The editor
    shows it in a frame; the site allows no other page to be framed."""
    draft = Draft.objects.filter(key=window).exclude(typed_at=None).first()
    article = None if draft else stored_article(request.GET.get("article"))
    if not may_write(request) or not (draft or article):
        raise Http404
    content: dict[str, Any] = drafts.preview(draft)._asdict() if draft else {"article": article}
    return private(views.article_page(request, editing=True, **content))


@require_safe
def placeable(request: HttpRequest, window: str) -> JsonResponse:
    """Answers with the cards, pictures and draft's sources that the toolbar can insert, as JSON."""
    draft = Draft.objects.filter(key=window).exclude(typed_at=None).first()
    cards = Variation.objects.select_related("exercise")
    sources = drafts.preview(draft).sources if draft else []
    return JsonResponse(
        {
            "card": [{"line": row.card_line, "words": row.name} for row in cards],
            "picture": [
                {
                    "line": f"[[picture:{row.name}]]",
                    "words": row.text_alternative or row.name,
                    "shown": picture_url(row.uncropped, row.uncropped.widths[0], row.kind),
                }
                for row in Picture.objects.all()
            ],
            "source": [{"line": f"[@{row.key}]", "words": str(row)} for row in sources if row.key],
        }
    )


def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows a link that opens the article without an account. A POST revokes all earlier links."""
    article = get_object_or_404(Article, pk=pk)
    if not may_write(request):
        raise PermissionDenied
    if request.method == "POST":
        article.share_key = new_share_key()
        Article.objects.filter(pk=pk).update(share_key=article.share_key)
        return redirect(request.path)
    context = {
        **admin.site.each_context(request),
        "title": f"Show “{article}” to somebody",
        "article": article,
        "link": settings.SITE_URL + views.share_url(article),
        "ends": timezone.now() + views.SHARE_DURATION,
    }
    return render(request, "admin/blog/article/share.html", context)
