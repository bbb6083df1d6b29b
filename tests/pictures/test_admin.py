"""The picture library in the admin: usage, replacing, deleting, and the text alternative."""

from __future__ import annotations

import io
import os
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from pictures.models import Picture
from tests.support.browsing import Visits
from tests.support.make import (
    image_file,
    make_article,
    make_author,
    make_page,
    make_picture,
    make_variation,
)
from tests.support.page import Element, read, save
from tests.support.photos import saved, scene
from tests.support.site import RunningSite, manage

pytestmark = pytest.mark.django_db
LIBRARY = "/admin/publishing/picture/"


def change_url(picture: Picture) -> str:
    return f"{LIBRARY}{picture.pk}/change/"


def rows(trainer: Client, query: str = "") -> dict[str, Element]:
    """The rows of the library by the name of their picture."""
    table = read(trainer.get(LIBRARY + query)).all(id="result_list")
    found = [tr for t in table for tr in t.one("tbody").all("tr")]
    return {row.one("th", "field-name").text: row for row in found}


def test_every_use_is_listed_and_linked(trainer: Client, media: Path) -> None:
    picture = make_picture(name="zebra")
    article = make_article(
        title="Stripes", lead_picture=picture, text="Words.\n\n[[ Picture:Zebra ]]\n"
    )
    page = make_page(title="Contact", text="[[picture:zebra]]")
    make_page(title="Another", text="[[picture:zebra-2]] and [[picture:zebr]]")
    author = make_author(name="Elsie", portrait=picture)
    variation = make_variation(name="Bench", photo=picture)
    used = rows(trainer)["zebra"].one("td", "field-used_in")
    assert {li.text for li in used.all("li")} == {
        "Article “Stripes”: lead picture, text",
        "Page “Contact”: text",
        "Author (about you) “Elsie”: portrait",
        "Variation “Bench”: photo",
    }
    assert {a.attrs["href"] for a in used.all("a")} == {
        f"/admin/blog/article/{article.pk}/change/",
        f"/admin/blog/page/{page.pk}/change/",
        f"/admin/blog/author/{author.pk}/change/",
        f"/admin/exercises/variation/{variation.pk}/change/",
    }
    own_page = read(trainer.get(change_url(picture)))
    assert own_page.one("ul", "uses").text == used.one("ul").text


def test_the_library_can_be_searched_and_filtered(trainer: Client, media: Path) -> None:
    make_picture(name="bench", text_alternative="A zebra on a bench.", credit="Ana")
    make_picture(name="mute", text_alternative="")
    make_picture(name="plain", text_alternative="", decorative=True)
    make_article(text="[[picture:bench]]")
    assert rows(trainer).keys() == {"bench", "mute", "plain"}
    assert rows(trainer, "?q=zebra").keys() == {"bench"}
    assert rows(trainer, "?q=Ana").keys() == {"bench"}
    assert rows(trainer, "?words=missing").keys() == {"mute"}
    assert rows(trainer, "?used=nowhere").keys() == {"mute", "plain"}
    words = {name: row.one("td", "field-in_words").text for name, row in rows(trainer).items()}
    assert words == {
        "bench": "A zebra on a bench.",
        "mute": "No words yet",
        "plain": "Decorative",
    }


