"""The desk: its lists and forms, the article's form, pictures, and the Markdown preview."""

from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Article
from pictures.models import Picture
from tests.support.make import (
    earlier,
    image_file,
    later,
    make_article,
    make_author,
    make_comment,
    make_equipment,
    make_exercise,
    make_muscle,
    make_page,
    make_picture,
    make_source,
    make_subject,
    make_variation,
)
from tests.support.page import read, save

pytestmark = pytest.mark.django_db

MORE = [
    "Variations",
    "Subjects",
    "Muscles",
    "Equipment",
    "Pages",
    "Authors (about you)",
    "The site itself",
    "Blocked words and senders",
    "Emails",
]
MODELS = [m._meta.label_lower for m in filter(admin.site.is_registered, apps.get_models())]


def make_one_of_each() -> None:
    """Makes related rows of every model."""
    subject, picture = make_subject(), make_picture()
    exercise = make_exercise(subjects=[subject], muscles=[make_muscle()])
    variation = make_variation(exercise=exercise, one_of=[make_equipment()], photo=picture)
    article = make_article(text=variation.card_line, lead_picture=picture, subjects=[subject])
    make_source(article=article)
    make_page()
    make_comment(article=article, favorite=exercise)


def test_the_front_page_lists_models_by_desk_order(trainer: Client) -> None:
    page = read(trainer.get("/admin/"))
    lists = page.one(id="content-main").all("ul", "things")
    names = [[item.all("a")[0].text for item in part.all("li")] for part in lists]
    assert names[0] == ["Articles", "Exercises", "Answers and comments", "Pictures"]
    assert [name for name in names[1] if name in MORE] == MORE
    assert [fold.text for fold in page.all("summary")] == ["More", "Administration"]


@pytest.mark.parametrize(("hour", "time"), [(7, "morning"), (12, "afternoon"), (20, "evening")])
def test_the_greeting_follows_the_site_s_time_zone(trainer: Client, hour: int, time: str) -> None:
    now = timezone.localtime().replace(hour=hour)
    with time_machine.travel(now, tick=False):
        assert read(trainer.get("/admin/")).one("title").text == f"Good {time} | Your desk"


@pytest.mark.parametrize("label", MODELS)
def test_every_model_can_be_listed_searched_added_and_changed(trainer: Client, label: str) -> None:
    make_one_of_each()
    name = label.replace(".", "_")
    listed = trainer.get(reverse(f"admin:{name}_changelist"))
    assert listed.status_code == 200
    model_admin = admin.site.get_model_admin(apps.get_model(label))
    if model_admin.search_fields:
        assert trainer.get(reverse(f"admin:{name}_changelist") + "?q=a").status_code == 200
    may_add = model_admin.has_add_permission(listed.wsgi_request)
    added = trainer.get(reverse(f"admin:{name}_add"))
    assert added.status_code == (200 if may_add else 403)
    for row in model_admin.model._default_manager.all():
        address = reverse(f"admin:{name}_change", args=[row.pk])
        shown = trainer.get(address)
        assert shown.status_code == 200
        assert str(row)[:20] in read(shown).one("title").text
        if model_admin.has_change_permission(shown.wsgi_request, row):
            assert save(trainer, address).status_code == 302, f"{label} cannot be saved unchanged"
        break


def test_pages_of_the_desk_use_the_models_plain_names(trainer: Client) -> None:
    make_one_of_each()
    article = Article.objects.get()
    listed = read(trainer.get("/admin/blog/article/"))
    assert listed.one("h1").text == "Articles"
    assert listed.one(class_="breadcrumbs").text == "Home › Articles"
    picture = read(trainer.get("/admin/publishing/picture/add/"))
    assert picture.one(class_="breadcrumbs").text == "Home › Pictures › Add picture"
    buttons = [button.attrs["name"] for button in picture.all("input", type="submit")]
    assert buttons == ["_save", "_continue"]
    deleting = f"/admin/blog/article/{article.pk}/delete/"
    refused = read(trainer.get(deleting)).one(id="content")
    assert "cannot be deleted while these belong to it" in refused.text
    Article.objects.get().comments.all().delete()
    asked = read(trainer.get(deleting)).one(id="content")
    assert "Sources: 1" in asked.text
    assert "relationship" not in asked.text
    assert "Card" not in asked.text
    assert trainer.post(deleting, {"post": "yes"}).status_code == 302
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("title", "slug", "saved_slug"),
    [
        ("The plank", "", "the-plank"),
        ("The squat", "the-squat", "the-squat-2"),
        ("斑马", "", "article"),
        ("10", "10", "article-10"),
        ("x" * 120, "", "x" * 110),
    ],
)
def test_a_missing_or_taken_slug_does_not_prevent_saving(
    trainer: Client, title: str, slug: str, saved_slug: str
) -> None:
    make_article(slug="the-squat", author=make_author())
    answer = save(trainer, "/admin/blog/article/add/", title=title, slug=slug, _draft="1")
    assert answer.status_code == 302
    assert Article.objects.get(title=title).slug == saved_slug


