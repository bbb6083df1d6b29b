"""Shows the favorites page, redirects permalinks of comments, and takes reports about comments."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from comments import emails, meta
from comments.models import COMMENTS_PER_PAGE, MIN_TALLY_ANSWERS, Comment, Report
from exercises.models import Exercise
from web.clients import client_id
from web.decorators import get_or_post, paginate, read_only, stored
from web.origin import is_cross_site


@stored("page", others=("exercise",))
def favorites(request: HttpRequest) -> HttpResponse:
    return favorites_page(request)


def favorites_page(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    """Renders the favorites page. ?exercise=<slug> limits its comments to one favorite."""
    comments = Comment.objects.about_favorites()
    slug = request.GET.get("exercise", "")
    if chosen := Exercise.objects.published().filter(slug=slug).first():
        comments = comments.filter(favorite=chosen)
    tally = Comment.objects.tally()
    total = sum(row.answer_count for row in tally)
    threads = comments.with_replies().visible().in_thread_order(newest_first=True)
    page = paginate(threads, COMMENTS_PER_PAGE, request)
    context = {
        "meta": meta.of_favorites(page, chosen),
        "tally": tally,
        "total": total,
        "shows_tally": total >= MIN_TALLY_ANSWERS,
        "chosen": chosen,
        "page": page,
        "query": f"exercise={chosen.slug}" if chosen else "",
        **context,
    }
    return render(request, "comments/favorites.html", context, status=status)


@read_only
def permalink(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirects to the page that shows the comment now: it can change as the conversation grows."""
    comment = get_object_or_404(Comment.objects.visible(), pk=pk)
    if comment.article:
        path, parameter = comment.article.get_absolute_url(), "conversation"
        rows = comment.article.comments.in_thread_order()
    else:
        path, parameter = reverse("favorites"), "page"
        rows = Comment.objects.about_favorites().with_replies().visible()
        rows = rows.in_thread_order(newest_first=True)
    order = list(rows.values_list("pk", flat=True))
    if pk not in order:  # its parent is not shown any more
        raise Http404
    number = order.index(pk) // COMMENTS_PER_PAGE + 1
    query = f"?{parameter}={number}" if number > 1 else ""
    return redirect(f"{path}{query}#comment-{pk}")


@get_or_post  # public pages contain no CSRF token; is_cross_site() checks the origin instead
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """On GET, asks the reader to confirm; on POST, reports the comment to the trainer."""
    comment = get_object_or_404(Comment.objects.published(), pk=pk)
    if done := request.method == "POST":
        if is_cross_site(request):
            return render(request, "comments/foreign.html", {"data": request.POST}, status=403)
        Report.objects.get_or_create(comment=comment, sender=client_id(request))
        emails.waiting()
    return render(request, "comments/report.html", {"comment": comment, "done": done})
