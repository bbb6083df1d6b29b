"""What stands around the article's form, and what its window asks while she types."""

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

from blog import check, drafts, views
from blog.forms import ArticleForm
from blog.models import Article, Draft, new_share_key
from desk.history import differences
from exercises.models import Variation
from pictures.models import Picture, picture_url
from web.incoming import number
from writing.check import Finding

QUESTIONS = 3  # shown at once
WINDOW = re.compile(r"[\w-]{1,32}", re.ASCII)


def may_write(request: HttpRequest) -> bool:
    return request.user.has_perm("blog.change_article")


def may_publish(request: HttpRequest) -> bool:
    return request.user.has_perm("blog.publish_article")


def stored(pk: str | None) -> Article | None:
    """The article of an id as it came from outside; none for a new one."""
    return Article.objects.filter(pk=number(pk)).first()


def window_of(request: HttpRequest) -> str:
    """The window a form was sent from: it names the draft kept of what is typed in it. Empty for
    what is no name of one."""
    window = request.POST.get("window", "")
    return window if WINDOW.fullmatch(window) else ""


def opened(request: HttpRequest) -> Draft | None:
    """The draft that the address of the form names, when this person may continue it."""
    if request.method != "GET" or "draft" not in request.GET:
        return None
    address = request.resolver_match
    article = stored(address.kwargs.get("object_id")) if address else None
    return drafts.kept(article, request.user).filter(key=request.GET["draft"]).first()


def around(request: HttpRequest, form: ArticleForm, object_id: str | None) -> dict[str, Any]:
    """The context of the form: which window it is, what else was typed, what to look at."""
    article = stored(object_id)
    draft = opened(request)
    window = window_of(request)
    if window:  # a save that was refused: what was typed is kept, whatever happens to the window
        draft = drafts.keep(window, request.user, article, request.POST)
    elif draft and draft.editor == request.user:
        window = draft.key
    else:
        window = drafts.new_window()
    context: dict[str, Any] = {
        "window": window,
        "continued": draft.key if draft and draft.key != window else "",
        "offers": [] if draft else drafts.kept(article, request.user),
        "stored": article,
        "is_live": article is not None and article.is_live(),
        "may_publish": may_publish(request),
        "versions": article.history.count() if article else 0,
    }
    shown = drafts.as_typed(draft) if draft else article
    context["begun"] = shown is not None
    if shown:
        context |= sorted_findings(shown)
    if form.conflict and article:
        context["differences"] = list(differences(Article, article, form.instance))
        context["saved"] = article.history.select_related("history_user").first()
        data = request.POST.copy()
        data["version"] = str(article.version)
        form.data = data
    return context


def sorted_findings(article: Article) -> dict[str, list[Finding]]:
    found = check.findings(article)
    questions = [finding for finding in found if finding.level == "question"]
    return {
        "stops": [finding for finding in found if finding.level == "stop"],
        "questions": questions[:QUESTIONS],
        "more": questions[QUESTIONS:],
    }


@require_POST
def keep(request: HttpRequest, window: str) -> JsonResponse:
    """A window tells that it is open, and what is typed in it: kept as a draft, never saved. The
    answer tells what stands in the way of publishing it, and who else has it open."""
    if not may_write(request):
        raise PermissionDenied
    if not WINDOW.fullmatch(window):
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MEGABYTE:
        return JsonResponse({"problem": "This is too long to be kept."}, status=413)
    article = stored(request.POST.get("article"))
    typed = request.POST if "title" in request.POST else None
    if "closed" in request.POST and typed is None:
        drafts.close(window, request.user)
        return JsonResponse({})
    draft = drafts.keep(window, request.user, article, typed)
    if draft is None:
        raise PermissionDenied
    told: dict[str, Any] = {
        "at": f"{localtime():%H:%M}",
        "version": article.version if article else 0,
        "elsewhere": drafts.open_elsewhere(article, window, request.user) if article else [],
    }
    if typed:
        findings = sorted_findings(drafts.as_typed(draft))
        told["findings"] = render_to_string("admin/blog/article/findings.html", findings)
    return JsonResponse(told)


@require_safe
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]
def page(request: HttpRequest, window: str) -> HttpResponse:
    """What is typed as the page it will be. The frame beside the form shows it, and it alone may be
    framed."""
    draft = Draft.objects.filter(key=window).exclude(typed_at=None).first()
    article = drafts.as_typed(draft) if draft else stored(request.GET.get("article"))
    if not may_write(request) or article is None:
        raise Http404
    response = views.article_page(request, article, editing=True)
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def placeable(request: HttpRequest, window: str) -> JsonResponse:
    """What the toolbar can place: every exercise card and picture, and the sources typed so far."""
    draft = Draft.objects.filter(key=window).exclude(typed_at=None).first()
    cards = Variation.objects.select_related("exercise")
    sources = drafts.as_typed(draft).sources.all() if draft else []
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
    """The link that shows the article to a person without an account; a POST ends earlier ones."""
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
        "link": settings.SITE_URL + views.share_address(article),
        "ends": timezone.now() + views.SHARED_FOR,
    }
    return render(request, "admin/blog/article/share.html", context)
