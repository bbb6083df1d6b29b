"""Malformed values in requests to the admin are refused or ignored; none is a 500."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from blog.models import Article, Draft
from publishing.models import Subject
from tests.support.accounts import make_user, reauthenticate
from tests.support.fuzzing import PLACEHOLDERS
from tests.support.make import (
    make_article,
    make_exercise,
    make_muscle,
    make_subject,
    make_variation,
)
from tests.support.page import read, save

NINES = PLACEHOLDERS["{9}"]
REFUSED = "This request could not be read"
INVALID_IDS = [NINES, "9" * 20, "x", "-1", "", "²", "1,2", "\0"]
INVALID_FILTERS = [
    "id__in=99999999999999999999",
    "published_at__year=-9223372036854775809",
    "pk__in=x",
    "id__year=0",
    "id__regex=[",
    "pk__gte=2026-02-30",
    "id=9999-12-31",
    "x__y__z=1",
    "id__exact=%00",
]
invalid_ids = pytest.mark.parametrize("invalid", INVALID_IDS, ids=lambda text: ascii(text[:9]))

pytestmark = pytest.mark.django_db


def changelists() -> list[str]:
    """The address of every list of the admin."""
    names = (f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)
    return [reverse(f"admin:{name}_changelist") for name in names]


@pytest.mark.database
@invalid_ids
def test_invalid_ids_in_the_editor_and_in_a_merge(trainer: Client, invalid: str) -> None:
    one, other = make_subject(), make_subject()
    typed = {"article": invalid, "version": invalid}
    response = trainer.post("/admin/blog/article/window/w9/", typed)
    assert (response.status_code, response.json()["version"]) == (200, 0)
    page = "/admin/blog/article/window/w9/page/"
    assert trainer.get(page, {"article": invalid}).status_code == 404
    merge = {"action": "merge", "_selected_action": f"{one.pk}", "into": invalid}
    form = read(trainer.post(reverse("admin:publishing_subject_changelist"), merge))
    assert form.one("h1").text == "Merge into another subject"
    assert {*Subject.objects.values_list("pk", flat=True)} >= {one.pk, other.pk}


@pytest.mark.database
def test_window_key_must_fit_into_its_column(trainer: Client) -> None:
    typed = {"title": "Lift", "version": NINES}
    assert trainer.post(f"/admin/blog/article/window/{'w' * 33}/", typed).status_code == 404
    assert trainer.post(f"/admin/blog/article/window/{'w' * 32}/", typed).status_code == 200
    assert Draft.objects.get().key == "w" * 32


@pytest.mark.database
@pytest.mark.parametrize("address", changelists())
def test_lists_refuse_invalid_ids_of_selected_rows(trainer: Client, address: str) -> None:
    for invalid in INVALID_IDS:
        selected = {"action": "delete_selected", "_selected_action": ["1", invalid]}
        refused = trainer.post(address, selected)
        assert refused.status_code in (400, 403), invalid
    missing = {"action": "delete_selected", "_selected_action": "9" * 18}
    assert trainer.post(address, missing).status_code in (200, 302, 403)


def test_there_are_lists_to_test() -> None:
    assert len(changelists()) >= 12


@pytest.mark.database
@pytest.mark.parametrize("address", changelists())
def test_lists_accept_only_the_filters_that_they_link_to(trainer: Client, address: str) -> None:
    for query in INVALID_FILTERS:
        response = trainer.get(f"{address}?{query}")
        assert response.status_code == 400, query
        assert read(response).one("h1").text == REFUSED
    for query in ("e=1", "p=999999999", "p=x", "o=99.-99.x", "_popup=1", "all=", "q=%00"):
        assert trainer.get(f"{address}?{query}").status_code in (200, 302), query


@pytest.mark.parametrize("count", ["201", "999999999999", "9" * 5000])
def test_form_that_claims_too_many_rows_is_refused(trainer: Client, count: str) -> None:
    make_article()
    address = "/admin/exercises/variation/add/"
    form = read(trainer.get(address)).one(id="variation_form").fields()
    names = [name for name in form if name.endswith("-TOTAL_FORMS")]
    assert len(names) >= 2
    for name in names:
        assert trainer.post(address, form | {name: count}).status_code == 400
    subjects = trainer.post("/admin/publishing/subject/", {"form-TOTAL_FORMS": count})
    assert subjects.status_code == 400


def test_linked_filters_work(trainer: Client) -> None:
    make_article(title="A draft", published_at=None)
    make_article(title="A live one")
    drafts = read(trainer.get("/admin/blog/article/?published_at__isnull=True"))
    assert "A draft" in drafts.text
    assert "A live one" not in drafts.text
    make_variation()
    followed = 0
    for address in changelists():
        page = trainer.get(address)
        for link in read(page).all("a"):
            target = link.attrs.get("href", "")
            if target.startswith("?"):
                followed += 1
                assert trainer.get(address + target).status_code == 200, address + target
    assert followed > 20


@pytest.mark.database
@invalid_ids
def test_invalid_choices_of_a_form_are_errors(trainer: Client, invalid: str) -> None:
    article = make_article(title="Lift")
    address = f"/admin/blog/article/{article.pk}/change/"
    assert read(save(trainer, address, subjects=[invalid])).one("h1")
    assert not Article.objects.get().subjects.exists()


@pytest.mark.database
def test_lookups_accept_integers_of_any_size(trainer: Client) -> None:
    """SQLite has integers of 64 bits only, and the admin looks selected rows up by id__in."""
    assert list(User.objects.filter(pk__in=[10**20, -(10**20), 2**63])) == []
    user = User.objects.get()
    assert list(User.objects.filter(pk__in=[10**20, user.pk])) == [user]
    assert list(User.objects.exclude(pk__in=[10**20])) == [user]


@pytest.mark.parametrize("page", ["change", "delete"])
def test_to_field_may_be_empty_but_not_unknown(trainer: Client, page: str) -> None:
    article = make_article(title="Lift")
    address = f"/admin/blog/article/{article.pk}/{page}/"
    assert trainer.get(f"{address}?_to_field=").status_code == 200
    assert trainer.get(f"{address}?_to_field=x").status_code == 400


@pytest.mark.database
def test_same_row_saved_in_two_windows_is_a_conflict(trainer: Client) -> None:
    exercise, muscle = make_exercise(), make_muscle()
    address = f"/admin/exercises/exercise/{exercise.pk}/change/"
    fields = read(trainer.get(address)).one("form", id="exercise_form").fields()
    fields |= {"work-TOTAL_FORMS": "1", "work-0-muscle": f"{muscle.pk}", "work-0-role": "primary"}
    fields |= {"work-0-id": "", "work-0-exercise": f"{exercise.pk}", "_save": "Save"}
    assert trainer.post(address, fields).status_code == 302
    assert trainer.post(address, fields).status_code == 409
    assert exercise.work.get().muscle == muscle


CREDENTIALS = [
    PLACEHOLDERS["{[}"],
    '{"a":' * 1000,
    '{"id":' + "[" * 900,
    "[]",
    "1",
    "NaN",
    "[NaN, Infinity]",
    '"x"',
    "null",
    '{"id": []}',
    '{"response": []}',
    '{"response": ' + NINES + "}",
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "W1tb",'
    ' "authenticatorData": "AAAA", "signature": "AA", "userHandle": "\\ud800"}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30",'
    ' "authenticatorData": "AAAA", "signature": "AA", "userHandle": "' + "OQ" * 3000 + '"}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30",'
    ' "attestationObject": "' + "gYGB" * 2000 + '"}}',
]


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda text: text[:24])
def test_any_json_is_accepted_as_a_passkey_response(credential: str) -> None:
    make_user()
    stranger = Client()
    stranger.get("/admin/sign-in/passkey/")
    refused = stranger.post("/admin/sign-in/passkey/", {"credential": credential})
    assert refused.status_code in (200, 302)
    assert "_auth_user_id" not in stranger.session
    trainer = Client()
    trainer.force_login(User.objects.get())
    reauthenticate(trainer)
    assert trainer.get("/admin/sign-in/passkeys/add/").status_code == 200
    added = trainer.post("/admin/sign-in/passkeys/add/", {"credential": credential, "name": "x"})
    assert added.status_code == 200
    assert not Authenticator.objects.exists()
