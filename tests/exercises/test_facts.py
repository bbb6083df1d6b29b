"""The facts of a variation on pages, in print, feeds, search and data; and its form's refusals."""

from typing import Any

import pytest
from django.test import Client

from exercises.models import Variation
from pictures import usage
from tests.support.axe import look
from tests.support.browsing import Visits
from tests.support.make import (
    earlier,
    make_article,
    make_equipment,
    make_picture,
    make_variation,
)
from tests.support.page import Element, read, save
from tests.support.site import RunningSite

VIDEO = "https://www.youtube.com/watch?v=zebra"


@pytest.fixture
def variation(db: None) -> Variation:
    """A variation with a drawing and every fact in words."""
    return make_variation(
        name="Wall sit",
        drawing="squat-bodyweight",
        posture="bench",
        end_pose="bottom",
        needs_label="A wall, nothing more",
        alternative=make_variation(name="Chair sit"),
        alternative_note="Do it on a firm bed, or take this:",
        special_risk="Your thighs shake: stop then.",
        video_url=VIDEO,
    )


@pytest.fixture
def photographed(variation: Variation, media: Any) -> Variation:
    start, end = (make_picture(text_alternative=words) for words in ("She stands.", "She sits."))
    variation.photo, variation.end_photo = start, end
    variation.save()
    return variation


def card_of(reader: Client, variation: Variation) -> Element:
    page = read(reader.get(variation.exercise.get_absolute_url()))
    return page.one("section", "card", id=variation.slug)


def test_a_card_shows_every_fact(reader: Client, variation: Variation) -> None:
    card = card_of(reader, variation)
    assert card.one("p", "rung").text == "Beginner · 1 of 1 · On a bench"
    header = card.one("header")
    assert header.one("p", "risk").one("strong").text == "Your thighs shake: stop then."
    assert [c.text for c in card.one("div", "stills").all("figcaption")] == ["Start", "Bottom"]
    labels = [svg.attrs["aria-label"] for svg in card.all("svg", "figure")]
    assert labels[1].startswith("Wall sit, bottom: ")
    assert "Wall sit, from start to bottom and back" in labels
    assert "from start to bottom" in card.one("label", "movement-label").text
    assert variation.alternative
    link = card.one("a", href=variation.alternative.get_absolute_url())
    assert link.text == "Chair sit"
    assert "If you cannot get down to the floor: Do it on a firm bed" in card.text
    video = card.one("a", href=VIDEO)
    assert video.text == "Watch the video of Wall sit: youtube.com"
    assert video.attrs["rel"] == "noopener"


def test_a_card_without_facts_says_nothing_of_them(reader: Client) -> None:
    card = card_of(reader, make_variation(drawing="squat-bodyweight"))
    assert card.one("p", "rung").text == "Beginner · 1 of 1"
    assert [c.text for c in card.one("div", "stills").all("figcaption")] == ["Start", "End"]
    for words in ("floor", "video", "None"):
        assert words not in card.one("header").text + card.one("div", "card-foot").text


def test_an_alternative_that_is_a_draft_is_not_shown(reader: Client) -> None:
    hidden = make_variation(name="Secret sit", published_at=None)
    row = make_variation(alternative=hidden)
    addresses = [row.exercise.get_absolute_url(), "/exercises.json"]
    for address in addresses:
        text = reader.get(address).content.decode()
        assert "Secret sit" not in text
        assert hidden.slug not in text
    assert "floor" not in card_of(reader, row).text
    hidden.published_at = earlier()
    hidden.save()
    assert "Secret sit" in card_of(reader, row).text


def test_prints_and_feeds_show_the_facts(reader: Client, variation: Variation) -> None:
    home = variation.exercise.get_absolute_url()
    for address in (f"{home}card/", f"{home}{variation.slug}/card/"):
        sheet = read(reader.get(address)).one("article")
        assert "On a bench" in sheet.text
        assert "Your thighs shake: stop then." in sheet.text
        assert [caption.text for caption in sheet.all("figcaption")] == ["Start", "Bottom"]
    make_article(text=variation.card_line)
    feed = read(reader.get("/feed.json").json()["items"][0]["content_html"])
    assert [img.attrs["alt"] for img in feed.all("img")] == ["Wall sit, start", "Wall sit, bottom"]
    for words in ("On a bench.", "Your thighs shake", "Chair sit", "youtube.com"):
        assert words in feed.text


def test_two_photographs_are_shown_wherever_pictures_are(
    reader: Client, photographed: Variation
) -> None:
    both = ["She stands.", "She sits."]
    card = card_of(reader, photographed)
    assert [img.attrs["alt"] for img in card.all("img")] == both
    assert [c.text for c in card.all("figcaption")] == ["Start", "Bottom"]
    home = photographed.exercise.get_absolute_url()
    article = make_article(text=photographed.card_line)
    for address in (f"{home}card/", f"{home}{photographed.slug}/card/", article.get_absolute_url()):
        images = read(reader.get(address)).one("main").all("img")
        assert [img.attrs["alt"] for img in images] == both
    feed = read(reader.get("/feed.json").json()["items"][0]["content_html"])
    assert [img.attrs["alt"] for img in feed.all("img")] == both
    assert photographed.photo
    assert photographed.end_photo
    sitemap = reader.get("/sitemap-exercises-1.xml").content.decode()
    assert photographed.photo.src in sitemap
    assert photographed.end_photo.src in sitemap


