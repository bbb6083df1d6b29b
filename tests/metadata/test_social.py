"""Social cards: drawn once, at an address that changes with what is on them."""

import io
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image, ImageChops, ImageStat

from metadata.cards import social
from metadata.cards.text import fit, in_visual_order
from pictures.files import store_upload
from tests.support.make import (
    make_article,
    make_exercise,
    make_picture,
    make_subject,
    make_variation,
)
from tests.support.page import read

HERE = settings.SITE_URL
LONG = "What nine studies of trained and untrained people really measured about growing glutes now"


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    """The tests' cards stand in a folder of their own; pictures and static files stay."""
    settings.DATA_DIR = tmp_path


def card_of(reader: Client, address: str) -> str:
    page = read(reader.get(address))
    return page.one("meta", property="og:image").attrs["content"].removeprefix(HERE)


def image(reader: Client, address: str) -> Image.Image:
    response = reader.get(address)
    assert response.status_code == 200
    assert "immutable" in response["Cache-Control"]
    assert not response.cookies
    body = response.getvalue()
    assert len(body) < 300_000
    path = Path(settings.DATA_DIR) / "seen.png"
    path.write_bytes(body)
    picture = Image.open(path).convert("RGB")
    assert picture.size == (1200, 630)
    return picture


def words_of(card: Image.Image) -> Image.Image:
    """Where the headline and numbers stand."""
    return card.crop((0, 120, social.PANEL, social.BAND))


def test_each_kind_of_page_has_its_card(reader: Client, media: Path) -> None:
    subject = make_subject(slug="glutes")
    make_article(slug="told", subjects=[subject], lead_picture=make_picture())
    make_variation(exercise=make_exercise(slug="lift"), drawing="squat-box")
    seen = [
        image(reader, card_of(reader, address)).tobytes()
        for address in ("/", "/articles/told/", "/subjects/glutes/", "/exercises/lift/")
    ]
    assert len(set(seen)) == 4


@pytest.mark.usefixtures("starter")
def test_a_card_is_only_read(reader: Client) -> None:
    for page in ("/", "/articles/hip-thrust/", "/exercises/squat/", "/subjects/glutes/"):
        answer = Client(enforce_csrf_checks=True).post(card_of(reader, page))
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_a_photograph_has_no_steps(reader: Client, media: Path) -> None:
    """Each dot may be another color, but together they are that of the photograph."""
    ramp = Image.linear_gradient("L").resize((900, 900))
    photo = Image.merge("RGB", [ramp, ramp.rotate(90), ramp.rotate(180)])
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=95)
    file.seek(0)
    picture = make_picture(**store_upload(file)._asdict())
    make_article(slug="told", lead_picture=picture)
    card = image(reader, card_of(reader, "/articles/told/"))
    seen = card.crop((social.PANEL, 0, social.WIDTH, social.BAND))
    wanted = social.picture_art(picture).draw(seen.size)
    off = ImageChops.difference(seen.reduce(12), wanted.reduce(12))
    assert max(ImageStat.Stat(off).mean) < 1


def test_a_changed_text_is_a_new_address_and_the_old_one_leads_to_it(reader: Client) -> None:
    article = make_article(slug="told")
    before = card_of(reader, "/articles/told/")
    image(reader, before)
    assert card_of(reader, "/articles/told/") == before
    article.title = "Another title"
    article.save()
    after = card_of(reader, "/articles/told/")
    assert after != before
    assert reader.get(before)["Location"] == after
    image(reader, after)
    kept = list((Path(settings.DATA_DIR) / "social" / "articles" / "told").iterdir())
    assert [file.name for file in kept] == [after.rpartition("social-")[2]]


def kept_cards() -> list[Path]:
    return [path for path in (Path(settings.DATA_DIR) / "social").rglob("*") if path.is_file()]


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process can grow, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_card_that_finds_no_room_is_drawn_and_sent(reader: Client) -> None:
    make_article(slug="told")
    address = card_of(reader, "/articles/told/")
    with no_room():
        response = reader.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept_cards() == []  # nor half of it
    drawn = image(reader, address)
    assert len(kept_cards()) == 1
    assert Image.open(io.BytesIO(response.content)).convert("RGB").tobytes() == drawn.tobytes()


@pytest.mark.parametrize("place", ["social", "social/articles", "social/articles/told"])
def test_a_folder_that_cannot_be_made_keeps_no_card_from_being_sent(
    reader: Client, place: str
) -> None:
    make_article(slug="told")
    blocking = Path(settings.DATA_DIR) / place
    blocking.parent.mkdir(parents=True, exist_ok=True)
    blocking.write_text("in the way")
    image(reader, card_of(reader, "/articles/told/"))
    assert kept_cards() == ([] if place == "social" else [blocking])


