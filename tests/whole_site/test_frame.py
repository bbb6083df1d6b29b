"""The header and footer of every page."""

import pytest
from django.test import Client

from tests.support.page import read

pytestmark = pytest.mark.usefixtures("starter")


@pytest.mark.parametrize(
    ("address", "current"),
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
def test_header_marks_the_current_section(
    reader: Client, address: str, current: list[tuple[str, str]]
) -> None:
    header = read(reader.get(address)).one("header", "masthead")
    links = header.all("a")
    found = [
        (link.text, link.attrs["aria-current"]) for link in links if "aria-current" in link.attrs
    ]
    assert found == current


def test_footer_links_to_the_feed(reader: Client) -> None:
    footer = read(reader.get("/")).one("footer")
    assert [a.text for a in footer.all("a") if a.attrs["href"] == "/feed/"] == ["Feed"]
