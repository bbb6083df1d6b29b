"""Nothing typed is lost, nothing overwritten: autosave, drafts, two versions, shared links."""

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
    """What the article's form at an address would send as it stands."""
    return read(client.get(address)).one("form", id="article_form").fields()


def address_of(article: Article) -> str:
    return f"/admin/blog/article/{article.pk}/change/"


def keep(
    client: Client, fields: dict[str, Any], article: Article | None = None, **more: Any
) -> Any:
    """What the editor's window sends while she types."""
    window = fields["window"]
    data = fields | {"article": article.pk if article else ""} | more
    return client.post(f"/admin/blog/article/window/{window}/", data)


@pytest.fixture
def ben(trainer: Client) -> Client:
    """A second person with a desk."""
    client = Client()
    client.force_login(User.objects.create_superuser("ben"))
    return client


def test_typing_is_kept_and_offered_and_touches_no_reader(trainer: Client, reader: Client) -> None:
    article = make_article(title="Live one", text="Old words.")
    fields = form_of(trainer, address_of(article))
    told = keep(trainer, fields, article, title="Typed title", text="New words.").json()
    assert told["version"] == article.version
    assert "Typed title" not in reader.get(article.get_absolute_url()).content.decode()
    assert Article.objects.get().text == "Old words."
    assert article.history.count() == 1

    shown = read(trainer.get(address_of(article)))
    link = next(a for a in shown.all("a") if a.text == "Continue with it")
    assert shown.one("form", id="article_form").fields()["text"] == "Old words."
    again = form_of(trainer, address_of(article) + link.attrs["href"])
    assert (again["title"], again["text"]) == ("Typed title", "New words.")
    assert again["window"] == fields["window"]

    published = trainer.post(address_of(article), again | {"_publish": "1"})
    assert published.status_code == 302
    assert "New words." in reader.get(article.get_absolute_url()).content.decode()
    assert not Draft.objects.exists()
    assert article.history.count() == 2


def test_a_new_article_is_kept_before_its_first_save(trainer: Client) -> None:
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
    keep(trainer, fields, **typed, **source)
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
    fields = form_of(trainer, address_of(article))
    typed = {
        "title": "",
        "published_at_0": "next Tuesd",
        "published_at_1": "7:",
        "sources-TOTAL_FORMS": "1",
        "sources-0-title": "A study",
        "sources-0-url": "",
        "sources-0-year": "20x5",
    }
    keep(trainer, fields, article, **typed)
    page = read(trainer.get(f"{address_of(article)}?draft={fields['window']}"))
    assert page.all(class_="errorlist") == []
    assert page.all(class_="errornote") == []
    opened = page.one("form", id="article_form").fields()
    assert {name: opened[name] for name in typed} == typed
    refused = read(trainer.post(address_of(article), opened | {"_publish": "1"}))
    assert len(refused.all(class_="errorlist")) >= 4


def test_a_draft_opens_with_its_changes_to_stored_sources(trainer: Client) -> None:
    article = make_article()
    kept, removed = (make_source(article=article, key=key) for key in ("kept", "removed"))
    fields = form_of(trainer, address_of(article))
    deleted = make_source(article=article, key="late")  # the draft does not know of it
    typed = {
        "sources-TOTAL_FORMS": "3",
        "sources-0-title": "Changed",
        "sources-1-DELETE": "on",
        "sources-2-id": "",
        "sources-2-title": "New",
        "sources-2-url": "https://example.org/new",
    }
    keep(trainer, fields, article, **typed)
    address = f"{address_of(article)}?draft={fields['window']}"
    opened = form_of(trainer, address)
    assert [opened[f"sources-{i}-title"] for i in range(4)] == [
        "Changed", removed.title, deleted.title, "New"]  # fmt: skip
    assert [f"sources-{i}-DELETE" in opened for i in range(4)] == [False, True, False, False]

    kept.delete()
    deleted.delete()
    opened = form_of(trainer, address) | {"sources-0-DELETE": "on", "_publish": "1"}
    assert trainer.post(address_of(article), opened).status_code == 302
    assert [source.title for source in article.sources.all()] == ["Changed", "New"]


