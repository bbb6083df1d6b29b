"""What stands around every page."""

import pytest
from django.test import Client

from tests.support.page import read

pytestmark = pytest.mark.usefixtures("starter")


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("/", []),
        ("/articles/", [("Articles", "page")]),
        ("/articles/hip-thrust/", [("Articles", "true")]),
        ("/exercises/?level=beginner", [("Exercises", "page")]),
        ("/exercises/hip-thrust/", [("Exercises", "true")]),
        ("/favorites/", [("Favorites", "page")]),
        ("/search/?q=glute", [("Search", "page")]),
        ("/subjects/glutes/", []),
        ("/articles/no-such-one/", [("Articles", "true")]),
    ],
)
def test_the_header_says_where_one_is(
    reader: Client, address: str, marked: list[tuple[str, str]]
) -> None:
    header = read(reader.get(address)).one("header", "masthead")
    links = header.all("a")
    found = [
        (link.text, link.attrs["aria-current"]) for link in links if "aria-current" in link.attrs
    ]
    assert found == marked


def test_the_footer_leads_to_the_feed(reader: Client) -> None:
    footer = read(reader.get("/")).one("footer")
    assert [a.text for a in footer.all("a") if a.attrs["href"] == "/feed/"] == ["Feed"]