@pytest.mark.parametrize("rest", [0, 700, -1])
def test_a_card_cut_short_by_a_power_cut_is_drawn_again(reader: Client, rest: int) -> None:
    make_article(slug="told")
    address = card_of(reader, "/articles/told/")
    drawn = image(reader, address).tobytes()
    (kept,) = kept_cards()
    kept.write_bytes(kept.read_bytes()[:rest])
    assert image(reader, address).tobytes() == drawn
    assert kept.read_bytes().endswith(social.END)


def test_numbers_of_the_prescription_change_the_card(reader: Client) -> None:
    variation = make_variation(exercise=make_exercise(slug="lift"))
    before = card_of(reader, "/exercises/lift/")
    variation.prescription.repetitions = 12
    variation.prescription.save()
    assert card_of(reader, "/exercises/lift/") != before


@pytest.mark.parametrize("kind", ["articles", "exercises"])
def test_a_draft_has_no_card(reader: Client, trainer: Client, kind: str) -> None:
    make = make_article if kind == "articles" else make_exercise
    row = make(slug="okapi")
    address = card_of(reader, f"/{kind}/okapi/")
    row.published_at = None
    row.save()
    for person in (reader, trainer):
        assert person.get(address).status_code == 410


@pytest.mark.parametrize(
    "address",
    ["/articles/no/social-0123456789ab.png", "/social-zz.png", "/subjects/no/social-x.png"],
)
def test_no_card_of_nothing(reader: Client, address: str) -> None:
    assert reader.get(address).status_code == 404


HEBREW = "תרגיל דחיפת האגן: מה הוא מחזק ו-3 דרכים לבצע אותו בבית שלכם היום"
ARABIC = "تمرين دفع الورك: ما الذي يقويه وثلاث طرق لأدائه في البيت"


@pytest.mark.parametrize(
    "title",
    [LONG[:90], "W" * 90, HEBREW, ARABIC, "Ćwiczenia na pośladki", "🦓", "\x07"],
)
def test_any_title_is_written_within_its_column(reader: Client, title: str) -> None:
    make_article(title=title, slug="told")
    card = image(reader, card_of(reader, "/articles/told/"))
    blank = Image.new("RGB", card.size, social.PAPER)
    column = words_of(ImageChops.difference(card, blank)).getbbox()
    assert column is not None
    left, _, right, _ = column
    assert left >= social.LEFT - 8
    assert right <= social.LEFT + social.COLUMN + 8
    if title[0] in "תت":
        assert right > social.LEFT + social.COLUMN - 12  # it begins at the right edge


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize("title", ["🦓", "深蹲", "स्क्वाट", "\x07"])
def test_what_the_fonts_cannot_write_gets_the_site_s_headline(reader: Client, title: str) -> None:
    make_article(title=title, slug="told")
    site, told = (
        read(reader.get(address)).one("meta", property="og:image:alt").attrs["content"]
        for address in ("/", "/articles/told/")
    )
    assert told == site
    blank = Image.new("RGB", (1200, 630), social.PAPER)
    card = image(reader, card_of(reader, "/articles/told/"))
    assert words_of(ImageChops.difference(card, blank)).getbbox() is not None


@pytest.mark.parametrize(
    ("title", "written", "font"),
    [
        ("Squats 🏋️\u200d♀️ at home 💪🏽", "Squats at home", "Barlow"),
        ("The hip\u2011thrust", "The hip-thrust", "Barlow"),
        ("深蹲 Squat", "Squat", "Barlow"),
        ("Łódź ★ Ж", "Łódź Ж", "DejaVu"),
    ],
)
def test_a_character_without_a_form_is_left_out(title: str, written: str, font: str) -> None:
    block = fit(title, "ExtraBold", 2000, 200, 60, 44)
    assert block.lines == [written]
    assert str(block.font.getname()[0]).startswith(font)


def test_a_long_title_is_large_enough_to_read_at_300_pixels() -> None:
    block = fit(LONG[:90], "ExtraBold", social.COLUMN, 390, 210, 44)
    assert block.font.size * 300 / social.WIDTH >= 14
    assert " ".join(block.lines) == LONG[:90]


def test_what_cannot_fit_ends_in_an_ellipsis() -> None:
    block = fit("word " * 60, "ExtraBold", 300, 150, 60, 44)
    assert len(block.lines) * 44 <= 150
    assert block.lines[-1].endswith("…")


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("Plain (words) 3", "Plain (words) 3"),
        ("אבג", "גבא"),
        ("אב 3-4 גד", "דג 4-3 בא"),
        ("שלום (רב)", "(בר) םולש"),
        ("ABC אבג", "ABC גבא"),
    ],
)
def test_order_without_raqm(line: str, seen: str) -> None:
    assert in_visual_order(line).replace("3-4", "4-3") == seen


def test_arabic_letters_are_joined_without_raqm() -> None:
    """beh, beh, alef, beh: initial, medial, final; then one alone, for alef joins nothing after."""
    assert in_visual_order("ببا ب") == "\u0628 \ufe8e\ufe92\ufe91"
