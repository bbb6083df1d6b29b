"""Social cards are drawn once, at an address that changes with their content."""

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

from metadata.cards import social, text
from metadata.cards.text import can_write, fit
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
def data_dir(settings: Any, tmp_path: Path) -> None:
    """Each test caches its cards in its own folder."""
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


def text_area(card: Image.Image) -> Image.Image:
    """The part of a card with the headline and numbers."""
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
def test_a_card_cannot_be_posted_to(reader: Client) -> None:
    for page in ("/", "/articles/hip-thrust/", "/exercises/squat/", "/subjects/glutes/"):
        answer = Client(enforce_csrf_checks=True).post(card_of(reader, page))
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_a_photograph_has_no_banding(reader: Client, media: Path) -> None:
    """Single pixels may differ because of dithering, but their averages match the photograph."""
    ramp = Image.linear_gradient("L").resize((900, 900))
    photo = Image.merge("RGB", [ramp, ramp.rotate(90), ramp.rotate(180)])
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=95)
    file.seek(0)
    picture = make_picture(**store_upload(file)._asdict())
    make_article(slug="told", lead_picture=picture)
    card = image(reader, card_of(reader, "/articles/told/"))
    seen = card.crop((social.PANEL, 0, social.WIDTH, social.BAND))
    expected = social.picture_art(picture).draw(seen.size)
    error = ImageChops.difference(seen.reduce(12), expected.reduce(12))
    assert max(ImageStat.Stat(error).mean) < 1


def test_a_changed_text_has_a_new_address_to_which_the_old_one_redirects(reader: Client) -> None:
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
    cached = list((Path(settings.DATA_DIR) / "social" / "articles" / "told").iterdir())
    assert [file.name for file in cached] == [after.rpartition("social-")[2]]


def cached_cards() -> list[Path]:
    return [path for path in (Path(settings.DATA_DIR) / "social").rglob("*") if path.is_file()]


