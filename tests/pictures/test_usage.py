"""Page, picture library, sitemap and check agree on which pictures a text embeds."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from blog.models import Article
from pictures.models import Picture
from pictures.usage import texts_that_embed, uses
from tests.support.make import make_article, make_page, make_picture
from writing import check, syntax

LINE = "[[picture:zebra-herd]]"
EMBEDDED = {
    "a line of its own": LINE,
    "between words": f"One.\n\n{LINE}\n\nTwo.",
    "right after words": f"One.\n{LINE}\nTwo.",
    "spaces inside": "[[ picture:zebra-herd ]]",
    "a space after the colon": "[[picture: zebra-herd]]",
    "spaces around the colon": "[[picture : zebra-herd]]",
    "a no-break space": "[[picture:\u00a0zebra-herd]]",
    "spaces after it": f"{LINE}   \nTwo.",
    "spaces and a tab after it": f"{LINE} \t",
    "three spaces before it": f"   {LINE}",
    "capitals": "[[Picture:Zebra-Herd]]",
    "twice": f"{LINE}\n\nOne.\n\n{LINE}",
    "Windows line ends": f"One.\r\n\r\n{LINE}\r\n\r\nTwo.",
    "old line ends": f"One.\r\r{LINE}\r\rTwo.",
    "in a list": f"- One.\n\n  {LINE}\n",
    "as a list": f"1. {LINE}\n2. Two.",
    "deep in a list, four spaces in": f"1.  One.\n\n    {LINE}\n",
    "in a quotation": f"> One.\n>\n> {LINE}",
    "in an HTML comment, which texts do not support": f"<!--\n{LINE}\n-->",
    "after a fenced block": f"```\ncode\n```\n{LINE}",
    "below a table": f"| a |\n|---|\n| b |\n{LINE}",
    "in a footnote that is referred to": f"One.[^1]\n\n[^1]: Two.\n\n    {LINE}\n",
}
NOT_EMBEDDED = {
    "four spaces before it": f"One.\n\n    {LINE}",
    "a tab before it": f"One.\n\n\t{LINE}",
    "in a fenced block": f"```\n{LINE}\n```",
    "in a fenced block with waves": f"~~~ html\n{LINE}\n~~~",
    "in a fenced block that has no end": f"```\n{LINE}",
    "in a fenced block of Windows": f"```\r\n{LINE}\r\n```",
    "in a fenced block of a list": f"- One.\n\n  ```\n  {LINE}\n  ```",
    "as code": f"`{LINE}`",
    "in a sentence": f"Look at {LINE} here.",
    "words after it": f"{LINE} here.",
    "two on a line": f"{LINE} {LINE}",
    "in a heading": f"## {LINE}",
    "in a cell": f"| a |\n|---|\n| {LINE} |",
    "in a comment on one line": f"<!-- {LINE} -->",
    "single brackets": "[picture:zebra-herd]",
    "escaped": f"\\{LINE}",
    "without its end": "[[picture:zebra-herd]\n\nTwo.",
    "on two lines": "[[picture:\nzebra-herd]]",
    "another picture": "[[picture:zebra-herd-2]]",
    "the start of its name": "[[picture:zebra]]",
    "no picture": "[[zebra-herd]]",
    "in a footnote that nothing refers to": f"One.\n\n[^1]: Two.\n\n    {LINE}\n",
    "after the end of a text that is too long": "One. " * 20_000 + f"\n\n{LINE}",
}
TEXTS = [
    *(pytest.param(text, True, id=name) for name, text in EMBEDDED.items()),
    *(pytest.param(text, False, id=f"not {name}") for name, text in NOT_EMBEDDED.items()),
]


def is_on_the_page(reader: Client, picture: Picture, article: Article) -> bool:
    page = reader.get(article.get_absolute_url()).content.decode()
    return picture.src in page


def is_in_the_sitemap(reader: Client, picture: Picture) -> bool:
    sitemap = ET.fromstring(reader.get("/sitemap-articles-1.xml").content)
    return any((place.text or "").endswith(picture.src) for place in sitemap.iter())


@pytest.mark.database
@pytest.mark.parametrize(("text", "embedded"), TEXTS)
def test_all_agree_on_what_is_embedded(
    reader: Client, media: Path, text: str, embedded: bool
) -> None:
    picture = make_picture(name="zebra-herd")
    article, page = make_article(text=text), make_page(text=text)
    assert is_on_the_page(reader, picture, article) == embedded
    assert is_in_the_sitemap(reader, picture) == embedded
    shown = [article, page] if embedded else []
    assert sorted(map(str, texts_that_embed(picture))) == sorted(map(str, shown))
    assert [str(use.row) for use in uses([picture])[picture.pk]] == [*map(str, shown)]
    Picture.objects.update(text_alternative="")
    found = [finding for finding in check.findings(article) if "needs words" in finding.sentence]
    assert bool(found) == embedded


def test_a_picture_without_words_is_neither_shown_nor_listed(reader: Client, media: Path) -> None:
    picture = make_picture(name="zebra-herd", text_alternative="")
    article = make_article(text=LINE)
    assert not is_on_the_page(reader, picture, article)
    assert not is_in_the_sitemap(reader, picture)
    assert texts_that_embed(picture) == [article]


PIECES = [
    *(LINE, "[[ picture : a ]]", "[[b/c]]", "words", "", "# h", "```", "~~~", "> ", "- ", "1. "),
    *("  ", "    ", "\t", "| a |", "|---|", "[^1]", "[^1]: ", "[a]: /b 'c", "---", "\0", "\r"),
]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=12))
def test_the_quick_check_finds_what_the_parser_finds(lines: list[str]) -> None:
    text = "\n".join(lines)
    names = [token.content for token in syntax.parse(text) if token.type == "embed"]
    assert syntax.embedded_names(text) == [*dict.fromkeys(names)]
    pictures = [name.removeprefix("picture:") for name in names if name.startswith("picture:")]
    assert syntax.embedded_pictures(text) == [*dict.fromkeys(pictures)]


@pytest.mark.database
def test_the_name_of_a_card_may_contain_spaces(reader: Client, starter: Any) -> None:
    article = make_article(text="[[ Hip-thrust / basic-floor ]]")
    assert [str(card.variation.slug) for card in article.cards.all()] == ["basic-floor"]
    assert not [f for f in check.findings(article) if "leads nowhere" in f.sentence]
