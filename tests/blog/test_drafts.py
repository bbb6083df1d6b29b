"""Autosave, drafts, conflicting saves, share links and restored versions."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from blog.models import Article, Draft
from tests.support.make import make_article, make_author, make_source, make_subject, make_variation
from tests.support.page import read, save

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def form_of(client: Client, address: str) -> dict[str, Any]:
    """The fields that the article form at this URL would submit unchanged."""
    return read(client.get(address)).one("form", id="article_form").fields()


def change_url(article: Article) -> str:
    return f"/admin/blog/article/{article.pk}/change/"


def autosave(
    client: Client, fields: dict[str, Any], article: Article | None = None, **more: Any
) -> Any:
    """Posts an autosave request, as the editor's JavaScript does."""
    window = fields["window"]
    data = fields | {"article": article.pk if article else ""} | more
    return client.post(f"/admin/blog/article/window/{window}/", data)


@pytest.fixture
def ben(trainer: Client) -> Client:
    """A second editor."""
    client = Client()
    client.force_login(User.objects.create_superuser("ben"))
    return client


def test_a_draft_is_autosaved_and_offered_without_changing_the_page(
    trainer: Client, reader: Client
) -> None:
    article = make_article(title="Live one", text="Old words.")
    fields = form_of(trainer, change_url(article))
    response = autosave(trainer, fields, article, title="Typed title", text="New words.").json()
    assert response["version"] == article.version
    assert "Typed title" not in reader.get(article.get_absolute_url()).content.decode()
    assert Article.objects.get().text == "Old words."
    assert article.history.count() == 1

    shown = read(trainer.get(change_url(article)))
    link = next(a for a in shown.all("a") if a.text == "Continue with it")
    assert shown.one("form", id="article_form").fields()["text"] == "Old words."
    again = form_of(trainer, change_url(article) + link.attrs["href"])
    assert (again["title"], again["text"]) == ("Typed title", "New words.")
    assert again["window"] == fields["window"]

    published = trainer.post(change_url(article), again | {"_publish": "1"})
    assert published.status_code == 302
    assert "New words." in reader.get(article.get_absolute_url()).content.decode()
    assert not Draft.objects.exists()
    assert article.history.count() == 2


def test_a_new_article_is_autosaved_before_its_first_save(trainer: Client) -> None:
    author, subject = make_author(), make_subject()
    fields = form_of(trainer, "/admin/blog/article/add/")
    assert fields["author"] == str(author.pk)
    source: dict[str, Any] = {
        "sources-TOTAL_FORMS": "1",
        "sources-0-title": "A study",
        "sources-0-url": "https://example.org/",
        "sources-0-authors": "Bret Contreras, Vigotsky",
        "sources-0-year": "2015",
    }
    typed: dict[str, Any] = {
        "title": "Half a",
        "text": "Words [@contreras-2015].",
        "subjects": [subject.pk],
    }
    autosave(trainer, fields, **typed, **source)
    assert not Article.objects.exists()
    shown = read(trainer.get("/admin/blog/article/add/"))
    assert "“Half a”" in shown.text
    again = form_of(trainer, f"/admin/blog/article/add/?draft={fields['window']}")
    assert again["subjects"] == str(subject.pk)
    assert again["sources-0-authors"] == "Bret Contreras, Vigotsky"
    assert trainer.post("/admin/blog/article/add/", again | {"slug": "half", "_draft": "1"})
    article = Article.objects.get()
    assert article.sources.get().key == "contreras-2015"
    assert list(article.subjects.all()) == [subject]
    assert not Draft.objects.exists()


def test_a_draft_opens_as_typed_without_errors(trainer: Client) -> None:
    article = make_article(title="Thrust")
    fields = form_of(trainer, change_url(article))
    typed = {
        "title": "",
        "published_at_0": "next Tuesd",
        "published_at_1": "7:",
        "sources-TOTAL_FORMS": "1",
        "sources-0-title": "A study",
        "sources-0-url": "",
        "sources-0-year": "20x5",
    }
    autosave(trainer, fields, article, **typed)
    page = read(trainer.get(f"{change_url(article)}?draft={fields['window']}"))
    assert page.all(class_="errorlist") == []
    assert page.all(class_="errornote") == []
    opened = page.one("form", id="article_form").fields()
    assert {name: opened[name] for name in typed} == typed
    refused = read(trainer.post(change_url(article), opened | {"_publish": "1"}))
    assert len(refused.all(class_="errorlist")) >= 4