@contextmanager
def full_disk() -> Iterator[None]:
    """Limits the size of this process's files, which fails like a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_prevents_caching_but_not_the_response(reader: Client) -> None:
    make_article(slug="told")
    address = card_of(reader, "/articles/told/")
    with full_disk():
        response = reader.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert cached_cards() == []  # not even a part of it
    drawn = image(reader, address)
    assert len(cached_cards()) == 1
    assert Image.open(io.BytesIO(response.content)).convert("RGB").tobytes() == drawn.tobytes()


@pytest.mark.parametrize("place", ["social", "social/articles", "social/articles/told"])
def test_a_folder_that_cannot_be_created_does_not_prevent_the_response(
    reader: Client, place: str
) -> None:
    make_article(slug="told")
    blocking = Path(settings.DATA_DIR) / place
    blocking.parent.mkdir(parents=True, exist_ok=True)
    blocking.write_text("in the way")
    image(reader, card_of(reader, "/articles/told/"))
    assert cached_cards() == ([] if place == "social" else [blocking])


@pytest.mark.parametrize("size", [0, 700, -1])
def test_a_card_truncated_by_a_power_cut_is_drawn_again(reader: Client, size: int) -> None:
    make_article(slug="told")
    address = card_of(reader, "/articles/told/")
    drawn = image(reader, address).tobytes()
    (cached,) = cached_cards()
    cached.write_bytes(cached.read_bytes()[:size])
    assert image(reader, address).tobytes() == drawn
    assert cached.read_bytes().endswith(social.PNG_END)


def test_a_changed_prescription_changes_the_card(reader: Client) -> None:
    variation = make_variation(exercise=make_exercise(slug="lift"))
    before = card_of(reader, "/exercises/lift/")
    variation.prescription.repetitions = 12
    variation.prescription.save()
    assert card_of(reader, "/exercises/lift/") != before


def test_wide_ranges_stay_in_the_column(reader: Client) -> None:
    ranges = {"sets": 100, "sets_to": 120, "repetitions": 100, "repetitions_to": 120}
    make_variation(exercise=make_exercise(slug="lift"), prescription=ranges)
    card = image(reader, card_of(reader, "/exercises/lift/"))
    beside = card.crop((social.LEFT + social.COLUMN, 380, social.PANEL, social.BAND))
    assert len(beside.getcolors() or []) == 1  # paper, without ink


@pytest.mark.parametrize("kind", ["articles", "exercises"])
def test_a_draft_has_no_card(reader: Client, trainer: Client, kind: str) -> None:
    make = make_article if kind == "articles" else make_exercise
    row = make(slug="okapi")
    address = card_of(reader, f"/{kind}/okapi/")
    row.published_at = None
    row.save()
    for client in (reader, trainer):
        assert client.get(address).status_code == 410


@pytest.mark.parametrize(
    "address",
    ["/articles/no/social-0123456789ab.png", "/social-zz.png", "/subjects/no/social-x.png"],
)
def test_a_missing_page_has_no_card(reader: Client, address: str) -> None:
    assert reader.get(address).status_code == 404


HEBREW = "תרגיל דחיפת האגן: מה הוא מחזק ו-3 דרכים לבצע אותו בבית שלכם היום"
ARABIC = "تمرين دفع الورك: ما الذي يقويه وثلاث طرق لأدائه في البيت"


@pytest.mark.parametrize(
    "title",
    [LONG[:90], "W" * 90, HEBREW, ARABIC, "Ćwiczenia na pośladki", "🦓", "\x07"],
)
def test_any_title_stays_within_its_column(reader: Client, title: str) -> None:
    make_article(title=title, slug="told")
    card = image(reader, card_of(reader, "/articles/told/"))
    blank = Image.new("RGB", card.size, social.PAPER)
    column = text_area(ImageChops.difference(card, blank)).getbbox()
    assert column is not None
    left, _, right, _ = column
    assert left >= social.LEFT - 8
    assert right <= social.LEFT + social.COLUMN + 8
    if title[0] in "תت" and text.RAQM:
        assert right > social.LEFT + social.COLUMN - 12  # it starts at the right edge


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize("title", ["🦓", "深蹲", "स्क्वाट", "\x07"])
def test_a_title_that_the_fonts_lack_is_replaced_by_the_site_s_tagline(
    reader: Client, title: str
) -> None:
    make_article(title=title, slug="told")
    of_site, of_article = (
        read(reader.get(address)).one("meta", property="og:image:alt").attrs["content"]
        for address in ("/", "/articles/told/")
    )
    assert of_article == of_site
    blank = Image.new("RGB", (1200, 630), social.PAPER)
    card = image(reader, card_of(reader, "/articles/told/"))
    assert text_area(ImageChops.difference(card, blank)).getbbox() is not None


@pytest.mark.parametrize(
    ("title", "written", "font"),
    [
        ("Squats 🏋️\u200d♀️ at home 💪🏽", "Squats at home", "Barlow"),
        ("The hip\u2011thrust", "The hip-thrust", "Barlow"),
        ("深蹲 Squat", "Squat", "Barlow"),
        ("Łódź ★ Ж", "Łódź Ж", "DejaVu"),
    ],
)
def test_a_character_without_a_glyph_is_left_out(title: str, written: str, font: str) -> None:
    block = fit(title, "ExtraBold", 2000, 200, 60, 44)
    assert block.lines == [written]
    assert str(block.font.getname()[0]).startswith(font)


def test_a_long_title_is_legible_in_a_preview_of_300_pixels() -> None:
    block = fit(LONG[:90], "ExtraBold", social.COLUMN, 390, 210, 44)
    assert block.font.size * 300 / social.WIDTH >= 14
    assert " ".join(block.lines) == LONG[:90]


def test_text_that_does_not_fit_ends_in_an_ellipsis() -> None:
    block = fit("word " * 60, "ExtraBold", 300, 150, 60, 44)
    assert len(block.lines) * 44 <= 150
    assert block.lines[-1].endswith("…")


@pytest.fixture
def no_raqm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pillow on a system without libfribidi."""
    monkeypatch.setattr(text, "RAQM", False)
    text._has_glyph.cache_clear()
    yield
    text._has_glyph.cache_clear()


@pytest.mark.parametrize("title", [HEBREW.replace("3", ""), ARABIC])
def test_without_raqm_a_right_to_left_title_cannot_be_written(no_raqm: None, title: str) -> None:
    assert not can_write(title)


@pytest.mark.parametrize(
    ("title", "written"),
    [("Plain (words) 3", "Plain (words) 3"), ("Squat (שלום) 3", "Squat ( ) 3")],
)
def test_without_raqm_left_to_right_text_is_written(
    no_raqm: None, title: str, written: str
) -> None:
    assert fit(title, "ExtraBold", 2000, 200, 60, 44).lines == [written]
