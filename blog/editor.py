"""Views of the article editor (preview, toolbar, share link), and the findings in its form.

blog/admin.py routes URLs to the views. Autosave and drafts are in writing/editor.py.
"""

from __future__ import annotations

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from blog import drafts, views
from blog.models import Article, Draft, new_share_key
from exercises.models import Variation
from pictures.models import Picture, picture_url
from web.decorators import private
from web.requests import positive_int


def may_write(request: HttpRequest) -> bool:
    return request.user.has_perm("blog.change_article")


@require_safe
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]
def preview_page(request: HttpRequest, window: str) -> HttpResponse:
    """Renders the article's page from the window's draft, else from the stored article. The editor
    shows it in a frame; the site allows no other page to be framed."""
    draft = Draft.objects.filter(key=window).exclude(typed_at=None).first()
    pk = positive_int(request.GET.get("article"))
    article = None if draft else Article.objects.filter(pk=pk).first()
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
