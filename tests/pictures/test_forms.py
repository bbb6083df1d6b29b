"""A picture is saved with its files, or refused beside its field without leaving any."""

import io
import resource
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError
from django.test import Client
from PIL import Image

from blog.management.commands import load_starter
from pictures.admin import PictureAdmin
from pictures.files import store_upload
from pictures.forms import PictureForm
from pictures.models import Picture
from tests.support.make import image_file, make_picture
from tests.support.photos import saved, scene
from tests.support.stored import every_file, files
from tests.support.uploads import add_picture, banded

pytestmark = pytest.mark.django_db


def change_url(picture: Picture) -> str:
    return f"/admin/publishing/picture/{picture.pk}/change/"


def test_a_mistake_in_another_field_leaves_no_files(trainer: Client, media: Path) -> None:
    response = add_picture(trainer, image_file(), text_alternative=" ")
    assert "Say the picture in words" in str(response.context["errors"])
    response = add_picture(trainer, image_file(), focal_x=101)
    assert response.status_code == 200
    assert files() == {}


def test_another_mistake_is_reported_together_with_the_file(trainer: Client, media: Path) -> None:
    file = io.BytesIO(b"no picture")
    file.name = "picture.jpg"
    response = add_picture(trainer, file, text_alternative=" ")
    assert {*response.context["adminform"].form.errors} == {"file", "text_alternative"}


def test_validation_writes_no_files(media: Path) -> None:
    data = {"text_alternative": "A zebra.", "focal_x": 50, "focal_y": 50}
    form = PictureForm(data, {"file": SimpleUploadedFile("zebra.png", image_file().getvalue())})
    assert form.is_valid()
    assert every_file() == {}
    assert form.save().src.removeprefix("/media/") in every_file()


@pytest.mark.django_db(transaction=True)
def test_replacing_a_file_deletes_the_old_files(trainer: Client, media: Path) -> None:
    picture = make_picture(name="zebra")
    old = picture.token
    address = change_url(picture)
    data = {"text_alternative": "Another.", "name": "zebra", "focal_x": 50, "focal_y": 50}
    assert trainer.post(address, data | {"file": image_file()}).status_code == 302
    picture.refresh_from_db()
    assert (picture.name, picture.text_alternative) == ("zebra", "Another.")
    assert picture.token != old
    assert {name[:26] for name in files()} == {picture.token}
    assert trainer.post(address, data).status_code == 302  # without a file: only the words
    assert {name[:26] for name in files()} == {picture.token}
    trainer.post(f"/admin/publishing/picture/{picture.pk}/delete/", {"post": "yes"})
    assert files() == {}


@pytest.mark.django_db(transaction=True)
def test_deleting_several_pictures_deletes_their_files(trainer: Client, media: Path) -> None:
    chosen = [str(make_picture().pk) for _ in range(2)]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert trainer.post("/admin/publishing/picture/", data).status_code == 302
    assert files() == {}


def test_a_focal_point_without_an_original_is_refused(trainer: Client, media: Path) -> None:
    picture = make_picture(name="old")
    storages["originals"].delete(f"{picture.token}.png")
    data = {"text_alternative": "Old.", "name": "old", "focal_x": 10, "focal_y": 10}
    refused = trainer.post(change_url(picture), data)
    assert "The original of this picture is gone" in str(refused.context["errors"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["new", "replaced", "refocused"])
def test_a_save_that_is_rolled_back_leaves_no_files(
    trainer: Client, media: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The log entry is the last row that the admin writes in its transaction."""
    picture = make_picture(name="bands", **store_upload(banded((900, 170)))._asdict())
    before = every_file()
    seen = []

    def fail(*args: Any) -> None:
        seen.append(len(every_file()))
        raise RuntimeError("the power of the gym fails")

    for log in ("log_addition", "log_change"):
        monkeypatch.setattr(PictureAdmin, log, fail)
    data = {"text_alternative": "Bands.", "name": "bands", "focal_x": 50, "focal_y": 50}
    requests = {
        "new": lambda: add_picture(trainer, banded((800, 600))),
        "replaced": lambda: trainer.post(change_url(picture), data | {"file": banded((800, 600))}),
        "refocused": lambda: trainer.post(change_url(picture), data | {"focal_x": 0}),
    }
    with pytest.raises(RuntimeError, match="gym"):
        requests[change]()
    assert seen[0] > len(before)
    assert every_file() == before
    assert list(Picture.objects.values_list("token", "focal_x")) == [(picture.token, 50)]


def test_a_late_integrity_error_leaves_no_files(
    trainer: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DeskAdmin catches it outside the transaction and answers with status 409."""

    def fail(*args: Any) -> None:
        assert every_file()
        raise IntegrityError

    monkeypatch.setattr(PictureAdmin, "log_addition", fail)
    assert add_picture(trainer, image_file()).status_code == 409
    assert every_file() == {}


@pytest.mark.django_db(transaction=True)
def test_a_name_taken_at_the_same_time_leaves_no_files(
    trainer: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_picture(name="taken")
    monkeypatch.setattr(Picture, "free_name", lambda file_name: "taken")
    assert add_picture(trainer, image_file()).status_code == 409
    with pytest.raises(IntegrityError):
        Picture.from_upload(image_file(), "taken.png")
    assert {name[:26] for name in every_file()} == {first.token}


@pytest.mark.django_db(transaction=True)
def test_starter_content_that_cannot_be_loaded_leaves_no_files(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **data: Any) -> None:
        assert every_file()
        raise RuntimeError("no exercise today")

    monkeypatch.setattr(load_starter.Command, "exercise", fail)
    with pytest.raises(RuntimeError, match="today"):
        call_command("load_starter")
    assert every_file() == {}
    assert not Picture.objects.exists()


@pytest.mark.parametrize("limit", [100, 5_000, 40_000])
def test_a_full_disk_is_reported_and_leaves_no_files(
    trainer: Client, media: Path, limit: int
) -> None:
    """The kernel refuses to make any file longer than the limit."""
    picture = scene((1600, 1200))
    picture.paste(Image.effect_noise((800, 600), 80).convert("RGB"), (400, 300))
    jpeg = saved(picture, "JPEG")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    answers = []
    for address, field in (
        ("/admin/publishing/picture/add/", "file"),
        ("/markdownx/upload/", "image"),
    ):
        file = io.BytesIO(jpeg)
        file.name = "photo.jpg"
        data: dict[str, Any] = {
            field: file,
            "text_alternative": "Words.",
            "focal_x": 50,
            "focal_y": 50,
        }
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            answers.append(trainer.post(address, data))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    added, dropped = answers
    form = added.context["adminform"].form
    assert "disk may be full" in form.errors["file"][0]
    assert form["text_alternative"].value() == "Words."
    assert (dropped.status_code, "disk may be full" in dropped.json()["image"][0]) == (400, True)
    assert every_file() == {}
    assert not Picture.objects.exists()