def test_query_count_does_not_depend_on_the_number_of_pictures(
    trainer: Client, media: Path
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            rows(trainer)
        return len(captured)

    def fill() -> None:
        for _ in range(5):
            picture = make_picture()
            make_article(lead_picture=picture, text=f"[[picture:{picture.name}]]")
            make_variation(photo=picture)

    fill()
    before = queries()
    fill()
    assert queries() == before


def test_a_picture_in_use_cannot_be_deleted(trainer: Client, media: Path) -> None:
    picture = make_picture(name="zebra")
    make_page(title="Contact", text="[[picture:zebra]]")
    many = {"action": "delete_selected", "_selected_action": picture.pk, "post": "yes"}
    for address, data, why in (
        (f"{LIBRARY}{picture.pk}/delete/", {"post": "yes"}, "cannot be deleted while these"),
        (LIBRARY, many, "protected"),
    ):
        page = read(trainer.post(address, data))
        assert "Page “Contact”" in page.text
        assert why in page.text
    assert Picture.objects.filter(pk=picture.pk).exists()
    assert list(media.iterdir())


def test_an_embedded_picture_cannot_be_renamed(trainer: Client, media: Path) -> None:
    picture = make_picture(name="zebra")
    page = make_page(title="Contact", text="[[picture:zebra]]")
    refused = save(trainer, change_url(picture), name="horse")
    assert "“Contact” places the picture by this name" in read(refused).one("ul", "errorlist").text
    page.delete()
    assert save(trainer, change_url(picture), name="horse").status_code == 302
    assert save(trainer, change_url(picture), name="").status_code == 302
    picture.refresh_from_db()
    assert picture.name == "horse"


@pytest.mark.django_db(transaction=True)
def test_a_replaced_file_is_shown_and_the_old_one_is_gone(
    trainer: Client, reader: Client, media: Path
) -> None:
    picture = make_picture(name="zebra")
    article = make_article(lead_picture=picture, text="[[picture:zebra]]")
    old = read(reader.get(article.get_absolute_url())).one("div", "lead").one("img").attrs["src"]
    file = io.BytesIO(saved(scene(), "JPEG"))
    file.name = "better.jpg"
    assert save(trainer, change_url(picture), file=file).status_code == 302
    again = Picture.objects.get(pk=picture.pk)
    assert (again.name, again.text_alternative) == ("zebra", picture.text_alternative)
    assert (again.width, again.height, again.kind) == (480, 320, "jpg")
    new = read(reader.get(article.get_absolute_url())).one("div", "lead").one("img").attrs["src"]
    assert new[7:33] == again.token != old[7:33] == picture.token
    with closing(reader.get(new)) as served:
        assert served.status_code == 200
    assert reader.get(old).status_code == 404
    assert not list(media.parent.rglob(f"{picture.token}*"))


def test_originals_have_no_url(reader: Client, media: Path) -> None:
    picture = make_picture()
    assert (media.with_name("originals") / f"{picture.token}.png").is_file()
    for address in (
        f"/media/{picture.token}.png",
        f"/media/../originals/{picture.token}.png",
        f"/media/%2e%2e/originals/{picture.token}.png",
        f"/originals/{picture.token}.png",
    ):
        assert reader.get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_unused_pictures_are_listed_then_deleted(media: Path, capsys: Any) -> None:
    old = timedelta(days=8)
    lost, used, fresh = make_picture(name="lost"), make_picture(name="used"), make_picture()
    for picture in (lost, used):
        Picture.objects.filter(pk=picture.pk).update(added_at=picture.added_at - old)
    make_article(text="[[picture:used]]")
    stray, arriving = media / f"{'a' * 26}-480.avif", media / f"{'b' * 26}-480.avif"
    for path in (stray, arriving):
        path.write_bytes(b"left behind")
    os.utime(stray, (time.time() - 7200,) * 2)

    call_command("unused_pictures")
    printed = capsys.readouterr().out
    assert "Picture used nowhere: lost" in printed
    assert f"File of no picture: {stray}" in printed
    assert "Found: 1 pictures, 1 files. --remove deletes them." in printed
    assert Picture.objects.count() == 3
    assert stray.exists()

    call_command("unused_pictures", "--remove")
    assert "Removed: 1 pictures, 1 files." in capsys.readouterr().out
    assert set(Picture.objects.all()) == {used, fresh}
    assert not stray.exists()
    assert arriving.exists()
    assert not list(media.parent.rglob(f"{lost.token}*"))
    assert list(media.parent.rglob(f"{used.token}*"))


def test_the_form_for_the_text_alternative(trainer: Client, reader: Client, media: Path) -> None:
    dropped = trainer.post("/markdownx/upload/", {"image": image_file()}).json()
    picture = Picture.objects.get()
    form = read(trainer.get(dropped["words"]))
    assert form.one("h2").text == f"The picture “{picture}” in words"
    for wrong, sentence in (
        ({}, "Say the picture in words"),
        ({"text_alternative": "A zebra.", "decorative": "on"}, "choose one of the two"),
    ):
        page = read(trainer.post(dropped["words"], wrong))
        assert sentence in page.one("ul", "errorlist").text
        assert page.one("textarea").text == wrong.get("text_alternative", "")
    assert not Picture.objects.get().has_words
    assert trainer.post(dropped["words"], {"text_alternative": "A zebra."}).status_code == 204
    assert Picture.objects.get().text_alternative == "A zebra."
    assert reader.get(dropped["words"])["Location"].startswith("/admin/login/")
    assert trainer.get(f"{LIBRARY}999/words/").status_code == 404


def test_credit_and_license_are_shown_below_the_picture(reader: Client, media: Path) -> None:
    picture = make_picture(caption="A herd.", credit="Ana", licence="CC BY 4.0")
    article = make_article(lead_picture=picture)
    caption = read(reader.get(article.get_absolute_url())).one("figcaption")
    assert caption.text == "A herd. Ana, CC BY 4.0"


# In a browser


def violations_in(page: Page, part: str) -> list[str]:
    """The violations that axe finds in a part of a page; other tests check the rest. It must not
    preload stylesheets, which the Content-Security-Policy would report."""
    found = Axe().run(page, context=part, options={"preload": False}).response["violations"]
    return [f"{v['id']}: {', '.join(str(n['target']) for n in v['nodes'])}" for v in found]


def open_picture(page: Page) -> None:
    page.goto(LIBRARY)
    page.get_by_role("link", name="zebra-herd").first.click()
    page.get_by_label("% from the left").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_library_has_no_accessibility_violations(
    visits: Visits, site: RunningSite, width: int
) -> None:
    page = visits.desk(site, width=width)
    page.goto(LIBRARY)
    assert violations_in(page, "html") == []
    page.goto(f"{LIBRARY}add/")
    assert violations_in(page, "html") == []
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_text("Choose a picture file.").wait_for()
    assert violations_in(page, "html") == []
    open_picture(page)
    assert violations_in(page, "html") == []
    for address in (LIBRARY, f"{LIBRARY}add/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_a_focal_point_is_chosen_by_keyboard_or_click(
    visits: Visits, site: RunningSite, tmp_path: Path, scripts: bool
) -> None:
    photo = tmp_path / "tall.jpg"
    photo.write_bytes(saved(scene((600, 800)), "JPEG"))
    page = visits.desk(site, scripts=scripts)
    page.goto(f"{LIBRARY}add/")
    page.get_by_label("Picture file").set_input_files(photo)
    page.get_by_label("In words").fill("Four colors.")
    page.get_by_role("button", name="Save and continue editing").first.click()
    left, top = page.get_by_label("% from the left"), page.get_by_label("% from the top")
    left.wait_for()
    if scripts:
        stage = page.locator(".focal .stage")
        box = stage.bounding_box()
        assert box
        stage.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.7})
        expect(left).to_have_value("25")
        expect(top).to_have_value("70")
        frame = page.locator(".focal .cut").bounding_box()
        assert frame
        assert abs(frame["width"] / frame["height"] - 16 / 9) < 0.02
        assert abs(frame["y"] + frame["height"] / 2 - (box["y"] + 0.7 * box["height"])) < 4
    top.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    page.get_by_text("was changed successfully").wait_for()
    assert site.rows("SELECT focal_y FROM publishing_picture WHERE name = 'tall'") == [(0,)]
    assert page.locator(".focal .cut").count() == 0 or scripts


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_picture_is_added_to_a_text_by_keyboard(
    visits: Visits, site: RunningSite, tmp_path: Path, width: int
) -> None:
    photo = tmp_path / "New photo.jpg"
    photo.write_bytes(saved(scene(), "JPEG"))
    page = visits.desk(site, width=width)
    page.goto("/admin/blog/author/add/")
    page.on("filechooser", lambda chooser: chooser.set_files(photo))
    text = page.get_by_role("textbox", name="Biography")
    text.fill("Before.")
    button = page.get_by_role("button", name="Picture", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="The picture “new-photo” in words")
    expect(dialog.get_by_label("In words")).to_be_focused()
    assert violations_in(page, "dialog") == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # presses the button while the text is empty
    expect(dialog.get_by_text("Say the picture in words")).to_be_visible()
    expect(dialog.get_by_label("In words")).to_be_focused()
    assert violations_in(page, "dialog") == []
    page.keyboard.type("Four colors.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(text).to_be_focused()
    expect(text).to_have_value("Before.\n\n[[picture:new-photo]]")
    expect(page.locator(".markdownx-preview img")).to_have_attribute("alt", "Four colors.")
    page.keyboard.press("Control+Z")
    expect(text).to_have_value("Before.")
    words = site.rows("SELECT text_alternative FROM publishing_picture WHERE name = 'new-photo'")
    assert words == [("Four colors.",)]


DROP = """([name, bytes, kind]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true });
  document.querySelector(".markdownx textarea").dispatchEvent(event);
}"""


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_pasted_and_dropped_pictures_are_uploaded(
    visits: Visits, site: RunningSite, kind: str
) -> None:
    page = visits.desk(site)
    page.goto("/admin/blog/author/add/")
    text = page.get_by_role("textbox", name="Biography")
    text.fill("Words.")
    page.evaluate(DROP, ["zebra.svg", list(b"<svg/>"), kind])
    status = page.get_by_role("status")
    expect(status).to_contain_text("zebra.svg: This is not a picture I can read")
    expect(text).to_have_value("Words.")
    assert violations_in(page, ".field-biography") == []
    refusals = [c for c in visits.complaints if "/markdownx/upload/" in c]
    assert refusals == visits.complaints  # the browser logs status 400
    visits.complaints.clear()

    page.evaluate(DROP, ["Zebra.jpg", list(saved(scene((64, 36)), "JPEG")), kind])
    page.get_by_role("dialog").get_by_role("button", name="Later").click()
    expect(text).to_have_value("Words.\n\n[[picture:zebra]]")
    expect(page.locator(".markdownx-preview .problem")).to_contain_text("has no words yet")
    assert "used nowhere: zebra" not in manage(site.folder, "unused_pictures")


BESIDE = """() => ["zebra.jpg", ""].map((name) => {
  const dataTransfer = new DataTransfer();
  if (name) dataTransfer.items.add(new File(["x"], name));
  else dataTransfer.setData("text/plain", "Words.");
  const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  return !document.querySelector("h1").dispatchEvent(event);
})"""


@pytest.mark.browser
def test_a_picture_dropped_outside_the_text_does_not_leave_the_page(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.desk(starter_site)
    page.goto("/admin/blog/article/add/")
    assert page.evaluate(BESIDE) == [True, False]


@pytest.mark.browser
def test_a_refused_picture_does_not_stop_the_next(
    visits: Visits, site: RunningSite, tmp_path: Path
) -> None:
    page = visits.desk(site)
    page.goto("/admin/blog/author/add/")
    (tmp_path / "one.svg").write_text("<svg/>")
    (tmp_path / "two.jpg").write_bytes(saved(scene(), "JPEG"))
    files = [tmp_path / "one.svg", tmp_path / "two.jpg"]
    page.locator("input[type=file][multiple]").set_input_files(files)
    page.get_by_role("dialog").get_by_role("button", name="Later").click()
    expect(page.get_by_role("textbox", name="Biography")).to_have_value("[[picture:two]]")
    expect(page.get_by_role("status")).to_contain_text("one.svg: This is not a picture I can read")
    visits.complaints.clear()  # the browser logs status 400
