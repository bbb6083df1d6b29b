"""A request may say anything. It is answered, and what cannot be read is the sender's mistake: no
500, no traceback, no bare page of the server in place of the site's own."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.signals import request_started
from django.test import Client, RequestFactory
from django.urls import reverse

from blog.models import Article, Draft
from comments.models import Comment
from config.wsgi import application
from pagecache.wsgi import preferred
from publishing.models import Subject
from tests.support.accounts import make_user, reauthenticate
from tests.support.hostile import (
    FORM,
    LONG,
    PARTS,
    WORDS,
    Hostile,
    Sent,
    answer,
    answered,
    failures,
    ground,
    has_failed,
    status_of,
)
from tests.support.make import (
    make_article,
    make_exercise,
    make_muscle,
    make_subject,
    make_variation,
)
from tests.support.page import read, save
from tests.support.site import RunningSite
from web.incoming import number

NINES, HUGE = LONG["{9}"], "9" * 20  # no number for Python, none for a database
REFUSED = "Something in this request does not fit"
BROKEN = "Something broke on our side"


def written(method: str, path: str, body: bytes = b"", **headers: str) -> Sent:
    """A request with these headers, byte by byte as they are said."""
    lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {said}" for name, said in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return Sent("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def ask(site: RunningSite, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
    """The status of the answer, and its page."""
    host = site.url.partition("://")[2]
    got = answer(site, written(method, path, body, **({"Host": host} | headers)))
    return status_of(got), got.partition(b"\r\n\r\n")[2].decode(errors="replace")


UNREADABLE = [
    "charset*=bogus''%31",
    "charset*=undefined''x",
    "charset*=idna''x..",
    "charset*=%00''x",
    "charset*=utf-7''+2AA-",
    "charset*=x; charset*0=y",
    f"charset*{NINES}=x",
    *(f"charset={name}" for name in ("rot13", "undefined", "idna", "base64", "hex", "zlib", "uu")),
    *(
        f"charset={name}"
        for name in ("unicode_escape", "punycode", "utf-7", "utf-16", "bogus", "ÿ")
    ),
    "charset=latin-1",
]


@pytest.mark.parametrize("parameter", UNREADABLE, ids=lambda text: text[:24])
def test_a_form_that_is_not_utf_8_is_refused_with_the_site_s_page(
    starter_site: RunningSite, parameter: str
) -> None:
    for kind in (FORM, PARTS):
        body = b"words=Slowly" if kind == FORM else part('form-data; name="words"')
        status, page = ask(
            starter_site, "POST", "/comments/", body, Content_Type=f"{kind}; {parameter}"
        )
        assert (status, REFUSED in page) == (400, True), kind
    assert not starter_site.rows("SELECT 1 FROM comments_comment WHERE words = 'Slowly'")
    assert failures(starter_site) == []


def part(disposition: str, text: str = "Slowly", more: str = "") -> bytes:
    head = f"--zebra\r\nContent-Disposition: {disposition}\r\n{more}\r\n"
    return f"{head}{text}\r\n--zebra--\r\n".encode("latin-1")


@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", "; charset=UTF-8", "; charset=us-ascii"]
)
def test_utf_8_is_read_however_it_is_called(site: RunningSite, charset: str) -> None:
    body = part('form-data; name="words"', "Every day before work.")
    status, _ = ask(site, "POST", "/comments/", body, Content_Type=PARTS + charset)
    assert status == 303
    assert site.rows("SELECT words FROM comments_comment") == [("Every day before work.",)]


@pytest.mark.parametrize("parameter", UNREADABLE, ids=lambda text: text[:24])
def test_without_a_body_a_content_type_means_nothing(
    starter_site: RunningSite, parameter: str
) -> None:
    """Stored or not: the same request has one answer."""
    for path in ("/articles/hip-thrust/", "/search/?q=glute"):
        status, page = ask(starter_site, "GET", path, Content_Type=f"text/plain; {parameter}")
        assert (status, "Hip thrust" in page) == (200, True)
    assert failures(starter_site) == []


@pytest.mark.parametrize("disposition", WORDS["dispositions"])
def test_a_part_of_a_form_may_be_called_anything(
    starter_site: RunningSite, disposition: str
) -> None:
    for more in ("", "Content-Type: a; charset*=bogus''1\r\n", "Content-Type: a; b*=x; b*0=y\r\n"):
        body = part(disposition.replace("{9}", "9" * 900), more=more)
        status, _ = ask(starter_site, "POST", "/comments/", body, Content_Type=PARTS)
        assert status == 400
    assert failures(starter_site) == []


def test_too_many_fields_are_refused_whatever_the_content_type_says(
    starter_site: RunningSite,
) -> None:
    """Django read the query while it made the request when a charset was named."""
    path = f"/search/?{LONG['{&}']}"
    for kind in ("", "text/plain; charset=utf-8"):
        status, page = ask(starter_site, "GET", path, Content_Type=kind)
        assert (status, REFUSED in page) == (400, True)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip;q*=bogus''%31", "gzip"),
        ("gzip;q*=undefined''x", "gzip"),
        (f"br;q*{NINES}=1, gzip", "br"),
        ("gzip;q*=x;q*0=y", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP ; Q=0.5", "gzip"),
        ("br; q=0, gzip;q=0.000", ""),
        ("br;q=0.0,gzip;q=0.1", "gzip"),
        ("br;q=", "br"),
        (";q=1, ;, =", ""),
        ("*", ""),
        ("identity", ""),
        ("xbr, brx, gzip-9", ""),
        ("\xff", ""),
        ("", ""),
    ],
)
def test_an_accept_encoding_is_read_or_left(
    starter_site: RunningSite, accepted: str, encoding: str
) -> None:
    assert preferred(accepted) == encoding
    host = starter_site.url.partition("://")[2]
    for path in ("/articles/hip-thrust/", "/search/"):
        sent = written("GET", path, Host=host, Accept_Encoding=accepted[:4000])
        assert status_of(answer(starter_site, sent)) == 200


@pytest.mark.parametrize(
    "text", [NINES, HUGE, "", "x", "-1", "1.0", "²", "٣", " 1", "1\n", "1_0", "0x1", "+1", None]
)
def test_what_names_no_row_is_0(text: str | None) -> None:
    assert number(text) == 0
    assert number("12") == 12
    assert number("9" * 18) < 2**63


ODD_IDS = [NINES, HUGE, "x", "-1", "", "²", "1,2", "\0"]


@pytest.mark.django_db
@pytest.mark.database
def test_ids_that_are_none_in_the_editor_and_in_a_merge(trainer: Client) -> None:
    one, other = make_subject(), make_subject()
    lists = reverse("admin:publishing_subject_changelist")
    for odd in ODD_IDS:
        kept = trainer.post("/admin/blog/article/window/w9/", {"article": odd, "version": odd})
        assert (kept.status_code, kept.json()["version"]) == (200, 0), odd
        page = "/admin/blog/article/window/w9/page/"
        assert trainer.get(page, {"article": odd}).status_code == 404
        merge = {"action": "merge", "_selected_action": f"{one.pk}", "into": odd}
        again = read(trainer.post(lists, merge))
        assert again.one("h1").text == "Merge into another subject", odd
    assert {*Subject.objects.values_list("pk", flat=True)} >= {one.pk, other.pk}


@pytest.mark.django_db
@pytest.mark.database
def test_a_window_s_name_fits_into_its_column(trainer: Client) -> None:
    typed = {"title": "Lift", "version": NINES}
    assert trainer.post(f"/admin/blog/article/window/{'w' * 33}/", typed).status_code == 404
    assert trainer.post(f"/admin/blog/article/window/{'w' * 32}/", typed).status_code == 200
    assert Draft.objects.get().key == "w" * 32


def lists() -> list[str]:
    names = (f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)
    return [reverse(f"admin:{name}_changelist") for name in names]


@pytest.mark.django_db
@pytest.mark.database
def test_every_list_of_the_desk_refuses_rows_that_are_none(trainer: Client) -> None:
    assert len(lists()) >= 12
    for address in lists():
        for odd in ODD_IDS:
            chosen = {"action": "delete_selected", "_selected_action": ["1", odd]}
            refused = trainer.post(address, chosen)
            assert refused.status_code in (400, 403), (address, odd)
        nobody = {"action": "delete_selected", "_selected_action": "9" * 18}
        assert trainer.post(address, nobody).status_code in (200, 302, 403), address


@pytest.mark.django_db
@pytest.mark.database
def test_every_list_of_the_desk_filters_only_by_what_it_links_to(trainer: Client) -> None:
    odd = [
        "id__in=99999999999999999999",
        "published_at__year=-9223372036854775809",
        "pk__in=x",
        "id__year=0",
        "id__regex=[",
    ]
    odd += [
        "id__year=0",
        "id__regex=[",
        "pk__gte=2026-02-30",
        "id=9999-12-31",
        "x__y__z=1",
        "id__exact=%00",
    ]
    for address in lists():
        for query in odd:
            response = trainer.get(f"{address}?{query}")
            assert response.status_code == 400, f"{address}?{query}"
            assert read(response).one("h1").text == REFUSED
        for query in ("e=1", "p=999999999", "p=x", "o=99.-99.x", "_popup=1", "all=", "q=%00"):
            assert trainer.get(f"{address}?{query}").status_code in (200, 302), query


@pytest.mark.django_db
@pytest.mark.parametrize("count", ["201", "999999999999", "9" * 5000])
def test_a_form_with_more_rows_than_any_has_is_refused(trainer: Client, count: str) -> None:
    make_article()
    address = "/admin/exercises/variation/add/"
    form = read(trainer.get(address)).one(id="variation_form").fields()
    many = {name: count for name in form if name.endswith("-TOTAL_FORMS")}
    assert len(many) >= 2
    for name in many:
        assert trainer.post(address, form | {name: count}).status_code == 400
    assert (
        trainer.post("/admin/publishing/subject/", {"form-TOTAL_FORMS": count}).status_code == 400
    )


@pytest.mark.django_db
def test_the_filters_that_the_desk_links_to_work(trainer: Client) -> None:
    make_article(title="A draft", published_at=None)
    make_article(title="A live one")
    drafts = read(trainer.get("/admin/blog/article/?published_at__isnull=True"))
    assert "A draft" in drafts.text
    assert "A live one" not in drafts.text
    make_variation()
    followed = 0
    for address in lists():
        page = trainer.get(address)
        for link in read(page).all("a"):
            target = link.attrs.get("href", "")
            if target.startswith("?"):
                followed += 1
                assert trainer.get(address + target).status_code == 200, address + target
    assert followed > 20


@pytest.mark.django_db
@pytest.mark.database
def test_boxes_that_nobody_could_tick(trainer: Client) -> None:
    """Chosen rows are asked with id__in, where SQLite knows 64 bits only."""
    article = make_article(title="Lift")
    for odd in ODD_IDS:
        address = f"/admin/blog/article/{article.pk}/change/"
        page = read(save(trainer, address, subjects=[odd]))
        assert page.one("h1"), odd
    assert not Article.objects.get().subjects.exists()
    assert list(User.objects.filter(pk__in=[10**20, -(10**20), 2**63])) == []
    user = User.objects.get()
    assert list(User.objects.filter(pk__in=[10**20, user.pk])) == [user]
    assert list(User.objects.exclude(pk__in=[10**20])) == [user]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_field_to_come_back_to_that_is_not_named(trainer: Client, page: str) -> None:
    article = make_article(title="Lift")
    address = f"/admin/blog/article/{article.pk}/{page}/"
    assert trainer.get(f"{address}?_to_field=").status_code == 200
    assert trainer.get(f"{address}?_to_field=x").status_code == 400


@pytest.mark.django_db
@pytest.mark.database
def test_the_same_row_from_two_windows_is_a_conflict(trainer: Client) -> None:
    exercise, muscle = make_exercise(), make_muscle()
    address = f"/admin/exercises/exercise/{exercise.pk}/change/"
    fields = read(trainer.get(address)).one("form", id="exercise_form").fields()
    fields |= {"work-TOTAL_FORMS": "1", "work-0-muscle": f"{muscle.pk}", "work-0-role": "primary"}
    fields |= {"work-0-id": "", "work-0-exercise": f"{exercise.pk}", "_save": "Save"}
    assert trainer.post(address, fields).status_code == 302
    assert trainer.post(address, fields).status_code == 409
    assert exercise.work.get().muscle == muscle


CREDENTIALS = [
    LONG["{[}"],
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


@pytest.mark.django_db
@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda text: text[:24])
def test_a_device_s_answer_may_be_any_json(credential: str) -> None:
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


@pytest.mark.django_db
@pytest.mark.database
def test_a_nul_reaches_no_database(reader: Client, trainer: Client) -> None:
    for name in ("sessionid", "device", "messages", "reader", "csrftoken"):
        for who in (reader, Client()):
            who.cookies.load(f'{name}="a\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"')
            for address in ("/admin/", "/comments/mine/", "/search/?q=a"):
                assert who.get(address).status_code in (200, 302), name
    for address in ("/search/?q=%00a", "/favorites/?exercise=a%00", "/exercises/?words=%00"):
        assert Client().get(address).status_code == 200, address
    for address in ("/admin/blog/article/add/?draft=%00", "/admin/blog/article/?q=%00"):
        assert trainer.get(address).status_code == 200, address
    typed = {"title": "Lift", "_discard": "a\0b"}
    assert trainer.post("/admin/blog/article/add/", typed).status_code == 302
    article = make_article(title="Lift")
    saved = save(
        trainer, f"/admin/blog/article/{article.pk}/change/", continued="a\0b", window="\0"
    )
    assert saved.status_code == 302
    assert not Comment.objects.exists()


def called(environ: dict[str, Any]) -> tuple[str, str]:
    """What the WSGI application answers."""
    statuses: list[str] = []
    body = application(environ, lambda status, headers, *more: statuses.append(status))
    return statuses[0], b"".join(body).decode()


def environ_of(path: str) -> dict[str, Any]:
    return RequestFactory(headers={"host": "127.0.0.1:8000"}).get(path).environ


@pytest.mark.django_db
def test_when_the_page_store_fails_the_answer_is_the_site_s_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    environ = environ_of("/articles/")
    del environ["wsgi.url_scheme"]  # no server leaves it out
    status, body = called(environ)
    assert status.startswith("500")
    assert read(body).one("h1").text == BROKEN
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["The page store failed", "Internal Server Error: /articles/"]


@pytest.mark.django_db
def test_when_django_fails_outside_of_its_middleware_too(caplog: pytest.LogCaptureFixture) -> None:
    def failing(**signal: Any) -> None:
        raise ZeroDivisionError

    request_started.connect(failing)
    try:
        status, body = called(environ_of("/search/"))
    finally:
        request_started.disconnect(failing)
    assert status.startswith("500")
    assert read(body).one("h1").text == BROKEN
    assert caplog.records[-1].exc_info
    assert caplog.records[-1].exc_info[0] is ZeroDivisionError


def walk(site: RunningSite, who: str, seed: str, number: int) -> None:
    """Ask so much, on every address with the forms it has now; nothing may fail."""
    cookie = site.cookie() if who == "trainer" else ""
    hostile = Hostile(seed, ground(site, cookie), site.url.partition("://")[2])
    asked = [hostile.request() for _ in range(number)]
    statuses = answered(site, asked)
    wrong = [f"{s}: {sent}" for sent, s in zip(asked, statuses, strict=True) if has_failed(sent, s)]
    assert wrong == [], f"seed {seed}: {failures(site)[:3]}"
    assert failures(site) == [], f"seed {seed}"
    if cookie:  # it was the trainer who asked, to the end, and the server took most of it for HTTP
        assert site.ask("GET", "/admin/", Cookie=cookie)[0].status == 200
        understood = sum(status in (200, 204, 302, 303, 404, 409) for status in statuses)
        assert understood > number / 3


@pytest.mark.parametrize(("who", "number"), [("reader", 400), ("trainer", 500)])
def test_any_request_is_answered(site: RunningSite, who: str, number: int) -> None:
    walk(site, who, "zebra", number)