def test_a_draft_is_thrown_away(trainer: Client, ben: Client) -> None:
    article = make_article()
    fields = form_of(trainer, address_of(article))
    keep(trainer, fields, article, title="Typed")
    assert ben.post(address_of(article), {"_discard": fields["window"]}).status_code == 302
    assert Draft.objects.exists()  # hers, not his
    assert trainer.post(address_of(article), {"_discard": fields["window"]}).status_code == 302
    assert not Draft.objects.exists()
    assert Article.objects.filter(pk=article.pk).exists()


def test_kept_for_later_without_a_script(trainer: Client, reader: Client) -> None:
    article = make_article(text="Old words.")
    fields = form_of(trainer, address_of(article))
    response = trainer.post(address_of(article), fields | {"text": "Later.", "_later": "1"})
    assert response["Location"] == "/admin/"
    article.refresh_from_db()
    assert article.text == "Old words."
    assert Draft.objects.get().typed["text"] == ["Later."]


def test_the_second_save_is_told_and_overwrites_nothing(trainer: Client, ben: Client) -> None:
    article = make_article(text="One two three.")
    hers, his = form_of(trainer, address_of(article)), form_of(ben, address_of(article))
    assert trainer.post(address_of(article), hers | {"text": "One TWO three."}).status_code == 302
    refused = ben.post(address_of(article), his | {"text": "One two THREE.", "_publish": "1"})
    assert refused.status_code == 409
    article.refresh_from_db()
    assert article.text == "One TWO three."
    page = read(refused)
    told = page.one("section", "conflict")
    assert "elsie saved this article" in told.text
    difference = told.one("p", "difference")
    assert [e.text for e in difference.all("del")] == ["TWO", "three"]
    assert [e.text for e in difference.all("ins")] == ["two", "THREE"]
    form = page.one("form", id="article_form").fields()
    assert form["text"] == "One two THREE."
    assert Draft.objects.get(editor__username="ben").typed["text"] == ["One two THREE."]

    assert ben.post(address_of(article), form | {"_publish": "1"}).status_code == 302
    article.refresh_from_db()
    assert article.text == "One two THREE."
    assert [row.text for row in article.history.all()][1] == "One TWO three."


def test_two_tabs_of_one_person_conflict_too(trainer: Client) -> None:
    article = make_article(text="Old.")
    first, second = (form_of(trainer, address_of(article)) for _ in range(2))
    assert trainer.post(address_of(article), first | {"text": "First."}).status_code == 302
    assert trainer.post(address_of(article), second | {"text": "Second."}).status_code == 409
    article.refresh_from_db()
    assert article.text == "First."


def test_open_elsewhere_is_told_and_ends(trainer: Client, ben: Client) -> None:
    article = make_article()
    hers, his = form_of(trainer, address_of(article)), form_of(ben, address_of(article))

    def ask(client: Client, fields: dict[str, Any], **more: Any) -> Any:
        address = f"/admin/blog/article/window/{fields['window']}/"
        return client.post(address, {"article": article.pk, **more}).json()

    assert ask(trainer, hers)["elsewhere"] == []
    assert ask(ben, his)["elsewhere"] == ["with elsie"]
    assert ask(trainer, hers)["elsewhere"] == ["with ben"]
    other = form_of(trainer, address_of(article))
    assert ask(trainer, other)["elsewhere"] == ["in another window of yours", "with ben"]
    ask(trainer, other, closed="1")
    assert ask(trainer, hers)["elsewhere"] == ["with ben"]
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        assert ask(trainer, hers)["elsewhere"] == []
    assert "Continue with it" not in trainer.get(address_of(article)).content.decode()


