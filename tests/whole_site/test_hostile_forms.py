"""Random input in forms, filters and addresses (hypothesis) always gets a valid page."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publishing.models import Redirect
from tests.support.make import make_comment
from tests.support.page import read
from tests.writing.test_markdown_hostile import assert_sanitized
from writing.markdown import render

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("starter")]

ANY_TEXT = st.text(max_size=300) | st.sampled_from(
    [
        *("", " ", "\0", "a\0b", "\ufeff", "\u202e", "%00", "%s", "{{ 7 }}", "../../etc/passwd"),
        *("' OR 1=1 --", '"', "*", "NEAR(", "-" * 99, "9" * 400, "-1", "1e309", "NaN", "on"),
        *("<script>x()</script>", "javascript:x()", "//evil.example", "\r\nSet-Cookie: a=b"),
    ]
)
few_examples = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
FORMS = {
    "a comment": (
        "/comments/",
        ["words", "name", "email", "favorite", "other_favorite", "article"],
    ),
    "an answer": ("/comments/", ["words", "answers", "article", "subject_line", "from_page"]),
    "the sign-in": ("/admin/login/", ["username", "password", "next", "kept"]),
    "a new password": ("/admin/password/", ["email"]),
    "a passkey": ("/admin/sign-in/passkey/", ["credential", "next", "kept"]),
    "a report": ("/comments/{}/report/", ["reason", "words", "from_page"]),
}


def fields_of(names: list[str]) -> Any:
    """Strategy: a dictionary with any text in some of these fields."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANY_TEXT))


def check_response(response: Any) -> None:
    """Fails unless it is a page without injected scripts, or a redirect within the site."""
    assert response.status_code < 500
    if response.status_code in (301, 302):
        assert re.match(r"/(?!/)", response["Location"])
    elif "html" in response["Content-Type"]:
        page = read(response)
        scripts = [s for s in page.all("script") if s.attrs.get("type") != "application/ld+json"]
        assert not [script for script in scripts if "x()" in script.raw]
        assert not [e for e in page if any(name.startswith("on") for name in e.attrs)]


@pytest.mark.parametrize("form", FORMS)
def test_any_input_of_a_form_is_answered(form: str) -> None:
    address, names = FORMS[form]
    comment = make_comment()
    User.objects.create_superuser("elsie", password="a zebra in the gym")

    @few_examples
    @given(fields_of(names))
    def send(fields: dict[str, str]) -> None:
        check_response(Client().post(address.format(comment.pk), fields))

    send()


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/search/", ["q", "kind", "page"]),
        ("/exercises/", ["muscle", "have", "level", "words", "page"]),
        ("/articles/", ["page"]),
        ("/favorites/", ["page", "exercise"]),
        ("/admin/login/", ["next"]),
    ],
)
def test_any_filter_is_answered(reader: Client, address: str, names: list[str]) -> None:
    @few_examples
    @given(fields_of(names))
    def ask(fields: dict[str, str]) -> None:
        check_response(reader.get(address, fields))

    ask()


@pytest.mark.parametrize("folder", ["", "articles/", "exercises/", "subjects/", "media/"])
def test_any_address_is_answered_without_a_redirect_to_another_site(
    reader: Client, folder: str
) -> None:
    Redirect.objects.create(old_path=f"/{folder}old/", new_path="/articles/hip-thrust/")

    @few_examples
    @given(ANY_TEXT, st.booleans())
    def ask(path: str, below: bool) -> None:
        address = f"/{folder}{'old/' if below else ''}{path.replace('?', '').replace('#', '')}"
        check_response(reader.get(address if not address.startswith("//") else f"/a{address}"))

    ask()


@pytest.mark.parametrize(
    "address",
    ["/admin/blog/article/add/", "/admin/sign-in/again/", "/admin/publishing/picture/add/"],
)
def test_any_input_of_an_admin_form_is_answered(trainer: Client, address: str) -> None:
    form = max(read(trainer.get(address)).all("form"), key=lambda form: len(form.fields()))
    names = sorted({*form.fields(), "password", "title", "text", "_publish", "_draft", "name"})

    @settings(few_examples, max_examples=25)
    @given(fields_of(names))
    def send(fields: dict[str, str]) -> None:
        check_response(trainer.post(address, fields))

    send()


@few_examples
@given(
    st.text(max_size=2000)
    | st.lists(st.sampled_from("[](){}<>`*_~|#\\!&;:\n\t ab1@-"), max_size=400).map("".join)
)
def test_rendered_markdown_has_only_allowed_html(source: str) -> None:
    assert_sanitized(source, str(render(source).html))


TEXTS: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "[" * n,
    "links": lambda n: "[a](" * (n // 4),
    "emphasis": lambda n: "*a **b " * (n // 7),
    "quotes": lambda n: "> " * (n // 2),
    "ticks": lambda n: "".join("`" * (k % 50 + 1) + " " for k in range(n // 26)),
    "tables": lambda n: "|a" * (n // 4) + "\n" + "|-" * (n // 4),
    "notes": lambda n: "[^a] " * (n // 5) + "\n\n[^a]: b",
    "entities": lambda n: "&#x41;" * (n // 6),
    "cards": lambda n: "[[a/b]]\n\n" * (n // 9),
    "lists": lambda n: "".join(" " * (k % 40) + "- a\n" for k in range(n // 24)),
    "tags": lambda n: "<a " * (n // 3),
    "words": lambda n: "Lift your hips. " * (n // 16),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_rendering_time_is_linear(kind: str) -> None:
    """A text eight times as long (25 and 200 kB) takes at most 24 times as long. The test compares
    a ratio, which holds on any machine, and the best of three runs, which other processes do not
    disturb."""

    def seconds(size: int) -> float:
        text, best = TEXTS[kind](size), 99.0
        for _ in range(3):
            start = time.process_time()
            render(text)
            best = min(best, time.process_time() - start)
        return best

    small, large = seconds(25_000), seconds(200_000)
    assert large <= 24 * small + 0.05
