"""A row among thousands is chosen by typing: with JavaScript from what is found, without it by its
name or number."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from tests.support.make import make_comment, make_exercise, make_variation
from tests.support.page import read, save

pytestmark = pytest.mark.django_db

FAVORITE = {"app_label": "comments", "model_name": "comment", "field_name": "favorite"}


def find(client: Client, **asked: str) -> Any:
    return client.get("/admin/autocomplete/", FAVORITE | asked)


@pytest.mark.parametrize("typed", ["Hip Thrust", "hip thrust ", "{}"])
def test_without_javascript_a_name_or_a_number_chooses(trainer: Client, typed: str) -> None:
    favorite, comment = make_exercise(name="Hip thrust"), make_comment()
    address = f"/admin/comments/comment/{comment.pk}/change/"
    save(trainer, address, **{"favorite-named": typed.format(favorite.pk)})
    comment.refresh_from_db()
    assert comment.favorite == favorite


def test_what_is_no_name_is_kept_with_a_sentence(trainer: Client) -> None:
    comment = make_comment()
    address = f"/admin/comments/comment/{comment.pk}/change/"
    shown = read(save(trainer, address, **{"favorite-named": "Hip thrusts"}))
    assert "more than one thing is called “Hip thrusts”" in shown.one("ul", "errorlist").text
    assert shown.one("input", name="favorite-named").attrs["value"] == "Hip thrusts"


def test_what_is_no_number_is_an_error_of_the_form(trainer: Client) -> None:
    variation = make_variation()
    address = f"/admin/exercises/variation/{variation.pk}/change/"
    response = save(trainer, address, exercise="x'); --", photo="9" * 30)
    assert response.status_code == 200
    assert len(read(response).all("ul", "errorlist")) >= 2


def test_who_may_fill_in_the_form_finds_rows(trainer: Client) -> None:
    make_exercise(name="Hip thrust")
    call_command("roles", verbosity=0)
    assistant, user = Client(), User.objects.create_user("assistant", is_staff=True)
    user.groups.add(Group.objects.get(name="Assistant"))
    assistant.force_login(user)
    for client in (trainer, assistant):
        assert [row["text"] for row in find(client, term="thrust").json()["results"]] == [
            "Hip thrust"
        ]
    variation = {"app_label": "exercises", "model_name": "variation", "field_name": "exercise"}
    assert find(assistant, **variation).status_code == 403
    assert find(trainer, field_name="parent").status_code == 403
    user_field = {"app_label": "blog", "model_name": "draft", "field_name": "editor"}
    assert find(trainer, **user_field).status_code == 403
