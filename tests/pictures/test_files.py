"""Crops around the focal point, and files that are missing."""

import io
import re
import resource
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client
from PIL import Image

from pictures.files import store_upload
from tests.support.make import image_file, make_article, make_picture
from tests.support.page import read
from tests.support.photos import saved, scene
from tests.support.stored import every_file
from tests.support.uploads import BANDS, banded

pytestmark = pytest.mark.django_db


def test_tokens_are_random(media: Path) -> None:
    tokens = {store_upload(image_file()).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(re.fullmatch("[a-z2-7]{26}", token) for token in tokens)


@pytest.mark.parametrize(("focus", "band"), [((0, 50), 0), ((50, 50), 1), ((100, 50), 2)])
def test_the_lead_picture_is_cropped_around_its_focal_point(
    reader: Client, media: Path, focus: tuple[int, int], band: int
) -> None:
    stored = store_upload(banded((900, 170)), focus)
    picture = make_picture(**stored._asdict(), focal_x=focus[0], focal_y=focus[1])
    article = make_article(lead_picture=picture)
    page = read(reader.get(article.get_absolute_url()))
    image = page.one("div", "lead").one("img")
    assert (image.attrs["width"], image.attrs["height"]) == ("302", "170")
    assert image.attrs["fetchpriority"] == "high"
    assert "loading" not in image.attrs
    served = b"".join(reader.get(image.attrs["src"]))
    with Image.open(io.BytesIO(served)) as crop:
        assert crop.size == (302, 170)
        expected = Image.new("RGB", (1, 1), BANDS[band]).getpixel((0, 0))
        assert crop.convert("RGB").getpixel((151, 85)) == expected


@pytest.mark.django_db(transaction=True)
def test_a_new_focal_point_is_cropped_from_the_original(trainer: Client, media: Path) -> None:
    stored = store_upload(banded((900, 170)))
    picture = make_picture(name="bands", **stored._asdict())
    before = every_file()
    data = {"text_alternative": "Bands.", "name": "bands", "focal_x": 0, "focal_y": 50}
    address = f"/admin/publishing/picture/{picture.pk}/change/"
    assert trainer.post(address, data).status_code == 302
    picture.refresh_from_db()
    assert picture.token == stored.token
    after = every_file()
    deleted, new = before.keys() - after.keys(), after.keys() - before.keys()
    assert {re.sub("^.{26}-|-.*$", "", name) for name in deleted} == {"50x50"}
    assert {re.sub("^.{26}-|-.*$", "", name) for name in new} == {"0x50"}
    assert all(after[name] == before[name] for name in before.keys() & after.keys())
    with Image.open(io.BytesIO(after[f"{stored.token}-0x50-302.png"])) as crop:
        assert crop.convert("RGB").getpixel((150, 85)) == (255, 0, 0)


def delete_files_named(part: str) -> dict[str, bytes]:
    """Deletes the files whose names contain this part; returns all files as they were."""
    before = every_file()
    for name in before:
        if part in name:
            storages["pictures"].delete(name)
    return before


def test_missing_files_are_made_from_the_original(
    media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = store_upload(banded((1600, 1200)), (50, 90))
    make_picture(**stored._asdict(), focal_x=50, focal_y=90)
    before = delete_files_named("-720.")
    assert len(before.keys() - every_file().keys()) == 4  # uncropped and cropped
    call_command("complete_pictures")
    assert capsys.readouterr().out == "Pictures: 4 files made.\n"
    assert every_file() == before
    call_command("complete_pictures")
    assert capsys.readouterr() == ("", "")


def test_a_missing_original_does_not_stop_the_others(
    media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, other = make_picture(name="old"), make_picture(name="other")
    before = delete_files_named(".avif")
    storages["originals"].delete(f"{old.token}.png")
    call_command("complete_pictures")
    printed = capsys.readouterr()
    assert printed.out == "Pictures: 2 files made.\n"
    assert printed.err.startswith(
        f"Picture old (id {old.pk}): The original of this picture is gone."
    )
    existing = every_file()
    assert all(existing.get(name) == before[name] for name in before if other.token in name)


def test_a_full_disk_leaves_no_half_written_file(
    media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_picture(**store_upload(io.BytesIO(saved(scene((1600, 1200)), "JPEG")))._asdict())
    delete_files_named("-720.")
    before = every_file()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    try:
        call_command("complete_pictures")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "disk may be full" in capsys.readouterr().err
    assert every_file() == before
