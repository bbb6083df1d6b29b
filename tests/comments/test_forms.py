"""The answer form: what it accepts, and refusals that give every word back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from comments.cleaning import clean
from comments.models import Comment
from tests.support.make import earlier, later, make_article, make_comment, make_exercise
from tests.support.page import Element, read

pytestmark = pytest.mark.database

BROWSER = {"Sec-Fetch-Site": "same-origin"}
WORDS = "  Line one, <b>bold</b> & “quoted”.\r\n\r\n\tLine three: ägypten 🦓 العربية.  "


@pytest.fixture
def article(db: None) -> Any:
    return make_article(slug="hip-thrust", title="The hip thrust")


def send(reader: Client, **data: Any) -> Any:
    """A POST as a browser makes it from a page of this site."""
    return reader.post("/comments/", data, headers=BROWSER)


def form_of(response: Any) -> Element:
    return read(response).one("section", "answer")


def test_an_answer_is_saved_and_shown_only_to_its_writer(reader: Client, article: Any) -> None:
    favorite = make_exercise(name="Hip thrust")
    response = send(
        reader,
        article="hip-thrust",
        favorite=favorite.pk,
        words=WORDS,
        name="Ana",
        email="ana@example.org",
    )
    comment = Comment.objects.get()
    assert (response.status_code, response["Location"]) == (303, comment.own_url)
    assert (comment.article, comment.favorite, comment.name) == (article, favorite, "Ana")
    assert comment.words == clean(WORDS).strip()
    assert (comment.email, comment.published_at) == ("ana@example.org", None)
    assert "did not say" not in comment.reasons
    assert not comment.by_trainer
    own = reader.get(response["Location"])
    assert {"private", "no-store"} <= set(own["Cache-Control"].split(", "))
    assert own["X-Robots-Tag"] == "noindex"
    assert not own.cookies
    page = read(own)
    assert "Nobody else sees it yet" in page.text
    assert "Favorite: Hip thrust" in page.text
    assert "<b>bold</b> & “quoted”" in page.text
    assert "ana@example.org" not in own.content.decode()
    for address in ("/articles/hip-thrust/", "/favorites/", "/"):
        assert "bold" not in reader.get(address).content.decode()
    assert Comment.objects.tally() == []


@pytest.mark.parametrize(
    "content",
    [{"words": "Only words."}, {"other_favorite": "Only another"}, {"favorite": "hip"}],
    ids=["words", "another", "favorite"],
)
@pytest.mark.parametrize("where", ["hip-thrust", ""], ids=["article", "favorites page"])
def test_any_one_of_the_content_fields_is_enough(
    reader: Client, article: Any, content: Any, where: str
) -> None:
    if "favorite" in content:
        content = {"favorite": make_exercise().pk}
    response = send(reader, article=where, **content)
    comment = Comment.objects.get()
    assert response["Location"] == comment.own_url
    assert comment.article == (article if where else None)
    assert comment.shown_name == "A reader"


@pytest.mark.parametrize("where", ["hip-thrust", ""], ids=["article", "favorites page"])
def test_an_empty_form_is_refused_with_an_explanation(
    reader: Client, article: Any, where: str
) -> None:
    response = send(reader, article=where, name="Ana", words="  \n ")
    assert response.status_code == 400
    form = form_of(response)
    assert "Not sent yet. Nothing you typed is lost." in form.one("div", "errors").text
    assert "nothing to send yet" in form.one("p", "error").text
    assert form.one("form").fields()["name"] == "Ana"
    assert not Comment.objects.exists()


def assert_refused(reader: Client, wrong: str, sentence: str, **data: Any) -> None:
    """Asserts status 400, with the message beside its field and every word still in the form."""
    everything = {
        "article": "hip-thrust",
        "favorite": "",
        "other_favorite": "",
        "words": WORDS,
        "name": "Ana <3",
        "email": "",
    } | data
    response = send(reader, **everything)
    assert response.status_code == 400
    form = form_of(response)
    field = form.one(name=wrong)
    assert field.attrs["aria-invalid"] == "true"
    described = [form.one(id=i).text for i in field.attrs["aria-describedby"].split()]
    assert sentence in described[-1]
    back = form.one("form").fields()
    for name, value in everything.items():
        expected = "" if name == "favorite" else value
        assert back[name] == expected, f"{name} came back changed"
    for link in form.one("div", "errors").all("a"):
        assert link.attrs["href"] == f"#{field.attrs['id']}"
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "value", "sentence"),
    [
        ("words", "x" * 5001, "longer than 5,000 characters"),
        ("words", "\n" + "Zebra. " * 100_000, "longer than 5,000 characters"),
        ("name", "x" * 10_000, "longer than 80 characters"),
        ("other_favorite", "x" * 81, "longer than 80 characters"),
        ("email", "no address", "not an email address"),
        ("email", "a@" + "b" * 10_000 + ".org", "longer than 254 characters"),
        ("words", "a\x00b", "hidden character"),
        ("words", "a\u202eb", "hidden character"),
        ("words", "a\u2066b", "hidden character"),
        ("words", "a\x1bb", "hidden character"),
        ("name", "A\u202ena", "hidden character"),
        ("name", "A\x00na", "hidden character"),
        ("other_favorite", "A\u2067na", "hidden character"),
        ("favorite", "99999999", "no longer in the library"),
        ("favorite", "9" * 60, "no longer in the library"),
        ("favorite", "abc", "no longer in the library"),
        ("favorite", "\x00", "Null characters"),
    ],
)
def test_invalid_values_are_explained_beside_their_field(
    reader: Client, article: Any, wrong: str, value: str, sentence: str
) -> None:
    assert_refused(reader, wrong, sentence, **{wrong: value})


def test_a_favorite_that_was_unpublished_is_refused(reader: Client, article: Any) -> None:
    draft = make_exercise(published_at=None)
    assert_refused(reader, "favorite", "no longer in the library", favorite=str(draft.pk))


def test_two_favorites_are_refused(reader: Client, article: Any) -> None:
    favorite = make_exercise()
    response = send(reader, article="hip-thrust", favorite=favorite.pk, other_favorite="Swings")
    assert response.status_code == 400
    form = form_of(response)
    assert "One favorite, please" in form.one("p", "error").text
    fields = form.one("form").fields()
    assert (fields["favorite"], fields["other_favorite"]) == (str(favorite.pk), "Swings")


@pytest.mark.parametrize(
    "raw",
    [b"words=a%ED%A0%80b&name=Ana", b"words=%FF%FEzebra", b"words=a\xed\xa0\x80b"],
    ids=["surrogate", "no UTF-8", "raw surrogate"],
)
def test_invalid_utf8_is_refused(reader: Client, article: Any, raw: bytes) -> None:
    response = reader.post(
        "/comments/",
        b"article=hip-thrust&" + raw,
        content_type="application/x-www-form-urlencoded",
        headers=BROWSER,
    )
    assert response.status_code == 400
    assert "cannot keep" in form_of(response).one("p", "error").text
    assert not Comment.objects.exists()


def test_a_broken_multipart_body_is_refused(reader: Client, article: Any) -> None:
    kind = "multipart/form-data; boundary="
    response = reader.post("/comments/", b"zebra", content_type=kind, headers=BROWSER)
    assert response.status_code == 400
    assert read(response).one("h1").text


def test_a_closed_conversation_gives_the_words_back(reader: Client) -> None:
    make_article(slug="closed", closes_at=earlier())
    page = read(reader.get("/articles/closed/"))
    assert page.all("form", method="post") == []
    assert "This conversation has closed" in page.one(id="answer").text
    response = send(reader, article="closed", words=WORDS, name="Ana")
    assert response.status_code == 400
    form = form_of(response)
    assert "This conversation has closed" in form.one("div", "errors").text
    assert form.one("form").fields()["words"] == WORDS
    assert not Comment.objects.exists()


def test_a_conversation_that_closes_later_is_open(reader: Client) -> None:
    make_article(slug="open", closes_at=later())
    assert send(reader, article="open", words="In time.").status_code == 303


@pytest.mark.parametrize("slug", ["draft", "no-such-article", "a\x00b", "x" * 5000])
def test_posting_to_a_missing_article_gives_the_words_back(reader: Client, slug: str) -> None:
    make_article(title="A secret title", slug="draft", published_at=None)
    response = send(reader, article=slug, words=WORDS, name="Ana")
    assert response.status_code == 404
    fields = form_of(response).one("form").fields()
    assert (fields["words"], fields["name"]) == (WORDS, "Ana")
    assert "secret" not in response.content.decode()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
def test_other_methods_than_post_are_refused(reader: Client, method: str) -> None:
    response = getattr(reader, method)("/comments/")
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.parametrize("token", ["1", "1:x", "x" * 3000, "%00", "1%3Aaaaa", "../admin"])
def test_forged_private_links_are_refused(reader: Client, token: str) -> None:
    make_comment(words="Nobody's business")
    response = reader.get(f"/comments/own/{token}/")
    assert response.status_code == (404 if "/" in token else 403)
    assert "business" not in response.content.decode()


def test_a_private_link_opens_only_its_comment(reader: Client) -> None:
    one, other = make_comment(words="This one."), make_comment(words="The other.")
    page = reader.get(one.own_url).content.decode()
    assert "This one." in page
    assert "The other." not in page
    swapped = one.own_url.replace(f"/{one.pk}:", f"/{other.pk}:")
    assert reader.get(swapped).status_code == 403
    link = one.own_url
    one.delete()
    assert reader.get(link).status_code == 403


def test_the_writer_sees_the_status_change_to_published(reader: Client, article: Any) -> None:
    comment = make_comment(article=article, published_at=None)
    assert read(reader.get(comment.own_url)).one("p", "kicker").text == "Waiting"
    comment.published_at = timezone.now() - timedelta(seconds=1)
    comment.save()
    assert read(reader.get(comment.own_url)).one("p", "kicker").text == "Published"
    article.published_at = None
    article.save()
    page = read(reader.get(comment.own_url))
    assert page.one("p", "kicker").text == "Waiting"
    assert article.title not in page.text