def test_a_standfirst_is_saved_on_one_line(trainer: Client) -> None:
    article = make_article(published_at=None)
    address = f"/admin/blog/article/{article.pk}/change/"
    assert save(trainer, address, standfirst="One \r\n sentence.", _draft="1").status_code == 302
    assert Article.objects.get().standfirst == "One sentence."


def test_a_slug_that_is_typed_is_never_changed_silently(trainer: Client) -> None:
    make_article(slug="the-squat")
    article = make_article(slug="the-plank")
    address = f"/admin/blog/article/{article.pk}/change/"
    refused = save(trainer, address, slug="the-squat", _publish="1")
    assert "already exists" in read(refused).text
    assert Article.objects.filter(slug="the-plank").exists()


def test_an_article_without_a_title_becomes_a_draft(trainer: Client) -> None:
    make_author()
    typed = {"text": "Words without a title.", "_draft": "1"}
    answer = save(trainer, "/admin/blog/article/add/", **typed)
    assert answer.status_code == 302
    page = read(trainer.get(answer["Location"]))
    assert "With a title it will stand among your articles" in page.text
    assert page.one("textarea", name="text").text == "Words without a title."
    assert not Article.objects.exists()


@pytest.mark.parametrize("typed", ["7:00", "07:00", "7:00 am", "7:00AM", "7 am"])
def test_a_time_may_be_typed_in_several_formats(trainer: Client, typed: str) -> None:
    article = make_article(published_at=None)
    address = f"/admin/blog/article/{article.pk}/change/"
    when = {"published_at_0": "2036-05-06", "published_at_1": typed}
    saved = save(trainer, address, _publish="1", **when)
    assert saved.status_code == 302
    assert "Scheduled for Tuesday, May 6, 2036, 7:00" in read(trainer.get(address)).text


def test_choices_of_pictures_contain_their_text_alternatives(trainer: Client) -> None:
    picture = make_picture(name="img-1234", text_alternative="A bench by the window.")
    article = make_article(lead_picture=picture)
    form = read(trainer.get(f"/admin/blog/article/{article.pk}/change/"))
    choice = form.one("select", name="lead_picture")
    assert choice.all("option")[1].text == "img-1234: A bench by the window."
    assert not form.all(id="delete_id_lead_picture")
    (placeable,) = trainer.get("/admin/blog/article/placeable/none/").json()["picture"]
    assert placeable["words"] == "A bench by the window."
    assert placeable["shown"].startswith("/media/")


@pytest.mark.parametrize("address", ["/admin/", "/admin/blog/article/add/", "/admin/jsi18n/"])
def test_readers_are_redirected_to_the_sign_in_page(
    reader: Client, address: str, django_user_model: Any
) -> None:
    for _ in range(2):
        response = reader.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
        reader.force_login(django_user_model.objects.get_or_create(username="reader")[0])


def test_an_article_is_written_and_published(trainer: Client, reader: Client) -> None:
    author, subject, variation = make_author(), make_subject(), make_variation()
    saved = save(
        trainer,
        "/admin/blog/article/add/",
        title="A new one",
        slug="a-new-one",
        text=f"Words [@me].\n\n{variation.card_line}\n",
        author=author.pk,
        subjects=[subject.pk],
        published_at_0="2026-01-02",
        published_at_1="10:00:00",
        **{
            "sources-TOTAL_FORMS": "1",
            "sources-0-key": "me",
            "sources-0-title": "My notes",
            "sources-0-url": "notes.example.org",
        },
    )
    assert saved.status_code == 302
    article = Article.objects.get()
    assert article.sources.get().url == "https://notes.example.org"
    assert [card.variation for card in article.cards.all()] == [variation]
    page = read(reader.get("/articles/a-new-one/"))
    assert page.one("section", "card").one("h3").text == variation.name
    assert page.one("section", "sources").one("li").attrs["id"] == "source-me"
    assert "January 2, 2026" in page.text