def test_a_draft_opens_with_its_changes_to_stored_sources(trainer: Client) -> None:
    article = make_article()
    kept, removed = (make_source(article=article, key=key) for key in ("kept", "removed"))
    fields = form_of(trainer, change_url(article))
    deleted = make_source(article=article, key="late")  # the draft does not know of it
    typed = {
        "sources-TOTAL_FORMS": "3",
        "sources-0-title": "Changed",
        "sources-1-DELETE": "on",
        "sources-2-id": "",
        "sources-2-title": "New",
        "sources-2-url": "https://example.org/new",
    }
    autosave(trainer, fields, article, **typed)
    address = f"{change_url(article)}?draft={fields['window']}"
    opened = form_of(trainer, address)
    assert [opened[f"sources-{i}-title"] for i in range(4)] == [
        "Changed", removed.title, deleted.title, "New"]  # fmt: skip
    assert [f"sources-{i}-DELETE" in opened for i in range(4)] == [False, True, False, False]

    kept.delete()
    deleted.delete()
    opened = form_of(trainer, address) | {"sources-0-DELETE": "on", "_publish": "1"}
    assert trainer.post(change_url(article), opened).status_code == 302
    assert [source.title for source in article.sources.all()] == ["Changed", "New"]


def test_only_its_editor_can_discard_a_draft(trainer: Client, ben: Client) -> None:
    article = make_article()
    fields = form_of(trainer, change_url(article))
    autosave(trainer, fields, article, title="Typed")
    assert ben.post(change_url(article), {"_discard": fields["window"]}).status_code == 302
    assert Draft.objects.exists()  # the draft is another person's
    assert trainer.post(change_url(article), {"_discard": fields["window"]}).status_code == 302
    assert not Draft.objects.exists()
    assert Article.objects.filter(pk=article.pk).exists()


def test_the_keep_for_later_button_stores_a_draft(trainer: Client, reader: Client) -> None:
    article = make_article(text="Old words.")
    fields = form_of(trainer, change_url(article))
    response = trainer.post(change_url(article), fields | {"text": "Later.", "_later": "1"})
    assert response["Location"] == "/admin/"
    article.refresh_from_db()
    assert article.text == "Old words."
    assert Draft.objects.get().typed["text"] == ["Later."]


def test_a_conflicting_save_is_refused_and_shows_both_versions(
    trainer: Client, ben: Client
) -> None:
    article = make_article(text="One two three.")
    url = change_url(article)
    trainer_form, ben_form = form_of(trainer, url), form_of(ben, url)
    assert trainer.post(url, trainer_form | {"text": "One TWO three."}).status_code == 302
    refused = ben.post(url, ben_form | {"text": "One two THREE.", "_publish": "1"})
    assert refused.status_code == 409
    article.refresh_from_db()
    assert article.text == "One TWO three."
    page = read(refused)
    conflict = page.one("section", "conflict")
    assert "elsie saved this article" in conflict.text
    difference = conflict.one("p", "difference")
    assert [e.text for e in difference.all("del")] == ["TWO", "three"]
    assert [e.text for e in difference.all("ins")] == ["two", "THREE"]
    form = page.one("form", id="article_form").fields()
    assert form["text"] == "One two THREE."
    assert Draft.objects.get(editor__username="ben").typed["text"] == ["One two THREE."]

    assert ben.post(change_url(article), form | {"_publish": "1"}).status_code == 302
    article.refresh_from_db()
    assert article.text == "One two THREE."
    assert [row.text for row in article.history.all()][1] == "One TWO three."


@pytest.mark.django_db(transaction=True)  # on PostgreSQL, rows can be locked only inside one
def test_two_windows_of_one_person_conflict(trainer: Client) -> None:
    article = make_article(text="Old.")
    first, second = (form_of(trainer, change_url(article)) for _ in range(2))
    assert trainer.post(change_url(article), first | {"text": "First."}).status_code == 302
    assert trainer.post(change_url(article), second | {"text": "Second."}).status_code == 409
    article.refresh_from_db()
    assert article.text == "First."


