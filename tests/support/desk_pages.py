"""The pages of the desk whose cost must not grow with the site, and what opening one costs."""

from collections import Counter
from typing import NamedTuple

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from blog.models import Article
from comments.models import Comment
from exercises.models import Exercise, Variation
from pictures.models import Picture
from tests.support.page import Element, read

ROW_CHECKBOXES = ("_selected_action", "chosen", "folded")  # of the rows of a list, a page each
MOST_QUERIES = 25  # of any page
LISTED = (Article, Exercise, Variation, Picture, Comment)
PAGES = (
    "front page",
    "queue",
    *(f"{what} of {model._meta.model_name}" for model in LISTED for what in ("list", "form")),
    *(f"new {model._meta.model_name}" for model in (Article, Exercise, Variation)),
)


class Cost(NamedTuple):
    queries: list[str]  # the SQL of each
    choices: int  # of the longest select, list of a filter, or group of checkboxes or radio buttons
    page: Element


def address(page: str) -> str:
    """The address of one of PAGES; a form is that of the row that was added last."""
    if page in ("front page", "queue"):
        return reverse("admin:index" if page == "front page" else "admin:comments_queue")
    kind, name = page.split()[0], page.split()[-1]
    model = next(model for model in LISTED if model._meta.model_name == name)
    view = {"list": "changelist", "form": "change", "new": "add"}[kind]
    args = [model.objects.latest("pk").pk] if kind == "form" else []
    return reverse(f"admin:{model._meta.app_label}_{name}_{view}", args=args)


def cost(trainer: Client, page: str) -> Cost:
    """What it costs to open this page a second time."""
    where = address(page)
    trainer.get(where)
    with CaptureQueriesContext(connection) as captured:
        response = trainer.get(where)
    assert response.status_code == 200, page
    shown = read(response)
    return Cost([query["sql"] for query in captured.captured_queries], _choices(shown), shown)


def longest_answer(queries: list[str]) -> int:
    """How many rows the query reads that reads most."""
    with connection.cursor() as cursor:
        return max(
            len(cursor.execute(query).fetchall()) for query in queries if query.startswith("SELECT")
        )


def _choices(page: Element) -> int:
    lists = [len(select.all("option")) for select in page.all("select")]
    lists += [
        len(part.all("a")) for part in page.all("details") if "data-filter-title" in part.attrs
    ]
    fields = [e for e in page.all("input") if e.attrs.get("type") in ("radio", "checkbox")]
    names = [e.attrs.get("name") for e in fields if e.attrs.get("name") not in ROW_CHECKBOXES]
    return max([*lists, *Counter(names).values()], default=0)