def test_usage_counts_the_photograph_of_the_end(photographed: Variation) -> None:
    assert photographed.end_photo
    (use,) = usage.uses([photographed.end_photo])[photographed.end_photo.pk]
    assert (use.row, use.places) == (photographed, ["photograph of the end"])


def test_data_has_every_fact(reader: Client, photographed: Variation) -> None:
    url = f"/exercises/{photographed.exercise.slug}.json"
    data = reader.get(url).json()["exercise"]["variations"][0]
    assert photographed.alternative
    assert data["alternative"]["url"].endswith(photographed.alternative.get_absolute_url())
    assert data["alternative"]["note"] == "Do it on a firm bed, or take this:"
    assert photographed.photo
    assert photographed.end_photo
    assert data["photo"].endswith(photographed.photo.src)
    assert data["photos"]["start"] == data["photo"]
    assert data["photos"]["end"].endswith(photographed.end_photo.src)
    names = ("posture", "end_pose", "needs_label", "special_risk", "video")
    assert [data[name] for name in names] == [
        "bench", "bottom", "A wall, nothing more", "Your thighs shake: stop then.", VIDEO,
    ]  # fmt: skip


@pytest.mark.parametrize("words", ["on a bench", "nothing more", "thighs shake", "firm bed"])
def test_search_finds_a_variation_by_its_facts(
    reader: Client, variation: Variation, words: str
) -> None:
    assert "Wall sit" in read(reader.get("/search/", {"q": words})).one("main").text


def test_lists_show_the_short_label_and_cards_the_needs(
    reader: Client, variation: Variation
) -> None:
    assert "A wall, nothing more" in read(reader.get("/exercises/")).one("main").text
    assert card_of(reader, variation).one("p", "needs").text == "You need: nothing, just you"


def test_the_library_is_filtered_by_a_chair(reader: Client) -> None:
    make_variation(name="Chair squat", one_of=[make_equipment(name="chair", slug="chair")])
    make_variation(name="Band walk", one_of=[make_equipment(name="band", slug="band")])
    main = read(reader.get("/exercises/", {"have": "chair"})).one("main")
    assert "1 variation of 1 exercise" in main.one("p", "found").text
    assert "done with chair" in main.text
    assert "Band walk" not in main.text


@pytest.mark.parametrize("typed", ["ftp://example.org/film", "javascript:alert(1)", "my film"])
def test_a_video_without_a_web_address_is_refused_and_kept(
    trainer: Client, variation: Variation, typed: str
) -> None:
    address = f"/admin/exercises/variation/{variation.pk}/change/"
    page = read(save(trainer, address, video_url=typed))
    message = page.one("div", "field-video_url").one("ul", "errorlist").text
    assert message == "Copy the address of the video from your browser. It begins with https://."
    assert page.one("input", name="video_url").attrs["value"] == typed


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"end_photo": "photo"}, "A photograph of the end needs one of the start, too."),
    ({"alternative": "itself"}, "Choose another variation than this one."),
]


@pytest.mark.parametrize(("changes", "sentence"), IMPOSSIBLE)
def test_facts_that_contradict_each_other_are_refused(
    trainer: Client, variation: Variation, media: Any, changes: dict[str, str], sentence: str
) -> None:
    keys = {"photo": make_picture().pk, "itself": variation.pk}
    values = {field: keys[value] for field, value in changes.items()}
    address = f"/admin/exercises/variation/{variation.pk}/change/"
    answer = save(trainer, address, **values)
    assert sentence in read(answer).text


@pytest.mark.browser
def test_a_full_card_fits_and_has_no_accessibility_violations(
    visits: Visits, site: RunningSite
) -> None:
    ((pk,),) = site.rows("SELECT id FROM exercises_variation WHERE slug = 'feet-elevated'")
    desk = visits.desk(site)
    desk.goto(f"/admin/exercises/variation/{pk}/change/")
    desk.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    asked = "\n".join(f"trouble of the kind that is called {n}" for n in range(10))
    desk.get_by_label("Ask a doctor first").fill(asked)
    desk.get_by_label("Special risk").fill("Your hips rise above your heart: stop if it throbs.")
    desk.locator("#id_video_url").fill(VIDEO)
    desk.get_by_label("Instead of the floor, in words").fill("Do it on a firm bed.")
    desk.get_by_role("checkbox", name="Read and approved").check()
    with desk.expect_navigation():
        desk.get_by_role("button", name="Update the live variation").click()
    page = visits.window(site)
    page.goto("/exercises/hip-thrust/")
    assert "youtube.com" in page.locator("#feet-elevated").inner_text()
    look(page)