def test_a_window_belongs_to_who_opened_it(trainer: Client, ben: Client, reader: Client) -> None:
    article = make_article()
    fields = form_of(trainer, address_of(article))
    keep(trainer, fields, article, title="Hers")
    assert keep(ben, fields, article, title="His").status_code == 403
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
def test_an_odd_article_is_none(trainer: Client, pk: str) -> None:
    data = {"article": pk, "title": "T", "version": "x", "sources-TOTAL_FORMS": "no"}
    assert trainer.post("/admin/blog/article/window/abc/", data).status_code == 200
    assert trainer.get(f"/admin/blog/article/window/none/page/?article={pk}").status_code == 404
    page = trainer.get("/admin/blog/article/window/abc/page/")
    assert page.status_code == 200
    assert read(page).one("h1").text == "T"


def test_odd_characters_and_numbers_are_kept_as_far_as_they_can_be(trainer: Client) -> None:
    data = {"title": "A\0 title", "no\0name": "x", "version": "9" * 50}
    assert trainer.post("/admin/blog/article/window/abc/", data).status_code == 200
    draft = Draft.objects.get()
    assert (draft.typed["title"], draft.typed["noname"]) == (["A title"], ["x"])
    assert draft.began_from == 0


def test_too_much_is_refused_in_words(trainer: Client) -> None:
    data = {"title": "T", "text": "a" * settings.MEGABYTE}
    response = trainer.post("/admin/blog/article/window/abc/", data)
    assert response.status_code == 413
    assert "too long" in response.json()["problem"]


def test_the_preview_is_the_published_page(trainer: Client, reader: Client) -> None:
    variation = make_variation()
    text = f"## Part\n\nWords [@study].\n\n{variation.card_line}\n\n| a |\n| - |\n| b |"
    article = make_article(text="Old.", subjects=[make_subject()])
    make_source(article=article, key="study", authors="Doe", year=2020, found="It grew.")
    fields = form_of(trainer, address_of(article))
    keep(trainer, fields, article, text=text, title="New title")
    preview = trainer.get(f"/admin/blog/article/window/{fields['window']}/page/")
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in preview["Content-Security-Policy"]
    assert "no-store" in preview["Cache-Control"]
    shown = read(preview)
    assert shown.one("small", "side-note").text == "1 Doe, 2020: It grew."
    assert trainer.post(address_of(article), fields | {"text": text, "title": "New title"})
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


def test_a_draft_is_shown_by_a_link_until_it_ends(trainer: Client, reader: Client) -> None:
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


def test_the_link_shows_work_on_a_live_article(trainer: Client, reader: Client) -> None:
    article = make_article(title="Live")
    keep(trainer, form_of(trainer, address_of(article)), article, title="Better")
    assert read(reader.get(shared_link(trainer, article))).one("h1").text == "Better"
    assert read(reader.get(article.get_absolute_url())).one("h1").text == "Live"


def test_a_form_sent_signed_out_is_there_after_signing_in(trainer: Client) -> None:
    User.objects.create_superuser("mia", password="a zebra in the gym")
    article = make_article(text="Old.")
    fields = form_of(trainer, address_of(article))
    trainer.logout()
    shown = trainer.post(address_of(article), fields | {"text": "Typed & kept.", "_publish": "1"})
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
    assert kept.attrs["action"] == address_of(article)
    assert trainer.post(kept.attrs["action"], kept.fields()).status_code == 302
    assert Article.objects.get().text == "Typed & kept."


def test_an_older_version_is_compared_and_brought_back(trainer: Client, reader: Client) -> None:
    article = make_article(text="Squeeze your glutes.", title="First")
    make_source(article=article, key="study")
    address = address_of(article)
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


def test_a_save_takes_the_draft_of_an_earlier_window_with_the_same_words(trainer: Client) -> None:
    article = make_article(title="Thrust")
    before = form_of(trainer, address_of(article))
    keep(trainer, before, article, title="Thrust more")
    keep(trainer, form_of(trainer, address_of(article)), article, title="Something else")
    window = form_of(trainer, address_of(article))
    assert trainer.post(address_of(article), window | {"title": "Thrust more", "_publish": "1"})
    assert [draft.title for draft in Draft.objects.all()] == ["Something else"]