def test_saving_reports_what_readers_do_not_see(trainer: Client) -> None:
    article = make_article(text="[[no-such/thing]]", published_at=None)
    saved = save(trainer, f"/admin/blog/article/{article.pk}/change/")
    message = read(trainer.get(saved["Location"])).one("ul", "messagelist").text
    assert "Readers do not see this yet. Line 1: there is no exercise “no-such/thing”." in message


@pytest.mark.parametrize("date", [earlier(), later()], ids=["now", "later"])
@pytest.mark.parametrize("where", ["lead", "text"])
def test_a_picture_without_a_text_alternative_prevents_publishing_but_not_saving(
    trainer: Client, date: Any, where: str
) -> None:
    picture = make_picture(name="mute", text_alternative="")
    article = make_article(published_at=None)
    address = f"/admin/blog/article/{article.pk}/change/"
    with_picture: dict[str, Any] = (
        {"lead_picture": picture.pk} if where == "lead" else {"text": "[[picture:mute]]"}
    )
    assert save(trainer, address, **with_picture).status_code == 302
    day = {"published_at_0": f"{date:%Y-%m-%d}", "published_at_1": f"{date:%H:%M:%S}"}
    refused = save(trainer, address, **day)
    assert refused.status_code == 200
    errors = read(refused).one("ul", "errorlist").text
    assert "to publish" in errors or "before you can publish" in errors
    article.refresh_from_db()
    assert article.published_at is None
    picture.decorative = True
    picture.save()
    assert save(trainer, address, **day).status_code == 302


def test_a_decorative_picture_cannot_have_a_text_alternative(trainer: Client) -> None:
    picture = make_picture(text_alternative="A zebra.")
    address = f"/admin/publishing/picture/{picture.pk}/change/"
    refused = save(trainer, address, decorative="on")
    assert "choose one of the two" in read(refused).text


PREVIEW, UPLOAD = "/markdownx/markdownify/", "/markdownx/upload/"


def test_the_preview_of_a_page_shows_cards_and_problems(trainer: Client) -> None:
    variation = make_variation(name="Bench hip thrust")
    content = f"{variation.card_line}\n\n[[no-such/thing]]"
    page = read(trainer.post(PREVIEW, {"content": content}))
    assert page.one("section", "card").one("h3").text == "Bench hip thrust"
    problems = [e.text for e in page.all(class_="problem")]
    assert problems == ["there is no exercise “no-such/thing”."]
    assert trainer.post(PREVIEW).content == b""


def test_a_dropped_picture_is_saved_and_its_markdown_returned(trainer: Client, media: Any) -> None:
    for name in ("zebra", "zebra-2"):
        file = image_file()
        file.name = "Zebra!.png"
        response = trainer.post(UPLOAD, {"image": file})
        picture = Picture.objects.get(name=name)
        words = f"/admin/publishing/picture/{picture.pk}/words/"
        assert response.json() == {"image_code": f"\n[[picture:{name}]]\n", "words": words}
        assert not picture.has_words
    assert trainer.post(UPLOAD).json() == {"image": ["Choose a picture."]}
    assert trainer.post(UPLOAD, {"image": "words"}).status_code == 400


@pytest.mark.parametrize("address", [PREVIEW, UPLOAD])
def test_the_editor_s_addresses_require_staff(
    reader: Client, trainer: Client, media: Any, address: str, django_user_model: Any
) -> None:
    data = {"content": "Words.", "image": image_file()}
    assert reader.post(address, data).status_code == 403  # no token
    client = Client()
    assert client.post(address, data)["Location"].startswith("/admin/login/")
    client.force_login(django_user_model.objects.create_user("reader"))
    assert client.post(address, data)["Location"].startswith("/admin/login/")
    assert not Picture.objects.exists()
    for other in (reader, trainer):
        assert other.get(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = trainer.cookies
    assert strict.post(address, data).status_code == 403
    assert not Picture.objects.exists()


def test_dropping_a_picture_requires_the_permission_to_add_one(media: Any) -> None:
    helper = User.objects.create_user("helper", is_staff=True)
    client = Client()
    client.force_login(helper)
    assert client.post(UPLOAD, {"image": image_file()}).status_code == 403
    assert not Picture.objects.exists()
    helper.user_permissions.add(Permission.objects.get(codename="add_picture"))
    assert client.post(UPLOAD, {"image": image_file()}).status_code == 200
    assert Picture.objects.exists()
