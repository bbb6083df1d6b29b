"""Numbers and NUL characters in requests."""

import pytest
from django.test import Client, RequestFactory

from comments.models import Comment
from tests.support.make import make_article
from tests.support.page import save
from web.requests import content_length, positive_int, without_nul


@pytest.mark.parametrize(
    "text",
    ["9" * 4400, "9" * 20, "", "x", "-1", "1.0", "²", "٣", " 1", "1\n", "1_0", "0x1", "+1", None],
)
def test_text_that_is_no_positive_integer_is_0(text: str | None) -> None:
    assert positive_int(text) == 0


def test_positive_integers_fit_into_64_bits() -> None:
    assert positive_int("12") == 12
    assert positive_int("9" * 18) < 2**63


@pytest.mark.parametrize(
    ("header", "length"), [("12", 12), ("", 0), ("x", 0), ("9" * 20, 10**20 - 1), ("9" * 5000, 0)]
)
def test_content_length_is_read_as_django_reads_it(header: str, length: int) -> None:
    request = RequestFactory(CONTENT_LENGTH=header).get("/")
    assert content_length(request) == length


def test_nul_is_removed() -> None:
    assert without_nul("a\0b\0") == "ab"


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("name", ["sessionid", "device", "messages", "reader", "csrftoken"])
def test_cookie_with_a_nul_is_dropped(reader: Client, name: str) -> None:
    for client in (reader, Client()):
        client.cookies.load(f'{name}="a\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"')
        for address in ("/admin/", "/comments/mine/", "/search/?q=a"):
            assert client.get(address).status_code in (200, 302), address


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize(
    "address", ["/search/?q=%00a", "/favorites/?exercise=a%00", "/exercises/?words=%00"]
)
def test_nul_in_a_query_string_is_a_space(address: str) -> None:
    assert Client().get(address).status_code == 200


@pytest.mark.django_db
@pytest.mark.database
def test_nul_in_the_admin_reaches_no_database(trainer: Client) -> None:
    for address in ("/admin/blog/article/add/?draft=%00", "/admin/blog/article/?q=%00"):
        assert trainer.get(address).status_code == 200, address
    typed = {"title": "Lift", "_discard": "a\0b"}
    assert trainer.post("/admin/blog/article/add/", typed).status_code == 302
    article = make_article(title="Lift")
    address = f"/admin/blog/article/{article.pk}/change/"
    assert save(trainer, address, continued="a\0b", window="\0").status_code == 302
    assert not Comment.objects.exists()
