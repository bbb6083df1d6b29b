"""Requests the search page and reads its results."""

from django.test import Client

from tests.support.page import Element, read


def results(reader: Client, query: str, **more: str) -> Element:
    """The main element of the search page."""
    response = reader.get("/search/", {"q": query, **more})
    assert response.status_code == 200
    return read(response).one("main")


def titles(main: Element) -> list[str]:
    """The kind and title of each result, best first: "Exercise: Hip thrust"."""
    found = main.all("article", "hit")
    return [f"{hit.one('p', 'kicker').text.split(' · ')[0]}: {hit.one('a').text}" for hit in found]
