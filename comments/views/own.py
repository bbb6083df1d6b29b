"""Pages behind private links: a reader's own comments, and the settings of an email address."""

from collections.abc import Callable
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from blog.models import Article
from comments import emails, moderation
from comments.forms import ChangeRequestForm, EditForm
from comments.models import Address, Comment, own_comment_signer
from comments.views.responses import keeps_words, reader_id, see_other
from exercises.models import Exercise
from web.clients import keyed_hash
from web.decorators import get_or_post, private, read_only

TOO_LATE = "It is too late to change it here. Ask below; your new words are still here."


@get_or_post  # the token in the URL authorizes the change
@keeps_words
def own_comment(request: HttpRequest, token: str) -> HttpResponse:
    """Shows a writer their comment, to change or remove. An invalid token is answered with 403."""
    comment = _by_token(token)
    if comment is None:
        context = {"data": request.POST}
        return private(render(request, "comments/no_link.html", context, status=403))
    return private((_change if request.method == "POST" else _own_page)(request, comment))


@read_only
def my_comments(request: HttpRequest) -> HttpResponse:
    """Lists the comments sent with this browser's cookie, with signed links to change them."""
    author_hash = keyed_hash("person", reader_id(request))
    comments = Comment.objects.filter(author_hash=author_hash, removed_at=None).with_favorite()
    return private(render(request, "comments/mine.html", {"comments": comments}))


def _by_token(token: str) -> Comment | None:
    try:
        pk = own_comment_signer.unsign(token)
    except signing.BadSignature:
        return None
    return Comment.objects.with_favorite().select_related("parent").filter(pk=pk).first()


def _own_page(
    request: HttpRequest, comment: Comment, status: int = 200, **context: Any
) -> HttpResponse:
    context = {
        "comment": comment,
        "article": Article.objects.published().filter(comments=comment).first(),
        "is_live": Comment.objects.published().filter(pk=comment.pk).exists(),
        "edit_form": EditForm(instance=comment.with_change()) if comment.may_be_edited else None,
        "changed": _pending_change(comment),
        "change_form": ChangeRequestForm(),
        **context,
    }
    return render(request, "comments/own.html", context, status=status)


def _pending_change(comment: Comment) -> Comment | None:
    """Returns a copy with the pending change, if any. It has no pk, so the page shows no links."""
    if comment.change is None:
        return None
    changed = comment.with_change()
    if changed.favorite and not Exercise.objects.published().contains(changed.favorite):
        changed.favorite = None
    changed.pk = None
    return changed


def _change(request: HttpRequest, comment: Comment) -> HttpResponse:
    """Carries out the pressed button `do`: "remove", "edit" or "ask" (the trainer for a change)."""
    do = request.POST.get("do")
    if comment.removed_at or do not in ("remove", "edit", "ask"):
        status = 409 if comment.removed_at else 400
        return _own_page(request, comment, status, data=request.POST)
    if do == "remove":
        moderation.remove(comment, None)
        return see_other(comment.own_url)
    return (_edit if do == "edit" else _ask_for_change)(request, comment)


def _edit(request: HttpRequest, comment: Comment) -> HttpResponse:
    form = EditForm(request.POST, instance=comment.with_change())
    if not comment.may_be_edited:
        form.add_error(None, TOO_LATE)
    if not form.is_valid():
        return _own_page(request, comment, 400, edit_form=form)
    moderation.edit(comment, form.save(commit=False))
    return see_other(comment.own_url)


def _ask_for_change(request: HttpRequest, comment: Comment) -> HttpResponse:
    form = ChangeRequestForm(request.POST)
    if not form.is_valid():
        return _own_page(request, comment, 400, change_form=form)
    comment.asked_change = form.cleaned_data["change"]
    comment.save(update_fields=["asked_change", "updated_at"])
    emails.waiting()
    return see_other(comment.own_url)


@get_or_post  # the token in the URL authorizes the change
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Confirms on POST only: some email programs send a GET for every link in an email."""
    return _address_page(request, token, "confirm", emails.start)


@get_or_post  # email programs send the POST of one-click unsubscribing (RFC 8058)
def stop_emails(request: HttpRequest, token: str) -> HttpResponse:
    return _address_page(request, token, "stop", emails.stop)


def _address_page(
    request: HttpRequest, token: str, what: str, action: Callable[[Address], None]
) -> HttpResponse:
    address = emails.read_address_token(token)
    if address is None:
        return private(render(request, "comments/no_link.html", status=403))
    if request.method == "POST":
        action(address)
    return private(render(request, "comments/address.html", {"address": address, "what": what}))
