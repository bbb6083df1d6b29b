from typing import Any

from django import template

from blog.models import Article
from comments.forms import AnswerForm
from comments.models import Comment
from exercises.models import Exercise

register = template.Library()


@register.inclusion_tag("comments/form.html", takes_context=True)
def answer_form(context: dict[str, Any], article: Article | None = None) -> dict[str, Any]:
    """The form under an article, or on the favorites page; with its errors when it came back."""
    return {
        "form": context.get("answer_form") or AnswerForm(),
        "article": article,
        "site": context["site"],
    }


@register.inclusion_tag("comments/conversation.html", takes_context=True)
def conversation(context: dict[str, Any], article: Article) -> dict[str, Any]:
    """The published words on an article, each with the answers to it."""
    comments = Comment.objects.published().threads().filter(article=article)
    return {"comments": comments, "site": context["site"]}


@register.simple_tag
def first_favorites() -> list[Exercise]:
    """The three exercises that most answers name, for the home page."""
    return Comment.objects.tally()[:3]
