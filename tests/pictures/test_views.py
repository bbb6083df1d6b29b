"""Picture files are served with their type and long-term caching; nothing else is."""

from contextlib import closing
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from tests.support.make import make_picture
from tests.support.stored import files

pytestmark = pytest.mark.django_db


def test_a_stored_picture_is_served_and_cached_forever(reader: Client, media: Path) -> None:
    picture = make_picture()
    response = reader.get(picture.src)
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response) == files()[f"{picture.token}-32.png"]
    assert not response.cookies
    with closing(reader.head(picture.src)) as head:
        assert (head.status_code, head["Content-Type"]) == (200, "image/png")
    assert reader.post(picture.src).status_code == 405


def test_other_names_are_not_found(reader: Client, media: Path) -> None:
    picture = make_picture()
    (media.parent / "secret-key").write_text("secret")
    storages["pictures"].save("secret.png", ContentFile(b"secret"))
    name = f"{picture.token}-32.png"
    for odd in (
        "../secret-key",
        "..%2fsecret-key",
        "%2e%2e/secret-key",
        "secret.png",
        "/etc/passwd",
        "",
        ".",
        f"{name}%00",
        f"{name}%0a",
        f"{name}/",
        f"%00{name}",
        f"../media/{name}",
        name.upper(),
        name.replace("32", "٣٢"),
        f"{picture.token}-33.png",
        f"{picture.token}-32.svg",
        "a" * 26 + "-32.png",
        "a" * 3000,
    ):
        response = reader.get(f"/media/{odd}")
        assert response.status_code == 404, odd
        assert b"secret" not in response.content