def test_other_open_windows_are_reported_until_they_close(trainer: Client, ben: Client) -> None:
    article = make_article()
    trainer_form, ben_form = (form_of(client, change_url(article)) for client in (trainer, ben))

    def ping(client: Client, fields: dict[str, Any], **more: Any) -> Any:
        address = f"/admin/blog/article/window/{fields['window']}/"
        return client.post(address, {"article": article.pk, **more}).json()

    assert ping(trainer, trainer_form)["elsewhere"] == []
    assert ping(ben, ben_form)["elsewhere"] == ["with elsie"]
    assert ping(trainer, trainer_form)["elsewhere"] == ["with ben"]
    other = form_of(trainer, change_url(article))
    assert ping(trainer, other)["elsewhere"] == ["in another window of yours", "with ben"]
    ping(trainer, other, closed="1")
    assert ping(trainer, trainer_form)["elsewhere"] == ["with ben"]
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        assert ping(trainer, trainer_form)["elsewhere"] == []
    assert "Continue with it" not in trainer.get(change_url(article)).content.decode()


def test_only_its_owner_can_autosave_in_a_window(
    trainer: Client, ben: Client, reader: Client
) -> None:
    article = make_article()
    fields = form_of(trainer, change_url(article))
    autosave(trainer, fields, article, title="Hers")
    assert autosave(ben, fields, article, title="His").status_code == 403
    assert Draft.objects.get().typed["title"] == ["Hers"]
    address = f"/admin/blog/article/window/{fields['window']}/"
    assert reader.post(address, fields).status_code == 403  # no token
    assert Client().post(address, fields)["Location"].startswith("/admin/login/")
    assert Client().get(f"{address}page/")["Location"].startswith("/admin/login/")
    assert trainer.get(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = trainer.cookies
    del fields["csrfmiddlewaretoken"]
    assert strict.post(address, fields).status_code == 403


@pytest.mark.parametrize("pk", ["x", "", "-1", "9" * 50, "0"])
def test_an_invalid_article_id_means_a_new_article(trainer: Client, pk: str) -> None:
    data = {"article": pk, "title": "T", "version": "x", "sources-TOTAL_FORMS": "no"}
    assert trainer.post("/admin/blog/article/window/abc/", data).status_code == 200
    assert trainer.get(f"/admin/blog/article/window/none/page/?article={pk}").status_code == 404
    page = trainer.get("/admin/blog/article/window/abc/page/")
    assert page.status_code == 200
    assert read(page).one("h1").text == "T"


def test_nul_characters_and_invalid_versions_are_dropped(trainer: Client) -> None:
    data = {"title": "A\0 title", "no\0name": "x", "version": "9" * 50}
    assert trainer.post("/admin/blog/article/window/abc/", data).status_code == 200
    draft = Draft.objects.get()
    assert (draft.typed["title"], draft.typed["noname"]) == (["A title"], ["x"])
    assert draft.began_from == 0


def test_an_oversized_autosave_returns_413(trainer: Client) -> None:
    data = {"title": "T", "text": "a" * settings.MEGABYTE}
    response = trainer.post("/admin/blog/article/window/abc/", data)
    assert response.status_code == 413
    assert "too long" in response.json()["problem"]


def test_the_preview_equals_the_published_page(trainer: Client, reader: Client) -> None:
    variation = make_variation()
    text = f"## Part\n\nWords [@study].\n\n{variation.card_line}\n\n| a |\n| - |\n| b |"
    article = make_article(text="Old.", subjects=[make_subject()])
    make_source(article=article, key="study", authors="Doe", year=2020, found="It grew.")
    fields = form_of(trainer, change_url(article))
    autosave(trainer, fields, article, text=text, title="New title")
    preview = trainer.get(f"/admin/blog/article/window/{fields['window']}/page/")
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in preview["Content-Security-Policy"]
    assert "no-store" in preview["Cache-Control"]
    shown = read(preview)
    assert shown.one("small", "side-note").text == "1 Doe, 2020: It grew."
    assert trainer.post(change_url(article), fields | {"text": text, "title": "New title"})
    published = reader.get(article.get_absolute_url())
    assert published["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in published["Content-Security-Policy"]
    for note in shown.all("small", "side-note"):
        note.children = ["1 Doe, 2020"]
    page = read(published)
    assert shown.one("main").text == page.one("main").text
    assert [e.tag for e in shown.one("main")] == [e.tag for e in page.one("main")]


def shared_link(client: Client, article: Article) -> str:
    page = read(client.get(f"/admin/blog/article/{article.pk}/share/"))
    return urlsplit(page.one("input", id="link").attrs["value"]).path


def test_a_share_link_works_until_it_expires_or_is_revoked(trainer: Client, reader: Client) -> None:
    article = make_article(title="Secret", published_at=None)
    link = shared_link(trainer, article)
    shown = reader.get(link)
    assert read(shown).one("h1").text == "Secret"
    assert "Not published yet" in read(shown).one("p", "banner").text
    assert shown["Cache-Control"] == "private, no-store"
    assert shown["X-Robots-Tag"] == "noindex"
    assert read(shown).one("meta", name="robots").attrs["content"] == "noindex"
    assert not shown.cookies
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
        assert reader.get(link).status_code == 404
    assert reader.get(link[:-3] + "x/").status_code == 404
    assert reader.get(article.get_absolute_url()).status_code == 404

    assert trainer.post(f"/admin/blog/article/{article.pk}/share/").status_code == 302
    assert reader.get(link).status_code == 404
    assert reader.get(shared_link(trainer, article)).status_code == 200
    article.published_at = timezone.now()
    article.save()
    assert reader.get(shared_link(trainer, article))["Location"] == article.get_absolute_url()


def test_a_share_link_shows_the_draft_of_a_live_article(trainer: Client, reader: Client) -> None:
    article = make_article(title="Live")
    autosave(trainer, form_of(trainer, change_url(article)), article, title="Better")
    assert read(reader.get(shared_link(trainer, article))).one("h1").text == "Better"
    assert read(reader.get(article.get_absolute_url())).one("h1").text == "Live"


def test_a_form_sent_while_signed_out_can_be_resent_after_signing_in(trainer: Client) -> None:
    User.objects.create_superuser("mia", password="a zebra in the gym")
    article = make_article(text="Old.")
    fields = form_of(trainer, change_url(article))
    trainer.logout()
    shown = trainer.post(change_url(article), fields | {"text": "Typed & kept.", "_publish": "1"})
    assert shown.status_code == 200
    assert "What you sent is kept" in read(shown).text

    def sign_in(page: Any, password: str) -> Any:
        fields = page.one("form", id="login-form").fields()
        fields |= page.one(id="content").fields()  # the text kept stands outside the form
        return read(
            trainer.post("/admin/login/", fields | {"username": "mia", "password": password})
        )

    kept = sign_in(sign_in(read(shown), "wrong"), "a zebra in the gym").one("form", class_="kept")
    assert Article.objects.get().text == "Old."
    assert kept.attrs["action"] == change_url(article)
    assert trainer.post(kept.attrs["action"], kept.fields()).status_code == 302
    assert Article.objects.get().text == "Typed & kept."


def test_an_older_version_is_compared_and_restored(trainer: Client, reader: Client) -> None:
    article = make_article(text="Squeeze your glutes.", title="First")
    make_source(article=article, key="study")
    address = change_url(article)
    save(trainer, address, text="Squeeze, then lift your glutes.")
    page = read(trainer.get(f"/admin/blog/article/{article.pk}/history/"))
    newest = page.all("p", "difference")[0]
    assert "".join(e.raw for e in newest.all("ins")).strip() == ", then lift"
    assert "elsie" in page.all("h2")[0].text or "elsie" in page.text
    oldest = article.history.last()
    restore = f"/admin/blog/article/{article.pk}/history/{oldest.history_id}/"
    assert trainer.get(restore).status_code == 404
    opened = trainer.post(restore)["Location"]
    assert "then lift" in reader.get(article.get_absolute_url()).content.decode()
    fields = form_of(trainer, opened)
    assert fields["text"] == "Squeeze your glutes."
    assert trainer.post(address, fields | {"_publish": "1"}).status_code == 302
    assert "then lift" not in reader.get(article.get_absolute_url()).content.decode()
    assert article.history.count() == 3
    assert article.sources.count() == 1
    article.refresh_from_db()
    assert article.is_live()


def test_a_save_deletes_other_drafts_with_the_same_content(trainer: Client) -> None:
    article = make_article(title="Thrust")
    before = form_of(trainer, change_url(article))
    autosave(trainer, before, article, title="Thrust more")
    autosave(trainer, form_of(trainer, change_url(article)), article, title="Something else")
    window = form_of(trainer, change_url(article))
    assert trainer.post(change_url(article), window | {"title": "Thrust more", "_publish": "1"})
    assert [draft.title for draft in Draft.objects.all()] == ["Something else"]
